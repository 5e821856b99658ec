#pragma once

/// Giving approvals, and looking at them; evolver/ledger/approval.hpp says what an approval is.

#include "evolver/ledger/approval.hpp"
#include "evolver/pipeline/pipeline_run.hpp"
#include "evolver/plan/plan.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evolver {

struct ApprovalRequest {
    /// The evidence: a run of all five stages on staging that passed, for this plan, from the schema that the database has now, or had before
    /// this plan's own steps brought it to what it has now: who has approved what only adds may approve contract by the same run. It is taken as it
    /// is handed over, because the database that it is for has never seen it: let it come from pipeline_run(), or from where CI keeps what
    /// to_json() wrote.
    PipelineRun staging = {};
    std::string approver = {};
    std::string on_behalf_of = {};
    std::string reason = {};  ///< For the audit trail: "ticket 17, looked at with carol".
    /// What is approved at most. Up to `data` leads to the end of the pipeline; contract() needs `destructive`.
    ChangeClass change = ChangeClass::data;
    std::chrono::seconds valid_for = std::chrono::hours{7 * 24};
    std::chrono::milliseconds wait = std::chrono::seconds{10};  ///< For the write lock.
};

/// Notes an approval in the ledger of `database`, with the staging run that it rests on.
///
/// Requires: approver and reason.
/// Throws:   Error that says which part of the evidence does not hold: it did not pass, it is of another plan, the schema is another one; or that the
///           database's policy does not let the approver approve.
Approval approve(std::string const& database, Plan const& plan, ApprovalRequest const& request);

struct RevokeRequest {
    std::int64_t approval = 0;
    std::string actor = {};
    std::string reason = {};
    std::chrono::milliseconds wait = std::chrono::seconds{10};  ///< For the write lock.
};
/// Takes an approval back. Throws HistoryError where it is not there.
void revoke_approval(std::string const& database, RevokeRequest const& request);

/// Every approval of the plan, newest first, and whether it counts now, for whoever `executor` is. Reads only.
[[nodiscard]] std::vector<ApprovalStanding> approvals(std::string const& database, Plan const& plan,
                                                      std::string const& executor = {});

/// The database's policy. None: it asks for no approvals.
[[nodiscard]] std::optional<ApprovalPolicy> approval_policy(std::string const& database, Plan const& plan);
struct PolicyChange {
    ApprovalPolicy policy = {};
    std::string actor = {};
    std::string reason = {};
    std::chrono::milliseconds wait = std::chrono::seconds{10};  ///< For the write lock.
};
/// From here on expand() and contract() of every process ask for approvals. Goes into the audit trail.
/// Requires: a reason.
void set_approval_policy(std::string const& database, Plan const& plan, PolicyChange const& change);

}  // namespace evolver
