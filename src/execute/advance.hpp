#pragma once

// What is to be done in small pieces: backfills, then the indexes that waited for them; what a contract has begun and not ended; old rows.

#include "evolver/execute/signal.hpp"
#include "evolver/fleet/gate.hpp"
#include "execute/backfill.hpp"
#include "execute/index_build.hpp"
#include "execute/pacer.hpp"
#include "execute/rebuild.hpp"
#include "execute/sweep.hpp"
#include "execute/workplace.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace evolver {

/// What nothing was done for.
enum class Wait {
    none,    ///< Nothing is left to do, or the application has to make the next call.
    reader,  ///< One that has the WAL grow; the work can go on once it has ended.
    signal,  ///< Goes on by itself.
    paused,  ///< Until an operator says otherwise.
    stopped,
    failed,
    gate,  ///< Until the instances of older releases have ended.
};

struct Advance {
    bool worked = false;
    /// What everything waits for where nothing was done; empty where nothing is left.
    std::string why = {};
    Wait wait = Wait::none;
    std::vector<Gate> closed = {};
};

/// What slows work down beside its own rests.
struct Throttle {
    std::vector<Signal> signals = {};
    double rows_per_second = 0;  ///< 0: no limit.
    std::vector<FillOrder> order = {};
};

/// Remembers between calls what it has compiled: an idle loop gives it a few milliseconds, and cloning a large schema takes longer.
class Advancer {
public:
    Advancer(Workplace& workplace, Throttle throttle) : workplace_{workplace}, throttle_{std::move(throttle)} {}

    /// Works until `budget` is used up, or `stop` is requested, and at most one batch more. Refused inside the caller's open transaction.
    /// `overridden`: gates that keep older releases in, where no trigger carries what they write; see execute/seal.hpp.
    [[nodiscard]] Advance advance(std::chrono::microseconds budget, Pace pace, std::stop_token const& stop = {},
                                  std::vector<Override> const& overridden = {});

    /// Works until nothing is left to fill; waits where the run is held or paused. Throws Error with Retry::helps where it is told to stop, or
    /// where a reader holds the work up for longer than Workplace::wait(); BackfillFailed; BackfillStopped; GateClosed.
    void to_the_end(Pace pace, std::stop_token const& stop, std::vector<Override> const& overridden = {});

private:
    /// What is to be done, as of one version of the schema.
    struct Work {
        std::int64_t schema_version = -1;
        std::optional<std::size_t> position;  ///< The migration to be filled; none: nothing is left to fill.
        std::vector<Filling> backfills;
        std::vector<IndexBuild> indexes;   ///< When those are done.
        std::vector<RebuildRun> rebuilds;  ///< That a contract has begun.
        bool contract_waits = false;       ///< Something could be contracted.
        bool runs = false;                 ///< The ledger has the tables of runs.
    };

    /// Batches of `run` until it is finished, until others are to have the lock, or the budget is used up. False: the call ends here.
    template <class Run>
    bool batches_of(Run& run, Pace pace, Advance& result, std::function<std::chrono::microseconds()> const& left);
    Work& work(ledger::State const& state, std::optional<std::size_t> position);
    /// Why the run of the migration is not to go on, by what an operator has said, a failure, or a signal. Notes a hold in the ledger once it
    /// has lasted.
    [[nodiscard]] std::optional<Advance> halted(std::size_t position);
    void note_hold(std::size_t position, std::string const& why);
    void throw_failure();

    Workplace& workplace_;
    Throttle throttle_;
    /// A signal's, of this process.
    struct Hold {
        std::chrono::steady_clock::time_point since;
        bool noted = false;
    };
    std::optional<Hold> hold_;
    Work work_;
    Sweep sweep_{workplace_};
    Pacer pacer_;
};

}  // namespace evolver
