#include "dialect/sqlite/render.hpp"

#include "dialect/sqlite/inspect.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "support/rows.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <unistd.h>
#include <filesystem>
#include <string>

using namespace evolver;
using namespace evolver::sqlite;
using support::rows;

namespace {

Connection database(std::string const& script) {
    auto connection = Connection::in_memory();
    connection.run(script);
    return connection;
}

void apply(Connection const& connection, Change const& change, RenderContext const& context) {
    for (auto const& sql : render(change, context).sql) connection.run(sql);
}

/// A file that goes away with the test.
struct File {
    File() { std::filesystem::remove(path); }
    ~File() {
        for (auto const* end : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(path + end);
    }
    File(File const&) = delete;
    File& operator=(File const&) = delete;
    std::string path =
        (std::filesystem::temp_directory_path() / ("evolver_render_" + std::to_string(::getpid()) + ".db")).string();
};

}  // namespace

TEST_SUITE_BEGIN("sqlite/render");

TEST_CASE("render: a large column becomes a tombstone, which nobody has to fill and no schema shows") {
    auto const connection = database(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, o TEXT CONSTRAINT given NOT NULL, n BIGINT); INSERT INTO t VALUES (1, "
        "'x', 5)");
    RenderContext const large{.schema = connection, .rows = 10'000'000};
    auto const step = render(RemoveColumn{"t", "o"}, large);
    CHECK(step.lock == LockClass::instant);
    CHECK(step.what.find("to a tombstone") != std::string::npos);
    connection.run("BEGIN");
    for (auto const& sql : step.sql) connection.run(sql);
    connection.run("COMMIT");
    CHECK_NOTHROW(connection.run("INSERT INTO t (id, n) VALUES (2, 6)"));
    CHECK(rows(connection, "SELECT * FROM t") == "1|'x'|5; 2|NULL|6");
    CHECK(inspect_table(connection, "t")->find("o") == nullptr);
    CHECK(inspect_table(connection, "t")->columns.size() == 2);
    CHECK(connection.text("PRAGMA integrity_check") == "ok");

    connection.run("ALTER TABLE t ADD COLUMN o TEXT");  // the name is free, and a second tombstone finds another
    apply(connection, RemoveColumn{"t", "o"}, large);
    CHECK(rows(connection, "SELECT name FROM pragma_table_info('t')") ==
          "'id'; 'evolver_gone_1_o'; 'n'; 'evolver_gone_2_o'");
}

TEST_CASE("render: within the budget, or in a window, a column is dropped") {
    auto const connection = database("CREATE TABLE t (id INTEGER PRIMARY KEY, o TEXT)");
    CHECK(render(RemoveColumn{"t", "o"}, {.schema = connection, .rows = 1000}).sql.front() ==
          "ALTER TABLE \"t\" DROP COLUMN \"o\"");
    auto const window =
        render(RemoveColumn{"t", "o"}, {.schema = connection, .rows = 10'000'000, .lock = Lock::in_window});
    CHECK(window.sql.front() == "ALTER TABLE \"t\" DROP COLUMN \"o\"");
    CHECK(window.lock == LockClass::rewrite);
    CHECK(window.rows == 10'000'000);
    CHECK(window.estimate > std::chrono::seconds{1});
}

TEST_CASE("render: what holds the lock for longer than the budget is refused, unless somebody planned a window") {
    auto const connection = database("CREATE TABLE t (id INTEGER PRIMARY KEY, o TEXT)");
    std::vector<Change> const changes{MakeIndex{Index{.name = "i", .table = "t", .parts = {"o"}}}, RemoveTable{"t"},
                                      DeclareColumn{"t", Column{.name = "o", .type = text(), .nullable = false}}};
    for (auto const& change : changes) {
        CAPTURE(change.index());
        CHECK_THROWS_WITH_AS((void)render(change, {.schema = connection, .rows = 10'000'000}),
                             doctest::Contains("the budget is 50 ms"), PlanError);
        CHECK_THROWS_WITH_AS((void)render(change, {.schema = connection, .rows = 10'000'000}),
                             doctest::Contains(".lock = Lock::in_window"), PlanError);
        CHECK_NOTHROW((void)render(change, {.schema = connection, .rows = 10'000'000, .lock = Lock::in_window}));
        CHECK_NOTHROW((void)render(change, {.schema = connection, .rows = 1000}));
    }
    // Without NOT NULL no row has to be looked at.
    CHECK_NOTHROW((void)render(DeclareColumn{"t", Column{.name = "o", .type = text(), .default_value = "1"}},
                               {.schema = connection, .rows = 10'000'000}));
}

TEST_CASE("render: a column is held to its declaration, and connections that were open before hold to it, too") {
    File const file;
    int const flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    auto const connection = Connection::open(file.path, flags);
    connection.run(
        "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, n BIGINT /* bytes */, gone TEXT); INSERT "
        "INTO t VALUES (1, 5, 'x')");
    auto const other = Connection::open(file.path, flags);
    auto insert = other.prepare("INSERT INTO t (id) VALUES (?1)");
    insert.bind(1, std::int64_t{2});
    insert.run();
    other.run("DELETE FROM t WHERE id = 2");

    connection.run("BEGIN IMMEDIATE");
    apply(connection, RemoveColumn{"t", "gone"}, {.schema = connection});
    apply(connection,
          DeclareColumn{"t", Column{.name = "N", .type = integer(), .nullable = false, .default_value = "7"}},
          {.schema = connection});
    connection.run("COMMIT");

    for (auto const* each : {&connection, &other}) {
        CHECK(rows(*each, "SELECT \"notnull\", dflt_value FROM pragma_table_info('t') WHERE name = 'n'") == "1|'7'");
        CHECK(each->text("PRAGMA integrity_check") == "ok");
    }
    insert.bind(1, std::int64_t{3});
    insert.run();  // prepared before: it is prepared anew by SQLite
    CHECK(rows(connection, "SELECT * FROM t") == "1|5; 3|7");
    CHECK_THROWS_AS(other.run("INSERT INTO t VALUES (4, NULL)"), EngineError);
    CHECK(rows(connection, "SELECT sql LIKE '%/* bytes */%' FROM sqlite_schema") == "1");
    CHECK(Connection::open(file.path, flags).text("PRAGMA integrity_check") == "ok");
}

TEST_CASE("render: the alias of a column has its type, and its name can be anything") {
    auto const connection = database("CREATE TABLE \"a \"\"t\"\"\" (\"o x\" VARCHAR(40), plain)");
    apply(connection, MakeAlias{"a \"t\"", "o x", "Größe"}, {.schema = connection});
    apply(connection, MakeAlias{"a \"t\"", "plain", "order"}, {.schema = connection});
    CHECK(rows(connection, "SELECT name, type FROM pragma_table_xinfo('a \"t\"')") ==
          "'o x'|'VARCHAR(40)'; 'plain'|''; 'Größe'|'VARCHAR(40)'; 'order'|''");
    apply(connection, SettleAlias{"a \"t\"", "o x", "Größe"}, {.schema = connection});
    apply(connection, RemoveAlias{"a \"t\"", "order"}, {.schema = connection});
    CHECK(rows(connection, "SELECT name FROM pragma_table_xinfo('a \"t\"')") == "'Größe'; 'plain'");
}

TEST_SUITE_END();
