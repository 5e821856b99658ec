// The rollout by hand: stages held, moved and moved back, flags that follow, and what the old shape was used for.

#include "evolver/heartbeat.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <thread>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

Plan with_policy(ContractPolicy policy) {
    auto size = size_migration();
    size.contract = std::move(policy);
    return Plan{"catalogue", {packages_migration(), size, title_migration()}};
}

/// Release 2.0, expanded and filled.
struct Filled {
    explicit Filled(std::string const& path, Plan plan = catalogue(), Options options = {.actor = "alice", .soak = 0s})
        : application{path, std::move(plan), std::move(options)} {
        evolver.expand();
        evolver.backfill();
    }
    MigrationStatus size() { return evolver.status().migrations.at(1); }
    std::string read_text() { return evolver.table("packages").select({"size_bytes"}).text(); }

    Application application;
    Evolver& evolver = application.evolver;
};

Gate gate(Evolver& evolver, std::string const& name, std::string const& migration = "0002-size-bytes") {
    for (auto const& one : evolver.gates()) {
        if (one.name == name && one.migration == migration) return one;
    }
    FAIL("there is no gate " << name);
    throw std::logic_error{name};
}

std::string columns_of(Application& application) {
    return application.ask("SELECT group_concat(name, ' ') FROM pragma_table_xinfo('packages')");
}

}  // namespace

TEST_SUITE_BEGIN("face/rollout");

TEST_CASE("rollout: a stage that is held is not moved by reconcile, and is by advance_stage, which ends the hold") {
    Folder const folder;
    make_catalogue(folder.database());
    Filled two{folder.database()};
    two.evolver.hold_stage({.reason = "a dashboard reads it"});
    CHECK(two.size().held == "a dashboard reads it");
    CHECK(two.size().held_by == "alice");
    two.evolver.reconcile();
    CHECK(two.size().stage == Stage::dual);
    CHECK(has(two.read_text(), "CASE"));
    CHECK(two.evolver.advance_stage() == Stage::switched);
    CHECK_FALSE(has(two.read_text(), "CASE"));
    CHECK(two.size().held.empty());
    CHECK(two.application.ask("SELECT group_concat(event, ', ') FROM evolver_audit WHERE event LIKE 'stage%'") ==
          "stage held, stage switched");
}

TEST_CASE("rollout: what the plan holds is moved by nobody, until the plan no longer says so") {
    Folder const folder;
    make_catalogue(folder.database());
    {
        Filled two{folder.database(), with_policy({.held = "a report until March"})};
        two.evolver.reconcile();
        CHECK(two.size().stage == Stage::dual);
        CHECK(two.size().held == "a report until March");
        CHECK(two.size().held_by == "the plan");
        CHECK(has(refused([&] { two.evolver.advance_stage(); }), "take .held out"));
        CHECK_FALSE(gate(two.evolver, "held").open);
    }
    Filled two{folder.database(), with_policy({})};
    two.evolver.reconcile();
    CHECK(two.size().stage == Stage::switched);
}

TEST_CASE("rollout: a stage is not moved on before its backfill and its reconciliation") {
    Folder const folder;
    make_catalogue(folder.database());
    Application two{folder.database(), catalogue()};
    two.evolver.expand();
    auto const words = refused([&] { two.evolver.advance_stage(); });
    CHECK(has(words, "backfill (0002-size-bytes)"));
    CHECK(has(words, "reconciliation (0002-size-bytes)"));
    two.evolver.backfill();
    two.evolver.reconcile();
    CHECK(two.evolver.status().migrations.at(1).stage == Stage::switched);
}

