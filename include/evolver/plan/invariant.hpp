#pragma once

/// What a migration must leave as it is, in a question to the database.

#include "evolver/schema/expression.hpp"

#include <optional>
#include <string>

namespace evolver {

/// One query over the old shape and one over the new shape that have the same answer: `SELECT sum(balance) FROM accounts`. All rows of the
/// answers are compared, in their order, value by value with its type: 1 is not 1.0. A sum of floating-point numbers depends on the order
/// of the rows: round it.
///
/// Requires: queries that read only, without parameters. `before` works in the old shape, `after` in the new one; without `after` it is
///           the same text.
/// Ensures:  expand() asks `before` ahead of its steps and behind them, and contract() `before` ahead of its steps and `after` behind
///           them, each in its one transaction; where an answer differs, it is rolled back. reconcile() asks both in one snapshot, once the
///           backfill is complete, if they differ as texts and the database can answer both before contract. Writers that go on do not
///           matter, since nobody writes between two such answers. It is no part of a migration's digest: a migration that was applied may
///           get one.
/// Throws:   PlanError where a query does not work: for `before`, ahead of the first write of expand(); for `after`, which may need what
///           only contract() makes, it is a warning of dry_run() and expand(), and the error of contract(). InvariantError.
/// Cost:     in expand() and contract() writers wait for both answers. Those with which a migration's answers would take longer than 50 ms
///           together are not asked there, and a warning says so: on a copy, or in a window, they are compared by hand.
struct Invariant {
    std::string name;  ///< "the money"
    Expression before;
    std::optional<Expression> after = {};
};

}  // namespace evolver
