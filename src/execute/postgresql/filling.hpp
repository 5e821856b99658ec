#pragma once

// The backfill on PostgreSQL: new columns of the rows that were there before expand, and what a Backfill fills, in batches by ranges of the key; then the
// indexes that wait for them.
//
// A batch is one transaction with its checkpoint: killed at any moment, it is there with both or with neither. It gives way: a row that somebody else
// holds for longer than the lock timeout ends the batch, which is tried again, smaller, before the server looks for a deadlock (after 1 s).

#include "compile/postgresql/blueprint.hpp"
#include "evolver/ledger/run_state.hpp"
#include "execute/postgresql/site.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evolver::postgresql {

/// Any number of processes may fill at once: one at a time fills a table.
class Filler {
public:
    explicit Filler(Site& site) : site_{site} {}

    /// Works until `budget` is used up, at most one batch or one index longer. False: nothing is left, or it waits; why() says for what.
    bool advance(std::chrono::microseconds budget);
    [[nodiscard]] std::string const& why() const noexcept { return why_; }
    /// RunState::paused or stopped where somebody has said so.
    [[nodiscard]] RunState state() const noexcept { return state_; }

private:
    /// What is to be done in the rows of one table, in this order.
    struct Chore {
        Name table;
        RowKey key;
        std::vector<OpenPair> pairs = {};
        std::vector<OpenTransform> transforms = {};
    };
    struct Work {
        std::size_t position;
        std::vector<Chore> chores;
        std::vector<LaterIndex> indexes;
    };

    [[nodiscard]] std::optional<Work> next();
    enum class Batch { done, finished, not_open, halted };
    Batch batch(std::size_t position, Chore const& chore);
    [[nodiscard]] std::int64_t fill_rows(Chore const& chore, Range range, std::vector<Text> const& bounds) const;
    /// Has somebody paused or stopped the run? Then state() and why() say so.
    [[nodiscard]] bool is_halted(std::size_t position);
    void finish(std::size_t position);

    Site& site_;
    std::optional<Work> work_;
    std::string why_;
    RunState state_ = RunState::running;
};

}  // namespace evolver::postgresql