TEST_CASE("rollout: reads step back to both shapes, stay there, and other instances follow at their next statement") {
    Folder const folder;
    make_catalogue(folder.database());
    Filled two{folder.database()};
    two.evolver.reconcile();
    Application other{folder.database(), catalogue()};
    other.evolver.attach();
    CHECK_FALSE(has(other.evolver.table("packages").select({"size_bytes"}).text(), "CASE"));
    CHECK(two.evolver.step_back({.reason = "reports are slow"}) == Stage::dual);
    CHECK(has(other.evolver.table("packages").select({"size_bytes"}).text(), "CASE"));
    two.evolver.reconcile();
    CHECK(two.size().stage == Stage::dual);
    CHECK(has(refused([&] { two.evolver.step_back({.reason = "again"}); }),
              "rollback({.migration = \"0002-size-bytes\"})"));
    CHECK(has(gate(two.evolver, "held").reason, "held by alice: reports are slow"));
    two.evolver.release_stage();
    two.evolver.reconcile();
    CHECK(two.size().stage == Stage::switched);
}

TEST_CASE("rollout: an order needs a reason and a migration between expand and contract") {
    Folder const folder;
    make_catalogue(folder.database());
    Filled two{folder.database()};
    CHECK(has(refused([&] { two.evolver.hold_stage({}); }), "no reason was given"));
    CHECK(has(refused([&] { two.evolver.step_back({}); }), "no reason was given"));
    CHECK(has(refused([&] { two.evolver.hold_stage({.reason = "x", .migration = "0001-packages"}); }),
              "\"0001-packages\" does not have two shapes now"));
    CHECK(has(refused([&] { two.evolver.hold_stage({.reason = "x", .migration = "0009"}); }), "\"0009\""));
    two.evolver.release_stage();  // nothing is held, and nothing is said
    CHECK(two.application.ask("SELECT count(*) FROM evolver_audit WHERE event LIKE 'stage%'") == "0");
}

TEST_CASE("contract leaves a held migration and those behind it alone, and names it where it is the first") {
    Folder const folder;
    make_catalogue(folder.database());
    Filled two{folder.database()};
    two.evolver.reconcile();
    two.evolver.hold_stage({.reason = "later", .migration = "0003-title"});
    CHECK(two.evolver.contract().steps.size() > 0);
    CHECK(two.size().phase == Phase::contracted);
    CHECK(two.evolver.status().migrations.at(2).phase == Phase::expanded);
    auto const words = refused([&] { two.evolver.contract(); });
    CHECK(has(words, "held (0003-title)"));
    two.evolver.release_stage();
    two.evolver.contract();
    CHECK(columns_of(two.application) == "id title size_bytes");
}

TEST_CASE("contract up to a migration needs its gates and those before it, not those behind it") {
    Folder const folder;
    make_catalogue(folder.database());
    Filled two{folder.database(), with_policy({.remove_after = "2999-01-01"})};
    two.evolver.reconcile();
    CHECK(has(refused([&] { two.evolver.contract(); }),
              "due (0002-size-bytes): the plan keeps the old shape until 2999-01-01"));
    CHECK(has(gate(two.evolver, "earlier migrations", "0003-title").reason, "\"0002-size-bytes\" has to wait"));
    CHECK(has(refused([&] { two.evolver.contract({.until = MigrationId{"0003-title"}}); }), "due (0002-size-bytes)"));
    CHECK(has(refused([&] { two.evolver.contract({.until = MigrationId{"0009"}}); }), "\"0009\""));
    two.evolver.contract(
        {.until = MigrationId{"0002-size-bytes"}, .override_gates = {{"due", "the file must shrink"}}});
    CHECK(two.size().phase == Phase::contracted);
    CHECK(two.evolver.status().migrations.at(2).phase == Phase::expanded);
    CHECK(two.application.ask("SELECT detail FROM evolver_audit WHERE event = 'gate overridden'") ==
          "due: the file must shrink");
}

