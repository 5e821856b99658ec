// The pipeline, approvals, runbook and report by their verbs, and each way in which they fail: afterwards status says what is next, and that works.

#include "support/application.hpp"
#include "support/command.hpp"
#include "support/raw_sqlite.hpp"

#include <fstream>

using namespace evolver;
using namespace evolver::testing;

namespace {

Command tool(Folder const& folder, Plan plan = catalogue()) {
    return Command{std::move(plan)}.always("--actor bob --soak 0s --database " + folder.database());
}

/// The same by somebody else.
Command by(std::string const& actor, Folder const& folder) {
    return Command{catalogue()}.always("--actor " + actor + " --soak 0s --database " + folder.database());
}

/// A backfill whose expression the engine refuses in that row.
Plan with_a_bad_row(int id) {
    Migration kind{.id = "0002-kind",
                   .release = "2.0",
                   .operations = {AddColumn{.table = "packages", .column = {.name = "kind", .type = text()}},
                                  Backfill{.table = "packages",
                                           .set = {{"kind", "CASE WHEN id = " + std::to_string(id) +
                                                                " THEN json_extract(name, '$') ELSE name END"}},
                                           .where = "kind IS NULL"}}};
    return Plan{"catalogue", {packages_migration(), std::move(kind)}};
}

}  // namespace

TEST_SUITE_BEGIN("cli/pipeline");

TEST_CASE("pipeline: from the run on staging over the approval to production, by the commands that are told as next") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    auto const before = file_bytes(folder.database());
    auto const staging = command("pipeline run");
    CAPTURE(staging.error);
    REQUIRE(staging.code == 0);
    CHECK(file_bytes(folder.database()) == before);
    for (auto const* stage : {"dry_run", "migration", "backfill", "reconciliation", "rollback_test"})
        CHECK(has(staging.out, stage));
    CHECK(has(staging.out, "20 rows compared"));
    CHECK(has(next_of(staging), "approve --staging-run "));

    auto const blocked = command("pipeline run --production");
    CHECK(blocked.code == 3);
    CHECK(has(next_of(blocked), "approve"));
    CHECK(command("approve --reason 'I say so'").code == 0);  // bob, who would make the change himself
    CHECK(command("pipeline resume").code == 3);
    CHECK(has(command("approvals list").out, "does not count: "));

    auto const approved = by("alice", folder)("approve --reason 'ticket 17'");
    CHECK(approved.code == 0);
    CHECK(has(approved.out, "approved by alice"));
    auto const resumed = command("pipeline resume");
    CAPTURE(resumed.error);
    CHECK(resumed.code == 0);
    CHECK(has(next_of(resumed), "contract due"));
    CHECK(command.paste(next_of(resumed)).code <= 1);
    CHECK(has(command("status").out, "expanded, switched"));
    CHECK(has(command("log --last 100").out, "approval"));
    CHECK(command("audit verify").code == 0);
}

TEST_CASE("pipeline: the run that has shown the change is the evidence for contract, too, once production has it") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    REQUIRE(command("pipeline run").code == 0);
    REQUIRE(by("alice", folder)("approve --reason 'ticket 17'").code == 0);
    REQUIRE(command("pipeline run --production").code == 0);
    REQUIRE(command("approvals policy --approver alice --reason 'rule 7'").code == 0);
    CHECK(command("contract run --yes").code == 3);
    auto next = next_of(command("status"));
    CAPTURE(next);
    REQUIRE(has(next, "approve --change destructive"));
    next.insert(next.find(' '), " --actor alice");
    auto const approved = command.paste(next);
    CAPTURE(approved.error);
    CHECK(approved.code == 0);
    CHECK(has(next_of(approved), "contract due"));
    auto const removed = command("contract run --yes");
    CAPTURE(removed.error);
    CHECK(removed.code == 0);
}

