#include "dialect/sqlite/statement_fault.hpp"
#include "dialect/sqlite/connection.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <doctest/doctest.h>

#include <sqlite3.h>

using namespace evolver;

TEST_SUITE_BEGIN("dialect/sqlite/statement_fault");

TEST_CASE(
    "a statement that does not fit the schema or its rows is at fault, and not one that lacked memory, disk or lock") {
    auto const of_code = [](int code) {
        return sqlite::is_the_statements_fault(Error{Failure{.what = "a test", .native_code = code}});
    };
    for (int const code : {0, SQLITE_ERROR, SQLITE_CONSTRAINT_UNIQUE, SQLITE_MISMATCH, SQLITE_RANGE, SQLITE_TOOBIG}) {
        CAPTURE(code);
        CHECK(of_code(code));
    }
    for (int const code : {SQLITE_NOMEM, SQLITE_IOERR_WRITE, SQLITE_FULL, SQLITE_BUSY_SNAPSHOT, SQLITE_INTERRUPT}) {
        CAPTURE(code);
        CHECK_FALSE(of_code(code));
    }
}

TEST_CASE("what SQLite says of a table that is not there is the statement's fault") {
    auto const connection = sqlite::Connection::in_memory();
    try {
        connection.run("DELETE FROM nothing");
        FAIL("it was accepted");
    } catch (EngineError const& error) {
        CHECK(sqlite::is_the_statements_fault(error));
    }
}

TEST_SUITE_END();
