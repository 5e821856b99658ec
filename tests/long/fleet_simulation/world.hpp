#pragma once

// A fleet in one process: instances of two releases, two operators, one SQLite file, and a scheduler that does one thing after the other.
//
// What runs is evolver itself, over a real file: each instance has a session, an Evolver and a registration of its own, as if it were a process.
// Nothing is random but the list of events, so a history is that list, and can be run again, whole or shortened.

#include "evolver/evolver.hpp"
#include "support/random.hpp"

#include <soci/soci.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::testing::fleet {

enum class Kind {
    start_old,  ///< An instance of release 1.0 starts …
    start_new,  ///< … or of 2.0.
    ask_floor,  ///< Only in a planted bug: an instance of 1.0 looks at the floor, and registers later.
    stop,       ///< It ends in good order.
    crash,      ///< It is gone in the middle of a transaction.
    write,
    remove,
    read,
    hold,      ///< It stops in the middle of a statement, whose text it has; later events pass it over …
    go_on,     ///< … until it runs that statement.
    backfill,  ///< What an operator does: some batches, …
    reconcile,
    hold_stage,
    release_stage,
    advance_stage,
    step_back,
    contract,
    roll_back,
    expand,
};

struct Event {
    Kind kind;
    std::uint32_t who;    ///< Which instance, or which operator, of those that are there.
    std::uint32_t value;  ///< Which row, what is written.
};

/// What an operator or an instance does wrong, on purpose.
enum class Bug {
    none,
    moved_without_waiting,      ///< Contract changes the shape while an instance is in the middle of a statement.
    acknowledged_too_early,     ///< An instance lets go of the shape before it runs its statement.
    contract_beside_the_old,    ///< Contract goes through while an instance of 1.0 lives.
    floor_after_the_drop,       ///< The old shape goes in one transaction, the floor is raised in the next.
    floor_read_too_early,       ///< An instance reads the floor, and registers in another step.
    complete_without_relaxing,  ///< Stage `complete` while the old column is NOT NULL.
};
inline constexpr std::array all_bugs{Bug::moved_without_waiting,   Bug::acknowledged_too_early,
                                     Bug::contract_beside_the_old, Bug::floor_after_the_drop,
                                     Bug::floor_read_too_early,    Bug::complete_without_relaxing};
[[nodiscard]] std::string_view name_of(Bug bug) noexcept;

/// The events of one history, from 2 to 50 instances.
[[nodiscard]] std::vector<Event> some_events(std::uint64_t seed, Bug bug);

/// Where a history begins.
enum class Beginning { old_only, filled, switched };
[[nodiscard]] Beginning beginning_of(std::uint64_t seed) noexcept;

/// What carries the old release's writes: triggers, but in every fifth history, where nothing does.
[[nodiscard]] Sync sync_of(std::uint64_t seed, Bug bug) noexcept;

/// Databases at each beginning, made once and copied for each history.
class Templates {
public:
    explicit Templates(std::string folder);
    void copy(Beginning beginning, Sync sync, std::string const& path) const;

private:
    std::string folder_;
};

/// Runs the events; empty where all promises were kept, else what was broken, by which event.
[[nodiscard]] std::string run(std::string const& path, std::vector<Event> const& events, Bug bug, Sync sync);

/// How often something that deserves to be seen has happened, over all histories.
struct Seen {
    std::int64_t events = 0;
    std::int64_t contracts = 0;
    std::int64_t refused = 0;  ///< Contracts that a gate has stopped.
    std::int64_t waits = 0;    ///< Contracts that an instance in the middle of a statement has stopped.
    std::int64_t completed = 0;
    std::int64_t stepped_back = 0;
    std::int64_t rolled_back = 0;
    std::int64_t too_new = 0;  ///< Old instances that were refused at their start.
};
[[nodiscard]] Seen& seen();

[[nodiscard]] std::string text_of(Event const& event);

}  // namespace evolver::testing::fleet
