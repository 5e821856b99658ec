#include "dialect/postgresql/sync.hpp"

#include "evolver/dialect/engine_error.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace evolver;
using namespace evolver::postgresql;
using namespace evolver::testing;

namespace {

/// x is text that should be a number, y the number, z its words: two open migrations, one behind the other.
PhysicalPair x_to_y() {
    return {.table = "t",
            .from = {{"x", "text"}},
            .to = {{"y", "bigint"}},
            .up = {"CAST(x AS bigint)"},
            .down = {"CAST(y AS text)"}};
}
PhysicalPair y_to_z() {
    return {.table = "t",
            .from = {{"y", "bigint"}},
            .to = {{"z", "text"}},
            .up = {"'n' || CAST(y AS text)"},
            .down = {"CAST(substr(z, 2) AS bigint)"}};
}

SyncedTable both() {
    return {.table = "t",
            .key = {{{.column = "id", .type = "bigint"}}},
            .plan = "numbers",
            .pairs = {{x_to_y(), "0002-y", "evolver_legacy_2"}, {y_to_z(), "0003-z", "evolver_legacy_3"}}};
}

struct Table {
    PostgresqlDatabase database;
    Connection connection = database.connect();

    explicit Table(
        SyncedTable const& synced = both(),
        std::string const& create = "CREATE TABLE t (id int PRIMARY KEY, x text, y bigint, z text, other int)") {
        connection.run(create);
        for (auto const& sql : make_quarantine("public")) connection.run(sql);
        for (auto const& pair : synced.pairs) {
            for (auto const& sql : make_counter("public", pair.counter)) connection.run(sql);
        }
        connection.run(sync_function(synced));
        connection.run(sync_trigger(synced));
    }

    void run(std::string const& sql) const { connection.run(sql); }
    [[nodiscard]] std::string row(int id = 1) const {
        return connection.text(
            "SELECT concat_ws(' ', coalesce(x, '-'), coalesce(CAST(y AS text), '-'), coalesce(z, '-')) FROM t "
            "WHERE id = " +
            std::to_string(id));
    }
    [[nodiscard]] std::int64_t legacy(std::string const& counter) const {
        return connection.integer(read_counter("public", counter));
    }
    /// Before anybody knew of y and z.
    void unfilled(std::string const& x) const {
        run("BEGIN; " + std::string{filling} + "; INSERT INTO t (id, x) VALUES (1, '" + x + "'); COMMIT");
    }
};

}  // namespace

TEST_SUITE_BEGIN("dialect/postgresql/sync");

TEST_CASE("sync on postgresql: each release's write reaches every other shape, through a chain in both directions") {
    Table const table;
    table.run("INSERT INTO t (id, x) VALUES (1, '7')");
    CHECK(table.row() == "7 7 n7");
    table.run("UPDATE t SET y = 8");
    CHECK(table.row() == "8 8 n8");
    table.run("UPDATE t SET z = 'n9'");
    CHECK(table.row() == "9 9 n9");
    table.run("UPDATE t SET x = '10'");
    CHECK(table.row() == "10 10 n10");
    table.run("INSERT INTO t (id, z) VALUES (2, 'n3'); INSERT INTO t (id, y) VALUES (3, 4)");
    CHECK(table.row(2) == "3 3 n3");
    CHECK(table.row(3) == "4 4 n4");
    // One statement for many rows, an upsert, and a COPY are writes like others.
    table.run("INSERT INTO t (id, x) VALUES (1, '11'), (4, '12') ON CONFLICT (id) DO UPDATE SET x = excluded.x");
    CHECK(table.row(1) == "11 11 n11");
    CHECK(table.row(4) == "12 12 n12");
}

TEST_CASE("sync on postgresql: an insert that names neither shape has what the new one says of nothing") {
    auto one = both();
    one.pairs.pop_back();
    one.pairs[0].pair.up = {"CAST(coalesce(x, '0') AS bigint)"};
    one.pairs[0].pair.down = {"coalesce(CAST(y AS text), '0')"};
    Table const table{one};
    table.run("INSERT INTO t (id) VALUES (1)");
    CHECK(table.row() == "- 0 -");
}

