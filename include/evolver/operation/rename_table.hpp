#pragma once

/// Gives a table a new name.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Until contract the database has the table under its old name, and the new release reaches it through LiveTable, which knows both: a
/// SQLite table has no second name that programs could write to. On PostgreSQL a view of the new name, with the rights that the table gives, stands
/// beside it until then.
///
/// Requires: `from` exists; no table, view or index is named `to`.
/// Ensures:  operations that follow name the table `to`. Contract renames it; indexes, triggers, views and foreign keys follow. Rollback
///           before contract changes nothing.
/// Cost:     contract touches no row (1 ms at any size).
struct RenameTable {
    Name from;
    Name to;
};

[[nodiscard]] Effect effect_of(RenameTable const& operation, Schema& schema);

}  // namespace evolver
