#include "evolver/schema/tokens.hpp"

#include "evolver/schema/name.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using evolver::identifier_of;
using evolver::mentions_column;
using evolver::normalised;
using evolver::replace_columns;
using evolver::Token;
using evolver::TokenKind;
using evolver::tokens;

namespace {

std::string joined(std::vector<Token> const& list) {
    std::string text;
    for (auto const& token : list) text += token.text;
    return text;
}

/// `size` becomes <size>.
std::string with_size_replaced(std::string_view sql) {
    return replace_columns(sql, [](std::string const& name) {
        return evolver::same_identifier(name, "size") ? std::optional<std::string>{"<size>"} : std::nullopt;
    });
}

TokenKind kind_of_first(std::string_view sql) { return tokens(sql).front().kind; }

}  // namespace

TEST_SUITE("schema/tokens") {
    TEST_CASE("the tokens put together again are the text, whatever the text") {
        std::string const alphabet = "ab\"`[]'()-/*.:;,@$?x0e+|<>=! \n\\\xc3\xa4";
        std::mt19937 random{20261120};
        std::uniform_int_distribution<std::size_t> letter{0, alphabet.size() - 1};
        for (int round = 0; round < 20000; ++round) {
            std::string text;
            for (int length = round % 24; length > 0; --length) text += alphabet[letter(random)];
            CAPTURE(text);
            auto const list = tokens(text);
            REQUIRE(joined(list) == text);
            std::size_t offset = 0;
            for (std::size_t i = 0; i < list.size(); ++i) {
                REQUIRE_FALSE(list[i].text.empty());
                REQUIRE(list[i].offset == offset);
                if (list[i].kind == TokenKind::unfinished) REQUIRE(i + 1 == list.size());
                offset += list[i].text.size();
            }
        }
    }

    TEST_CASE("each kind of token is known by its first letters") {
        struct Example {
            char const* text;
            TokenKind kind;
        };
        for (auto const& example :
             std::initializer_list<Example>{{"size", TokenKind::word},          {"_a$1", TokenKind::word},
                                            {"größe", TokenKind::word},         {"xyz", TokenKind::word},
                                            {"\"a\"\"b\"", TokenKind::quoted},  {"`a``b`", TokenKind::quoted},
                                            {"[a b]", TokenKind::quoted},       {"'it''s'", TokenKind::string},
                                            {"x'00ff'", TokenKind::blob},       {"X'00FF'", TokenKind::blob},
                                            {"12", TokenKind::number},          {"1.5e-3", TokenKind::number},
                                            {".5", TokenKind::number},          {"0xFF", TokenKind::number},
                                            {":size", TokenKind::placeholder},  {"@size", TokenKind::placeholder},
                                            {"$size", TokenKind::placeholder},  {"?12", TokenKind::placeholder},
                                            {"?", TokenKind::placeholder},      {"||", TokenKind::symbol},
                                            {"->>", TokenKind::symbol},         {"::", TokenKind::symbol},
                                            {" \t\n", TokenKind::space},        {"-- a comment", TokenKind::space},
                                            {"/* a * / b */", TokenKind::space}}) {
            CAPTURE(example.text);
            auto const list = tokens(example.text);
            REQUIRE(list.size() == 1);
            CHECK(list.front().kind == example.kind);
        }
    }

    TEST_CASE("a quote or comment that never ends is unfinished, and the last token") {
        for (std::string const text : {"'abc", "\"abc", "`abc", "[abc", "x'00", "/* abc", "'abc''", "\"abc\"\""}) {
            CAPTURE(text);
            std::string const sql = "a " + text;
            auto const list = tokens(sql);
            REQUIRE(list.size() == 3);
            CHECK(list.back().kind == TokenKind::unfinished);
            CHECK(list.back().text == text);
        }
    }

    TEST_CASE("a comment that begins like a word ends the word") {
        auto const list = tokens("a--b\nc");
        REQUIRE(list.size() == 3);
        CHECK(list[1].text == "--b\n");
        CHECK(list[2].text == "c");
    }

    TEST_CASE("brackets know no doubled closing bracket") {
        auto const list = tokens("[a]]");
        REQUIRE(list.size() == 2);
        CHECK(identifier_of(list[0]) == "a");
    }

    TEST_CASE("a string is over where its quote is not doubled") { CHECK(tokens("'a''b'c").size() == 2); }

    TEST_CASE("an identifier is what stands inside its quotes, with doubled quotes halved") {
        CHECK(identifier_of(tokens("\"say \"\"hi\"\"\"").front()) == "say \"hi\"");
        CHECK(identifier_of(tokens("`a``b\"\"c`").front()) == "a`b\"\"c");
        CHECK(identifier_of(tokens("[a\"b]").front()) == "a\"b");
        CHECK(identifier_of(tokens("[a[[b]").front()) == "a[[b");
        CHECK(identifier_of(tokens("Size").front()) == "Size");
        CHECK(identifier_of(tokens("'size'").front()).empty());
        CHECK(identifier_of(tokens("12").front()).empty());
    }

    TEST_CASE("a keyword is a bare word in any case, never a quoted one") {
        CHECK(evolver::is_keyword(tokens("Not").front(), "NOT"));
        CHECK_FALSE(evolver::is_keyword(tokens("\"not\"").front(), "NOT"));
        CHECK_FALSE(evolver::is_keyword(tokens("'not'").front(), "NOT"));
    }

    TEST_CASE("a double colon is a cast, a single one before a name a placeholder") {
        CHECK(kind_of_first("::bigint") == TokenKind::symbol);
        CHECK(kind_of_first(":bigint") == TokenKind::placeholder);
    }

    TEST_CASE("a column is replaced where it stands as itself, quoted or not, in any case") {
        CHECK(with_size_replaced("size") == "<size>");
        CHECK(with_size_replaced("CAST(Size AS INTEGER) + \"size\" + [SIZE] + `size`") ==
              "CAST(<size> AS INTEGER) + <size> + <size> + <size>");
        CHECK(with_size_replaced("(size)") == "(<size>)");
        CHECK(with_size_replaced("-size") == "-<size>");
        CHECK(with_size_replaced("size::bigint") == "<size>::bigint");
    }

    TEST_CASE("a column name inside a string literal is never replaced") {
        CHECK(with_size_replaced("'size'") == "'size'");
        CHECK(with_size_replaced("'it''s size' || size") == "'it''s size' || <size>");
        CHECK(with_size_replaced("x'aa' || 'x' || size") == "x'aa' || 'x' || <size>");
    }

    TEST_CASE("a column name inside a comment is never replaced, and the comment stays") {
        CHECK(with_size_replaced("size -- size\n+ 1 /* size */") == "<size> -- size\n+ 1 /* size */");
    }

    TEST_CASE("a column name inside an unfinished quote is never replaced") {
        CHECK(with_size_replaced("size || 'size") == "<size> || 'size");
    }

    TEST_CASE("a column is never replaced as a part of a longer word") {
        CHECK(with_size_replaced("size_bytes + resize + size2 + size$") == "size_bytes + resize + size2 + size$");
        CHECK(with_size_replaced(":size + @size + $size") == ":size + @size + $size");
        CHECK(with_size_replaced("größe_size") == "größe_size");
    }

    TEST_CASE("a function, a qualified name, an alias, a type and a collation are no columns") {
        CHECK(with_size_replaced("size(size)") == "size(<size>)");
        CHECK(with_size_replaced("size /* of */ (1)") == "size /* of */ (1)");
        CHECK(with_size_replaced("t.size + size.t") == "t.size + size.t");
        CHECK(with_size_replaced("size AS size") == "<size> AS size");
        CHECK(with_size_replaced("CAST(size AS size)") == "CAST(<size> AS size)");
        CHECK(with_size_replaced("CAST(size AS double size) + size") == "CAST(<size> AS double size) + <size>");
        CHECK(with_size_replaced("size::double size + size") == "<size>::double size + <size>");
        CHECK(with_size_replaced("size COLLATE size") == "<size> COLLATE size");
    }

    TEST_CASE("what a replacement puts in is not looked at again") {
        CHECK(replace_columns("a + b", [](std::string const& name) {
                  return std::optional<std::string>{name == "a" ? "b" : "a"};
              }) == "b + a");
    }

    TEST_CASE("a column named like a keyword that ends or joins values is told from the keyword") {
        CHECK(mentions_column("end > start", "end"));
        CHECK(mentions_column("CASE WHEN end > 1 THEN 2 END", "end"));
        CHECK_FALSE(mentions_column("CASE WHEN a > 1 THEN 2 END", "end"));
        CHECK_FALSE(mentions_column("CASE WHEN a > 1 THEN NULL END", "end"));
        CHECK_FALSE(mentions_column("CASE a WHEN 1 THEN f(2) END", "end"));
        CHECK_FALSE(mentions_column("a LIKE 'x'", "like"));
        CHECK(mentions_column("offset + 1", "offset"));
    }

    TEST_CASE("a reserved word is a column only in quotes") {
        CHECK_FALSE(mentions_column("CASE WHEN a THEN b ELSE c END", "when"));
        CHECK_FALSE(mentions_column("a IS NOT NULL", "null"));
        CHECK(mentions_column("\"order\" + 1", "order"));
        CHECK(mentions_column("[select] + 1", "select"));
    }

    TEST_CASE("a word before a string is the type of a literal") {
        CHECK_FALSE(mentions_column("date '2026-01-01'", "date"));
        CHECK(mentions_column("date || '2026-01-01'", "date"));
    }

    TEST_CASE("mentioning follows the rules of replacing") {
        CHECK(mentions_column("CAST(Size AS INTEGER)", "size"));
        CHECK_FALSE(mentions_column("'size' || t.size || size(1) || size_bytes", "size"));
        CHECK(mentions_column("\"Größe\" / 2", "Größe"));
    }

    TEST_CASE("two texts that mean the same are normalised to the same") {
        struct Pair {
            char const* left;
            char const* right;
        };
        for (auto const& pair : std::initializer_list<Pair>{
                 {"SELECT  A,b", "select a , B"},
                 {"a/* why */+b", "a + b"},
                 {"a -- why\n + b", "a+b"},
                 {"\"Size\" + [size] + `size`", "size+size+size"},
                 {"\"order\"", "[ORDER]"},
                 {"a == b", "a = b"},
                 {"a != b", "a <> b"},
                 {"SELECT 1;", "SELECT 1"},
                 {"x'AB'", "X'ab'"},
                 {"1E3", "1e3"},
             }) {
            CAPTURE(pair.left);
            CHECK(normalised(pair.left) == normalised(pair.right));
        }
    }

    TEST_CASE("two texts that mean something else are normalised to something else") {
        struct Pair {
            char const* left;
            char const* right;
        };
        for (auto const& pair : std::initializer_list<Pair>{
                 {"'A'", "'a'"},
                 {"'a  b'", "'a b'"},
                 {"a || b", "a | | b"},
                 {"a - -b", "a --b"},
                 {"\"null\"", "null"},
                 {"\"true\"", "true"},
                 {"\"a b\"", "a b"},
                 {"\"a\"\"b\"", "a b"},
                 {":A", ":a"},
                 {"\"1\"", "1"},
                 {"'a'", "\"a\""},
                 {"GRÖSSE", "grösse"},
             }) {
            CAPTURE(pair.left);
            CHECK(normalised(pair.left) != normalised(pair.right));
        }
    }

    TEST_CASE("normalising twice is normalising once") {
        for (std::string const text :
             {"SELECT \"a b\", 'x''y' /* c */ FROM [t] WHERE x==1;", "\"say \"\"hi\"\"\"", "a--b"}) {
            CHECK(normalised(normalised(text)) == normalised(text));
        }
    }
}