TEST_CASE("sync on postgresql: if a statement writes both shapes, the new one wins") {
    Table const table;
    table.run("INSERT INTO t (id, x, y) VALUES (1, '7', 8)");
    CHECK(table.row() == "8 8 n8");
    table.run("UPDATE t SET x = '1', z = 'n2'");
    CHECK(table.row() == "2 2 n2");
    table.run("UPDATE t SET x = '3', y = 3");
    CHECK(table.row() == "3 3 n3");
}

TEST_CASE("sync on postgresql: what is in sync is left as it is, and a write of another column derives nothing") {
    Table const table;
    table.run("INSERT INTO t (id, x) VALUES (1, '007')");
    CHECK(table.row() == "007 7 n7");
    table.run("UPDATE t SET other = 1");
    CHECK(table.row() == "007 7 n7");
    // The new program writes the value that it has read: the old one keeps its zeros.
    table.run("UPDATE t SET y = 7, other = 2");
    table.run("UPDATE t SET z = 'n7'");
    CHECK(table.row() == "007 7 n7");
}

TEST_CASE(
    "sync on postgresql, rule 9: a conversion that fails never fails an old program, and the row is in quarantine") {
    Table const table;
    table.run("INSERT INTO t (id, x) VALUES (1, '12 kB')");
    CHECK(table.row() == "12 kB - -");
    CHECK(table.connection.text("SELECT migration || ' ' || row_key || ' ' || why FROM evolver_quarantine") ==
          "0002-y 1 22P02");
    table.run("UPDATE t SET x = '13'");
    CHECK(table.row() == "13 13 n13");
    table.run("UPDATE t SET x = 'much'");
    CHECK(table.row() == "much - -");
    // Somebody who knows the new shape mends it.
    table.run("UPDATE t SET y = 14");
    CHECK(table.row() == "14 14 n14");
    // Whoever writes the new shape is told of a value that it cannot hold.
    CHECK_THROWS_AS(table.run("UPDATE t SET z = 'none'"), EngineError);
    CHECK(table.row() == "14 14 n14");
}

TEST_CASE(
    "sync on postgresql: a value of an unfilled row that the new program writes as it would be read leaves the old one "
    "alone") {
    Table const table;
    table.unfilled("007");
    CHECK(table.row() == "007 - -");
    table.run("UPDATE t SET z = 'n7'");
    CHECK(table.row() == "007 7 n7");
    Table const other;
    other.unfilled("007");
    other.run("UPDATE t SET z = 'n8'");
    CHECK(other.row() == "8 8 n8");
}

TEST_CASE(
    "sync on postgresql, rule 17: a row whose key changes is filled on the way, for the backfill may have passed "
    "there") {
    Table const table;
    table.unfilled("5");
    table.run("UPDATE t SET id = 1000");
    CHECK(table.row(1000) == "5 5 n5");
}

TEST_CASE(
    "sync on postgresql, rule 1: a BEFORE trigger of the application's has rewritten the row, and that is what is "
    "carried") {
    Table const table;
    table.run(
        "CREATE FUNCTION trimmed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.x := trim(NEW.x); NEW.other := "
        "coalesce(NEW.other, 0) + 1; RETURN NEW; END $$; CREATE TRIGGER zzz_trim BEFORE INSERT OR UPDATE ON t FOR EACH "
        "ROW EXECUTE "
        "FUNCTION trimmed()");
    table.run("INSERT INTO t (id, x) VALUES (1, ' 7 ')");
    CHECK(table.row() == "7 7 n7");
    table.run("UPDATE t SET x = ' 8'");
    CHECK(table.row() == "8 8 n8");
    // As often as before: once for each write.
    CHECK(table.connection.integer("SELECT other FROM t") == 2);
}