TEST_CASE("pipeline: production is asked for what staging was asked for, also by whoever pastes what is next") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    REQUIRE(command("pipeline run --fail-on none").code == 0);
    auto const approved = by("alice", folder)("approve --reason 'ticket 17'");
    CHECK(has(next_of(approved), "pipeline run --production --fail-on none"));
    auto const next = next_of(command("status"));
    CHECK(has(next, "pipeline run --production --fail-on none"));
    CHECK(command.paste(next).code == 0);
}

TEST_CASE("pipeline: what works on the database beside a run in production is told to wait for it") {
    Folder const folder;
    make_catalogue(folder.database());
    auto command = tool(folder);
    REQUIRE(command("pipeline run").code == 0);
    REQUIRE(by("alice", folder)("approve --reason 'ticket 17'").code == 0);
    bool beside = false;
    command.options.evolver.signals.push_back([&]() -> std::string {
        if (std::exchange(beside, true)) return {};
        auto const other = tool(folder);
        CHECK(other("pipeline pause --reason 'black friday'").code == 0);
        for (auto const* verb : {"backfill start", "expand"}) {
            CAPTURE(verb);
            auto const told = other(verb);
            CHECK(told.code == 3);
            CHECK(has(told.error, "is paused: black friday"));
            CHECK(has(next_of(told), "pipeline go-on"));
        }
        CHECK(other.paste(next_of(other("backfill start"))).code == 0);
        return {};
    });
    auto const told = command("pipeline run --production");
    CAPTURE(told.error);
    CHECK(told.code == 0);
    CHECK(beside);
    CHECK(tool(folder)("backfill start").code == 0);
}

TEST_CASE("rollback-test: tries the way back of what is open already, too") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    for (auto const* verb : {"expand", "backfill start"}) REQUIRE(command(verb).code == 0);
    auto const told = command("rollback-test");
    CAPTURE(told.error);
    CHECK(told.code == 0);
    CHECK(has(told.out, "rollback test: passed"));
    CHECK(has(told.out + told.error, "0002-size-bytes"));
}

TEST_CASE("pipeline: of a database that is not there nothing is said but that") {
    Folder const folder;
    auto const command = tool(folder);
    CHECK(command("pipeline status").code == 65);
    CHECK(command("pipeline list").code == 65);
}

TEST_CASE("approvals: who waits for a lock waits as long as was said") {
    Folder const folder;
    make_catalogue(folder.database());
    REQUIRE(tool(folder)("pipeline run").code == 0);
    RawSqlite const other{folder.database()};
    other.connection().run("BEGIN IMMEDIATE");
    CHECK(by("alice", folder)("--wait 20ms approve --reason 'ticket 17'").code == 3);
    CHECK(by("alice", folder)("--wait 20ms approvals policy --reason 'rule 7'").code == 3);
    other.connection().run("ROLLBACK");
    CHECK(by("alice", folder)("--wait 20ms approve --reason 'ticket 17'").code == 0);
}

TEST_CASE("pipeline: a stage that fails ends it, tells a command and a file, and the next command works") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder, with_a_bad_row(7));
    auto const told = command("pipeline run --fail-on none --alert-file " + folder.file("alert.jsonl") +
                              " --alert-command 'cat > " + folder.file("alert.txt") + "'");
    CHECK(told.code == 2);
    CHECK(has(told.error, "malformed JSON"));
    CHECK(has(file_bytes(folder.file("alert.jsonl")), "\"outcome\":\"failed\""));
    CHECK(has(file_bytes(folder.file("alert.txt")), "The pipeline of catalogue has ended: failed"));
    auto const status = command("status");
    CHECK(has(status.out, "failed"));
    auto const next = next_of(status);
    CAPTURE(next);
    REQUIRE_FALSE(next.empty());
    CHECK(command.paste(next).code < 64);
    CHECK(command("pipeline failure").code == 1);
}

