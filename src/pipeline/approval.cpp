#include "evolver/pipeline/approval.hpp"

#include "dialect/sqlite/online_copy.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "execute/workplace.hpp"
#include "ledger/approvals.hpp"
#include "ledger/audit.hpp"
#include "ledger/pipeline_runs.hpp"
#include "pipeline/next_step.hpp"

#include <algorithm>

namespace evolver {

namespace {

/// For what only reads.
constexpr std::chrono::seconds patience{10};

[[noreturn]] void refuse(std::string const& what, std::string const& object, std::string instead) {
    throw Error{
        Failure{.what = "The approval is refused: " + what + ".", .object = object, .instead = std::move(instead)}};
}

/// What the evidence has to show.
/// `reached`: the schema that the run began from, as this plan's own steps have changed it here since.
void refuse_evidence(Plan const& plan, PipelineRun const& shown, std::string const& reached,
                     std::string const& schema) {
    std::string const again = "run the pipeline on staging, with this plan, and approve that run";
    if (shown.id.empty()) refuse("there is no run on staging that it could rest on", plan.name(), again);
    if (shown.environment != Environment::staging)
        refuse("the run \"" + shown.id + "\" did not work on staging", shown.id, again);
    if (shown.plan_digest != plan.digest())
        refuse("the run \"" + shown.id + "\" is of another plan: its digest is " + shown.plan_digest +
                   ", this one's is " + plan.digest(),
               shown.id, again);
    if (shown.outcome != StageOutcome::passed)
        refuse("the run \"" + shown.id + "\" has not passed: it is " + std::string{name_of(shown.outcome)}, shown.id,
               again);
    for (auto const stage : pipeline_stages) {
        auto const& record = shown.at(stage);
        bool const left_out = record.outcome == StageOutcome::skipped && record.why == not_asked_for;
        if (left_out || (record.outcome != StageOutcome::passed && record.outcome != StageOutcome::skipped))
            refuse("the run \"" + shown.id + "\" has left out its stage " + std::string{name_of(stage)}, shown.id,
                   again);
    }
    if (reached != schema)
        refuse("the run \"" + shown.id + "\" began from another schema than this database has: its digest was " +
                   shown.schema_before + ", this one's is " + schema,
               shown.id, "run the pipeline on staging again, on a fresh copy of this database");
}

}  // namespace

Approval approve(std::string const& database, Plan const& plan, ApprovalRequest const& request) {
    if (request.approver.empty()) refuse("nobody has given a name", database, "{.approver = \"alice\", …}");
    if (request.reason.empty())
        refuse("no reason was given", database, "{.reason = \"…\"}: it goes into the audit trail");
    if (request.valid_for.count() <= 0)
        refuse("it would have expired already", database, "{.valid_for = std::chrono::hours{24}}");
    auto const connection = sqlite::open_for_writing(database, request.wait);
    sqlite::WriteTransaction transaction{connection, request.wait};
    auto const schema = schema_digest(connection);
    auto const& began = request.staging.schema_before;
    refuse_evidence(plan, request.staging,
                    ledger::has_audit(connection) ? ledger::schema_reached(connection, plan.digest(), 0, began) : began,
                    schema);
    ledger::make_approvals(connection);
    ledger::make_pipeline_runs(connection);
    auto const policy = ledger::policy_of(connection, plan.name()).value_or(ApprovalPolicy{});
    if (!policy.approvers.empty() && std::ranges::find(policy.approvers, request.approver) == policy.approvers.end())
        refuse(request.approver + " is not among those who may approve", request.approver,
               "ask one of them, or set_approval_policy()");
    if (!policy.planner_may_approve && !request.staging.planner.empty() && request.staging.planner == request.approver)
        refuse(request.approver + " has planned the change, and may not approve it", request.approver,
               "ask somebody else");
    auto const now = ledger::now(connection);
    Approval approval{.plan_digest = plan.digest(),
                      .environment = policy.environment,
                      .staging_run = request.staging.id,
                      .schema = schema,
                      .change = request.change,
                      .approver = request.approver,
                      .on_behalf_of = request.on_behalf_of,
                      .planner = request.staging.planner,
                      .reason = request.reason,
                      .created_at = now,
                      .expires_at = now + request.valid_for.count()};
    approval.id = ledger::add_approval(connection, plan.name(), approval);
    ledger::append(connection, {.plan = plan.name(),
                                .event = ledger::approval_event,
                                .actor = approval.approver,
                                .plan_digest = approval.plan_digest,
                                .detail = ledger::words_of(approval),
                                .on_behalf_of = approval.on_behalf_of,
                                .environment = approval.environment,
                                .run = approval.staging_run,
                                .schema_before = approval.schema});
    ledger::note_run(connection, {.id = request.staging.id,
                                  .plan = request.staging.plan,
                                  .outcome = std::string{name_of(request.staging.outcome)},
                                  .record = to_json(request.staging)});
    transaction.commit();
    return approval;
}

void revoke_approval(std::string const& database, RevokeRequest const& request) {
    if (request.reason.empty())
        throw Error{Failure{.what = "The approval is not taken back: no reason was given.",
                            .object = std::to_string(request.approval),
                            .instead = "{.reason = \"…\"}: it goes into the audit trail"}};
    auto const connection = sqlite::open_for_writing(database, request.wait);
    sqlite::WriteTransaction transaction{connection, request.wait};
    bool const there =
        ledger::has_approvals(connection) &&
        ledger::revoke(connection,
                       {.id = request.approval, .revoked_by = request.actor, .revoked_because = request.reason});
    if (!there)
        throw HistoryError{Failure{
            .what = "There is no approval number " + std::to_string(request.approval) + " that could be taken back.",
            .object = database,
            .instead = "approvals() lists them"}};
    ledger::append(connection, {.plan = {},
                                .event = "approval revoked",
                                .actor = request.actor,
                                .detail = std::to_string(request.approval) + ": " + request.reason});
    transaction.commit();
}

std::vector<ApprovalStanding> approvals(std::string const& database, Plan const& plan, std::string const& executor) {
    auto const connection = sqlite::open_for_reading(database, patience);
    auto const policy = ledger::policy_of(connection, plan.name()).value_or(ApprovalPolicy{});
    return ledger::standings(connection, policy,
                             {.plan = plan.name(),
                              .plan_digest = plan.digest(),
                              .change = ChangeClass::additive,
                              .executor = executor,
                              .schema = schema_digest(connection)});
}

std::optional<ApprovalPolicy> approval_policy(std::string const& database, Plan const& plan) {
    return ledger::policy_of(sqlite::open_for_reading(database, patience), plan.name());
}

void set_approval_policy(std::string const& database, Plan const& plan, PolicyChange const& change) {
    if (change.reason.empty())
        throw Error{Failure{.what = "The policy is not changed: no reason was given.",
                            .object = database,
                            .instead = "{.reason = \"…\"}: it goes into the audit trail"}};
    auto const connection = sqlite::open_for_writing(database, change.wait);
    sqlite::WriteTransaction transaction{connection, change.wait};
    ledger::make_approvals(connection);
    ledger::set_policy(connection, plan.name(), change.policy);
    auto const& quorum = change.policy.quorum;
    ledger::append(connection, {.plan = plan.name(),
                                .event = "approval policy",
                                .actor = change.actor,
                                .plan_digest = plan.digest(),
                                .detail = change.policy.environment + ", additive " + std::to_string(quorum.additive) +
                                          ", data " + std::to_string(quorum.data) + ", destructive " +
                                          std::to_string(quorum.destructive) + ": " + change.reason,
                                .environment = change.policy.environment});
    transaction.commit();
}

}  // namespace evolver