TEST_CASE("sync on postgresql, rule 3: what a BEFORE trigger sets, and no statement names, is carried, too") {
    Table const table;
    table.run(
        "CREATE FUNCTION set_x() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.x := CAST(NEW.other AS text); RETURN "
        "NEW; END $$; "
        "CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION set_x()");
    table.run("INSERT INTO t (id, x, other) VALUES (1, '1', 0)");
    table.run("UPDATE t SET other = 5");
    CHECK(table.row() == "5 5 n5");
}

TEST_CASE("sync on postgresql, rule 2: values are compared by representation, where equality is not identity") {
    SyncedTable const synced{
        .table = "t",
        .key = {{{.column = "id", .type = "bigint"}}},
        .plan = "numbers",
        .pairs = {{{.table = "t", .from = {{"x", "numeric"}}, .to = {{"y", "numeric"}}, .up = {"x"}, .down = {"y"}},
                   "0002-y",
                   "evolver_legacy_2"},
                  {{.table = "t", .from = {{"j", "json"}}, .to = {{"k", "json"}}, .up = {"j"}, .down = {"k"}},
                   "0003-k",
                   "evolver_legacy_3"}}};
    Table const table{synced, "CREATE TABLE t (id int PRIMARY KEY, x numeric, y numeric, j json, k json)"};
    table.run("INSERT INTO t (id, x, j) VALUES (1, 1.0, '{\"a\": 1}')");
    table.run("UPDATE t SET x = 1.00, j = '{\"a\":  1}'");
    CHECK(table.connection.text("SELECT y || ' ' || CAST(k AS text) FROM t") == "1.00 {\"a\":  1}");
}

TEST_CASE("sync on postgresql: legacy writes are counted, and writes of the new shape, or of both, are not") {
    Table const table;
    table.run("INSERT INTO t (id, x) VALUES (1, '1')");
    CHECK(table.legacy("evolver_legacy_2") == 1);
    table.run("UPDATE t SET x = '2'");
    CHECK(table.legacy("evolver_legacy_2") == 2);
    auto const of_the_second = table.legacy("evolver_legacy_3");
    table.run(
        "UPDATE t SET x = '3', y = 3, z = 'n3'; UPDATE t SET z = 'n4'; UPDATE t SET other = 1; UPDATE t SET x = x");
    CHECK(table.legacy("evolver_legacy_2") == 2);
    CHECK(table.legacy("evolver_legacy_3") == of_the_second);
    table.run("UPDATE t SET x = '04'");  // nothing is carried, and the zero would be lost
    CHECK(table.legacy("evolver_legacy_2") == 3);
}

TEST_CASE("sync on postgresql: a program that may only write the table is served, conversions that fail included") {
    Table const table;
    table.run(
        "DROP ROLE IF EXISTS evolver_clerk; CREATE ROLE evolver_clerk; GRANT SELECT, INSERT, UPDATE ON t TO "
        "evolver_clerk");
    table.run("SET ROLE evolver_clerk; INSERT INTO t (id, x) VALUES (1, 'much'); UPDATE t SET x = '5'; RESET ROLE");
    CHECK(table.row() == "5 5 n5");
    CHECK(table.connection.integer("SELECT count(*) FROM evolver_quarantine") == 1);
    table.run("DROP OWNED BY evolver_clerk; DROP ROLE evolver_clerk");
}

TEST_CASE("sync on postgresql: another set of pairs is a new function, which asks for no lock on the table") {
    Table const table;
    auto const holder = table.database.connect();
    holder.run("BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE");
    auto fewer = both();
    fewer.pairs.pop_back();
    {
        Transaction transaction{table.connection, std::chrono::milliseconds{100}};
        table.run(sync_function(fewer));
        transaction.commit();
    }
    holder.run("ROLLBACK");
    table.run("INSERT INTO t (id, x) VALUES (1, '7')");
    CHECK(table.row() == "7 7 -");
    for (auto const& sql : drop_sync(both())) table.run(sql);
    table.run("UPDATE t SET x = '8'");
    CHECK(table.row() == "8 7 -");
}