TEST_CASE("pipeline: an operator who stops it in the middle is told how to go on, and that goes on") {
    Folder const folder;
    make_catalogue(folder.database());
    auto command = tool(folder);
    std::stop_source stop;
    stop.request_stop();
    command.options.stop = stop.get_token();
    auto const told = command("pipeline run");
    CHECK(told.code == 4);
    command.options.stop = {};
    auto const next = next_of(command("status"));
    CHECK(has(next, "pipeline resume "));
    CHECK(command.paste(next).code == 0);
}

TEST_CASE("pipeline: orders for a run that is not there are refused") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    CHECK(command("pipeline pause --reason x").code == 2);
    CHECK(command("pipeline resume").code == 65);
    CHECK(command("pipeline pause").code == 64);
    CHECK(has(command("pipeline status").out, "has not run yet"));
    CHECK(command("report --output " + folder.file("r.html")).code == 65);
}

TEST_CASE("pipeline: a hot journal is told as what it is, and the next command clears it") {
    Folder const folder;
    make_catalogue(folder.database(), 20, false);
    std::ofstream{folder.database() + "-journal", std::ios::binary}
        << std::string("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8) + std::string(504, '\1') + std::string(4096, 'x');
    auto const command = tool(folder);
    auto const told = command("dry-run");
    CAPTURE(told.error);
    CHECK(told.code != 0);
    auto const next = next_of(told);
    REQUIRE_FALSE(next.empty());
    CHECK(command.paste(next).code == 0);
    CHECK(command("dry-run").code == 0);
}

TEST_CASE("approvals: an approval that is expired, or of another plan, does not count, and that is said") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    REQUIRE(command("pipeline run").code == 0);
    CHECK(by("alice", folder)("approve --valid-for 0s --reason 'x'").code != 3);
    CHECK(command("pipeline run --production").code == 3);
    CHECK(by("alice", folder)("approve --reason 'ticket 17'").code == 0);
    auto const other = tool(folder, Plan{"catalogue", {packages_migration(), size_migration()}});
    CHECK(other("approvals list").code == 3);
    CHECK(has(other("approvals list").out, "does not count"));
    CHECK(command("approvals list").code == 0);
    CHECK(command("approvals revoke 99 --reason 'x'").code == 2);
    auto const listed = command("--json approvals list").out;
    auto const id = listed.substr(listed.find("\"id\":") + 5,
                                  listed.find(',', listed.find("\"id\":")) - listed.find("\"id\":") - 5);
    CHECK(command("approvals revoke " + id + " --reason 'not ready'").code == 0);
    CHECK(command("approvals list").code == 3);
    CHECK(command("approvals policy --approver alice --destructive 2 --reason 'rule 7'").code == 0);
    CHECK(has(command("approvals policy").out, "approvers: alice"));
}

TEST_CASE("rollback-test: leaves nothing behind but its verdict") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const told = tool(folder)("rollback-test");
    CAPTURE(told.error);
    CHECK(told.code == 0);
    CHECK(has(told.out, "rollback test: passed"));
    CHECK_FALSE(std::filesystem::exists(folder.database() + "-rollback-trial"));
}

TEST_CASE("dry-run: the file is byte for byte what it was") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const before = bytes_of(folder.database());
    auto const told = tool(folder)("dry-run --sql");
    CAPTURE(told.error);
    CHECK(told.code == 0);
    CHECK(has(told.out, "ALTER TABLE"));
    CHECK(bytes_of(folder.database()) == before);
}

TEST_CASE("resolve: a failed batch has three ways on, and each is a command that works") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder, with_a_bad_row(77));
    CHECK(command("expand").code == 0);
    RawSqlite{folder.database()}.run("INSERT INTO packages (id, name) VALUES (77, 'no json')");
    auto const failed = command("backfill start");
    CAPTURE(failed.error);
    CHECK(failed.code == 2);
    CHECK(has(failed.error, "by key: 77"));
    auto const status = command("status");
    CHECK(has(status.out, "a batch of its backfill has failed"));
    auto const shown = command.paste(next_of(status));
    CHECK(shown.code == 1);
    CHECK(has(shown.out, "resolve skip --reason 'why'"));
    CHECK(command("resolve split").code == 0);
    CHECK(command("backfill start").code == 2);
    auto const skipped = command("resolve skip --reason 'ticket 17'");
    CHECK(skipped.code == 0);
    CHECK(has(skipped.out, "1 row skipped"));
    CHECK(command.paste(next_of(skipped)).code == 0);  // backfill start
    CHECK(has(command("resolve show").out, "nothing has failed"));
}

