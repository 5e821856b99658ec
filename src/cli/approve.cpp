#include "cli/advice.hpp"
#include "cli/duration.hpp"
#include "cli/pipeline_lines.hpp"
#include "cli/usage_error.hpp"
#include "cli/verbs.hpp"
#include "evolver/observe/metrics.hpp"
#include "evolver/pipeline/approval.hpp"
#include "evolver/pipeline/pipeline.hpp"
#include "observe/words.hpp"
#include "pipeline/next_step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string>

namespace evolver::cli {

namespace {

struct Said {
    std::string run = {};
    std::string evidence = {};
    std::string reason = {};
    std::string change = "data";
    std::string valid_for = "7d";
    std::string on_behalf_of = {};
};

constexpr std::array changes{ChangeClass::additive, ChangeClass::data, ChangeClass::destructive};

ChangeClass change_of(std::string const& text) {
    auto const* const found = std::ranges::find(changes, text, [](ChangeClass change) { return name_of(change); });
    return found == changes.end() ? ChangeClass::data : *found;
}

std::string words_of_moment(std::int64_t seconds) {
    return words_of(std::chrono::sys_seconds{std::chrono::seconds{seconds}});
}

/// The run on staging that was named, or the newest of this plan that has passed in all its stages: a runbook rehearses the first alone.
PipelineRun evidence(Tool& tool, Said const& said) {
    if (!said.run.empty()) return pipeline_run(tool.database(), said.run);
    for (auto& run : pipeline_runs(tool.database())) {
        if (is_evidence(run, tool.plan().digest())) return std::move(run);
    }
    throw InputError{Failure{.what = "No run of this plan has passed on staging, so there is nothing to approve.",
                             .object = tool.database(),
                             .instead = tool.command("pipeline run")}};
}

/// Whether the database has the plan already: looked at without writing, and false where it cannot be told.
bool is_expanded(Tool& tool) {
    try {
        return tool.evolver().status().expanded;
    } catch (Error const&) {
        return false;
    }
}

ExitCode give(Tool& tool, Said const& said) {
    auto const valid = std::chrono::floor<std::chrono::seconds>(duration_of(said.valid_for, "--valid-for"));
    auto const shown = evidence(tool, said);
    auto const given = approve(tool.database(), tool.plan(),
                               {.staging = shown,
                                .approver = tool.actor(),
                                .on_behalf_of = said.on_behalf_of,
                                .reason = said.reason,
                                .change = change_of(said.change),
                                .valid_for = valid,
                                .wait = duration_of(tool.given().wait, "--wait")});
    auto& out = tool.out();
    out.unit(fmt::format("approved by {}: changes up to {}, in {}, until {}", in_one_line(given.approver),
                         name_of(given.change), given.environment, words_of_moment(given.expires_at)));
    out.record("approval", {{"id", given.id},
                            {"approver", given.approver},
                            {"change", name_of(given.change)},
                            {"environment", given.environment},
                            {"staging_run", given.staging_run},
                            {"plan_digest", given.plan_digest},
                            {"expires_at", given.expires_at}});
    for (auto const& one : approvals(tool.database(), tool.plan(), tool.actor())) {
        if (one.approval.id == given.id && !one.alive)
            out.warning("where " + tool.actor() + " makes the change, it does not count: " + one.why_dead);
    }
    // Of a run that production has had already, what is left is contract.
    bool const is_there = is_expanded(tool);
    auto const wanted = is_there ? ChangeClass::destructive : shown.expands;
    if (auto const missing = approvals_missing(tool, wanted, {}); missing > 0) {
        out.hint(fmt::format("{} more {} of the class {} {} needed before the change may be made", missing,
                             missing == 1 ? "approval" : "approvals", name_of(wanted), missing == 1 ? "is" : "are"));
        return ExitCode::done;
    }
    out.hint("next: " + tool.command(is_there ? "contract due" : "pipeline run --production" + fail_on(shown)));
    return ExitCode::done;
}

ExitCode list(Tool& tool) {
    auto& out = tool.out();
    std::set<std::string> by;
    std::int64_t newest = 0;
    for (auto const& [approval, counts, why_dead] : approvals(tool.database(), tool.plan(), tool.actor())) {
        if (counts) {
            by.insert(approval.approver);
            newest = std::max(newest, approval.created_at);
        }
        out.answer(fmt::format("{}  {}  {}, up to {}, in {}, until {}", approval.id,
                               counts ? out.toned(Tone::good, "counts") : out.toned(Tone::careful, "dead  "),
                               in_one_line(approval.approver), name_of(approval.change), approval.environment,
                               words_of_moment(approval.expires_at)));
        if (!approval.reason.empty()) out.answer("      " + in_one_line(approval.reason));
        if (!counts) out.answer("      does not count: " + why_dead);
        out.record("approval", {{"id", approval.id},
                                {"approver", approval.approver},
                                {"change", name_of(approval.change)},
                                {"environment", approval.environment},
                                {"staging_run", approval.staging_run},
                                {"plan_digest", approval.plan_digest},
                                {"reason", approval.reason},
                                {"created_at", approval.created_at},
                                {"expires_at", approval.expires_at},
                                {"alive", counts},
                                {"why_dead", why_dead}});
    }
    auto const now = std::chrono::duration_cast<std::chrono::seconds>(tool.now().time_since_epoch()).count();
    if (auto* const metrics = tool.metrics(); metrics != nullptr && newest > 0)
        metrics->record("evolver.approval.age", static_cast<double>(std::max<std::int64_t>(0, now - newest)));
    // Each person counts once, however often they have said it.
    out.unit(fmt::format("{} for {} as the one who makes the change",
                         by.size() == 1 ? "the approval of 1 person counts"
                                        : fmt::format("the approvals of {} persons count", by.size()),
                         tool.actor()));
    return !by.empty() ? ExitCode::done : ExitCode::blocked;
}

void add_revoke(Verbs& verbs, CLI::App& family) {
    struct Revoked {
        std::int64_t approval = 0;
        std::string reason = {};
    };
    auto const said = std::make_shared<Revoked>();
    auto& verb = verbs.add(family, {.name = "revoke",
                                    .summary = "Takes an approval back",
                                    .examples = {{"approvals revoke 3 --reason 'the report was not ready'", ""}}});
    verb.add_option("id", said->approval, "Its number, as `approvals list` shows it")->required()->type_name("NUMBER");
    add_reason(verb, said->reason);
    verbs.runs(verb, [said](Tool& tool) {
        revoke_approval(tool.database(), {.approval = said->approval,
                                          .actor = tool.actor(),
                                          .reason = said->reason,
                                          .wait = duration_of(tool.given().wait, "--wait")});
        tool.out().unit(fmt::format("approval {} is taken back", said->approval));
        return ExitCode::done;
    });
}

void add_policy(Verbs& verbs, CLI::App& family) {
    struct Policy {
        ApprovalPolicy policy = {};
        std::string reason = {};
    };
    auto const said = std::make_shared<Policy>();
    auto& verb = verbs.add(
        family,
        {.name = "policy",
         .summary = "What the database asks for before it is changed; with --reason, says it anew",
         .examples = {{"approvals policy", "shows it"},
                      {"approvals policy --approver alice --approver carol --destructive 2 --reason 'rule 7'", ""}}});
    verb.add_option("--environment", said->policy.environment, "What it is called where approvals are given")
        ->type_name("NAME")
        ->capture_default_str();
    verb.add_option("--approver", said->policy.approvers, "Who may approve; without any, anybody")
        ->type_name("NAME")
        ->allow_extra_args(false);
    verb.add_option("--additive", said->policy.quorum.additive, "How many approve what only adds")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    verb.add_option("--data", said->policy.quorum.data, "How many approve what fills or changes rows")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    verb.add_option("--destructive", said->policy.quorum.destructive, "How many approve what removes")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    verb.add_flag("--planner-may-approve", said->policy.planner_may_approve,
                  "Counts the approval of who has planned the change");
    verb.add_flag("--executor-may-approve", said->policy.executor_may_approve,
                  "Counts the approval of who makes the change");
    verb.add_option("--reason", said->reason, "Why, for the audit trail; without it, nothing is changed")
        ->type_name("TEXT");
    verbs.runs(verb, [said, &verb](Tool& tool) {
        auto& out = tool.out();
        if (!said->reason.empty()) {
            // What is not said stays as it is.
            auto const known = approval_policy(tool.database(), tool.plan()).value_or(ApprovalPolicy{});
            auto wanted = said->policy;
            auto const keep = [&](char const* option, auto ApprovalPolicy::*member) {
                if (verb.count(option) == 0) wanted.*member = known.*member;
            };
            keep("--environment", &ApprovalPolicy::environment);
            keep("--approver", &ApprovalPolicy::approvers);
            keep("--planner-may-approve", &ApprovalPolicy::planner_may_approve);
            keep("--executor-may-approve", &ApprovalPolicy::executor_may_approve);
            if (verb.count("--additive") == 0) wanted.quorum.additive = known.quorum.additive;
            if (verb.count("--data") == 0) wanted.quorum.data = known.quorum.data;
            if (verb.count("--destructive") == 0) wanted.quorum.destructive = known.quorum.destructive;
            set_approval_policy(tool.database(), tool.plan(),
                                {.policy = wanted,
                                 .actor = tool.actor(),
                                 .reason = said->reason,
                                 .wait = duration_of(tool.given().wait, "--wait")});
        }
        auto const policy = approval_policy(tool.database(), tool.plan());
        if (!policy) {
            out.answer("the database asks for no approvals");
            out.record("policy", {{"asked_for", false}});
            return ExitCode::done;
        }
        std::string who;
        for (auto const& name : policy->approvers) who += (who.empty() ? "" : ", ") + name;
        out.answer(fmt::format("{}: {} to add, {} to change rows, {} to remove", policy->environment,
                               policy->quorum.additive, policy->quorum.data, policy->quorum.destructive));
        out.answer("approvers: " + (who.empty() ? "anybody" : who));
        out.answer(fmt::format("who planned the change {} approve it, who makes it {}",
                               policy->planner_may_approve ? "may" : "may not",
                               policy->executor_may_approve ? "may" : "may not"));
        out.record("policy", {{"asked_for", true},
                              {"environment", policy->environment},
                              {"approvers", who},
                              {"additive", policy->quorum.additive},
                              {"data", policy->quorum.data},
                              {"destructive", policy->quorum.destructive},
                              {"planner_may_approve", policy->planner_may_approve},
                              {"executor_may_approve", policy->executor_may_approve}});
        return ExitCode::done;
    });
}

}  // namespace

void add_approve(Verbs& verbs) {
    auto const said = std::make_shared<Said>();
    auto& verb = verbs.add({.name = "approve",
                            .summary = "Says that production may be changed as a run on staging has shown it",
                            .examples = {{"--actor alice approve --reason 'ticket 17, looked at with carol'",
                                          "the newest run that has passed"},
                                         {"approve --staging-run 20261129T021437Z-3f9a12cd --change destructive "
                                          "--valid-for 24h --reason 'ticket 17'",
                                          "up to contract"}}});
    verb.add_option("--staging-run", said->run, "The run that is the evidence; without it, the newest that has passed")
        ->type_name("RUN");
    verb.add_option("--change", said->change, "The most that is approved: additive, data, destructive (contract)")
        ->check(CLI::IsMember({"additive", "data", "destructive"}))
        ->type_name("CLASS")
        ->capture_default_str();
    verb.add_option("--valid-for", said->valid_for, "How long it counts")->type_name("TIME")->capture_default_str();
    verb.add_option("--on-behalf-of", said->on_behalf_of, "For whom, where that is somebody else")->type_name("NAME");
    add_reason(verb, said->reason);
    verbs.runs(verb, [said](Tool& tool) { return give(tool, *said); });

    auto& family = verbs.family({.name = "approvals",
                                 .summary = "The approvals that were given, and what the database asks for",
                                 .examples = {{"approvals list", ""}, {"approvals policy", ""}}});
    auto& shown = verbs.add(family, {.name = "list",
                                     .summary = "Each, and whether it counts: 3 where none does",
                                     .examples = {{"approvals list", ""}}});
    verbs.runs(shown, list);
    add_revoke(verbs, family);
    add_policy(verbs, family);
}

}  // namespace evolver::cli