TEST_CASE("sync on postgresql: names that look like SQL are names") {
    SyncedTable const synced{.schema = "the \"s'chema",
                             .table = "a\"; DROP TABLE t; --",
                             .key = {{{.column = "i'd", .type = "bigint"}}},
                             .plan = "it's",
                             .pairs = {{{.table = "a\"; DROP TABLE t; --",
                                         .from = {{"Old X", "text"}},
                                         .to = {{"new\"y", "bigint"}},
                                         .up = {"CAST(\"Old X\" AS bigint)"},
                                         .down = {"CAST(\"new\"\"y\" AS text)"}},
                                        "0002-'y'",
                                        "evolver_legacy_\"2"}}};
    PostgresqlDatabase const database;
    auto const connection = database.connect();
    auto const schema = quoted(synced.schema);
    auto const table = schema + "." + quoted(synced.table.text());
    connection.run("CREATE SCHEMA " + schema + "; CREATE TABLE " + table +
                   " (\"i'd\" int PRIMARY KEY, \"Old X\" text, \"new\"\"y\" bigint)");
    for (auto const& sql : make_quarantine(synced.schema)) connection.run(sql);
    for (auto const& sql : make_counter(synced.schema, synced.pairs[0].counter)) connection.run(sql);
    connection.run(sync_function(synced));
    connection.run(sync_trigger(synced));
    connection.run("INSERT INTO " + table + " VALUES (1, '7'), (2, 'much')");
    CHECK(connection.integer("SELECT sum(\"new\"\"y\") FROM " + table) == 7);
    CHECK(connection.integer("SELECT count(*) FROM " + schema + ".evolver_quarantine") == 1);
    for (auto const& sql : drop_sync(synced)) connection.run(sql);
}

TEST_CASE("sync on postgresql: random writes of three releases, beside triggers of the application's, lose nothing") {
    auto const seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random{seed};
    auto const below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
    Table const table;
    table.run(
        "CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.other := coalesce(NEW.other, 0) + "
        "1; RETURN NEW; "
        "END $$; CREATE TRIGGER b BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touched()");
    table.run("BEGIN; " + std::string{filling} +
              "; INSERT INTO t (id, x) SELECT i, CAST(i AS text) FROM generate_series(1, 40) AS i; COMMIT");
    for (int step = 0; step < 3000; ++step) {
        CAPTURE(step);
        int const id = 1 + below(60);
        int const number = below(1000);
        auto const at = std::to_string(id);
        auto const value = std::to_string(number);
        bool const there = table.connection.integer("SELECT count(*) FROM t WHERE id = " + at) == 1;
        auto const write = [&](std::string const& column, std::string const& text) {
            if (there)
                table.run("UPDATE t SET " + column + " = '" + text + "' WHERE id = " + at);
            else
                table.run("INSERT INTO t (id, " + column + ") VALUES (" + at + ", '" + text + "')");
        };
        switch (below(7)) {
            case 0: {
                auto const zeros = below(3) == 0 ? "0" + value : value;
                write("x", zeros);
                REQUIRE(table.row(id) == zeros + " " + value + " n" + value);
                break;
            }
            case 1:
                write("y", value);
                REQUIRE(table.connection.text("SELECT y || ' ' || z FROM t WHERE id = " + at) == value + " n" + value);
                REQUIRE(table.connection.integer("SELECT CAST(x AS bigint) FROM t WHERE id = " + at) == number);
                break;
            case 2:
                write("z", "n" + value);
                REQUIRE(table.connection.text("SELECT y || ' ' || z FROM t WHERE id = " + at) == value + " n" + value);
                REQUIRE(table.connection.integer("SELECT CAST(x AS bigint) FROM t WHERE id = " + at) == number);
                break;
            case 3:
                write("x", "much");
                REQUIRE(table.row(id) == "much - -");
                break;
            case 4: table.run("UPDATE t SET other = 5 WHERE id = " + at); break;
            case 5: table.run("DELETE FROM t WHERE id = " + at); break;
            default:
                if (there)
                    table.run("UPDATE t SET x = '" + value + "', y = " + value + ", z = 'n" + value +
                              "' WHERE id = " + at);
        }
        // Nobody's row disagrees; what is not filled yet, or in quarantine, is empty.
        REQUIRE(table.connection.integer(
                    "SELECT count(*) FROM t WHERE (y IS NOT NULL AND x <> 'much' AND CAST(x AS bigint) <> y) OR (z IS "
                    "NOT NULL AND z <> 'n' || y) OR (y IS NULL) <> (z IS NULL)") == 0);
    }
}

