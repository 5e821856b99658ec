#pragma once

/// What an operation means, phase by phase, free of any engine.
///
/// Each operation has a function `Effect effect_of(Operation const&, Schema&)`, which checks the operation against the virtual
/// schema, changes that schema to what the new release sees, and says which primitive changes it takes. Operations chain: each sees
/// the schema that those before it have made. The function throws PlanError where the operation cannot be meant.

#include "evolver/operation/change.hpp"
#include "evolver/operation/cross_pair.hpp"
#include "evolver/operation/pair.hpp"
#include "evolver/operation/rule.hpp"
#include "evolver/schema/schema.hpp"

#include <vector>

namespace evolver {

/// A plan that cannot be meant: unknown or duplicate names, a missing expression, an empty migration.
class PlanError : public Error {
    using Error::Error;
};

/// How long an operation may hold the lock that blocks writers.
enum class Lock {
    within_budget,  ///< Refused where the estimate exceeds the budget (50 ms on SQLite).
    in_window,      ///< As long as it takes: somebody has planned for it.
    online,  ///< In small batches beside everybody: a rebuild through a second table, an index in sorted batches.
};

/// A column that only the new release knows, and that survives when an older one REPLACEs the row.
struct KeptColumn {
    Name table;
    Column column;
};

/// A table that the new release calls by another name, from expand to contract.
struct MovedTable {
    Name from;
    Name to;
};

/// Columns of the rows that are there, filled once.
struct Transform {
    Name table;
    std::vector<ColumnValue> set;
    Expression where;  ///< Holds for a row that is not filled yet, and for no other.
};

struct Effect {
    std::vector<MovedTable> moves = {};
    std::vector<Change> expand = {};        ///< Only adds.
    std::vector<Pair> pairs = {};           ///< Kept in step from expand to contract.
    std::vector<CrossPair> crossings = {};  ///< The same, between two tables.
    std::vector<KeptColumn> kept = {};      ///< From expand to contract.
    std::vector<Rule> rules = {};           ///< Kept by the new release from expand, by every row from contract.
    std::vector<NewDefault> defaults = {};  ///< Of the new release, from expand to contract.
    std::vector<Transform> transforms = {};
    std::vector<Change> filled = {};    ///< After the backfill: an index on a new column is 15 times slower before it.
    std::vector<Change> contract = {};  ///< Removes the old shape.
    std::vector<Change> undo = {};      ///< Takes expand (and `filled`) back, in this order.
    Lock lock = Lock::within_budget;
};

}  // namespace evolver
