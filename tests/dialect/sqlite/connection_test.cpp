#include "dialect/sqlite/connection.hpp"

#include "evolver/dialect/engine_error.hpp"
#include "support/rows.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <string>

using namespace evolver;
using namespace evolver::sqlite;
using support::rows;

namespace {

constexpr int create = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

/// A file that goes away with the test.
struct File {
    File() { std::filesystem::remove(path); }
    ~File() {
        for (auto const* end : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(path + end);
    }
    File(File const&) = delete;
    File& operator=(File const&) = delete;
    std::string path =
        (std::filesystem::temp_directory_path() / ("evolver_connection_" + std::to_string(::getpid()) + ".db"))
            .string();
};

EngineError failure(auto const& work) {
    try {
        work();
    } catch (EngineError const& error) {
        return error;
    }
    return EngineError{Failure{.what = "nothing was thrown"}};
}

}  // namespace

TEST_SUITE_BEGIN("sqlite/connection");

TEST_CASE("connection: a script runs statement by statement, and the one that fails is named") {
    auto const connection = Connection::in_memory();
    connection.run("CREATE TABLE t (a); -- ; a comment\nINSERT INTO t VALUES ('x;y');;  ");
    CHECK(rows(connection, "SELECT * FROM t") == "'x;y'");
    auto const error = failure(
        [&] { connection.run("INSERT INTO t VALUES (1); INSERT INTO nope VALUES (2); INSERT INTO t VALUES (3)"); });
    CHECK(std::string{error.what()}.find("no such table: nope") != std::string::npos);
    CHECK(error.sql().find("nope") != std::string::npos);
    CHECK(error.sql().find("VALUES (3)") == std::string::npos);
    CHECK(connection.integer("SELECT count(*) FROM t") == 2);
    connection.run("");
    connection.run("  -- nothing\n");
}

TEST_CASE("connection: a statement that is not understood is named as a whole") {
    auto const connection = Connection::in_memory();
    auto const error = failure([&] { connection.run("SELECT 1;\n SELEC 2 FROM t; SELECT 3"); });
    CHECK(error.sql() == "SELEC 2 FROM t;");
}

TEST_CASE("connection: values keep their type, zero bytes and all") {
    auto const connection = Connection::in_memory();
    std::vector<Value> const values{
        Null{}, std::int64_t{-5}, 0.5, std::string{"a\0b", 3}, std::string{}, Blob{std::byte{0}, std::byte{255}},
        Blob{}};
    for (auto const& value : values) CHECK(connection.scalar("SELECT ?1", {&value, 1}) == value);
    CHECK(to_text(values[5]) == "x'00ff'");
    CHECK(to_text(std::string{"it's"}) == "'it''s'");
    CHECK(connection.scalar("SELECT 1 WHERE 0") == Value{Null{}});
}

TEST_CASE("connection: a lock that somebody holds is waited for, and then says that trying again helps") {
    File const file;
    auto const first = Connection::open(file.path, create);
    auto const second = Connection::open(file.path, create);
    first.run("CREATE TABLE t (a)");
    {
        WriteTransaction held{first, std::chrono::milliseconds{0}};
        auto const begun = std::chrono::steady_clock::now();
        auto const error = failure([&] { WriteTransaction const refused{second, std::chrono::milliseconds{30}}; });
        CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds{30});
        CHECK(error.retry_helps());
        CHECK((error.native_code() & 0xff) == SQLITE_BUSY);
        CHECK(error.object() == std::filesystem::canonical(file.path).string());
        first.run("INSERT INTO t VALUES (1)");
    }
    CHECK(second.integer("SELECT count(*) FROM t") == 0);  // not committed: rolled back
    WriteTransaction kept{second, std::chrono::milliseconds{0}};
    second.run("INSERT INTO t VALUES (1)");
    kept.commit();
    CHECK(first.integer("SELECT count(*) FROM t") == 1);
}

TEST_CASE("connection: what cannot be opened or written says what to do") {
    File const file;
    auto const absent = failure([&] { (void)Connection::open(file.path + "/no/where.db", create); });
    CHECK((absent.native_code() & 0xff) == SQLITE_CANTOPEN);
    CHECK(absent.instead().find("check the path") != std::string::npos);
    { std::ofstream{file.path} << std::string(4096, 'x'); }
    auto const connection = Connection::open(file.path, create);
    auto const garbage = failure([&] { connection.run("SELECT * FROM sqlite_schema"); });
    CHECK((garbage.native_code() & 0xff) == SQLITE_NOTADB);
    CHECK(garbage.instead().find("no SQLite database") != std::string::npos);
    std::filesystem::remove(file.path);
    { Connection::open(file.path, create).run("CREATE TABLE t (a)"); }
    auto const reader = Connection::open(file.path, SQLITE_OPEN_READONLY);
    CHECK(reader.read_only());
    auto const refused = failure([&] { reader.run("INSERT INTO t VALUES (1)"); });
    CHECK((refused.native_code() & 0xff) == SQLITE_READONLY);
    CHECK_FALSE(refused.retry_helps());
}

TEST_CASE("connection: a statement that failed can be run again") {
    auto const connection = Connection::in_memory();
    connection.run("CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)");
    auto insert = connection.prepare("INSERT INTO t VALUES (?1)");
    insert.bind(1, std::int64_t{1});
    CHECK_THROWS_AS(insert.run(), EngineError);
    insert.bind(1, std::int64_t{2});
    CHECK(insert.run() == 1);
}

TEST_CASE("connection: names and texts are quoted") {
    CHECK(quoted("a \"b\"") == "\"a \"\"b\"\"\"");
    CHECK(literal("it's") == "'it''s'");
    auto const connection = Connection::in_memory();
    connection.run("CREATE TABLE t (a)");
    connection.refuse_quoted_strings();
    CHECK_THROWS_AS(connection.run("SELECT \"text\" FROM t"), EngineError);
}

TEST_SUITE_END();
