// What is particular to SQLite about invariants; the rest is in both/invariant_test.cpp.

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("face/invariant");

namespace {

Migration accounts() {
    return {.id = "0001",
            .release = "1.0",
            .operations = {CreateTable{.table = "accounts",
                                       .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                   {.name = "balance", .type = text()}}}}};
}

Plan then(Migration next) { return Plan{"bank", {accounts(), std::move(next)}}; }

Migration in_cents() {
    return {.id = "0002",
            .release = "2.0",
            .operations = {ChangeType{.table = "accounts",
                                      .from = "balance",
                                      .to = "cents",
                                      .type = integer(),
                                      .up = "CAST(round(balance * 100) AS INTEGER)",
                                      .down = "CAST(cents / 100.0 AS TEXT)"}},
            .invariants = {{.name = "the money",
                            .before = "SELECT CAST(round(sum(balance) * 100) AS INTEGER) FROM accounts",
                            .after = "SELECT sum(cents) FROM accounts"}}};
}

Migration raw(RawSql sql, Invariant invariant) {
    return {.id = "0002", .release = "2.0", .operations = {std::move(sql)}, .invariants = {std::move(invariant)}};
}

void fill(std::string const& database, std::string const& balance = "'12.5'") {
    Application{database, then(in_cents()).until("1.0"), {.release = "1.0"}}.evolver.expand();
    RawSqlite{database}.run("INSERT INTO accounts VALUES (1, " + balance + "), (2, '7.0')");
}

bool says(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE(
    "invariant: rows that agree one by one may not do so in sum, and reconcile names the invariant and moves nothing") {
    Folder const folder;
    fill(folder.database(), "'12.505'");
    Migration lossy = in_cents();
    lossy.invariants[0].before = "SELECT sum(balance) * 100 FROM accounts";
    lossy.invariants[0].after = "SELECT sum(cents) * 1.0 FROM accounts";
    Application release{folder.database(), then(lossy), {.soak = 0s}};
    release.evolver.expand();
    release.evolver.backfill();
    try {
        release.evolver.reconcile();
        FAIL("the sums differ");
    } catch (InvariantError const& error) {
        CHECK(error.answer().name == "the money");
        CHECK(error.answer().before.empty());
        CHECK(says(error.what(), "\"0002\" does not leave \"the money\" as it is"));
        CHECK_FALSE(says(error.what(), "1950"));
        CHECK(says(error.sql(), "SELECT sum(balance) * 100 FROM accounts; SELECT sum(cents)"));
    }
    CHECK_THROWS_WITH_AS((void)release.evolver.reconcile({.show_values = true}), doctest::Contains("1950.5"),
                         InvariantError);
    auto const status = release.evolver.status().migrations[1];
    CHECK(status.stage == Stage::dual);
    CHECK_FALSE(status.reconciled);
    CHECK(release.ask("SELECT count(*) FROM evolver_audit WHERE event = 'reconciliation failed'") == "2");
    CHECK_FALSE(release.evolver.verify_audit());
}

TEST_CASE("invariant: a query that does not work is refused before the first write") {
    Folder const folder;
    fill(folder.database());
    auto const before = file_bytes(folder.database());
    for (auto const& [query, words] : {std::pair{"SELECT count(*) FROM acounts", "no such table: acounts"},
                                       {"DELETE FROM accounts", "one SELECT"},
                                       {"SELECT count(*) FROM accounts; SELECT 1", "one SELECT"},
                                       {"EXPLAIN SELECT 1", "one SELECT"},
                                       {"SELECT count(*) FROM accounts WHERE id > :id", "it has a parameter"}}) {
        CAPTURE(query);
        Application release{folder.database(),
                            then(raw({.expand = "CREATE TABLE other (id)"}, {.name = "asked", .before = query}))};
        CHECK_THROWS_WITH_AS((void)release.evolver.expand(), doctest::Contains(words), PlanError);
        CHECK_THROWS_AS((void)release.evolver.dry_run(), PlanError);
    }
    CHECK(file_bytes(folder.database()) == before);
    Application late{folder.database(),
                     then(raw({.contract = "CREATE TABLE totals (id)"},
                              {.name = "asked", .before = "SELECT 1", .after = "SELECT 1 FROM total"}))};
    auto const warnings = late.evolver.dry_run().warnings;
    CHECK(std::any_of(warnings.begin(), warnings.end(), [](std::string const& warning) {
        return says(warning, "contract would fail") && says(warning, "no such table: total");
    }));
}

TEST_CASE("invariant: one that fails on the rows is told by its name, and nothing is changed") {
    Folder const folder;
    fill(folder.database());
    Application release{folder.database(),
                        then(raw({.expand = "CREATE TABLE other (id)"},
                                 {.name = "odd", .before = "SELECT json(balance || '{') FROM accounts"}))};
    CHECK_THROWS_WITH_AS((void)release.evolver.expand(),
                         doctest::Contains("Migration \"0002\", invariant \"odd\": SQLite: malformed JSON"), Error);
    CHECK(release.ask("SELECT count(*) FROM sqlite_schema WHERE name = 'other'") == "0");
}

TEST_CASE("invariant: it has a name of its own, and is no part of what was applied") {
    CHECK_THROWS_WITH_AS((void)then(raw({.expand = "SELECT 1"}, {.name = "", .before = "SELECT 1"})),
                         doctest::Contains("an invariant without a name"), PlanError);
    auto twice = in_cents();
    twice.invariants.push_back(twice.invariants[0]);
    CHECK_THROWS_WITH_AS((void)then(twice), doctest::Contains("two invariants of the name \"the money\""), PlanError);
    auto without = in_cents();
    without.invariants.clear();
    CHECK(then(in_cents()).digest() == then(without).digest());
}

TEST_SUITE_END();
