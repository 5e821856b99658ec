// What a Recorder writes down, and what it leaves out.

#include <doctest/doctest.h>

#include "evolver/error.hpp"
#include "evolver/testing/recorder.hpp"
#include "support/folder.hpp"
#include "testing/statement_file.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <fstream>

using evolver::testing::read_file;
using evolver::testing::read_statements;
using evolver::testing::recordable;
using evolver::testing::Recorder;

TEST_SUITE_BEGIN("testing/recorder");

TEST_CASE("recorder: each statement is in the file once, sorted, and what was there stays") {
    evolver::testing::Folder const folder{"evolver-kit"};
    auto const path = folder.file("1.0.sql");
    std::ofstream{path} << "SELECT before FROM t;\n";
    {
        Recorder recorder{path};
        soci::session db{soci::sqlite3, "db=:memory:"};
        recorder.watch(db);
        db << "CREATE TABLE t (a, before)";
        int one = 1;
        for (int i = 0; i < 3; ++i) db << "INSERT INTO t (a) VALUES (:a)", soci::use(one, "a");
        db << "SELECT a\n  FROM t", soci::into(one);
        recorder.flush();
        CHECK(read_statements(path).size() == 4);
        db << "DELETE FROM t";
    }
    CHECK(read_statements(path) == std::vector<std::string>{"CREATE TABLE t (a, before)", "DELETE FROM t",
                                                            "INSERT INTO t (a) VALUES (:a)", "SELECT a FROM t",
                                                            "SELECT before FROM t"});
}

TEST_CASE("recorder: no value that stands in a statement is in the file") {
    evolver::testing::Folder const folder{"evolver-kit"};
    auto const path = folder.file("1.0.sql");
    {
        Recorder recorder{path};
        soci::session db{soci::sqlite3, "db=:memory:"};
        recorder.watch(db);
        db << "CREATE TABLE t (a, b)";
        db << "INSERT INTO t VALUES ('secret', 4711)";
        db << "UPDATE t SET a = 'secret', b = 4711 WHERE a = x'5ec2e7' AND b >= 4711";
    }
    auto const text = read_file(path);
    CHECK(text.find("secret") == std::string::npos);
    CHECK(text.find("4711") == std::string::npos);
    CHECK(text.find("5ec2e7") == std::string::npos);
    CHECK(text.find("INSERT INTO t VALUES (?, ?);") != std::string::npos);
}

TEST_CASE("recorder: what only looks like a value stays") {
    CHECK(recordable("SELECT a AS 'x', b FROM t ORDER BY 2, 1") == "SELECT a AS 'x', b FROM t ORDER BY 2, 1");
    CHECK(recordable("SELECT CAST(a AS VARCHAR(10)) FROM t LIMIT 5;") ==
          "SELECT CAST(a AS VARCHAR(10)) FROM t LIMIT 5");
    CHECK(recordable("  SELECT  a -- why\n FROM t ; ") == "SELECT a FROM t");
    // A number directly behind a value is not the number of a placeholder.
    CHECK(recordable("SELECT 'a'0x10 FROM t") == "SELECT ? 0x10 FROM t");
    CHECK(recordable("PRAGMA cache_size = 10") == "PRAGMA cache_size = 10");
}

TEST_CASE("recorder: a session that outlives it goes on, unrecorded") {
    evolver::testing::Folder const folder{"evolver-kit"};
    auto const path = folder.file("1.0.sql");
    soci::session db{soci::sqlite3, "db=:memory:"};
    {
        Recorder recorder{path};
        recorder.watch(db);
        db << "CREATE TABLE t (a)";
    }
    db << "CREATE TABLE u (a)";
    CHECK(read_statements(path).size() == 1);
}

TEST_CASE("recorder: a file that cannot be written is an error in words") {
    Recorder recorder{"/nowhere/at/all.sql"};
    soci::session db{soci::sqlite3, "db=:memory:"};
    recorder.watch(db);
    db << "CREATE TABLE t (a)";
    CHECK_THROWS_WITH_AS(recorder.flush(), doctest::Contains("/nowhere/at/all.sql"), evolver::Error);
}
