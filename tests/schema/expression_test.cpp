#include "evolver/schema/expression.hpp"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>

using evolver::Engine;
using evolver::Expression;
using evolver::ExpressionError;

TEST_SUITE("schema/expression") {
    TEST_CASE("an expression cannot be left out of an operation") {
        CHECK_FALSE(std::is_default_constructible_v<Expression>);
    }

    TEST_CASE("one text serves all engines") {
        Expression const expression{"CAST(size AS INTEGER)"};
        for (auto const engine : {Engine::sqlite, Engine::postgresql, Engine::mariadb}) {
            CHECK(expression.has(engine));
            CHECK(expression.text(engine) == "CAST(size AS INTEGER)");
        }
    }

    TEST_CASE("each engine gets its own text where they differ") {
        Expression const expression{{.sqlite = "a / 1024.0", .postgresql = "a::numeric / 1024", .mariadb = "a / 1024"}};
        CHECK(expression.text(Engine::sqlite) == "a / 1024.0");
        CHECK(expression.text(Engine::postgresql) == "a::numeric / 1024");
        CHECK(expression.text(Engine::mariadb) == "a / 1024");
    }

    TEST_CASE("a member of an operation takes one text, or any number of engines' texts in braces") {
        struct Operation {
            Expression up;
        };
        CHECK(Operation{.up = "a"}.up.text(Engine::sqlite) == "a");
        CHECK(Operation{.up = std::string{"a"}}.up.text(Engine::mariadb) == "a");
        CHECK(Operation{.up = {{.sqlite = "b"}}}.up.text(Engine::sqlite) == "b");
        CHECK(Operation{.up = {{.sqlite = "b", .postgresql = "c"}}}.up.text(Engine::postgresql) == "c");
        CHECK(Operation{.up = {{.postgresql = "c", .mariadb = "d"}}}.up.text(Engine::mariadb) == "d");
        CHECK(Operation{.up = {{.sqlite = "b", .postgresql = "c", .mariadb = "d"}}}.up.text(Engine::mariadb) == "d");
    }

    TEST_CASE("an engine left empty is refused by name, with the member to fill") {
        Expression const expression{{.sqlite = "CAST(size AS TEXT)"}};
        CHECK_FALSE(expression.has(Engine::mariadb));
        try {
            static_cast<void>(expression.text(Engine::mariadb));
            FAIL("there is no such text");
        } catch (ExpressionError const& error) {
            std::string const message = error.what();
            CHECK(message.find("MariaDB") != std::string::npos);
            CHECK(message.find("CAST(size AS TEXT)") != std::string::npos);
            CHECK(error.instead().find(".mariadb = ") != std::string::npos);
        }
    }

    TEST_CASE("an empty expression is refused, and so is one of white space only") {
        CHECK_THROWS_AS(Expression{""}, ExpressionError);
        CHECK_THROWS_AS(Expression{" \t\n"}, ExpressionError);
        CHECK_THROWS_AS(Expression{evolver::EngineTexts{}}, ExpressionError);
    }

    TEST_CASE("an engine whose text is white space has none") {
        Expression const expression{{.sqlite = "0", .postgresql = "  "}};
        CHECK_FALSE(expression.has(Engine::postgresql));
        CHECK_THROWS_AS(static_cast<void>(expression.text(Engine::postgresql)), ExpressionError);
    }

    TEST_CASE("engines are named as their makers name them") {
        CHECK(evolver::name_of(Engine::sqlite) == "SQLite");
        CHECK(evolver::name_of(Engine::postgresql) == "PostgreSQL");
        CHECK(evolver::name_of(Engine::mariadb) == "MariaDB");
    }
}
