#pragma once

// Reconciliation: the proof that the old and the new shape say the same, row by row.
//
// `up(old)` against new is local to a row, so each chunk is one statement with its own snapshot, on live data too: a difference there is
// a fact. It is looked at once more before it is reported, so that one which a running statement is about to mend is not.

#include "compile/compiler.hpp"
#include "evolver/execute/reconcile_error.hpp"
#include "execute/workplace.hpp"

#include <cstdint>
#include <vector>

namespace evolver {

/// What one comparison of all pairs of one migration has found.
struct Comparison {
    std::int64_t rows = 0;
    std::int64_t different = 0;
    std::int64_t lossy = 0;         ///< In sync, but the new shape cannot give the old value back.
    std::vector<Mismatch> samples;  ///< The first rows that differ.
};

[[nodiscard]] Comparison compare(Workplace& workplace, Compiler const& compiler, std::size_t position,
                                 std::string const& migration);

/// Compares every open migration that is filled, records the result, and moves reads to the new shape where it is clean. Throws
/// ReconcileError, and GateClosed while a backfill is not complete.
void reconcile(Workplace& workplace);

}  // namespace evolver