TEST_CASE("sync on postgresql, rule 9: a function of the application's that refuses a value fails no old program") {
    auto one = both();
    one.pairs.pop_back();
    one.pairs[0].pair.up = {"strict_number(x)"};
    Table const table{one};
    table.run(
        "CREATE FUNCTION strict_number(text) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN IF $1 = 'much' THEN RAISE "
        "'no'; END "
        "IF; RETURN $1; END $$");
    table.run("INSERT INTO t (id, x) VALUES (1, 'much')");
    CHECK(table.row() == "much - -");
}

TEST_CASE("sync on postgresql, rule 9: a value that does not fit the new type fails no old program") {
    SyncedTable const synced{
        .table = "t",
        .key = {{{.column = "id", .type = "bigint"}}},
        .plan = "numbers",
        .pairs = {{{.table = "t", .from = {{"x", "integer"}}, .to = {{"y", "smallint"}}, .up = {"x"}, .down = {"y"}},
                   "0002-y",
                   "evolver_legacy_2"}}};
    Table const table{synced, "CREATE TABLE t (id int PRIMARY KEY, x int, y smallint)"};
    table.run("INSERT INTO t (id, x) VALUES (1, 100000), (2, 7)");
    CHECK(table.connection.text("SELECT string_agg(coalesce(CAST(y AS text), '-'), ' ' ORDER BY id) FROM t") == "- 7");
    CHECK(table.connection.integer("SELECT count(*) FROM evolver_quarantine") == 1);
}

TEST_CASE("sync on postgresql, rule 9: an error of any kind in a function of the application's fails no old program") {
    auto one = both();
    one.pairs.pop_back();
    one.pairs[0].pair.up = {"strict_number(x)"};
    Table const table{one};
    table.run(
        "CREATE FUNCTION strict_number(text) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN IF $1 = 'much' THEN RAISE "
        "'no' USING ERRCODE = "
        "'ABCDE'; END IF; RETURN $1; END $$");
    table.run("INSERT INTO t (id, x) VALUES (1, 'much')");
    CHECK(table.row() == "much - -");
    // What is no fault of the value is the statement's own affair.
    table.run(
        "CREATE OR REPLACE FUNCTION strict_number(text) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING "
        "ERRCODE = '40001'; END $$");
    CHECK_THROWS_AS(table.run("INSERT INTO t (id, x) VALUES (2, '5')"), EngineError);
}

TEST_CASE("sync on postgresql: names in an expression are those that expand has found, whatever the writer's path") {
    auto one = both();
    one.pairs.pop_back();
    one.pairs[0].pair.up = {"number_of(x)"};
    Table const table{one};
    table.run("CREATE FUNCTION number_of(text) RETURNS bigint LANGUAGE sql AS $$ SELECT CAST($1 AS bigint) $$");
    table.run("SET search_path = pg_catalog; INSERT INTO public.t (id, x) VALUES (1, '7'); RESET search_path");
    CHECK(table.row() == "7 7 -");
}

TEST_CASE("sync on postgresql: an expression may hold what its function is written between") {
    auto one = both();
    one.pairs.pop_back();
    one.pairs[0].pair.up = {"CAST(replace(x, '$evolver$', '') AS bigint)"};
    Table const table{one};
    table.run("INSERT INTO t (id, x) VALUES (1, '$evolver$7')");
    CHECK(table.row() == "$evolver$7 7 -");
}

TEST_SUITE_END();
