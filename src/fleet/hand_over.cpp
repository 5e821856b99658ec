#include "fleet/hand_over.hpp"

#include "evolver/fleet/gate.hpp"

#include <fmt/format.h>

#include <vector>

namespace evolver {

namespace {

std::string in_words(std::vector<Enrolled> const& instances) {
    std::string words;
    for (auto const& one : instances)
        words += fmt::format("{}release {} on {} (pid {})", words.empty() ? "" : ", ", one.as.release, one.as.host,
                             one.as.process);
    return words;
}

}  // namespace

std::uint64_t hand_over(Roster& roster, HandOver const& move) {
    auto const turn = roster.take_turn();
    // What one of these has begun may still be written; what it begins from here on, it begins without a lease.
    if (!turn->expel_expired().empty()) turn->wait_for_writers();
    std::vector<Enrolled> behind;
    std::vector<Enrolled> too_old;
    for (auto& one : turn->live()) {
        bool const is_older = move.floor && one.as.release_position < *move.floor;
        if (is_older && move.older_may_live) continue;
        if (is_older) too_old.push_back(one);
        if (one.acknowledged < turn->epoch()) behind.push_back(one);
    }
    if (!too_old.empty()) {
        throw GateClosed{{{.name = "instances",
                           .migration = move.what,
                           .open = false,
                           .reason = "still alive: " + in_words(too_old) + "; stop it, or wait until it has ended"}},
                         move.what};
    }
    if (!behind.empty()) {
        throw Error{Failure{
            .what = move.what + " has to wait: the last move is not acknowledged yet by " + in_words(behind) + ".",
            .instead = "wait for a third of a lease; an instance that is in the middle of a long "
                       "statement acknowledges after it",
            .retry = Retry::helps}};
    }
    if (move.work) move.work();
    auto const epoch = turn->epoch() + 1;
    turn->raise_epoch(epoch);
    if (move.floor) turn->raise_floor(*move.floor);
    turn->commit();
    return epoch;
}

}  // namespace evolver
