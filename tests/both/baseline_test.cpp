// A database that existed before evolver.

#include "both/world.hpp"
#include "evolver/ledger/ledger_error.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::testing;

namespace {

struct Found {
    explicit Found(std::vector<std::string> const& made) {
        for (auto const& sql : made) outside.run(sql);
    }
    [[nodiscard]] std::string refusal(Plan const& plan, MigrationId const& last) const {
        Asked session{database};
        Evolver evolver{session.db, plan};
        return message_of([&] { evolver.baseline(last); });
    }
    Database database;
    Asked outside{database};
};

Migration sql(char const* id, RawSql text) { return {.id = id, .release = "1.0", .operations = {std::move(text)}}; }

Plan sized() {
    return catalogue_with({ChangeType{.table = "packages",
                                      .from = "size",
                                      .to = "bytes",
                                      .type = integer(),
                                      .up = "CAST(size AS BIGINT)",
                                      .down = "CAST(bytes AS TEXT)"}});
}

constexpr auto packages_table = "CREATE TABLE packages (id BIGINT PRIMARY KEY, name TEXT NOT NULL, size TEXT)";
constexpr auto packages_of_sqlite = "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT)";

std::string packages_by_hand() {
    return Database::engine() == Engine::postgresql ? packages_table : packages_of_sqlite;
}

}  // namespace

TEST_SUITE_BEGIN("both/baseline");

TEST_CASE("baseline: it records what the database shows already, and expand goes on from there") {
    Found found{{packages_by_hand(), "INSERT INTO packages VALUES (1, 'bash', '12')"}};
    Asked session{found.database};
    Evolver evolver{session.db, sized()};
    evolver.baseline("0001-packages");
    auto const first = evolver.status().migrations.front();
    CHECK(first.phase == Phase::contracted);
    evolver.expand();
    evolver.backfill();
    CHECK(session.rows(evolver.table("packages").select({"bytes"}).text()) == "12");
    CHECK(found.outside.rows("SELECT event FROM evolver_audit ORDER BY sequence LIMIT 2") == "baseline; expand");
    CHECK_FALSE(evolver.verify_audit());
    CHECK_THROWS_AS(evolver.baseline("0001-packages"), HistoryError);
    evolver.reconcile();
    evolver.contract({.override_gates = {{"soak", "a test"}, {"processes", "the test's own"}}});
    CHECK(found.outside.rows("SELECT CAST(bytes AS INTEGER) FROM packages") == "12");
}

TEST_CASE("baseline: what is contracted already keeps older releases out") {
    Found const found{{"CREATE TABLE packages (id " +
                       std::string{Database::engine() == Engine::postgresql ? "BIGINT" : "INTEGER"} +
                       " PRIMARY KEY, name TEXT NOT NULL, bytes BIGINT)"}};
    Asked session{found.database};
    Evolver evolver{session.db, sized()};
    evolver.baseline("0002-change");
    CHECK(evolver.status().floor_release == "2.0");
    CHECK(evolver.expand().steps.empty());
    Asked other{found.database};
    Evolver old{other.db, sized(), {.release = "1.0"}};
    CHECK_THROWS_AS((void)old.expand(), SchemaTooNew);
}

TEST_CASE("baseline: refused with the differences, and nothing is written") {
    Found const found{{"CREATE TABLE packages (id INTEGER PRIMARY KEY, name CHAR(3))"}};
    auto const words = found.refusal(sized(), "0001-packages");
    CAPTURE(words);
    CHECK(has(words, "packages.size"));
    CHECK(has(words, "packages.name"));
    CHECK(has(found.refusal(sized(), "0009"), "has no migration \"0009\""));
    Asked session{found.database};
    Evolver evolver{session.db, sized()};
    CHECK_THROWS_AS(evolver.baseline("0001-packages"), DriftError);
    CHECK(evolver.audit_head().sequence == 0);
    CHECK(found.database.tables() == std::vector<std::string>{"packages"});
    CHECK(has(found.refusal(sized(), "0002-change"), "packages.bytes"));
    session.db << "BEGIN";
    CHECK_THROWS_AS(evolver.baseline("0001-packages"), Error);
}

TEST_CASE("baseline: of SQL it is compared with what the SQL makes, and may be said again until something is done") {
    Found found{{"CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)"}};
    Plan const plan{"notes",
                    {sql("1", {.expand = "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)"}),
                     sql("2", {.expand = "ALTER TABLE notes ADD COLUMN kind TEXT"}),
                     sql("3", {.expand = "CREATE INDEX i ON notes (body)"})}};
    CHECK(has(found.refusal(plan, "2"), "notes.kind"));
    CHECK(found.refusal(plan, "1") == "");
    CHECK(has(found.refusal(plan, "3"), "notes.kind"));
    found.outside.run("ALTER TABLE notes ADD COLUMN kind TEXT");
    CHECK(found.refusal(plan, "2") == "");
    Asked session{found.database};
    Evolver evolver{session.db, plan};
    evolver.expand();
    CHECK(found.database.indexes("notes") == "i");
    CHECK_THROWS_AS(evolver.baseline("2"), HistoryError);
    CHECK(found.outside.rows("SELECT event FROM evolver_audit ORDER BY sequence LIMIT 3") ==
          "baseline; baseline; expand");
}

TEST_CASE("baseline: of SQL on tables that are not the plan's own it is judged by what it would still change") {
    Found found{{"CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, fax TEXT)",
                 "INSERT INTO customers VALUES (1, 'a', 'b')"}};
    Plan const plan{"customers",
                    {sql("1", {.expand = "ALTER TABLE customers ADD COLUMN country TEXT"}),
                     sql("2", {.expand = "CREATE TABLE faxes (id INTEGER, fax TEXT); INSERT INTO faxes SELECT id, fax "
                                         "FROM customers",
                               .contract = "ALTER TABLE customers DROP COLUMN fax"})}};
    auto const words = found.refusal(plan, "2");
    CAPTURE(words);
    for (auto const* object : {"country", "faxes", "customers.fax"}) CHECK(has(words, object));
    CHECK(found.outside.rows("SELECT fax FROM customers") == "b");
    found.outside.run("ALTER TABLE customers ADD COLUMN country TEXT");
    found.outside.run("ALTER TABLE customers DROP COLUMN fax");
    found.outside.run("CREATE TABLE faxes (id INTEGER, fax TEXT)");
    CHECK(found.refusal(plan, "2") == "");
    Asked session{found.database};
    CHECK(Evolver{session.db, plan}.expand().steps.empty());
}

TEST_SUITE_END();
