// Production, and who has to have said that it may be changed.

#include "evolver/pipeline/approval.hpp"

#include "evolver/ledger/ledger_error.hpp"
#include "support/application.hpp"
#include "support/pipeline.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

using namespace evolver;
using namespace evolver::testing;

namespace {

ApprovalRequest by(PipelineRun const& run, std::string const& approver, ChangeClass change = ChangeClass::data) {
    return {.staging = run, .approver = approver, .reason = "ticket 17", .change = change};
}

/// Why the run waits.
std::string blocked(Folder const& folder, PipelineOptions const& options) {
    auto const run = Pipeline{catalogue(), options}.run();
    CAPTURE(failures_of(run));
    CHECK(run.outcome == StageOutcome::blocked);
    CHECK(run.at(PipelineStage::migration).outcome == StageOutcome::blocked);
    CHECK(run.next.kind == NextStep::Kind::approve);
    CHECK(pipeline_status(folder.database()).next.kind == NextStep::Kind::approve);
    CHECK(Application{folder.database(), catalogue()}.evolver.status().migrations.at(1).phase == Phase::planned);
    return run.at(PipelineStage::migration).failure->what;
}

}  // namespace

TEST_SUITE("pipeline/approval") {
    TEST_CASE("production waits for an approval, goes on with it, and leaves contract to its gates") {
        Folder const folder;
        make_catalogue(folder.database(), 2000);
        auto const evidence = shown(folder);
        auto const waits = Pipeline{catalogue(), production(folder)}.run();
        CAPTURE(failures_of(waits));
        REQUIRE(waits.outcome == StageOutcome::blocked);
        CHECK(has(waits.at(PipelineStage::migration).failure->what, "0 of 1 approval for this plan in production"));
        CHECK(waits.next.kind == NextStep::Kind::approve);
        CHECK(waits.environment_name == "production");

        auto const approval = approve(folder.database(), catalogue(), by(evidence, "alice"));
        CHECK(approval.staging_run == evidence.id);
        CHECK(approval.expires_at - approval.created_at == 7 * 24 * 3600);
        auto const run = Pipeline{catalogue(), production(folder)}.resume(waits.id);
        CAPTURE(failures_of(run));
        CHECK(run.outcome == StageOutcome::passed);
        CHECK(run.at(PipelineStage::dry_run).ended == waits.at(PipelineStage::dry_run).ended);
        REQUIRE(run.approvals.size() == 1);
        CHECK(run.approvals[0].alive);
        CHECK(run.next.kind == NextStep::Kind::contract);
        CHECK(run.at(PipelineStage::migration).data_before.empty());  // no scan of everything beside everybody
        CHECK_FALSE(run.at(PipelineStage::rollback_test).data_before.empty());

        Application live{folder.database(), catalogue(), {.actor = "bob", .soak = std::chrono::seconds{0}}};
        CHECK(live.ask("SELECT size_bytes FROM packages WHERE id = 7") == "70");
        CHECK_FALSE(live.evolver.verify_audit());
        std::vector<AuditEntry> trail;
        live.evolver.audit([&](AuditEntry const& entry) { trail.push_back(entry); });
        auto const of = [&](std::string const& event) {
            return std::ranges::find_if(trail, [&](AuditEntry const& entry) { return entry.event == event; });
        };
        REQUIRE(of("approval") != trail.end());
        CHECK(of("approval")->actor == "alice");
        CHECK(has(of("approval")->detail, "ticket 17"));
        REQUIRE(of("approval policy") != trail.end());
        auto const expands = std::ranges::find_if(
            trail, [&](AuditEntry const& entry) { return entry.run == run.id && entry.event == "expand"; });
        REQUIRE(expands != trail.end());
        CHECK(expands->schema_before == run.schema_before);
        CHECK(expands->schema_after != expands->schema_before);
        CHECK(expands->stage == "migration");
        CHECK(expands->environment == "production");
        CHECK(expands->planned_rows == 2000);
        CHECK_FALSE(expands->steps.empty());
        CHECK(expands->process > 0);
        CHECK(expands->database == folder.database());

        // What was approved was no removal.
        auto const gates = live.evolver.gates();
        auto const gate = std::ranges::find_if(gates, [](Gate const& one) { return one.name == "approval"; });
        REQUIRE(gate != gates.end());
        CHECK_FALSE(gate->open);
        CHECK(has(gate->reason, "changes up to \"data\""));
        CHECK(has(refused([&] { live.evolver.contract(); }), "approval"));
        CHECK(has(refused([&] {
                      live.evolver.contract({.override_gates = {{"approval", "hurry"}}});
                  }),
                  "no gate \"approval\" that could be overridden"));
    }

    TEST_CASE("an approval for what removes, given before expand, holds until contract, through the plan's own steps") {
        Folder const folder;
        make_catalogue(folder.database());
        approve(folder.database(), catalogue(), by(shown(folder), "alice", ChangeClass::destructive));
        auto const run = Pipeline{catalogue(), production(folder)}.run();
        CAPTURE(failures_of(run));
        REQUIRE(run.outcome == StageOutcome::passed);
        Application live{folder.database(), catalogue(), {.actor = "bob", .soak = std::chrono::seconds{0}}};
        for (auto const& gate : live.evolver.gates()) {
            CAPTURE(gate.name);
            CAPTURE(gate.reason);
            CHECK(gate.open);
        }
        live.evolver.contract();
        CHECK(live.evolver.status().migrations.at(1).phase == Phase::contracted);
        CHECK_FALSE(live.evolver.verify_audit());
    }

    TEST_CASE("an approval dies of another plan, another environment, time, a moved schema, a hand, and is told why") {
        Folder const folder;
        make_catalogue(folder.database());
        auto const evidence = shown(folder);
        approve(folder.database(), catalogue(), by(evidence, "alice"));
        auto const why = [&](Plan const& plan = catalogue()) {
            auto const all = approvals(folder.database(), plan, "bob");
            REQUIRE(all.size() == 1);
            return all[0].alive ? "alive" : all[0].why_dead;
        };
        CHECK(why() == "alive");
        RawSqlite const raw{folder.database()};

        CHECK(has(why(Plan{"catalogue", {packages_migration(), size_migration()}}), "it is for another plan"));

        set_approval_policy(folder.database(), catalogue(),
                            {.policy = {.environment = "production-eu"}, .actor = "root", .reason = "two of them"});
        CHECK(has(why(), "it is for the environment \"production\", and this is \"production-eu\""));
        set_approval_policy(folder.database(), catalogue(),
                            {.policy = {.approvers = {"dora"}}, .actor = "root", .reason = "only dora"});
        CHECK(has(why(), "alice is not among those who may approve"));
        CHECK(has(refused([&] { approve(folder.database(), catalogue(), by(evidence, "alice")); }),
                  "not among those who may approve"));
        set_approval_policy(folder.database(), catalogue(), {.policy = {}, .actor = "root", .reason = "as before"});
        CHECK(why() == "alive");

        raw.run("ALTER TABLE packages ADD COLUMN stranger");
        CHECK(has(why(), "the schema has moved since by something else than this plan"));
        CHECK(has(blocked(folder, production(folder)), "the schema has moved"));
        CHECK(has(refused([&] { approve(folder.database(), catalogue(), by(evidence, "dora")); }),
                  "began from another schema"));
        raw.run("ALTER TABLE packages DROP COLUMN stranger");
        CHECK(why() == "alive");

        // By hand: another end, another class.
        raw.run("UPDATE evolver_approval SET expires_at = expires_at + 1000");
        CHECK(has(why(), "it is not in the audit trail as it stands here"));
        raw.run("UPDATE evolver_approval SET expires_at = expires_at - 1000, change = 'destructive'");
        CHECK(has(why(), "it is not in the audit trail as it stands here"));
        raw.run("UPDATE evolver_approval SET change = 'data'");
        CHECK(why() == "alive");

        revoke_approval(folder.database(), {.approval = 1, .actor = "alice", .reason = "not this week"});
        CHECK(has(why(), "it was taken back by alice: not this week"));
        CHECK(has(
            refused([&] { revoke_approval(folder.database(), {.approval = 1, .actor = "alice", .reason = "again"}); }),
            "no approval number 1"));
        CHECK_FALSE(Application{folder.database(), catalogue()}.evolver.verify_audit());
    }

    TEST_CASE("an approval that has expired does not count") {
        Folder const folder;
        make_catalogue(folder.database());
        auto request = by(shown(folder), "alice");
        request.valid_for = std::chrono::seconds{1};
        auto const approval = approve(folder.database(), catalogue(), request);
        RawSqlite const raw{folder.database()};
        while (raw.integer("SELECT CAST(strftime('%s', 'now') AS INTEGER)") < approval.expires_at) {
        }
        CHECK(has(blocked(folder, production(folder)), "it has expired on"));
    }

    TEST_CASE("neither who makes the change nor who has planned it approves it, unless the policy lets them") {
        Folder const folder;
        make_catalogue(folder.database());
        auto const evidence = shown(folder);
        CHECK(has(refused([&] { approve(folder.database(), catalogue(), by(evidence, "carol")); }),
                  "carol has planned the change"));
        approve(folder.database(), catalogue(), by(evidence, "bob"));
        auto options = production(folder);
        CHECK(has(blocked(folder, options), "bob makes the change, and may not approve it"));
        set_approval_policy(folder.database(), catalogue(),
                            {.policy = {.planner_may_approve = true, .executor_may_approve = true},
                             .actor = "root",
                             .reason = "a small team"});
        approve(folder.database(), catalogue(), by(evidence, "carol"));
        CHECK(Pipeline{catalogue(), options}.run().outcome == StageOutcome::passed);
    }

    TEST_CASE("as many people as the policy asks for, by class of change, and one counts once") {
        Folder const folder;
        make_catalogue(folder.database());
        auto const evidence = shown(folder);
        set_approval_policy(folder.database(), catalogue(),
                            {.policy = {.quorum = {.data = 2}}, .actor = "root", .reason = "four eyes"});
        approve(folder.database(), catalogue(), by(evidence, "alice"));
        approve(folder.database(), catalogue(), by(evidence, "alice"));
        CHECK(has(blocked(folder, production(folder)), "1 of 2 approvals"));
        // The first migration is filled, the second only adds: neither is half done.
        approve(folder.database(), catalogue(), by(evidence, "dora", ChangeClass::additive));
        CHECK(has(blocked(folder, production(folder)), "it is for changes up to \"additive\""));
        approve(folder.database(), catalogue(), by(evidence, "erik"));
        CHECK(Pipeline{catalogue(), production(folder)}.run().outcome == StageOutcome::passed);
    }

    TEST_CASE(
        "an application's own expand() is refused, too, where the database asks for approvals, and attach() is not") {
        Folder const folder;
        make_catalogue(folder.database());
        set_approval_policy(folder.database(), catalogue(), {.policy = {}, .actor = "root", .reason = "production"});
        Application live{folder.database(), catalogue(), {.actor = "bob"}};
        CHECK(has(refused([&] { live.evolver.expand(); }), "the database asks for approvals"));
        live.evolver.attach();
        approve(folder.database(), catalogue(), by(shown(folder), "alice"));
        live.evolver.expand();
        CHECK(live.evolver.status().expanded);
        // With nothing to expand, nobody asks.
        revoke_approval(folder.database(), {.approval = 1, .actor = "alice", .reason = "over"});
        live.evolver.expand();
    }

    TEST_CASE("a quorum of none asks nobody") {
        Folder const folder;
        make_catalogue(folder.database());
        auto options = production(folder);
        options.approvals = ApprovalPolicy{.quorum = {.additive = 0, .data = 0, .destructive = 1}};
        auto const run = Pipeline{catalogue(), options}.run();
        CAPTURE(failures_of(run));
        CHECK(run.outcome == StageOutcome::passed);
        CHECK(approval_policy(folder.database(), catalogue())->quorum.data == 0);
    }

    TEST_CASE("evidence that does not hold is refused, whatever is wrong with it") {
        Folder const folder;
        make_catalogue(folder.database());
        auto const evidence = shown(folder);
        auto const refusal = [&](auto const& change) {
            auto request = by(evidence, "alice");
            change(request);
            return refused([&] { approve(folder.database(), catalogue(), request); });
        };
        CHECK(has(refusal([](ApprovalRequest& it) { it.staging = {}; }), "no run on staging"));
        CHECK(has(refusal([](ApprovalRequest& it) { it.staging.outcome = StageOutcome::failed; }), "has not passed"));
        CHECK(has(refusal([](ApprovalRequest& it) { it.staging.environment = Environment::production; }),
                  "did not work on staging"));
        CHECK(has(refusal([](ApprovalRequest& it) { it.staging.plan_digest = "x"; }), "is of another plan"));
        CHECK(has(refusal([](ApprovalRequest& it) {
                      it.staging.at(PipelineStage::rollback_test).outcome = StageOutcome::pending;
                  }),
                  "has left out its stage rollback_test"));
        CHECK(has(refusal([](ApprovalRequest& it) { it.approver = ""; }), "nobody has given a name"));
        CHECK(has(refusal([](ApprovalRequest& it) { it.reason = ""; }), "no reason was given"));
        CHECK(has(refusal([](ApprovalRequest& it) { it.valid_for = std::chrono::seconds{0}; }), "expired already"));
        auto options = staging(folder);
        options.last = PipelineStage::backfill;
        auto const part = Pipeline{catalogue(), options}.run();
        CHECK(part.outcome == StageOutcome::passed);
        CHECK(has(refusal([&](ApprovalRequest& it) { it.staging = part; }), "has left out its stage reconciliation"));
        CHECK(approvals(folder.database(), catalogue()).empty());
    }
}
