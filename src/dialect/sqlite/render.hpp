#pragma once

// Primitive changes as SQL for SQLite, with the lock that each takes.
//
// What SQLite does under one lock, measured on 3.40.1 with 10 million rows: ADD COLUMN and both RENAMEs are instant; CREATE INDEX takes 0.3
// to 0.6 us per row, DROP COLUMN 0.4 to 0.7, DROP TABLE 0.6 with Debian's secure_delete. Above the budget a column becomes a tombstone (a
// rename, undone the same way) and the rest is refused unless the migration says Lock::in_window.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/rebuild.hpp"
#include "evolver/operation/effect.hpp"
#include "evolver/plan/step.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::sqlite {

/// What rendering needs to know besides the change.
struct RenderContext {
    /// A database with the schema that the statements will meet: the clone that runs ahead of the real one.
    Connection const& schema;
    /// About how many rows the change's table has in the real database.
    std::int64_t rows = 0;
    /// At most how many bytes the table has there.
    std::int64_t bytes = 0;
    Lock lock = Lock::within_budget;
    /// How long a step may hold the lock.
    std::chrono::milliseconds budget{50};
    /// The change could be made in small batches, if the operation said so.
    bool online = false;
};

/// One change as one step (its `migration` is left empty). Throws PlanError where it cannot be done within the budget.
[[nodiscard]] Step render(Change const& change, RenderContext const& context);

/// A rebuild in one step, under one lock. Throws PlanError where that would take longer than the budget.
[[nodiscard]] Step rebuild_at_once(Rebuild const& rebuild, RenderContext const& context);

/// How long the lock would be held by that.
[[nodiscard]] std::chrono::milliseconds rebuild_estimate(Rebuild const& rebuild, std::int64_t rows);

/// The end of a rebuild whose rows were copied in batches.
[[nodiscard]] Step put_in_place(Rebuild const& rebuild, Name const& trash);
/// How long CREATE INDEX would hold the lock.
[[nodiscard]] std::chrono::milliseconds index_estimate(std::int64_t rows);

/// CREATE TABLE as evolver writes it.
[[nodiscard]] std::string create_table(Table const& table);
/// CREATE INDEX as evolver writes it.
[[nodiscard]] std::string create_index(Index const& index);

/// Columns that wait for the next rebuild are named so; they are no part of a schema.
inline constexpr std::string_view tombstone_prefix = "evolver_gone_";

}  // namespace evolver::sqlite
