#pragma once

// An instance's side of the protocol of leases: how it stays known on a server, and when it must stop.
//
// - The lease is taken together with the floor, and renewed three times in its length, each time by one small write. It runs by the server's clock;
//   the instance measures it from before it asked, with a clock of its own that nobody sets and that goes on while the machine sleeps
//   (CLOCK_BOOTTIME on Linux; CLOCK_MONOTONIC stands still in a suspend, the wall clock jumps). So its own end comes before the server's, by as much
//   as two clocks may run apart.
// - A guard holds the epoch that a statement was written for. A renewal acknowledges the epoch that it has learned before, once no guard of an
//   older one lives; it learns the next one by the same answer. So an instance is at most one epoch behind, and who moves waits for that.
// - An instance that was taken out is enrolled anew by the next renewal, with a look at the floor. Its guards from before are void: nobody has
//   waited for them.
// - An answer that is lost changes nothing here: the lease may be longer in the ledger than it is believed to be, never shorter.
//
// After: Gray and Cheriton, "Leases" (SOSP 1989), and the hand-over of schema states of Rae et al., "Online, Asynchronous Schema Change in F1"
// (VLDB 2013).

#include "fleet/roster.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace evolver {

/// Since some moment; goes on in a suspend, and nobody sets it.
using OwnTime = std::chrono::nanoseconds;
[[nodiscard]] OwnTime own_time();

struct LeaseTerms {
    std::chrono::milliseconds length = std::chrono::seconds{30};
    /// How far two clocks may run apart, as a share of the time that goes by. Quartz is off by 0.0001; a slewing NTP adds 0.0005.
    double clock_error = 0.01;
    std::function<OwnTime()> clock = own_time;
};

/// Threads: any number. It must outlive its guards; the roster must outlive it.
class Lease {
public:
    class Guard;

    /// Enrols. Throws SchemaTooNew, EngineError.
    Lease(Roster& roster, Enrolment enrolment, LeaseTerms terms = {});
    /// Leaves, unless the server cannot be reached: then the lease ends by itself.
    ~Lease();
    Lease(Lease const&) = delete;
    Lease& operator=(Lease const&) = delete;

    /// Holds the newest epoch that is known. Throws LeaseExpired. Cost: a mutex, and a look at the clock.
    [[nodiscard]] Guard guard();

    /// Is it time? A third of the length has gone by since the last renewal that was answered.
    [[nodiscard]] bool is_due() const;
    /// Cost: one small write. Throws SchemaTooNew where it had to enrol anew, and the floor has passed it; EngineError.
    void renew();

    [[nodiscard]] std::uint64_t epoch() const;

private:
    struct Held {
        std::uint64_t tenure;
        std::uint64_t epoch;
        auto operator<=>(Held const&) const = default;
    };

    void enrol();
    [[nodiscard]] OwnTime end_of(OwnTime asked) const;
    [[nodiscard]] std::uint64_t acknowledged() const;
    void let_go(Held held) noexcept;
    void check(Held held) const;
    [[noreturn]] void refuse() const;

    Roster& roster_;
    Enrolment enrolment_;
    LeaseTerms terms_;
    mutable std::mutex mutex_;
    std::mutex renewing_;        // one renewal at a time; never held by who uses the shape
    std::uint64_t tenure_ = 0;   // counts enrolments
    std::int64_t instance_ = 0;  // 0: taken out, or never in
    std::uint64_t epoch_ = 0;    // that new guards hold
    OwnTime asked_{};            // before the last renewal that was answered
    OwnTime end_{};
    std::map<Held, int> guards_;  // how many of each
};

/// While it lives, its epoch is not acknowledged as over.
class Lease::Guard {
public:
    ~Guard();
    Guard(Guard&& other) noexcept;
    Guard& operator=(Guard&&) = delete;

    [[nodiscard]] std::uint64_t epoch() const noexcept { return held_.epoch; }
    /// Throws LeaseExpired where the lease is over, also where another one has been taken since. Right before each statement: a prepared one may
    /// have been kept for long. And of what reads, once more before its rows are used: it may have been on its way for longer than the lease, and
    /// have come to a column that was taken away and made anew meanwhile. What writes needs no second look: the triggers carry it over.
    void check() const;

private:
    friend class Lease;
    Guard(Lease& lease, Held held) noexcept : lease_{&lease}, held_{held} {}
    Lease* lease_;
    Held held_;
};

}  // namespace evolver
