#pragma once

// What is to be done between expand and contract, in small pieces: backfills, then the indexes that waited for them.

#include "execute/backfill.hpp"
#include "execute/workplace.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace evolver {

enum class Pace {
    polite,      ///< Pauses of half the time that the lock was held: two thirds of the time at most.
    full_speed,  ///< Nobody else is there to wait.
};

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
        std::vector<Backfill> backfills;
        bool contract_waits = false;  ///< Something could be contracted.
    };

    Work& work(ledger::State const& state, std::optional<std::size_t> position);
    /// Waits as long as others are to have the lock, but no longer than `left`. False: they are to have it still.
    [[nodiscard]] bool rested(std::chrono::microseconds left) const;
    [[nodiscard]] bool rested_before_long_lock(std::chrono::microseconds left);
    void rest_after(std::chrono::microseconds held);

    Workplace& workplace_;
    Work work_;
    std::chrono::steady_clock::time_point rest_until_{};  ///< Until then others may have the lock.
    std::chrono::steady_clock::time_point last_lock_{};   ///< When it was given back.
    std::chrono::steady_clock::time_point stretch_{};     ///< Since then there was no rest that everybody notices.
};

}  // namespace evolver
