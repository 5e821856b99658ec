#pragma once

/// Approvals: who has said that a change may be made, to which database, on which evidence, and for how long.
///
/// An approval stands in the ledger of the database that it is for. It is bound to the digest of the plan, the environment, the run of the
/// pipeline that has shown the change on staging, and the digest of the schema that was there; where any of them is not what it was, it is dead, and
/// ApprovalStanding::why_dead says which. What the approved plan itself does to the schema keeps it alive: the audit trail has each such step with
/// the schema before and after it.
///
/// The names of people are what they say they are. evolver keeps them apart and writes them down; that alice is alice is a matter of who may
/// write to the database.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evolver {

/// What a change does at most, from the least to the most.
enum class ChangeClass {
    additive,     ///< It only adds: tables, columns, indexes.
    data,         ///< It fills or changes rows: a backfill.
    destructive,  ///< It removes an old shape: contract().
};

/// How many have to approve.
struct Quorum {
    int additive = 1;  ///< 0: none has to.
    int data = 1;
    int destructive = 1;
};

/// What a database asks for before it is changed. It is kept in the database's own ledger, so every process that works on it knows it.
struct ApprovalPolicy {
    /// What the database is called where approvals are given: "production", "production-eu".
    std::string environment = "production";
    /// Who may approve. Empty: anybody who gives a name.
    std::vector<std::string> approvers = {};
    Quorum quorum = {};
    /// Counts the approval of who has planned the change (PipelineOptions::planner).
    bool planner_may_approve = false;
    /// Counts the approval of who makes the change (the actor).
    bool executor_may_approve = false;
};

struct Approval {
    std::int64_t id = 0;
    std::string plan_digest = {};
    std::string environment = {};
    std::string staging_run = {};            ///< The run of the pipeline that all stages passed on staging.
    std::string schema = {};                 ///< The digest of the schema that is to be changed.
    ChangeClass change = ChangeClass::data;  ///< It holds for changes up to this class.
    std::string approver = {};
    std::string on_behalf_of = {};
    std::string planner = {};  ///< As the staging run had it.
    std::string reason = {};
    std::int64_t created_at = 0;  ///< Seconds since 1970, by the database's clock.
    std::int64_t expires_at = 0;
    std::int64_t revoked_at = 0;  ///< 0: it is not.
    std::string revoked_by = {};
    std::string revoked_because = {};
};

/// An approval, and whether it counts now.
struct ApprovalStanding {
    Approval approval;
    bool alive = false;
    std::string why_dead = {};  ///< In words; empty where it is alive.
};

[[nodiscard]] std::string_view name_of(ChangeClass change) noexcept;

}  // namespace evolver
