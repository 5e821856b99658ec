#pragma once

/// What the ledger refuses: a history that contradicts the plan, and a database that has gone too far.
///
/// The ledger is a handful of tables named `evolver_*` in the application's own database: state, checkpoints, counters and the
/// audit trail. It is written in the transactions of the work that it speaks of, so it never disagrees with the schema.

#include "evolver/error.hpp"

namespace evolver {

/// The plan and the database's history contradict each other: an applied migration was edited, taken out or reordered; the database
/// existed before evolver and was not baselined; the ledger was written by a newer evolver.
class HistoryError : public Error {
    using Error::Error;
};

/// The release is below the floor: the old shape that it needs has been contracted. Nothing was written.
class SchemaTooNew : public Error {
    using Error::Error;
};

/// The live schema is not what the history says; the message lists the differences.
class DriftError : public Error {
    using Error::Error;
};

}  // namespace evolver
