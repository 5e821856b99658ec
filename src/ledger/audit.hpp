#pragma once

// The audit trail: every hop, append-only, hash-chained.
//
// hash = BLAKE2b-128 over the hash before and every field of the row, each with its length. Triggers refuse UPDATE and DELETE; who gets
// around them, or edits the file, is found by verify(), which names the first row that does not fit.

#include "dialect/sqlite/connection.hpp"

#include <chrono>
#include <cstdint>
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
};

/// The statements that make the table and its guards.
[[nodiscard]] std::string audit_tables();

/// Inside the transaction of the work that the row speaks of.
void append(sqlite::Connection const& connection, AuditRow const& row);

struct AuditBreak {
    std::int64_t sequence;
    std::string why;
};

/// The first row that was changed, taken out or put in; none where the trail is whole.
[[nodiscard]] std::optional<AuditBreak> verify_audit(sqlite::Connection const& connection);

}  // namespace evolver::ledger
