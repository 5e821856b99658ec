#include "evolver/schema/name.hpp"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>

using evolver::Name;
using evolver::NameError;
using evolver::same_identifier;

TEST_SUITE("schema/name") {
    TEST_CASE("a name cannot be left out of an operation") { CHECK_FALSE(std::is_default_constructible_v<Name>); }

    TEST_CASE("any text is a name: reserved words, spaces, quotes, brackets, other alphabets") {
        for (std::string const text :
             {"select", "order details", "it's", "say \"hi\"", "[x]", "a`b", "größe", "表", "1st", " ", "--", ";"}) {
            CAPTURE(text);
            CHECK(Name{text}.text() == text);
        }
    }

    TEST_CASE("an empty name is refused") {
        CHECK_THROWS_AS(Name{""}, NameError);
        CHECK_THROWS_AS(Name{std::string{}}, NameError);
    }

    TEST_CASE("a name with a zero byte in it is refused, because engines would cut it off there") {
        using namespace std::string_literals;
        try {
            Name const name{"size\0_bytes"s};
            FAIL("the name was accepted");
        } catch (NameError const& error) {
            CHECK(error.object() == "size");
            CHECK_FALSE(error.instead().empty());
        }
    }

    TEST_CASE("names that differ in the case of ASCII letters only are the same") {
        CHECK(Name{"Size"} == Name{"sIZE"});
        CHECK(Name{"size"} != Name{"size_bytes"});
        CHECK(Name{"size"} != Name{"siz"});
    }

    TEST_CASE("other letters are compared exactly, as SQLite compares them") {
        CHECK(same_identifier("GRÖßE", "grÖße"));
        CHECK_FALSE(same_identifier("GRÖSSE", "grösse"));
        CHECK_FALSE(same_identifier("Ä", "ä"));
    }

    TEST_CASE("letters next to the alphabet in ASCII have no case") {
        CHECK_FALSE(same_identifier("@", "`"));
        CHECK_FALSE(same_identifier("[", "{"));
    }

    TEST_CASE("a name keeps its spelling") { CHECK(Name{"OrderDetails"}.text() == "OrderDetails"); }
}