TEST_CASE("backfill: one that is paused or stopped says so, and resume leads on") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    CHECK(command("expand").code == 0);
    CHECK(command("backfill stop --reason 'not this week'").code == 0);
    auto const stopped = command("backfill start");
    CHECK(stopped.code == 4);
    CHECK(has(command("status").out, "its backfill is stopped: not this week"));
    CHECK(command.paste(next_of(stopped)).code == 0);  // resume
    CHECK(command("backfill pause --reason 'black friday'").code == 0);
    auto const status = command("status");
    CHECK(has(status.out, "its backfill is paused: black friday"));
    CHECK(command.paste(next_of(status)).code == 0);
    CHECK(command("backfill start --between 00:00-00:60").code == 64);
    CHECK(command("backfill start --rows-per-second 100000 --speed full").code == 0);
    CHECK(has(command("backfill status").out, "finished"));
}

TEST_CASE("audit: a row that was tampered with is found and named, and an anchor finds a trail that was cut off") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    CHECK(command("expand").code == 0);
    auto head = command("audit head").out;
    head.pop_back();
    CHECK(command("audit verify --anchored " + head).code == 0);
    CHECK(command("audit verify --anchored soon").code == 64);
    auto const exported = command("audit export");
    CHECK(exported.code == 0);
    CHECK(has(exported.out, "\"actor\":\"bob\""));
    CHECK(has(command("audit export " + folder.file("trail.jsonl")).out, folder.file("trail.jsonl")));
    CHECK(file_bytes(folder.file("trail.jsonl")) == exported.out);
    CHECK(has(command("audit show --last 1").out, "plan digest"));
    {
        RawSqlite const intruder{folder.database()};
        intruder.run("DROP TRIGGER evolver_audit_no_update");
        intruder.run("UPDATE evolver_audit SET actor = 'nobody' WHERE sequence = 2");
    }
    auto const told = command("audit verify");
    CHECK(told.code == 1);
    CHECK(has(told.error, "row 2 of evolver_audit"));
}

TEST_CASE("runbook: has the commands, the figures of the dry run, and the way back") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const told = tool(folder)("runbook --executes bob --observes carol --tell 'the support team'");
    CAPTURE(told.error);
    CHECK(told.code == 0);
    for (auto const* words :
         {"# Runbook: catalogue, release 2.0", "## Who", "| executes | bob |", "## What to expect",
          "| packages | 0002-size-bytes | 20 |", "## Start when all of this holds", "pipeline run --production",
          "## Stop when any of this is so", "## Stopping, and the way back", "rollback --undo 0003-title",
          "rollback --undo 0002-size-bytes", "## It is over when", "## Whom to tell what", "| the support team |"})
        CHECK(has(told.out, words));
    CHECK(told.out.find("rollback --undo 0003-title") < told.out.find("rollback --undo 0002-size-bytes"));
}

TEST_CASE("report: a run is saved, and reported later without its database") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    REQUIRE(command("pipeline run").code == 0);
    CHECK(command("report --output " + folder.file("a.html") + " --save " + folder.file("run.json")).code == 0);
    auto const later = Command{catalogue()}("report --from " + folder.file("run.json") + " --output -");
    CHECK(later.code == 0);
    CHECK(has(later.out, "<!DOCTYPE html>"));
    CHECK(has(file_bytes(folder.file("a.html")), "approve --staging-run"));
    CHECK(command("report --from " + folder.file("none.json")).code == 65);
}

TEST_SUITE_END();
