#include "dialect/postgresql/fill_sql.hpp"

#include "dialect/postgresql/sync.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::postgresql;
using namespace evolver::testing;

namespace {

struct Numbers {
    PostgresqlDatabase database;
    Connection connection = database.connect();
    NamedPair pair{.pair = {.table = "t",
                            .from = {{"x", "text"}},
                            .to = {{"y", "bigint"}},
                            .up = {"CAST(x AS bigint)"},
                            .down = {"CAST(y AS text)"}},
                   .schema = "public",
                   .tag = "0"};
    RowKey key{{{.column = "name", .type = "text"}, {.column = "number", .type = "bigint"}}};

    Numbers() {
        connection.run(
            "CREATE TABLE t (name text, number int, x text, y bigint CHECK (y < 100), PRIMARY KEY (name, number));"
            "INSERT INTO t SELECT 'it''s', i, CAST(i AS text) FROM generate_series(1, 9) AS i");
        for (auto const& sql : conversion_functions(pair)) connection.run(sql);
    }

    [[nodiscard]] std::string filled(KeySpan const& span, std::string const& besides = {}) const {
        Transaction transaction{connection, std::chrono::milliseconds{100}};
        connection.run(fill_at_once(pair, key, span, besides));
        auto rows = connection.text(filled_at_once());
        transaction.commit();
        return rows;
    }
    [[nodiscard]] std::string ys() const {
        return connection.text("SELECT string_agg(coalesce(CAST(y AS text), '-'), ' ' ORDER BY number) FROM t");
    }
};

}  // namespace

TEST_SUITE_BEGIN("dialect/postgresql/fill_sql");

TEST_CASE("filling at once: the rows of the span are filled, and counted") {
    Numbers table;
    CHECK(table.filled({.after = {}, .until = {"it's", "2"}}) == "2");
    CHECK(table.filled({.after = {"it's", "2"}, .until = {"it's", "4"}}, " AND number <> 3") == "1");
    CHECK(table.ys() == "1 2 - 4 - - - - -");
    table.key.descending = true;
    CHECK(table.filled({.after = {"it's", "9"}, .until = {"it's", "7"}}) == "2");
    CHECK(table.ys() == "1 2 - 4 - - 7 8 -");
}

TEST_CASE("filling at once: a row that cannot be converted fails nothing, and then none is filled") {
    Numbers const table;
    table.connection.run("UPDATE t SET x = '4 kB' WHERE number = 4");
    CHECK(table.filled({.after = {}, .until = {"it's", "9"}}) == "-1");
    CHECK(table.ys() == "- - - - - - - - -");
    // One by one the others are.
    auto const filled = table.connection.query(fill(table.pair, table.key, Range::until), {"it's", "9"});
    CHECK(filled.changed == 8);
    CHECK(table.ys() == "1 2 3 - 5 6 7 8 9");
}

TEST_CASE("filling at once: what is no row's fault is an error") {
    Numbers const table;
    table.connection.run(
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = '40001'; END "
        "$$; CREATE TRIGGER late BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION late()");
    CHECK_THROWS_AS((void)table.filled({.after = {}, .until = {"it's", "9"}}), EngineError);
}

TEST_SUITE_END();
