#pragma once

// The shape of a table for a release, from the plan, the ledger's stages and the table as it is.

#include "compile/compiler.hpp"
#include "evolver/plan/shape.hpp"

namespace evolver {

/// A table that a foreign key refers to, which the plan adds: as that migration calls it, and as the database has it.
struct Parent {
    Name name;
    Name stored;
    std::vector<RenameColumn> renamed = {};  ///< Columns that it calls otherwise, latest first.
    std::optional<Table> table = {};         ///< As it is; whoever reads the catalogue fills this in.
};

/// `parents`: those that parents_of() has found, and that are there.
/// `stages[i]` is that of migration i, for those that are expanded and not contracted. `physical` is none where the table is not there
/// (yet).
/// Cross pairs are over the names that their operations use: see cross_over_columns().
[[nodiscard]] Shape shape_of(Plan const& plan, Standing standing, std::vector<Stage> const& stages, Name const& table,
                             std::optional<Table> const& physical, std::vector<Parent> const& parents = {});

/// The name under which a database of this standing has the table that the plan's newest release calls `table`.
[[nodiscard]] Name physical_name(Plan const& plan, Standing standing, Name table);

/// Puts the database's own columns into the cross pairs of `shape`, which the plan alone does not know. Reads the catalogue. Throws PlanError
/// where an open or planned migration does not fit the database.
void cross_over_columns(Shape& shape, Plan const& plan, Standing standing, sqlite::Connection const& connection);

/// The tables that foreign keys, which the plan adds to `table`, refer to; without Parent::table.
[[nodiscard]] std::vector<Parent> parents_of(Plan const& plan, Standing standing, Name const& table);

}  // namespace evolver
