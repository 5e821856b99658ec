// Histories of a fleet, one event after the other: instances of two releases start, write, stop in the middle of a statement, crash and
// end, while two operators move the migration forward and back.
//
//   evolver_fleet_simulation [--histories N] [--seed S]
//
// Two worlds. On SQLite evolver itself runs over a real file; no clock is involved there, an instance is alive as long as its lock. On a server the
// protocol of leases runs, with clocks that drift, jump and sleep, and answers that are lost; there the ledger and the data are stand-ins.
//
// After every event each committed write must be there, in the shape that its reader knows (P1, P2); no instance of the old release may
// live beside a database without its shape (P5); of two operators one does the work (P9). The same histories with a bug planted into an
// operator or an instance must break that within a thousand, or the simulation could not see it. A history that fails is shortened as
// long as it fails, and told with its seed.

#include "long/fleet_simulation/server_world.hpp"
#include "long/fleet_simulation/world.hpp"
#include "support/long_test.hpp"

#include <iostream>
#include <random>

namespace {

using namespace evolver::testing;

constexpr std::uint64_t within = 1000;

class OnSqlite {
public:
    using Event = fleet::Event;
    using Bug = fleet::Bug;
    static constexpr auto const& all_bugs = fleet::all_bugs;

    OnSqlite() : templates_{folder_.path().string()}, path_{folder_.file("fleet.db")} {}

    static std::vector<Event> some_events(std::uint64_t seed, Bug bug) { return fleet::some_events(seed, bug); }
    std::string run(std::uint64_t seed, std::vector<Event> const& events, Bug bug) {
        auto const sync = fleet::sync_of(seed, bug);
        templates_.copy(fleet::beginning_of(seed), sync, path_);
        return fleet::run(path_, events, bug, sync);
    }
    static void tell(std::uint64_t histories, std::ostream& out) {
        auto const& all = fleet::seen();
        out << "SQLite: " << histories << " histories, " << all.events << " events: " << all.contracts << " contracts, "
            << all.refused << " refused by a gate, " << all.waits << " waited for a statement; " << all.completed
            << " times complete, " << all.stepped_back << " steps back, " << all.rolled_back << " rollbacks, "
            << all.too_new << " old instances refused\n"
            << std::flush;
    }

private:
    Folder folder_{"evolver-fleet"};
    fleet::Templates templates_;
    std::string path_;
};

class OnServer {
public:
    using Event = fleet_server::Event;
    using Bug = fleet_server::Bug;
    static constexpr auto const& all_bugs = fleet_server::all_bugs;

    static std::vector<Event> some_events(std::uint64_t seed, Bug bug) { return fleet_server::some_events(seed, bug); }
    static std::string run(std::uint64_t /*seed*/, std::vector<Event> const& events, Bug bug) {
        return fleet_server::run(events, bug);
    }
    static void tell(std::uint64_t histories, std::ostream& out) {
        auto const& all = fleet_server::seen();
        out << "server: " << histories << " histories, " << all.events << " events: " << all.moves << " moves, "
            << all.waits << " had to wait, " << all.contracts << " contracts; " << all.statements << " statements, "
            << all.refused << " not begun without a lease, " << all.late << " too late; " << all.expelled
            << " instances taken out, " << all.too_new << " refused\n"
            << std::flush;
    }
};

template <class World>
class Histories {
public:
    using Bug = typename World::Bug;
    using Events = std::vector<typename World::Event>;

    [[nodiscard]] bool are_clean(std::uint64_t first, std::uint64_t histories) {
        for (std::uint64_t seed = first; seed < first + histories; ++seed) {
            auto const failure = world_.run(seed, World::some_events(seed, Bug::none), Bug::none);
            if (failure.empty()) continue;
            std::cout << "a promise was broken: " << failure << '\n';
            tell(seed, Bug::none);
            return false;
        }
        World::tell(histories, std::cout);
        return true;
    }

    [[nodiscard]] bool show(std::uint64_t first, Bug bug) {
        for (std::uint64_t seed = first; seed < first + within; ++seed) {
            if (world_.run(seed, World::some_events(seed, bug), bug).empty()) continue;
            std::cout << "planted: " << name_of(bug) << ", found in history " << seed - first + 1 << '\n';
            tell(seed, bug);
            return true;
        }
        std::cout << "planted: " << name_of(bug) << " was not found within " << within << " histories\n";
        return false;
    }

private:
    /// Takes out one event after the other for as long as it fails.
    Events shortened(std::uint64_t seed, Events events, Bug bug) {
        for (bool shorter = true; shorter;) {
            shorter = false;
            for (auto i = events.size(); i-- > 0;) {
                auto fewer = events;
                fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
                if (world_.run(seed, fewer, bug).empty()) continue;
                events = std::move(fewer);
                shorter = true;
            }
        }
        return events;
    }

    void tell(std::uint64_t seed, Bug bug) {
        auto const events = shortened(seed, World::some_events(seed, bug), bug);
        std::cout << "  seed " << seed << ", " << events.size() << " events:\n";
        for (auto const& event : events) std::cout << "    " << text_of(event) << '\n';
        std::cout << "  → " << world_.run(seed, events, bug) << '\n' << std::flush;
    }

    World world_;
};

template <class World>
bool keeps_promises(std::uint64_t first, std::uint64_t histories) {
    Histories<World> all;
    if (!all.are_clean(first, histories)) return false;
    for (auto const bug : World::all_bugs) {
        if (!all.show(first, bug)) return false;
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    auto const histories = option(argc, argv, "--histories").value_or(5000);
    auto const first = option(argc, argv, "--seed").value_or(std::random_device{}());
    std::cout << "seed " << first << '\n' << std::flush;
    return keeps_promises<OnServer>(first, histories) && keeps_promises<OnSqlite>(first, histories) ? 0 : 1;
}