TEST_CASE("contract waits until readers that never register are signed off by name") {
    Folder const folder;
    make_catalogue(folder.database());
    Filled two{folder.database(), with_policy({.readers = {"nightly report"}})};
    two.evolver.reconcile();
    CHECK(has(refused([&] { two.evolver.contract(); }), "readers (0002-size-bytes)"));
    CHECK(has(refused([&] { two.evolver.sign_off({.reader = "nightly reports", .reason = "gone"}); }),
              "no migration between expand and contract names the reader \"nightly reports\""));
    CHECK(has(refused([&] { two.evolver.sign_off({.reader = "nightly report"}); }), "no reason"));
    two.evolver.sign_off({.reader = "nightly report", .reason = "reads size_bytes since its version 7"});
    two.evolver.contract();
    CHECK(two.application.ask("SELECT actor || ': ' || detail FROM evolver_audit WHERE event = 'reader signed off'") ==
          "alice: nightly report: reads size_bytes since its version 7");
}

TEST_CASE("contract waits for a backup that was made since expand and verified") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const copy = folder.database() + ".copy";
    std::filesystem::copy_file(folder.database(), copy);
    Filled two{folder.database(), with_policy({.backup_within = 24h})};
    two.evolver.reconcile();
    CHECK(has(refused([&] { two.evolver.contract(); }), "backup (0002-size-bytes)"));
    CHECK(has(refused([&] { two.evolver.verify_backup(folder.database() + ".none"); }), "not there"));
    CHECK(has(refused([&] { two.evolver.verify_backup(folder.database()); }), "the database itself"));
    std::filesystem::last_write_time(copy, std::filesystem::file_time_type::clock::now() - 1h);
    two.evolver.verify_backup(copy);  // whole, and of this database; but older than expand
    CHECK_FALSE(gate(two.evolver, "backup").open);
    std::filesystem::remove(copy);
    two.application.db << "VACUUM INTO '" + copy + "'";
    two.evolver.verify_backup(copy);
    CHECK(gate(two.evolver, "backup").open);
    two.evolver.contract();
}

TEST_CASE("a backup of another database, or one that is broken, is not taken") {
    Folder const folder;
    make_catalogue(folder.database());
    Filled two{folder.database()};
    Folder const elsewhere;
    make_catalogue(elsewhere.database());
    { Filled const other{elsewhere.database()}; }
    CHECK(has(refused([&] { two.evolver.verify_backup(elsewhere.database()); }), "of another database"));
    auto const copy = folder.database() + ".copy";
    two.application.db << "VACUUM INTO '" + copy + "'";
    {
        std::fstream file{copy, std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(100 + 8);
        file << std::string(4000, 'x');
    }
    CHECK_FALSE(refused([&] { two.evolver.verify_backup(copy); }).empty());
}

TEST_CASE("a backup is whole where the key of a table without rowids is not its first columns") {
    Folder const folder;
    make_catalogue(folder.database());
    Filled two{folder.database()};
    two.application.db
        << "CREATE TABLE later (note TEXT, name TEXT NOT NULL, size INTEGER, id INTEGER PRIMARY KEY) WITHOUT ROWID";
    two.application.db << "INSERT INTO later VALUES (NULL, 'x', NULL, 2)";
    auto const copy = folder.database() + ".copy";
    two.application.db << "VACUUM INTO '" + copy + "'";
    two.evolver.verify_backup(copy);
}

TEST_CASE("contract begins in its maintenance window only, and is taken back where it does not end in it") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const minute = [](Application& application) {
        return std::chrono::minutes{
            std::stoll(application.ask("SELECT CAST(strftime('%s', 'now') AS INTEGER) / 60 % 1440"))};
    };
    Application clock{folder.database(), catalogue()};
    auto const day = std::chrono::minutes{24h};
    auto const now = minute(clock);
    {
        Filled two{folder.database(),
                   with_policy({.window = MaintenanceWindow{
                                    .unavailable = "writes", .from = (now + 2h) % day, .until = (now + 3h) % day}})};
        two.evolver.reconcile();
        CHECK(has(refused([&] { two.evolver.contract(); }), "window (0002-size-bytes): it is outside the window"));
    }
    // Ten million rows counted in a RunCode: nothing that ends within a second.
    auto slow = size_migration();
    slow.contract.window =
        MaintenanceWindow{.unavailable = "writes", .from = (now + 23h) % day, .until = (now + 1h) % day, .longest = 1s};
    slow.operations.push_back(
        RunCode{.name = "slow", .version = "1", .contract = [](CodeDatabase& database) {
                    database.run(
                        "SELECT count(*) FROM packages AS a, packages AS b, packages AS c, packages AS d, "
                        "packages AS e, packages AS f, packages AS g");
                }});
    Folder const other;
    make_catalogue(other.database());
    Filled two{other.database(), Plan{"catalogue", {packages_migration(), slow, title_migration()}}};
    two.evolver.reconcile();
    auto const words = refused([&] { two.evolver.contract(); });
    CHECK(has(words, "had not ended when their maintenance window did, and were taken back"));
    CHECK(two.size().phase == Phase::expanded);
    CHECK(two.application.ask("SELECT count(size) FROM packages") == "20");
}

