#include "dialect/postgresql/code_connection.hpp"

#include "dialect/postgresql/script.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/schema/name.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace evolver::postgresql {

namespace {

constexpr std::array<std::string_view, 7> of_rows{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "MERGE"};

void refuse_beyond_rows(std::string_view sql) {
    auto const word = first_word(sql);
    auto const is_one = [&](std::string_view known) { return same_identifier(known, word); };
    if (word.empty() || std::ranges::any_of(of_rows, is_one)) return;
    throw Error{Failure{
        .what = "\"" + word + "\" is not for a RunCode: it reads and writes rows, inside the transaction of its phase.",
        .instead = "change the schema by an operation of its own, before or after it",
        .sql = std::string{sql}}};
}

Text as_text(Value const& value) {
    struct Visitor {
        Text operator()(Null) const { return std::nullopt; }
        Text operator()(std::int64_t number) const { return std::to_string(number); }
        Text operator()(double number) const {
            std::array<char, 32> digits{};
            auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
            return std::string(digits.data(), end);
        }
        Text operator()(std::string const& text) const { return text; }
        Text operator()(Blob const& bytes) const {
            constexpr std::string_view digits = "0123456789abcdef";
            std::string text = "\\x";
            for (auto const byte : bytes) {
                auto const number = std::to_integer<unsigned>(byte);
                text += digits[number >> 4U];
                text += digits[number & 15U];
            }
            return text;
        }
    };
    return std::visit(Visitor{}, value);
}

std::byte byte_of(char high, char low) {
    auto const digit = [](char letter) {
        return static_cast<unsigned>(letter <= '9' ? letter - '0' : letter - 'a' + 10);
    };
    return static_cast<std::byte>(digit(high) << 4U | digit(low));
}

/// By the numbers of the types in pg_type, which are the same on every server.
Value as_value(Text const& text, unsigned type) {
    constexpr unsigned of_bool = 16;
    constexpr unsigned of_bytea = 17;
    constexpr std::array<unsigned, 4> of_whole{20, 21, 23, 26};  // int8, int2, int4, oid
    constexpr std::array<unsigned, 2> of_float{700, 701};
    if (!text) return Null{};
    if (type == of_bool) return std::int64_t{*text == "t" ? 1 : 0};
    if (std::ranges::find(of_whole, type) != of_whole.end()) {
        std::int64_t number = 0;
        std::from_chars(text->data(), text->data() + text->size(), number);
        return number;
    }
    if (std::ranges::find(of_float, type) != of_float.end()) return std::stod(*text);  // knows NaN and Infinity, too
    if (type == of_bytea && text->starts_with("\\x")) {
        Blob bytes;
        for (std::size_t i = 2; i + 1 < text->size(); i += 2) bytes.push_back(byte_of((*text)[i], (*text)[i + 1]));
        return bytes;
    }
    return *text;
}

}  // namespace

Rows CodeConnection::query(std::string_view sql, std::vector<Value> const& values) {
    auto const statements = split(sql);
    if (statements.size() != 1) {
        throw Error{
            Failure{.what = "A RunCode gave " + std::to_string(statements.size()) + " statements where one is meant.",
                    .instead = "use run() for a script",
                    .sql = std::string{sql}}};
    }
    refuse_beyond_rows(sql);
    auto const numbered = with_numbers(sql);
    if (numbered.placeholders != values.size()) {
        throw Error{Failure{.what = "A RunCode gave " + std::to_string(values.size()) + " values for " +
                                    std::to_string(numbered.placeholders) + " placeholders.",
                            .sql = std::string{sql}}};
    }
    std::vector<Text> texts;
    for (auto const& value : values) texts.push_back(as_text(value));
    try {
        return connection_.query(numbered.sql, texts);
    } catch (EngineError const& error) {
        if (error.retry_helps()) passing_ = std::current_exception();
        throw;
    }
}

void CodeConnection::run(std::string_view script) {
    for (auto const& statement : split(script)) (void)query(statement.text, {});
}

std::int64_t CodeConnection::execute(std::string_view sql, std::vector<Value> const& values) {
    return query(sql, values).changed;
}

void CodeConnection::each(std::string_view sql, std::vector<Value> const& values,
                          std::function<void(Row const&)> const& row) {
    auto const found = query(sql, values);
    for (auto const& texts : found.rows) {
        Row one;
        for (std::size_t i = 0; i < texts.size(); ++i) one.push_back(as_value(texts[i], found.types.at(i)));
        row(one);
    }
}

}  // namespace evolver::postgresql
