#include "observe/json.hpp"

#include "evolver/error.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace evolver;

namespace {

bool is_refused(std::string_view text) {
    try {
        (void)json_text::parse(text);
    } catch (Error const& error) {
        return std::string_view{error.what()}.find("at byte") != std::string_view::npos;
    }
    return false;
}

}  // namespace

TEST_SUITE("observe/json") {
    TEST_CASE("json: what was written is what is read, in the order of its members") {
        auto const* const text =
            R"({"b":[1,-2,9223372036854775807,2.5,true,false,null,"",[],{}],"a":{"nested":{"x":"y"}},"e":1e-07})";
        CHECK(json_text::write(json_text::parse(text)) == text);
    }

    TEST_CASE("json: text is escaped, and comes back as it was") {
        std::string const text{"\"\\/\b\f\n\r\t\x01 é 漢 🦆 </script>", 32};
        auto const written = json_text::write(text);
        CHECK(written.find('\n') == std::string::npos);
        CHECK(std::get<std::string>(json_text::parse(written).held) == text);
        CHECK(std::get<std::string>(json_text::parse(R"("\u00e9 \ud83e\udd86 \/")").held) == "é 🦆 /");
    }

    TEST_CASE("json: bytes that are no UTF-8 are told apart, and nothing behind them is lost") {
        CHECK(json_text::write(std::string{"a\xff"
                                           "b\xc3"}) == R"("a\ufffdb\ufffd")");
        CHECK(json_text::write(std::string{"\xed\xa0\x80"}) == R"("\ufffd\ufffd\ufffd")");  // half of a surrogate pair
        CHECK(json_text::write(std::string{"\xc0\xaf"}) == R"("\ufffd\ufffd")");            // overlong
    }

    TEST_CASE("json: a number that JSON does not have is null") {
        CHECK(json_text::write(std::numeric_limits<double>::infinity()) == "null");
    }

    TEST_CASE("json: a number that none can hold is refused, and never becomes an infinite one") {
        for (auto const* text : {"1e999", "-1e999", "[1,1e400]", "1e-999"}) {
            CAPTURE(text);
            CHECK(is_refused(text));
        }
        CHECK_THROWS_WITH((void)json_text::parse("1e999"),
                          doctest::Contains("larger or smaller than any that is kept"));
        CHECK(std::get<double>(json_text::parse("99999999999999999999").held) == 1e20);
        CHECK(json_text::write(-0.0) == "0");
    }

    TEST_CASE("json: what is no JSON is refused with its place") {
        for (auto const* text : {"", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "nul", "1 2", "\"a", "\"\\x\"",
                                 "\"\\ud800\\u0041\"", "\"\\u12\"", "+", "\"a\nb\"", "{a:1}"}) {
            CAPTURE(text);
            CHECK(is_refused(text));
        }
        CHECK(is_refused(std::string(100'000, '[')));
    }
}
