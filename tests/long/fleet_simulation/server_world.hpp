#pragma once

// A fleet on a server: instances with leases, on hosts whose clocks drift, jump and sleep, over connections that break.
//
// What runs is the protocol itself (fleet/lease.hpp, fleet/hand_over.hpp); the ledger and the two shapes of the data are stand-ins, and time is an
// event. Nothing is random but the list of events.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::testing::fleet_server {

enum class Kind {
    start_old,  ///< An instance of release 1.0 starts on some host …
    start_new,  ///< … or one of 2.0.
    ask_floor,  ///< Only in a planted bug: an instance of 1.0 looks at the floor, and enrols later.
    stop,       ///< It leaves in good order.
    crash,      ///< It is gone, and its lease goes on.
    renew,      ///< Its heartbeat …
    renew_all,  ///< … or everybody's.
    unreachable,
    answer_lost,  ///< What goes wrong with its next call.
    begin,        ///< It looks at its lease and writes a statement …
    arrive,       ///< … which reaches the server now.
    pass,         ///< Time goes by: up to two leases.
    jump,         ///< Somebody sets the wall clock of a host.
    sleep,        ///< A host sleeps for up to two leases, with all its instances.
    expand,       ///< What an operator does.
    fill,
    advance,
    back,
    contract,
};

struct Event {
    Kind kind;
    std::uint32_t who;
    std::uint32_t value;
};

enum class Bug {
    none,
    moved_without_waiting,    ///< A stage moves whether the last move is acknowledged or not.
    acknowledged_too_early,   ///< An instance lets go of the epoch before its statement has arrived.
    contract_beside_the_old,  ///< Contract does not ask who lives below the new floor.
    leased_by_the_hosts_clock,
    leased_by_a_clock_that_sleeps,
    expired_by_the_hosts_clock,  ///< Who moves says who is gone by the clock of his own host.
    floor_after_the_drop,
    floor_read_too_early,
    void_guards_are_good,  ///< A statement from before the instance was taken out is sent all the same.
};
inline constexpr std::array all_bugs{
    Bug::moved_without_waiting,     Bug::acknowledged_too_early,        Bug::contract_beside_the_old,
    Bug::leased_by_the_hosts_clock, Bug::leased_by_a_clock_that_sleeps, Bug::expired_by_the_hosts_clock,
    Bug::floor_after_the_drop,      Bug::floor_read_too_early,          Bug::void_guards_are_good};
[[nodiscard]] std::string_view name_of(Bug bug) noexcept;

[[nodiscard]] std::vector<Event> some_events(std::uint64_t seed, Bug bug);
/// Empty where all promises were kept, else what was broken, by which event.
[[nodiscard]] std::string run(std::vector<Event> const& events, Bug bug);

struct Seen {
    std::int64_t events = 0;
    std::int64_t statements = 0;
    std::int64_t refused = 0;  ///< Statements that were not begun: the lease was over.
    std::int64_t late = 0;     ///< Statements that arrived after their lease, and failed.
    std::int64_t expelled = 0;
    std::int64_t moves = 0;
    std::int64_t waits = 0;  ///< Moves that somebody was behind.
    std::int64_t contracts = 0;
    std::int64_t too_new = 0;
};
[[nodiscard]] Seen& seen();

[[nodiscard]] std::string text_of(Event const& event);

}  // namespace evolver::testing::fleet_server
