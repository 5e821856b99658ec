// Each gate of contract, closed by one fact and opened by another.

#include "fleet/gates/gates.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace evolver;
using namespace evolver::contract_gates;
using namespace std::chrono_literals;

namespace {

Migration migration(std::string const& id, std::string const& release, ContractPolicy policy = {}) {
    return {.id = id,
            .release = release,
            .operations = {RenameColumn{.table = "t", .from = "a", .to = "b"}},
            .contract = std::move(policy)};
}

/// The second of two migrations, with everything in order; a test changes one fact.
struct Judged {
    explicit Judged(ContractPolicy policy = {})
        : plan{"app",
               {migration("0001", "1.0"), migration("0002", "2.0", std::move(policy)), migration("0003", "3.0")}},
          facts{.plan = plan, .migration = plan.migrations()[1], .entry = entry} {
        entry.position = 1;
        entry.id = "0002";
        entry.release = "2.0";
        entry.filled = true;
        entry.expanded_at = 1000;
        entry.reconciled_at = 2000;
        facts.own_release = "2.0";
        facts.own_process = 1;
        facts.now = 10'000;
    }
    Judged(Judged const&) = delete;

    [[nodiscard]] std::string reason(Condition const& condition) const { return condition.reason(facts); }

    Plan plan;
    ledger::Entry entry = {};
    Facts facts;
};

Instance instance(std::string const& release, pid_t process = 7, std::string const& plan = "app") {
    return {.process = process, .release = release, .plan = plan};
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("fleet/gates");

TEST_CASE("gates: where everything is in order, each is open") {
    Judged const judged;
    for (auto const* condition : all()) CHECK_MESSAGE(judged.reason(*condition).empty(), condition->name);
}

TEST_CASE("gates: they are found by their names, which differ") {
    for (auto const* condition : all()) CHECK(find(condition->name) == condition);
    CHECK(find("no such gate") == nullptr);
}

TEST_CASE("gate backfill: closed until every row is filled") {
    Judged judged;
    judged.entry.filled = false;
    CHECK(has(judged.reason(backfill), "backfill()"));
}

TEST_CASE("gate reconciliation: closed before it, and by a legacy write after it") {
    Judged judged;
    judged.entry.reconciled_at = 0;
    CHECK(has(judged.reason(reconciliation), "have not been compared"));
    judged.entry.reconciled_at = 2000;
    judged.entry.reconciled_writes = 3;
    judged.facts.legacy.writes = 4;
    CHECK(has(judged.reason(reconciliation), "since"));
    judged.facts.legacy.writes = 3;
    CHECK(judged.reason(reconciliation).empty());
}

TEST_CASE("gate lossless: closed by lossy rows, until their loss is accepted") {
    Judged judged;
    judged.entry.lossy_rows = 1;
    CHECK(has(judged.reason(lossless), "in 1 row the new shape"));
    CHECK(has(judged.reason(lossless), ".accept_loss = {{\"0002\", \"<reason>\"}}"));
    judged.facts.loss_accepted = true;
    CHECK(judged.reason(lossless).empty());
}

TEST_CASE("gate instances: closed by an older release that lives, and by one that the plan does not know") {
    Judged judged;
    judged.facts.instances = {instance("2.0"), instance("3.0")};
    CHECK(judged.reason(instances).empty());
    judged.facts.instances.push_back(instance("1.0"));
    CHECK(has(judged.reason(instances), "release 1.0 (pid 7)"));
    judged.facts.instances = {instance("0.9-test", 8)};
    CHECK(has(judged.reason(instances), "release 0.9-test (pid 8)"));
    judged.facts.instances = {instance("1.0", 9, "another plan")};
    CHECK(judged.reason(instances).empty());
    judged.facts.own_release = "1.0";
    CHECK(has(judged.reason(instances), "this very process"));
}

TEST_CASE("gate processes: closed by one that is not registered") {
    Judged judged;
    judged.facts.instances = {instance("2.0", 7)};
    judged.facts.processes = {{.id = 1, .command = "self"}, {.id = 7, .command = "app"}};
    CHECK(judged.reason(processes).empty());
    judged.facts.processes.push_back({.id = 8, .command = "sqlite3"});
    CHECK(has(judged.reason(processes), "sqlite3 (pid 8)"));
}

TEST_CASE("gate soak: closed for the soak time after expand, and after each legacy write") {
    Judged judged;
    judged.facts.soak = 9000s;
    CHECK(judged.reason(soak).empty());
    judged.facts.soak = 9001s;
    CHECK(has(judged.reason(soak), "the migration was expanded 2 h ago"));
    judged.facts.soak = 60s;
    judged.facts.legacy.last_at = 9941;
    CHECK(has(judged.reason(soak), "the last legacy write was 59 s ago; the soak time is 60 s"));
    judged.facts.legacy.last_at = 9940;
    CHECK(judged.reason(soak).empty());
}

TEST_CASE("gate soak: closed for the soak time after a read by fallback, with the release that did it") {
    Judged judged;
    judged.facts.soak = 600s;
    judged.facts.last_fallback_read = {
        .kind = "fallback read", .release = "2.0", .day = "", .uses = 1, .last_at = 9500};
    CHECK(has(judged.reason(soak), "release 2.0 last read the old shape by fallback 8 min ago"));
    judged.facts.last_fallback_read.last_at = 9400;
    CHECK(judged.reason(soak).empty());
}

TEST_CASE("gate readers: closed until each that the plan names is signed off") {
    Judged judged{{.readers = {"report", "export"}}};
    CHECK(has(judged.reason(readers), "report, export"));
    judged.facts.signed_off = {{.reader = "report", .actor = "alice", .reason = "gone"}};
    CHECK(has(judged.reason(readers), "never register: export;"));
    judged.facts.signed_off.push_back({.reader = "export", .actor = "bob", .reason = "mended"});
    CHECK(judged.reason(readers).empty());
}

TEST_CASE("gate due: closed before the day, and before the release, that the plan waits for") {
    Judged day{{.remove_after = "1970-01-02"}};
    CHECK(has(day.reason(due), "until 1970-01-02 (UTC)"));
    day.facts.now = 86'400;
    CHECK(day.reason(due).empty());

    Judged release{{.remove_after_release = "3.0"}};
    CHECK(has(release.reason(due), "until release 3.0; this program is of release 2.0"));
    release.facts.own_release = "3.0";
    CHECK(release.reason(due).empty());

    Judged const unnamed{{.remove_after_release = "9.0"}};  // the plan does not name it yet
    CHECK(has(unnamed.reason(due), "until release 9.0"));
}

TEST_CASE("gate held: closed while somebody holds the stage, with who and why") {
    Judged judged;
    judged.facts.rollout = {.held = true, .reason = "a dashboard", .actor = "alice"};
    CHECK(has(judged.reason(held), "held by alice: a dashboard"));
    judged.facts.rollout.held = false;
    CHECK(judged.reason(held).empty());
    Judged by_plan{{.held = "a report until March"}};
    CHECK(has(by_plan.reason(held), "held by the plan: a report until March"));
}

TEST_CASE("gate earlier migrations: closed while one of them has to wait") {
    Judged judged;
    judged.facts.waits_for = "0001";
    CHECK(has(judged.reason(earlier), "\"0001\" has to wait"));
}

TEST_CASE("gate backup: closed without one, by one from before expand, and by one that is too old") {
    Judged judged{{.backup_within = 1h}};
    CHECK(has(judged.reason(backup), "no backup"));
    judged.facts.backup = {.path = "b", .at = 999};
    CHECK(has(judged.reason(backup), "no backup that was made since"));
    judged.facts.backup.at = 6399;
    CHECK(has(judged.reason(backup), "60 min old, and the plan wants one within 60 min"));
    judged.facts.backup.at = 6400;
    CHECK(judged.reason(backup).empty());
}

TEST_CASE("gate window: closed outside its hours, and where the steps would not end in it") {
    Judged judged{{.window = MaintenanceWindow{.unavailable = "writes", .from = 2h, .until = 4h}}};
    judged.facts.now = 86'400 * 3 + 7199;
    CHECK(has(judged.reason(window), "outside the window from 02:00 to 04:00 UTC, in which writes may be unavailable"));
    judged.facts.now += 1;
    CHECK(judged.reason(window).empty());
    judged.facts.expected = 7200s;
    CHECK(judged.reason(window).empty());
    judged.facts.expected += 1ms;
    CHECK(has(judged.reason(window), "expected to take 7201 s, and 2 h are left"));
    judged.facts.expected = 0ms;
    judged.facts.now = 86'400 * 3 + 14'400;
    CHECK(has(judged.reason(window), "outside"));

    Judged short_one{{.window = MaintenanceWindow{.unavailable = "writes", .from = 2h, .until = 4h, .longest = 10s}}};
    short_one.facts.now = 7200;
    short_one.facts.expected = 10'001ms;
    CHECK(has(short_one.reason(window), "and 10 s are left"));

    Judged over_midnight{{.window = MaintenanceWindow{.unavailable = "writes", .from = 22h, .until = 1h}}};
    over_midnight.facts.now = 86'400 - 60;
    CHECK(over_midnight.reason(window).empty());
    over_midnight.facts.now = 86'400 + 60;
    CHECK(over_midnight.reason(window).empty());
    over_midnight.facts.now = 86'400 + 3600;
    CHECK(has(over_midnight.reason(window), "outside"));
}

TEST_SUITE_END();
