#pragma once

// What is to be done in small pieces: backfills, then the indexes that waited for them; what a contract has begun and not ended; old rows.

#include "execute/backfill.hpp"
#include "execute/index_build.hpp"
#include "execute/pacer.hpp"
#include "execute/rebuild.hpp"
#include "execute/sweep.hpp"
#include "execute/workplace.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace evolver {

struct Advance {
    bool worked = false;
    /// What everything waits for where nothing was done; empty where nothing is left.
    std::string why;
    /// A reader has the WAL grow; the work can go on once it has ended.
    bool held_up = false;
};

/// Remembers between calls what it has compiled: an idle loop gives it a few milliseconds, and cloning a large schema takes longer.
class Advancer {
public:
    explicit Advancer(Workplace& workplace) : workplace_{workplace} {}

    /// Works until `budget` is used up, and at most one batch more. Refused inside the caller's open transaction.
    [[nodiscard]] Advance advance(std::chrono::microseconds budget, Pace pace);

    /// Works until nothing is left to fill. Throws Error with Retry::helps where a reader holds the work up for longer than
    /// Workplace::wait().
    void to_the_end(Pace pace);

private:
    /// What is to be done, as of one version of the schema.
    struct Work {
        std::int64_t schema_version = -1;
        std::optional<std::size_t> position;  ///< The migration to be filled; none: nothing is left to fill.
        std::vector<Filling> backfills;
        std::vector<IndexBuild> indexes;   ///< When those are done.
        std::vector<RebuildRun> rebuilds;  ///< That a contract has begun.
        bool contract_waits = false;       ///< Something could be contracted.
    };

    /// Batches of `run` until it is finished, until others are to have the lock, or the budget is used up. False: the call ends here.
    template <class Run>
    bool batches_of(Run& run, Pace pace, Advance& result, std::function<std::chrono::microseconds()> const& left);
    Work& work(ledger::State const& state, std::optional<std::size_t> position);
    Workplace& workplace_;
    Work work_;
    Sweep sweep_{workplace_};
    Pacer pacer_;
};

}  // namespace evolver
