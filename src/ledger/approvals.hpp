#pragma once

// What was approved, and what a database asks for.
//
//   evolver_approval_policy  one row per plan: who may approve, and how many have to; no row: nobody has to
//   evolver_approval         one row per approval; the trail has a row for each, without which it does not count
//
// A ledger of an older evolver lacks both until make_approvals(). All functions work in the transaction that the connection is in.

#include "dialect/sqlite/connection.hpp"
#include "evolver/ledger/approval.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evolver::ledger {

[[nodiscard]] bool has_approvals(sqlite::Connection const& connection);
/// Makes the tables where they are missing, and those of the trail. Inside a write transaction.
void make_approvals(sqlite::Connection const& connection);

[[nodiscard]] std::optional<ApprovalPolicy> policy_of(sqlite::Connection const& connection, std::string const& plan);
void set_policy(sqlite::Connection const& connection, std::string const& plan, ApprovalPolicy const& policy);

/// Returns the number that it has from then on. The trail has to get its row in the same transaction: words_of() is its detail.
std::int64_t add_approval(sqlite::Connection const& connection, std::string const& plan, Approval const& approval);
[[nodiscard]] std::string words_of(Approval const& approval);
inline constexpr char const* approval_event = "approval";
/// False: there is none of this number, or it is revoked already.
bool revoke(sqlite::Connection const& connection, Approval const& revoked);
/// Newest first.
[[nodiscard]] std::vector<Approval> approvals_of(sqlite::Connection const& connection, std::string const& plan);

/// What the schema is by now if it was `from` behind row `sequence` of the trail, and only steps of this plan have changed it since.
[[nodiscard]] std::string schema_reached(sqlite::Connection const& connection, std::string const& plan_digest,
                                         std::int64_t sequence, std::string from);

/// What is to be done, by whom, where.
struct Undertaking {
    std::string plan;
    std::string plan_digest;
    ChangeClass change = ChangeClass::data;
    std::string executor = {};
    std::string schema = {};  ///< The digest of the schema as it is.
};

/// Every approval of the plan, and whether it counts for the undertaking. `policy`: what is asked for.
[[nodiscard]] std::vector<ApprovalStanding> standings(sqlite::Connection const& connection,
                                                      ApprovalPolicy const& policy, Undertaking const& undertaking);

/// How many have to approve a change of this class.
[[nodiscard]] int needed(ApprovalPolicy const& policy, ChangeClass change) noexcept;
/// What is missing, in words; empty where enough people have approved.
[[nodiscard]] std::string missing(ApprovalPolicy const& policy, ChangeClass change,
                                  std::vector<ApprovalStanding> const& standings);

}  // namespace evolver::ledger
