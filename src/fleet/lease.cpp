#include "fleet/lease.hpp"

#include "evolver/fleet/lease_expired.hpp"

#include <utility>

#include <time.h>

namespace evolver {

OwnTime own_time() {
#ifdef CLOCK_BOOTTIME
    constexpr clockid_t clock = CLOCK_BOOTTIME;
#else
    constexpr clockid_t clock = CLOCK_MONOTONIC;  // elsewhere than on Linux it goes on in a suspend
#endif
    timespec now{};
    clock_gettime(clock, &now);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

Lease::Lease(Roster& roster, Enrolment enrolment, LeaseTerms terms)
    : roster_{roster}, enrolment_{std::move(enrolment)}, terms_{std::move(terms)} {
    enrol();
}

Lease::~Lease() {
    if (instance_ == 0) return;
    try {
        roster_.leave(instance_);
    } catch (Error const&) {
        return;  // it ends by itself
    }
}

OwnTime Lease::end_of(OwnTime asked) const {
    return asked + std::chrono::duration_cast<OwnTime>(terms_.length * (1 - terms_.clock_error));
}

/// Guards from before are void, so the ledger may have it at the newest epoch from the start.
void Lease::enrol() {
    auto const asked = terms_.clock();
    auto const grant = roster_.enrol(enrolment_, terms_.length);
    std::lock_guard const lock{mutex_};
    ++tenure_;
    instance_ = grant.instance;
    epoch_ = grant.epoch;
    asked_ = asked;
    end_ = end_of(asked);
}

/// Of the guards of this tenure, the oldest.
std::uint64_t Lease::acknowledged() const {
    auto const oldest = guards_.lower_bound(Held{.tenure = tenure_, .epoch = 0});
    return oldest == guards_.end() ? epoch_ : oldest->first.epoch;
}

void Lease::renew() {
    std::lock_guard const one_at_a_time{renewing_};
    auto const asked = terms_.clock();
    std::int64_t instance = 0;
    std::uint64_t done_with = 0;
    {
        std::lock_guard const lock{mutex_};
        instance = instance_;
        done_with = acknowledged();
    }
    if (instance == 0) return enrol();
    auto const epoch = roster_.renew(instance, done_with, terms_.length);
    if (!epoch) {
        {
            std::lock_guard const lock{mutex_};
            instance_ = 0;
            end_ = asked;  // whatever its clock says: others have gone on
        }
        return enrol();
    }
    std::lock_guard const lock{mutex_};
    epoch_ = *epoch;
    asked_ = asked;
    end_ = end_of(asked);
}

Lease::Guard Lease::guard() {
    std::lock_guard const lock{mutex_};
    if (terms_.clock() >= end_) refuse();
    Held const held{.tenure = tenure_, .epoch = epoch_};
    ++guards_[held];
    return Guard{*this, held};
}

void Lease::check(Held held) const {
    std::lock_guard const lock{mutex_};
    if (held.tenure != tenure_ || terms_.clock() >= end_) refuse();
}

void Lease::refuse() const {
    throw LeaseExpired{
        Failure{.what = "The lease of this instance is over: the database has not heard of it for " +
                        std::to_string(terms_.length.count()) + " ms, and others may go on without it.",
                .object = "release " + enrolment_.release,
                .instead = "call heartbeat(), and try again; Heartbeat has a thread that does so in time",
                .retry = Retry::helps}};
}

void Lease::let_go(Held held) noexcept {
    std::lock_guard const lock{mutex_};
    auto const found = guards_.find(held);
    if (--found->second == 0) guards_.erase(found);
}

bool Lease::is_due() const {
    std::lock_guard const lock{mutex_};
    return instance_ == 0 || terms_.clock() >= asked_ + terms_.length / 3;
}

std::uint64_t Lease::epoch() const {
    std::lock_guard const lock{mutex_};
    return epoch_;
}

Lease::Guard::~Guard() {
    if (lease_ != nullptr) lease_->let_go(held_);
}

Lease::Guard::Guard(Guard&& other) noexcept : lease_{std::exchange(other.lease_, nullptr)}, held_{other.held_} {}

void Lease::Guard::check() const { lease_->check(held_); }

}  // namespace evolver