TEST_CASE("flag: it follows the data, goes ahead with a share of the instances, and is fixed in tests") {
    Folder const folder;
    make_catalogue(folder.database());
    Application two{folder.database(), catalogue(), {.canary_draw = 0.25}};
    Application late{folder.database(), catalogue(), {.canary_draw = 0.75}};
    Application fixed{folder.database(), catalogue(), {.flags = {{"0002-size-bytes", true}}}};
    auto const flag = two.evolver.flag("0002-size-bytes");
    auto const late_flag = late.evolver.flag("0002-size-bytes");
    CHECK(fixed.evolver.flag("0002-size-bytes").on());
    CHECK_FALSE(fixed.evolver.flag("0003-title").on());
    CHECK_FALSE(flag.on());  // before expand
    two.evolver.expand();
    CHECK_FALSE(flag.on());
    two.evolver.set_canary({.share = 0.5, .reason = "try it"});
    CHECK(flag.on());
    CHECK_FALSE(late_flag.on());
    CHECK(two.evolver.status().migrations.at(1).canary == doctest::Approx(0.5));
    two.evolver.backfill();
    two.evolver.reconcile();
    CHECK(flag.on());
    CHECK(late_flag.on());
    two.evolver.set_canary({.share = 0, .reason = "enough"});
    two.evolver.step_back({.reason = "slow"});
    CHECK_FALSE(flag.on());
    CHECK_FALSE(late_flag.on());
    CHECK(has(refused([&] { (void)two.evolver.flag("0009"); }), "\"0009\""));
    CHECK(has(refused([&] { two.evolver.set_canary({.share = 1.5, .reason = "x"}); }), "between 0 and 1"));
}

TEST_CASE("usage: reads by fallback are counted per release and day, once they are handed in") {
    Folder const folder;
    make_catalogue(folder.database());
    Filled two{folder.database(), catalogue(), {.actor = "alice", .soak = 1h}};
    auto const packages = two.evolver.table("packages");
    long long bytes = 0;
    for (int i = 0; i < 3; ++i)
        two.application.db << packages.select({"size_bytes"}) + " WHERE id = 1", soci::into(bytes);
    {
        LiveStatement select{two.application.db, packages.select({"size_bytes", "title"}) + " WHERE id = 2"};
        std::string title;
        select.into(bytes).into(title);
        for (int i = 0; i < 4; ++i) CHECK(select.execute());
    }
    std::string title;
    two.application.db << packages.select({"title"}) + " WHERE id = 1", soci::into(title);  // needs no old column
    CHECK(two.size().usage.empty());
    two.evolver.heartbeat();
    auto const usage = two.size().usage;
    REQUIRE(usage.size() == 1);
    CHECK(usage[0].kind == "fallback read");
    CHECK(usage[0].release == "2.0");
    CHECK(usage[0].uses == 7);
    CHECK(usage[0].day == two.application.ask("SELECT strftime('%Y-%m-%d', 'now')"));
    two.evolver.reconcile();
    for (int i = 0; i < 3; ++i)
        two.application.db << packages.select({"size_bytes"}) + " WHERE id = 1", soci::into(bytes);
    two.evolver.heartbeat();
    CHECK(two.size().usage[0].uses == 7);  // switched: the bare column
    CHECK(has(gate(two.evolver, "soak").reason, "release 2.0 last read the old shape by fallback"));
}

