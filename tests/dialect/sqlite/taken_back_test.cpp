#include "dialect/sqlite/taken_back.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace evolver;
using sqlite::Connection;
using sqlite::TakenBack;

TEST_SUITE_BEGIN("dialect/sqlite/taken_back");

namespace {

Connection with_notes() {
    auto connection = Connection::in_memory();
    connection.run("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO notes VALUES (1, 'one')");
    return connection;
}

}  // namespace

TEST_CASE("a trial leaves nothing behind, however it ends") {
    auto const connection = with_notes();
    {
        TakenBack const trial{connection};
        connection.run("DELETE FROM notes");
    }
    try {
        TakenBack const trial{connection};
        connection.run("DROP TABLE notes");
        throw std::runtime_error{"something else"};
    } catch (std::runtime_error const&) {
        CHECK(connection.integer("SELECT count(*) FROM notes") == 1);
    }
}

TEST_CASE("a trial that has ended its own transaction has nothing to take back") {
    auto const connection = with_notes();
    TakenBack trial{connection};
    CHECK_THROWS_AS(connection.run("INSERT OR ROLLBACK INTO notes VALUES (1, 'again')"), EngineError);
    trial.now();
    CHECK(connection.integer("SELECT count(*) FROM notes") == 1);
}

TEST_CASE("a trial that cannot be taken back says so, and ends no program where an exception is on its way already") {
    auto const connection = with_notes();
    connection.run("BEGIN");
    CHECK_THROWS_AS(
        [&] {
            TakenBack trial{connection};
            connection.run("RELEASE evolver_trial");
            trial.now();
        }(),
        EngineError);
    CHECK_THROWS_AS(
        [&] {
            TakenBack const trial{connection};
            connection.run("RELEASE evolver_trial");
            throw std::runtime_error{"something else"};
        }(),
        std::runtime_error);
}

TEST_SUITE_END();
