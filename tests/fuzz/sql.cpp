// Texts of SQL, of anybody's: taken apart, they are still the same text, and nothing else is thrown than words.

#include "fuzz/fuzzer.hpp"

#include "dialect/postgresql/script.hpp"
#include "dialect/sqlite/statement_look.hpp"
#include "dialect/sqlite/statements.hpp"
#include "evolver/error.hpp"
#include "evolver/schema/tokens.hpp"

using namespace evolver;
using fuzz::expect;

namespace {

void as_postgresql(std::string_view sql) {
    std::size_t end = 0;
    for (auto const& statement : postgresql::split(sql)) {
        expect(statement.offset >= end && statement.offset + statement.text.size() <= sql.size(),
               "statements stand in order");
        expect(!statement.text.empty() && sql.substr(statement.offset, statement.text.size()) == statement.text,
               "a statement is a part of the text");
        end = statement.offset + statement.text.size();
        (void)postgresql::first_word(statement.text);
        (void)postgresql::with_numbers(statement.text);
    }
    try {
        auto const script = postgresql::for_transaction(sql, "fuzz.sql");
        expect(postgresql::for_transaction(script.sql, "fuzz.sql").sql == script.sql,
               "there is nothing more to take out");
        (void)postgresql::statements_of(script.sql);
    } catch (Error const&) {
        // refused in words
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const text{reinterpret_cast<char const*>(data), size};
    std::string_view const sql{text};

    std::string together;
    for (auto const& token : tokens(sql)) together += token.text;
    expect(together == text, "the tokens are the text");

    auto const same = normalised(sql);
    expect(normalised(same) == same, "the normal form of a normal form is itself");
    auto const kept = replace_columns(sql, [](std::string const&) { return std::nullopt; });
    expect(kept == text, "nothing replaced is the text");

    std::size_t end = 0;
    for (auto const& statement : sqlite::split(sql)) {
        expect(statement.offset >= end && statement.offset + statement.text.size() <= text.size(),
               "statements stand in order");
        expect(!statement.text.empty() && text.compare(statement.offset, statement.text.size(), statement.text) == 0,
               "a statement is a part of the text");
        end = statement.offset + statement.text.size();
        (void)sqlite::insert_form(statement.text);
        (void)sqlite::replaces(statement.text);
    }
    try {
        auto const script = sqlite::for_transaction(sql, "fuzz.sql");
        expect(sqlite::for_transaction(script.sql, "fuzz.sql").sql == script.sql, "there is nothing more to take out");
    } catch (Error const&) {
        // refused in words
    }
    as_postgresql(sql);
    return 0;
}
