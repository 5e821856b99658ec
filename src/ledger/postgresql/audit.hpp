#pragma once

// The audit trail on PostgreSQL: the same fields and the same chain of hashes as on SQLite; see ledger/audit.hpp.
//
// Triggers refuse UPDATE, DELETE and TRUNCATE. Who appends holds SHARE ROW EXCLUSIVE on the table until his transaction ends: readers go on, and two
// rows never follow the same one.

#include "dialect/postgresql/connection.hpp"
#include "ledger/audit.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace evolver::ledger {

/// The statements that make the table and its guards, in a transaction of one maker.
[[nodiscard]] std::string postgresql_audit_tables();
[[nodiscard]] bool has_audit(postgresql::Connection const& connection);

/// Inside the transaction of the work that the row speaks of.
void append(postgresql::Connection const& connection, AuditRow const& row);

/// The first row that was changed, taken out or put in; none where the trail is whole. Compared with its own note of the end, which whoever may write
/// to the table may write to as well, and with `anchored`, unless that is of row 0.
[[nodiscard]] std::optional<AuditBreak> verify_audit(postgresql::Connection const& connection,
                                                     AuditHead const& anchored = {});

/// Row 0 where there is none yet.
[[nodiscard]] AuditHead audit_head(postgresql::Connection const& connection);

/// Every row behind `after`, oldest first; a thousand are held at a time.
void read_audit(postgresql::Connection const& connection, std::int64_t after,
                std::function<void(AuditEntry const&)> const& each);

}  // namespace evolver::ledger
