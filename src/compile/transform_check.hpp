#pragma once

// Is a Backfill fit to run beside programs that go on writing? The engine is asked, on the clone, with some of the live rows.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/fill_sql.hpp"
#include "evolver/schema/table.hpp"

#include <string>
#include <vector>

namespace evolver {

/// Where a Backfill is tried.
struct TransformTrial {
    sqlite::Connection const&
        schema;                      ///< What the statements will meet: the clone that runs ahead of the real database.
    sqlite::Connection const& rows;  ///< The real one, for samples.
    Table const& released;           ///< The table as the release sees it.
};

/// Throws PlanError that names the migration and the operation (`title`), unless
///   - each expression is valid SQL, complete in itself, and reads no column that only older releases have,
///   - on up to a thousand live rows, filled through `pairs` first, no row is left for which `where` holds once it is filled. What a
///     sub-query finds is not among the samples: then only the batches look.
void check_transform(TransformTrial const& trial, sqlite::PhysicalTransform const& transform,
                     std::vector<sqlite::PhysicalPair> const& pairs, std::string const& title);

}  // namespace evolver
