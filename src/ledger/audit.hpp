#pragma once

// The audit trail: every hop, append-only, hash-chained.
//
// hash = BLAKE2b-128 over the hash before and every field of the row, each with its length. Triggers refuse UPDATE and DELETE; who gets
// around them, or edits the file, is found by verify_audit(), which names the first row that does not fit.
//
// A row has ten fields, and `more_columns` behind them, which a trail of an older evolver lacks until the next append() adds them. In its rows they
// are NULL, and no part of the hash; who sets them to NULL in a newer row is found.

#include "dialect/sqlite/connection.hpp"
#include "evolver/ledger/audit_entry.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace evolver::ledger {

struct AuditRow {
    std::string plan;
    std::string event;  ///< "expand", "backfill finished", "reconcile", "contract", "rollback", "gate overridden", ...
    std::string migration = {};
    std::string actor = {};  ///< Who did it, as the application says; never a secret.
    std::string release = {};
    std::string plan_digest = {};
    std::string detail = {};  ///< Words; reasons given by people stand here in full.
    std::int64_t rows = 0;
    std::chrono::microseconds duration{0};
    std::string on_behalf_of = {};
    std::string environment = {};
    std::string run = {};
    std::string stage = {};
    std::string schema_before = {};
    std::string schema_after = {};
    std::int64_t planned_rows = 0;
    std::chrono::microseconds lock_wait{0};
    std::vector<std::string> steps = {};
    std::vector<std::string> warnings = {};
};

/// The statements that make the table and its guards.
[[nodiscard]] std::string audit_tables();
[[nodiscard]] bool has_audit(sqlite::Connection const& connection);

/// Of this machine; empty where it has none.
[[nodiscard]] std::string host_name();

/// Inside the transaction of the work that the row speaks of. Where the process and the database are, it adds itself.
void append(sqlite::Connection const& connection, AuditRow const& row);

struct AuditBreak {
    std::int64_t sequence;
    std::string why;
};

/// The first row that was changed, taken out or put in; none where the trail is whole.
[[nodiscard]] std::optional<AuditBreak> verify_audit(sqlite::Connection const& connection);
/// The same, and whether the row that was the last then is there as it was.
[[nodiscard]] std::optional<AuditBreak> verify_audit(sqlite::Connection const& connection, AuditHead const& anchored);

[[nodiscard]] AuditHead audit_head(sqlite::Connection const& connection);

/// Every row behind `after`, oldest first.
void read_audit(sqlite::Connection const& connection, std::int64_t after,
                std::function<void(AuditEntry const&)> const& each);

}  // namespace evolver::ledger
