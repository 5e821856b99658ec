#include "execute/postgresql/calling.hpp"

#include "evolver/dialect/engine_error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <exception>
#include <iterator>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace evolver::postgresql {

namespace {

/// A value, and as a text: of bytes, these.
struct GivenValue {
    Value value;
    std::string text;
};

std::string text_of(double number) {
    std::array<char, 32> letters{};
    auto const end = std::to_chars(letters.data(), letters.data() + letters.size(), number).ptr;
    return {letters.data(), end};
}

std::string text_of(Value const& value) {
    if (auto const* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (auto const* number = std::get_if<double>(&value)) return text_of(*number);
    if (auto const* text = std::get_if<std::string>(&value)) return *text;
    if (auto const* bytes = std::get_if<Blob>(&value))
        return {reinterpret_cast<char const*>(bytes->data()), bytes->size()};
    return {};
}

constexpr std::string_view hex_digits = "0123456789abcdef";

/// As the server reads and writes bytes: \x00ff
std::string hex_of(std::string_view bytes) {
    std::string text = "\\x";
    for (char const one : bytes) {
        auto const byte = static_cast<unsigned char>(one);
        text += hex_digits[byte >> 4U];
        text += hex_digits[byte & 0xfU];
    }
    return text;
}

std::string bytes_of(std::string_view hex) {
    std::string bytes;
    for (std::size_t at = 2; at + 1 < hex.size(); at += 2)
        bytes += static_cast<char>(hex_digits.find(hex[at]) * 16 + hex_digits.find(hex[at + 1]));
    return bytes;
}

/// What a text begins with; 0 where that is no number.
template <class Number>
Number number_in(std::string_view text) {
    auto const begins = text.find_first_not_of(" \t\n\r\f\v");
    if (begins == std::string_view::npos) return 0;
    text.remove_prefix(begins + (text[begins] == '+' ? 1 : 0));
    Number number = 0;
    auto const found = std::from_chars(text.data(), text.data() + text.size(), number);
    if (found.ec != std::errc::result_out_of_range) return number;
    return text.front() == '-' ? std::numeric_limits<Number>::lowest() : std::numeric_limits<Number>::max();
}

std::int64_t whole(double number) {
    constexpr double past_the_largest = 9223372036854775808.0;
    if (std::isnan(number)) return 0;
    if (number >= past_the_largest) return std::numeric_limits<std::int64_t>::max();
    if (number < -past_the_largest) return std::numeric_limits<std::int64_t>::min();
    return static_cast<std::int64_t>(number);
}

/// By the numbers that pg_type has for ever.
GivenValue given(Text const& text, unsigned type) {
    if (!text) return {Null{}, {}};
    switch (type) {
        case 16: {  // boolean
            std::int64_t const is_true = *text == "t" ? 1 : 0;
            return {is_true, std::to_string(is_true)};
        }
        case 20:  // bigint
        case 21:  // smallint
        case 23:  // integer
        case 26:  // oid
            return {number_in<std::int64_t>(*text), *text};
        case 700:  // real
        case 701:  // double precision
            return {number_in<double>(*text), *text};
        case 17: {  // bytea
            auto bytes = bytes_of(*text);
            auto const* const first = reinterpret_cast<std::byte const*>(bytes.data());
            Blob blob{first, first + bytes.size()};
            return {std::move(blob), std::move(bytes)};
        }
        default: return {*text, *text};
    }
}

class Given final : public Arguments {
public:
    explicit Given(std::vector<GivenValue> values) : values_{std::move(values)} {}

    [[nodiscard]] std::size_t size() const noexcept override { return values_.size(); }
    [[nodiscard]] bool is_null(std::size_t position) const override {
        return std::holds_alternative<Null>(at(position).value);
    }
    [[nodiscard]] std::int64_t integer(std::size_t position) const override {
        auto const& one = at(position);
        if (auto const* number = std::get_if<std::int64_t>(&one.value)) return *number;
        if (auto const* number = std::get_if<double>(&one.value)) return whole(*number);
        return number_in<std::int64_t>(one.text);
    }
    [[nodiscard]] double real(std::size_t position) const override {
        auto const& one = at(position);
        if (auto const* number = std::get_if<std::int64_t>(&one.value)) return static_cast<double>(*number);
        if (auto const* number = std::get_if<double>(&one.value)) return *number;
        return number_in<double>(one.text);
    }
    [[nodiscard]] std::string_view text(std::size_t position) const override { return at(position).text; }
    [[nodiscard]] std::span<std::byte const> blob(std::size_t position) const override {
        auto const& text = at(position).text;
        return {reinterpret_cast<std::byte const*>(text.data()), text.size()};
    }
    [[nodiscard]] Value value(std::size_t position) const override { return at(position).value; }

private:
    [[nodiscard]] GivenValue const& at(std::size_t position) const {
        if (position < values_.size()) return values_[position];
        throw Error{Failure{.what = "a function was called with " + std::to_string(values_.size()) +
                                    " values, and asks for number " + std::to_string(position + 1)}};
    }

    std::vector<GivenValue> values_;
};

/// A row of the batch: what it is found by, and what the calls so far have returned.
struct Row {
    std::vector<Text> key;
    std::vector<Value> returned;
};

class Batch {
public:
    Batch(Connection const& connection, CalledTransform const& called, std::string const& schema, RowKey const& key,
          KeySpan const& span, std::string const& besides)
        : connection_{connection},
          called_{called},
          schema_{schema},
          key_{key},
          parts_{found_by(key).columns.size()},
          span_{span},
          besides_{besides},
          update_{fill(called, schema, key, span.range(), besides)} {}

    std::int64_t fill_rows() {
        for (std::size_t round = 0; round < called_.rounds; ++round) play(round);
        return connection_.query(update_, parameters(called_.rounds)).changed;
    }

private:
    void play(std::size_t round) {
        auto const found =
            connection_.query(rows_of_round(called_, round, schema_, key_, span_.range(), besides_), parameters(round));
        std::vector<Row> left;
        for (std::size_t i = 0; i < found.rows.size(); ++i) {
            auto const& values = found.rows[i];
            std::size_t column = round == 0 ? parts_ : 1;
            if (round == 0)
                left.push_back({{values.begin(), values.begin() + static_cast<std::ptrdiff_t>(column)},
                                std::vector<Value>(called_.calls.size())});
            else
                left.push_back(std::move(rows_.at(static_cast<std::size_t>(found.integer(i, 0)) - 1)));
            auto& returned = left.back().returned;
            for (auto const number : called_.calls_of(round)) {
                std::vector<GivenValue> arguments;
                for (auto const& argument : called_.calls[number].arguments) {
                    if (argument.call) {
                        auto const& value = returned.at(*argument.call);
                        arguments.push_back({value, text_of(value)});
                    } else {
                        arguments.push_back(given(values.at(column), found.types.at(column)));
                        ++column;
                    }
                }
                returned[number] = call(called_.calls[number].function, Given{std::move(arguments)});
            }
        }
        rows_ = std::move(left);
    }

    [[nodiscard]] Value call(Function const& function, Given const& arguments) const {
        try {
            return function.call(arguments);
        } catch (std::exception const& thrown) {
            fail(function.name.text() + "(): " + thrown.what());
        } catch (...) {
            fail(function.name.text() + "() threw something that is no std::exception");
        }
    }

    /// What a call has returned, for the column or the expression that it is in.
    [[nodiscard]] Text handed_over(FunctionCall const& call, Value const& value) const {
        if (std::holds_alternative<Null>(value)) return std::nullopt;
        bool const is_blob = std::holds_alternative<Blob>(value);
        auto const& name = call.function.name.text();
        auto text = text_of(value);
        if (call.type == "bytea" || (is_blob && call.type.empty())) return hex_of(text);
        if (is_blob && (call.type == "text" || call.type.starts_with("character")))
            fail(name + "() has returned bytes, and the column is of type " + call.type);
        if (is_blob) return hex_of(text);
        // A parameter ends there, and what is behind it would be lost in silence.
        if (text.find('\0') != std::string::npos)
            fail(name + "() has returned a text with a zero byte, which the server cannot hold");
        return text;
    }

    [[nodiscard]] std::vector<Text> parameters(std::size_t round) const {
        auto all = span_.bounds();
        if (round == 0) return all;
        std::vector<Text> texts(rows_.size());
        auto const add = [&](auto const& text_of_row) {
            std::ranges::transform(rows_, texts.begin(), text_of_row);
            all.push_back(array_of(texts));
        };
        for (std::size_t part = 0; part < parts_; ++part) add([&](Row const& row) { return row.key[part]; });
        for (std::size_t i = 0; i < called_.calls.size(); ++i) {
            if (called_.calls[i].round < round)
                add([&](Row const& row) { return handed_over(called_.calls[i], row.returned[i]); });
        }
        return all;
    }

    /// As the server's own: it has a class for routines that are not its own, too.
    [[noreturn]] void fail(std::string what) const {
        throw EngineError{Failure{.what = std::move(what),
                                  .object = called_.transform.table.text(),
                                  .sql = update_,
                                  .native_code = code_of("38000")}};
    }

    Connection const& connection_;
    CalledTransform const& called_;
    std::string const& schema_;
    RowKey const& key_;
    std::size_t parts_;  // by which a row is found again
    KeySpan const& span_;
    std::string const& besides_;
    std::string update_;
    std::vector<Row> rows_ = {};
};

}  // namespace

std::int64_t fill_by_calls(Connection const& connection, CalledTransform const& called, std::string const& schema,
                           RowKey const& key, KeySpan const& span, std::string const& besides) {
    auto const before = connection.query(std::string{read_settings});
    connection.run(std::string{fix_settings});
    auto const rows = Batch{connection, called, schema, key, span, besides}.fill_rows();
    // What comes behind it in the transaction has those of the session again.
    (void)connection.query(std::string{restore_settings}, before.rows.at(0));
    return rows;
}

}  // namespace evolver::postgresql
