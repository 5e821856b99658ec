#pragma once

// The backfill on PostgreSQL: new columns of the rows that were there before expand, and what a Backfill fills, in batches by ranges of the key; then the
// indexes that wait for them.
//
// A batch is one transaction with its claim and its checkpoint: killed at any moment, it is there with all of them or with none. It gives way: a row that somebody else
// holds for longer than the lock timeout ends the batch, which is tried again, smaller, before the server looks for a deadlock (after 1 s).
//
// A batch that the server refuses, by a rule of the table or in an expression, is rolled back and halved down to the rows that are the cause, and
// stops the run: nothing is tried again by itself. What an operator, or an earlier failure, has said is looked at in the transaction of each batch.

#include "compile/postgresql/blueprint.hpp"
#include "evolver/execute/fill_order.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/ledger/run_state.hpp"
#include "execute/pacer.hpp"
#include "execute/postgresql/bisect.hpp"
#include "execute/postgresql/site.hpp"
#include "ledger/postgresql/claims.hpp"
#include "ledger/postgresql/ledger.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evolver::postgresql {

struct FillerOptions {
    double rows_per_second = 0;  ///< 0: no limit.
    std::vector<FillOrder> order = {};
};

/// Any number of processes may fill at once: each has a range of keys of its own, which it claims in the ledger.
class Filler {
public:
    explicit Filler(Site& site, FillerOptions options = {}) : site_{site}, options_{std::move(options)} {}

    /// Works until `budget` is used up, at most one batch or one index longer. False: nothing is left, or it waits; why() says for what. Throws
    /// BackfillFailed.
    /// `overridden`: gates that keep older releases in, where no trigger carries what they write; see execute/postgresql/seal.hpp.
    bool advance(std::chrono::microseconds budget, Pace pace, std::vector<Override> const& overridden = {});
    [[nodiscard]] std::string const& why() const noexcept { return why_; }
    /// RunState::paused or stopped where somebody has said so; failed where a batch has, now or earlier.
    [[nodiscard]] RunState state() const noexcept { return state_; }
    /// What keeps a migration without triggers from being filled: instances of older releases. None where it is something else.
    [[nodiscard]] std::vector<Gate> const& closed() const noexcept { return closed_; }

    /// What has failed, as the ledger has it: it may have been another process, days ago. Throws BackfillFailed, or nothing where somebody has let the run
    /// go on.
    void throw_failure();

private:
    /// What is to be done in the rows of one table, in this order.
    struct Chore {
        Name table;
        RowKey key;
        std::vector<OpenPair> pairs = {};
        std::vector<OpenTransform> transforms = {};
        std::vector<OpenPair> carried = {};  ///< Computed from what the transforms set, and no trigger does it.
        int one_by_one = 0;                  ///< So many batches have rows that cannot be converted, as it seems.
    };
    struct Work {
        std::size_t position;
        std::vector<Chore> chores;
        std::vector<LaterIndex> indexes;
    };

    [[nodiscard]] std::optional<Work> next();
    /// `stale`: somebody else has moved the run on meanwhile. `others`: what is left of the table is in the hands of others.
    enum class Batch { done, finished, others, not_open, stale, halted };
    Batch batch(std::size_t position, Chore& chore, Pace pace);
    /// Claims the next rows of the table, for whoever comes first.
    Batch claim(std::int64_t at, Chore& chore);
    /// To the next `claim.rows` rows behind the frontier, which moves on. False: there are none. Behind lock_frontier().
    [[nodiscard]] bool move_on(Chore const& chore, ledger::Filling& progress, ledger::Claim& claim) const;
    /// `besides`: see fill(). In the transaction that is open.
    [[nodiscard]] std::int64_t fill_rows(Chore& chore, KeySpan const& span, std::string const& besides) const;
    /// What fill_rows() is to pass over.
    [[nodiscard]] std::string skipped(std::int64_t at, Chore const& chore) const;
    /// After the batch was rolled back; `seen`: where the run stood. Throws BackfillFailed, or returns `stale`.
    Batch fail(std::size_t position, Chore& chore, ledger::Claim const& seen, KeySpan const& span,
               EngineError const& error);
    /// Has somebody paused or stopped the run, or has it failed? Then state() and why() say so.
    [[nodiscard]] bool is_halted(std::size_t position);
    void finish(std::size_t position);

    /// Has the migration to wait for older releases, or for instances that write the old shape only? Then why() and closed() say so.
    [[nodiscard]] bool is_unsealed(std::size_t position, std::vector<Override> const& overridden);

    /// In which order the rows of a table are filled by a run that begins.
    [[nodiscard]] KeyOrder order_of(Name const& table) const;

    Site& site_;
    FillerOptions options_;
    Pacer pacer_;
    std::optional<Work> work_;
    std::string why_;
    RunState state_ = RunState::running;
    std::vector<Gate> closed_;
};

}  // namespace evolver::postgresql
