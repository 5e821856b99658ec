#include "ledger/approvals.hpp"

#include "ledger/audit.hpp"
#include "ledger/ledger.hpp"
#include "observe/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace evolver {

std::string_view name_of(ChangeClass change) noexcept {
    switch (change) {
        case ChangeClass::additive: return "additive";
        case ChangeClass::data: return "data";
        case ChangeClass::destructive: return "destructive";
    }
    return "?";
}

}  // namespace evolver

namespace evolver::ledger {

namespace {

ChangeClass change_from(std::string const& text) {
    for (auto const change : {ChangeClass::additive, ChangeClass::data, ChangeClass::destructive}) {
        if (text == name_of(change)) return change;
    }
    throw HistoryError{
        Failure{.what = "The ledger holds an approval of the class \"" + text + "\", which this evolver does not know.",
                .object = "evolver_approval",
                .instead = "use the version of evolver that wrote it, or a newer one"}};
}

/// Seconds since 1970 as the trail writes a moment.
std::string moment(sqlite::Connection const& connection, std::int64_t seconds) {
    sqlite::Value const at = seconds;
    return connection.text("SELECT strftime('%Y-%m-%d %H:%M UTC', ?1, 'unixepoch')", {&at, 1});
}

/// Whether the trail has the approval, where, and as it is.
std::int64_t place_in_trail(sqlite::Connection const& connection, Approval const& approval) {
    if (!has_audit(connection)) return 0;
    auto row = connection.prepare(
        "SELECT sequence FROM main.evolver_audit WHERE event = ?1 AND plan_digest = ?2 AND schema_before = ?3 AND "
        "detail = ?4");
    row.bind(1, std::string_view{approval_event})
        .bind(2, std::string_view{approval.plan_digest})
        .bind(3, std::string_view{approval.schema})
        .bind(4, std::string_view{words_of(approval)});
    return row.step() ? row.integer(0) : 0;
}

bool has(std::vector<std::string> const& names, std::string const& name) {
    return std::ranges::find(names, name) != names.end();
}

std::string why_dead(sqlite::Connection const& connection, ApprovalPolicy const& policy, Undertaking const& undertaking,
                     Approval const& approval) {
    auto const sequence = place_in_trail(connection, approval);
    if (sequence == 0) return "it is not in the audit trail as it stands here: somebody has written it by hand";
    if (approval.revoked_at != 0)
        return "it was taken back by " + approval.revoked_by + ": " + approval.revoked_because;
    if (approval.plan_digest != undertaking.plan_digest)
        return "it is for another plan: its digest is " + approval.plan_digest + ", this one's is " +
               undertaking.plan_digest;
    if (approval.environment != policy.environment)
        return "it is for the environment \"" + approval.environment + "\", and this is \"" + policy.environment + "\"";
    if (approval.change < undertaking.change)
        return fmt::format("it is for changes up to \"{}\", and this one is \"{}\"", name_of(approval.change),
                           name_of(undertaking.change));
    if (approval.expires_at <= now(connection)) return "it has expired on " + moment(connection, approval.expires_at);
    if (schema_reached(connection, approval.plan_digest, sequence, approval.schema) != undertaking.schema)
        return "the schema has moved since by something else than this plan";
    if (!policy.approvers.empty() && !has(policy.approvers, approval.approver))
        return approval.approver + " is not among those who may approve";
    if (!policy.executor_may_approve && !undertaking.executor.empty() && approval.approver == undertaking.executor)
        return approval.approver + " makes the change, and may not approve it";
    if (!policy.planner_may_approve && !approval.planner.empty() && approval.approver == approval.planner)
        return approval.approver + " has planned the change, and may not approve it";
    return {};
}

}  // namespace

std::string schema_reached(sqlite::Connection const& connection, std::string const& plan_digest, std::int64_t sequence,
                           std::string from) {
    auto rows = connection.prepare(
        "SELECT schema_before, schema_after FROM main.evolver_audit WHERE sequence > ?1 AND plan_digest = ?2 AND "
        "schema_after <> '' ORDER BY sequence");
    rows.bind(1, sequence).bind(2, std::string_view{plan_digest});
    while (rows.step()) {
        if (rows.text(0) == from) from = rows.text(1);
    }
    return from;
}

bool has_approvals(sqlite::Connection const& connection) { return sqlite::has_table(connection, "evolver_approval"); }

void make_approvals(sqlite::Connection const& connection) {
    if (!has_audit(connection)) connection.run(audit_tables());
    if (has_approvals(connection)) return;
    connection.run(
        "CREATE TABLE IF NOT EXISTS evolver_approval_policy (plan TEXT NOT NULL PRIMARY KEY, environment TEXT NOT "
        "NULL, "
        "approvers TEXT NOT NULL, additive INTEGER NOT NULL, data INTEGER NOT NULL, destructive INTEGER NOT NULL, "
        "planner_may_approve INTEGER NOT NULL, executor_may_approve INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS evolver_approval (id INTEGER PRIMARY KEY AUTOINCREMENT, plan TEXT NOT NULL, "
        "plan_digest TEXT NOT NULL, environment TEXT NOT NULL, staging_run TEXT NOT NULL, schema TEXT NOT NULL, change "
        "TEXT NOT NULL, approver TEXT NOT NULL, on_behalf_of TEXT NOT NULL, planner TEXT NOT NULL, reason TEXT NOT "
        "NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, revoked_at INTEGER NOT NULL DEFAULT 0, "
        "revoked_by TEXT NOT NULL DEFAULT '', revoked_because TEXT NOT NULL DEFAULT '');");
}

std::optional<ApprovalPolicy> policy_of(sqlite::Connection const& connection, std::string const& plan) {
    if (!has_approvals(connection)) return std::nullopt;
    auto row = connection.prepare(
        "SELECT environment, approvers, additive, data, destructive, planner_may_approve, executor_may_approve FROM "
        "main.evolver_approval_policy WHERE plan = ?1");
    row.bind(1, std::string_view{plan});
    if (!row.step()) return std::nullopt;
    ApprovalPolicy policy{.environment = row.text(0)};
    auto const names = json_text::parse(row.text(1));
    if (auto const* const all = std::get_if<json_text::Array>(&names.held)) {
        for (auto const& name : *all) {
            if (auto const* const text = std::get_if<std::string>(&name.held)) policy.approvers.push_back(*text);
        }
    }
    policy.quorum = {.additive = static_cast<int>(row.integer(2)),
                     .data = static_cast<int>(row.integer(3)),
                     .destructive = static_cast<int>(row.integer(4))};
    policy.planner_may_approve = row.integer(5) != 0;
    policy.executor_may_approve = row.integer(6) != 0;
    return policy;
}

void set_policy(sqlite::Connection const& connection, std::string const& plan, ApprovalPolicy const& policy) {
    json_text::Array names;
    for (auto const& name : policy.approvers) names.emplace_back(name);
    auto row = connection.prepare(
        "INSERT INTO main.evolver_approval_policy (plan, environment, approvers, additive, data, destructive, "
        "planner_may_approve, executor_may_approve) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (plan) DO "
        "UPDATE SET environment = excluded.environment, approvers = excluded.approvers, additive = excluded.additive, "
        "data = excluded.data, destructive = excluded.destructive, planner_may_approve = excluded.planner_may_approve, "
        "executor_may_approve = excluded.executor_may_approve");
    row.bind(1, std::string_view{plan})
        .bind(2, std::string_view{policy.environment})
        .bind(3, std::string_view{json_text::write(std::move(names))})
        .bind(4, std::int64_t{policy.quorum.additive})
        .bind(5, std::int64_t{policy.quorum.data})
        .bind(6, std::int64_t{policy.quorum.destructive})
        .bind(7, std::int64_t{policy.planner_may_approve ? 1 : 0})
        .bind(8, std::int64_t{policy.executor_may_approve ? 1 : 0});
    row.run();
}

std::string words_of(Approval const& approval) {
    return fmt::format("{}: {} approves changes up to \"{}\" in {}, shown by run {}{}, until {}: {}", approval.id,
                       approval.approver, name_of(approval.change), approval.environment, approval.staging_run,
                       approval.planner.empty() ? "" : ", planned by " + approval.planner, approval.expires_at,
                       approval.reason);
}

std::int64_t add_approval(sqlite::Connection const& connection, std::string const& plan, Approval const& approval) {
    auto row = connection.prepare(
        "INSERT INTO main.evolver_approval (plan, plan_digest, environment, staging_run, schema, change, approver, "
        "on_behalf_of, planner, reason, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
        "?12)");
    int position = 0;
    row.bind(++position, std::string_view{plan});
    auto const change = std::string{name_of(approval.change)};
    for (auto const* const text :
         {&approval.plan_digest, &approval.environment, &approval.staging_run, &approval.schema, &change,
          &approval.approver, &approval.on_behalf_of, &approval.planner, &approval.reason})
        row.bind(++position, std::string_view{*text});
    row.bind(++position, approval.created_at);
    row.bind(++position, approval.expires_at);
    row.run();
    return connection.integer("SELECT last_insert_rowid()");
}

bool revoke(sqlite::Connection const& connection, Approval const& revoked) {
    auto row = connection.prepare(
        "UPDATE main.evolver_approval SET revoked_at = ?2, revoked_by = ?3, revoked_because = ?4 WHERE id = ?1 AND "
        "revoked_at = 0");
    row.bind(1, revoked.id)
        .bind(2, now(connection))
        .bind(3, std::string_view{revoked.revoked_by})
        .bind(4, std::string_view{revoked.revoked_because});
    return row.run() > 0;
}

std::vector<Approval> approvals_of(sqlite::Connection const& connection, std::string const& plan) {
    std::vector<Approval> all;
    if (!has_approvals(connection)) return all;
    auto row = connection.prepare(
        "SELECT id, plan_digest, environment, staging_run, schema, change, approver, on_behalf_of, planner, reason, "
        "created_at, expires_at, revoked_at, revoked_by, revoked_because FROM main.evolver_approval WHERE plan = ?1 "
        "ORDER BY id DESC");
    row.bind(1, std::string_view{plan});
    while (row.step()) {
        all.push_back({.id = row.integer(0),
                       .plan_digest = row.text(1),
                       .environment = row.text(2),
                       .staging_run = row.text(3),
                       .schema = row.text(4),
                       .change = change_from(row.text(5)),
                       .approver = row.text(6),
                       .on_behalf_of = row.text(7),
                       .planner = row.text(8),
                       .reason = row.text(9),
                       .created_at = row.integer(10),
                       .expires_at = row.integer(11),
                       .revoked_at = row.integer(12),
                       .revoked_by = row.text(13),
                       .revoked_because = row.text(14)});
    }
    return all;
}

std::vector<ApprovalStanding> standings(sqlite::Connection const& connection, ApprovalPolicy const& policy,
                                        Undertaking const& undertaking) {
    std::vector<ApprovalStanding> all;
    for (auto& approval : approvals_of(connection, undertaking.plan)) {
        auto why = why_dead(connection, policy, undertaking, approval);
        all.push_back({.approval = std::move(approval), .alive = why.empty(), .why_dead = std::move(why)});
    }
    return all;
}

int needed(ApprovalPolicy const& policy, ChangeClass change) noexcept {
    switch (change) {
        case ChangeClass::additive: return policy.quorum.additive;
        case ChangeClass::data: return policy.quorum.data;
        case ChangeClass::destructive: return policy.quorum.destructive;
    }
    return policy.quorum.destructive;
}

std::string missing(ApprovalPolicy const& policy, ChangeClass change, std::vector<ApprovalStanding> const& standings) {
    std::set<std::string> approvers;
    std::string dead;
    for (auto const& one : standings) {
        if (one.alive) {
            approvers.insert(one.approval.approver);
        } else {
            dead += fmt::format("; number {} by {} does not count: {}", one.approval.id, one.approval.approver,
                                one.why_dead);
        }
    }
    auto const wanted = needed(policy, change);
    if (static_cast<int>(approvers.size()) >= wanted) return {};
    return fmt::format("{} of {} approval{} for this plan in {}, for a change of the class \"{}\"{}", approvers.size(),
                       wanted, wanted == 1 ? "" : "s", policy.environment, name_of(change), dead);
}

}  // namespace evolver::ledger
