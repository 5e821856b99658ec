#pragma once

// Comparing the two shapes of the rows that are there, chunk by chunk: execute/comparison.hpp, on PostgreSQL.
//
// A chunk is a statement of its own snapshot. A difference in it is a fact, since what holds is local to a row; it is looked at once more before it is
// reported. A connection that is cut costs the chunk, and not the run.
//
// A run that is stopped or killed leaves its position in the ledger (ledger/postgresql/comparison.hpp), and the next one goes on there, unless what it
// says may hold no longer: the statement that compares or a trigger of the table is another, or was switched off and on; rows that differ had been found; legacy
// writes have come in since it began, and reads have moved already. It is recorded with the legacy writes that were counted when its first row was compared.

#include "compile/postgresql/blueprint.hpp"
#include "evolver/execute/reconcile_error.hpp"
#include "evolver/execute/reconcile_options.hpp"
#include "execute/postgresql/site.hpp"
#include "ledger/postgresql/comparison.hpp"

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace evolver::postgresql {

/// One comparison of any number of migrations, under one set of rules.
class Comparison {
public:
    /// Only a run that is resumable reads and keeps positions.
    enum class Resumable { yes, no };
    Comparison(Site const& site, ReconcileOptions options, Resumable resumable)
        : site_{site}, options_{std::move(options)}, resumable_{resumable == Resumable::yes} {}

    /// `writes`: legacy writes of the migration, counted when nobody was in the middle of one. Throws ReconcileError where a rule of the options ends the run,
    /// or where it is told to stop after it has found rows that differ; Error with Retry::helps where it is told to stop, or its time is over.
    enum class Outcome {
        compared,
        recorded,  ///< The run that this one goes on with has recorded the migration already.
    };
    Outcome compare(ledger::Entry const& entry, std::int64_t writes);

    [[nodiscard]] Reconciliation const& found() const noexcept { return found_; }
    /// The first rows that differ.
    [[nodiscard]] std::vector<Mismatch> const& rows() const noexcept { return rows_; }
    /// Legacy writes of the migration that was compared last, when its first row was.
    [[nodiscard]] std::int64_t writes() const noexcept { return writes_; }

private:
    using Clock = std::chrono::steady_clock;
    using Positions = std::vector<ledger::ComparedRows>;
    struct Chunk;

    [[nodiscard]] Positions positions(std::vector<OpenPair> const& pairs, ledger::Entry const& entry,
                                      std::int64_t writes) const;
    void walk(OpenPair const& open, ledger::Entry const& entry, Positions& positions, std::size_t number);
    [[nodiscard]] Chunk next_chunk(OpenPair const& open, std::vector<std::string> const& done, std::int64_t size,
                                   std::set<std::string> const& skipped) const;
    /// Why the run is not to go on; empty: it is.
    [[nodiscard]] std::string told_to_stop() const;
    void refuse_to_go_on(Name const& table) const;
    [[nodiscard]] std::string enough(std::int64_t estimate) const;
    void keep(ledger::Entry const& entry, Positions const& positions);

    Site const& site_;
    ReconcileOptions options_;
    bool resumable_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point kept_ = start_;
    bool begun_ = false;
    std::int64_t writes_ = 0;
    Reconciliation found_;
    std::vector<Mismatch> rows_;
};

}  // namespace evolver::postgresql