TEST_CASE("usage: legacy writes stand under their day, with the older releases that were alive") {
    Folder const folder;
    make_catalogue(folder.database());
    Filled two{folder.database()};
    Application one{folder.database(), catalogue().until("1.0"), {.release = "1.0"}};
    one.evolver.attach();
    one.db << "UPDATE packages SET size = '7' WHERE id = 1";
    two.evolver.heartbeat();
    auto usage = two.size().usage;
    REQUIRE(usage.size() == 1);
    CHECK(usage[0].kind == "legacy write");
    CHECK(usage[0].release == "1.0");
    CHECK(usage[0].uses == 1);
    auto const before = bytes_of(folder.database());
    two.evolver.heartbeat();  // nothing new: nothing is written
    CHECK(bytes_of(folder.database()) == before);
}

TEST_CASE("heartbeat: rows are compared in passing, through the whole table, and what differs is named") {
    Folder const folder;
    make_catalogue(folder.database(), 50);
    Filled two{folder.database(), catalogue(), {.actor = "alice", .soak = 0s, .compared_rows = 20}};
    for (int i = 0; i < 6; ++i) two.evolver.heartbeat();
    CHECK(two.size().mismatched.empty());
    CHECK(two.size().usage.empty());
    {
        RawSqlite const past{folder.database()};
        past.run("DROP TRIGGER \"evolver_sync_0002-size-bytes_1_packages_update_up\"");
        past.run("UPDATE packages SET size = '9999' WHERE id IN (7, 41)");
    }
    for (int i = 0; i < 6; ++i) two.evolver.heartbeat();
    auto const seen = two.size();
    CHECK(seen.mismatched == std::vector<std::string>{"packages 41", "packages 7"});
    auto const told = std::ranges::find_if(seen.usage, [](UsageStatus const& use) { return use.kind == "mismatch"; });
    REQUIRE(told != seen.usage.end());
    CHECK(told->uses >= 2);
    CHECK_THROWS_AS(two.evolver.reconcile(), ReconcileError);
}

TEST_CASE("heartbeat: a thread hands in by itself, and what is left at its end") {
    Folder const folder;
    make_catalogue(folder.database());
    Filled two{folder.database()};
    long long bytes = 0;
    {
        Heartbeat const heartbeat{two.evolver,
                                  {.open =
                                       [&](soci::session& session) {
                                           session.open(soci::sqlite3, "db=" + folder.database() + " timeout=10");
                                       },
                                   .every = 1h}};
        two.application.db << two.evolver.table("packages").select({"size_bytes"}) + " WHERE id = 1", soci::into(bytes);
        CHECK(heartbeat.error().empty());
    }
    CHECK(two.size().usage.at(0).uses == 1);
    CHECK(has(refused([&] { Heartbeat{two.evolver, {}}; }), "nothing that opens its session"));
}

TEST_CASE("pin: while it lives, contract waits, and gives up with a word, and goes through afterwards") {
    Folder const folder;
    make_catalogue(folder.database());
    Filled two{folder.database(), catalogue(), {.wait = 100ms, .soak = 0s}};
    two.evolver.reconcile();
    {
        auto const pin = two.evolver.pin();
        auto const moved = [&] {
            Pin held = two.evolver.pin();
            return held;
        }();
        CHECK_THROWS_AS(two.evolver.contract(), Error);
        CHECK(two.size().phase == Phase::expanded);
    }
    two.evolver.contract();
    CHECK(two.size().phase == Phase::contracted);
}

TEST_SUITE_END();
