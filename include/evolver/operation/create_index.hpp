#pragma once

/// Makes an index.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Requires: the table and the columns exist; no index of that name.
/// Ensures:  an index over columns that existed before is built at expand; one that mentions a column which this or an open migration
///           fills is built after the backfill (built before, it makes the backfill 15 times slower), and if it is unique, at
///           contract, because until then old programs may write values that are the same in the new shape. Rollback drops it.
/// Cost:     one lock of about 0.5 us per row on SQLite; above the budget it is refused unless `.lock = Lock::in_window`, or
///           Lock::online:
///
/// Lock::online builds it after expand, by advance() and backfill(), in batches of a few milliseconds beside everybody, at about twice the
/// time; where one lock is short enough, expand() makes it at once. It is opt-in because it does what SQLite does not document: a table is
/// filled in the index's order, compared with the indexed one, and becomes the index by an entry in sqlite_schema.
/// - Refused where the connection is defensive (SQLITE_DBCONFIG_DEFENSIVE). A unique one over a column that is being filled is made at
///   contract, under one lock.
/// - Until it is there, triggers note what changes in the table: each write costs some microseconds more. A connection that turns triggers
///   off (SQLITE_DBCONFIG_ENABLE_TRIGGER) makes the comparison fail, and the build starts over.
/// - A unique index is not made while rows share their values: backfill() and advance() throw Error and say how to find them.
/// - Where the columns may be NULL, PRAGMA integrity_check names the table `evolver_index_<name>` until it has become the index: its key holds
///   NULLs, which SQLite does not expect there.
/// - Rollback ends the build; what it had made is named `evolver_trash_<n>` then, and so is what a build leaves that starts over.
struct CreateIndex {
    Name name;
    Name table;
    std::vector<IndexPart> columns;
    bool unique = false;
    std::optional<Expression> where = {};
    Lock lock = Lock::within_budget;
};

[[nodiscard]] Effect effect_of(CreateIndex const& operation, Schema& schema);

}  // namespace evolver
