#pragma once

// Comparing the two shapes of the rows that are there, chunk by chunk.
//
// `up(old)` against new is local to a row, so each chunk is one statement with its own snapshot, on live data too: a difference there is
// a fact. It is looked at once more before it is reported, so that one which a running statement is about to mend is not.
//
// A run that is stopped or killed leaves its position in the ledger (ledger/comparison.hpp), and the next one goes on there, unless what it
// says may hold no longer:
// - The version of the schema, or the statement that compares, is another: triggers were dropped and put back, a migration was rolled
//   back, VACUUM has renumbered hidden rowids.
// - Rows that differ had been found: somebody may have mended them, and only looking again tells.
// - Legacy writes have come in since it began, and reads have moved to the new shape already: all that such a run is good for is the gate of
//   contract, which would stay closed. Before reads have moved it does go on, or it would never come to an end beside an old release that
//   is in use. Either way the run is recorded with the legacy writes that were counted when its first row was compared, so contract is
//   never opened by a comparison some part of which is older than a legacy write.

#include "compile/compiler.hpp"
#include "evolver/execute/reconcile_error.hpp"
#include "evolver/execute/reconcile_options.hpp"
#include "execute/batch_loop.hpp"
#include "execute/looks.hpp"
#include "execute/slices.hpp"
#include "execute/workplace.hpp"
#include "ledger/comparison.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace evolver {

/// One comparison of any number of migrations, under one set of rules.
class ComparisonRun {
public:
    /// `call`: "reconcile", for messages. Only a run that is resumable reads and keeps positions.
    enum class Resumable { yes, no };
    ComparisonRun(Workplace& workplace, std::string call, ReconcileOptions options, Resumable resumable);

    /// Throws ReconcileError where a rule of `options` ends the run, or where it is told to stop after it has found rows that differ; Error with
    /// Retry::helps where it is told to stop, or its time is over.
    enum class Outcome {
        compared,
        recorded,  ///< The run that this one goes on with has recorded the migration already.
    };
    Outcome compare(Compiler const& compiler, ledger::Entry const& entry);

    [[nodiscard]] Reconciliation const& found() const noexcept { return found_; }
    /// The first rows that differ.
    [[nodiscard]] std::vector<Mismatch> const& rows() const noexcept { return rows_; }
    /// Legacy writes of the migration that was compared last, when its first row was.
    [[nodiscard]] std::int64_t writes() const noexcept { return writes_; }

private:
    using Clock = std::chrono::steady_clock;

    using Positions = std::vector<ledger::ComparedUpTo>;

    void walk(Look const& look, ledger::Entry const& entry, Positions& positions, std::size_t number);
    std::int64_t next_chunk(Look const& look, ledger::Entry const& entry, Slices& slices, ledger::ComparedUpTo& up_to,
                            std::int64_t size);
    /// Returns how many of the rows that differ an operator has skipped.
    std::int64_t name_rows(Look const& look, ledger::Entry const& entry, Key const& done, Key const& until);
    void name_lossy(Look const& look, Key const& done, Key const& until);
    [[nodiscard]] Positions positions(std::vector<Look> const& looks, ledger::Entry const& entry) const;
    /// Legacy writes until now; from now on the next one shows.
    [[nodiscard]] std::int64_t watched_writes(ledger::Entry const& entry) const;
    /// Why the run is not to go on; empty: it is.
    [[nodiscard]] std::string told_to_stop() const;
    void refuse_to_go_on(Look const& look) const;
    [[nodiscard]] std::string enough(std::int64_t estimate) const;
    void keep(ledger::Entry const& entry, Positions& positions);

    Workplace& workplace_;
    ReconcileOptions options_;
    bool resumable_;
    BatchLoop loop_;
    Pacer pacer_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point kept_ = start_;
    bool begun_ = false;
    std::int64_t schema_version_ = 0;
    std::int64_t writes_ = 0;
    Reconciliation found_;
    std::vector<Mismatch> rows_;
};

}  // namespace evolver
