#include "dialect/sqlite/stand_ins.hpp"

#include "evolver/dialect/engine_error.hpp"
#include "evolver/operation/effect.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace evolver;
using namespace evolver::sqlite;

namespace {

std::vector<std::string> const nothing;

}  // namespace

TEST_SUITE_BEGIN("dialect/sqlite/stand_ins");

TEST_CASE("stand-ins: a function that is missing is stood in for and told of once") {
    auto const connection = Connection::in_memory();
    StandIns stand_ins{connection, nothing};
    int calls = 0;
    std::string text;
    stand_ins.retry([&] {
        ++calls;
        text = connection.text("SELECT slug('a', 2)");
    });
    CHECK(calls == 2);
    CHECK(text == "a");
    stand_ins.retry([&] { (void)connection.integer("SELECT Slug()"); });
    CHECK(stand_ins.take_met() == std::vector<std::string>{"slug"});
    CHECK(stand_ins.take_met().empty());
}

TEST_CASE("stand-ins: a declared function is there with its number of arguments and no other") {
    auto const connection = Connection::in_memory();
    std::vector<std::string> const declared{"slug/1", "any"};
    StandIns stand_ins{connection, declared};
    stand_ins.retry([&] { CHECK(connection.text("SELECT slug('a') || any('b', 'c')") == "ab"); });
    CHECK(stand_ins.take_met().empty());
    CHECK_THROWS_WITH_AS(stand_ins.retry([&] { (void)connection.text("SELECT slug('a', 'b')"); }),
                         doctest::Contains("wrong number of arguments to function slug()"), EngineError);
}

TEST_CASE("stand-ins: a declaration that cannot be understood is refused") {
    auto const connection = Connection::in_memory();
    for (std::string const text : {"", "/1", "slug/", "slug/x", "slug/-1", "slug/128", "slug/1 "}) {
        CAPTURE(text);
        std::vector<std::string> const declared{text};
        CHECK_THROWS_WITH_AS((StandIns{connection, declared}), doctest::Contains("write its name and the number"),
                             PlanError);
    }
}

TEST_CASE("stand-ins: a collation of the application's is stood in for") {
    auto const connection = Connection::in_memory();
    StandIns const stand_ins{connection, nothing};
    CHECK(connection.integer("SELECT 'a' < 'b' COLLATE house") == 1);
}

TEST_CASE("stand-ins: every other mistake is told as it is") {
    auto const connection = Connection::in_memory();
    StandIns stand_ins{connection, nothing};
    CHECK_THROWS_WITH_AS(stand_ins.retry([&] { connection.run("SELECT a FROM t"); }),
                         doctest::Contains("no such table: t"), EngineError);
}

TEST_SUITE_END();
