// Histories of a fleet, one event after the other: instances of two releases start, write, stop in the middle of a statement, crash and
// end, while two operators move the migration forward and back.
//
//   evolver_fleet_simulation [--histories N] [--seed S]
//
// After every event each committed write must be there, in the shape that its reader knows (P1, P2); no instance of the old release may
// live beside a database without its shape (P5); of two operators one does the work (P9). The same histories with a bug planted into an
// operator or an instance must break that within a thousand, or the simulation could not see it. A history that fails is shortened as
// long as it fails, and told with its seed.
//
// On SQLite no clock is involved: an instance is alive as long as its lock. A lease by the host's clock is a bug that only a server can have.

#include "long/fleet_simulation/world.hpp"
#include "support/long_test.hpp"

#include <iostream>
#include <random>

namespace {

using namespace evolver::testing;
using namespace evolver::testing::fleet;

class Runner {
public:
    Runner() : templates_{folder_.path().string()}, path_{folder_.file("fleet.db")} {}

    std::string run(std::uint64_t seed, std::vector<Event> const& events, Bug bug) {
        templates_.copy(beginning_of(seed), path_);
        return fleet::run(path_, events, bug);
    }

    /// Takes out one event after the other for as long as it fails.
    std::vector<Event> shortened(std::uint64_t seed, std::vector<Event> events, Bug bug) {
        for (bool shorter = true; shorter;) {
            shorter = false;
            for (auto i = events.size(); i-- > 0;) {
                auto fewer = events;
                fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
                if (run(seed, fewer, bug).empty()) continue;
                events = std::move(fewer);
                shorter = true;
            }
        }
        return events;
    }

    void tell(std::uint64_t seed, Bug bug, std::ostream& out) {
        auto const events = shortened(seed, some_events(seed, bug), bug);
        out << "  seed " << seed << ", " << events.size() << " events:\n";
        for (auto const& event : events) out << "    " << text_of(event) << '\n';
        out << "  → " << run(seed, events, bug) << '\n';
    }

private:
    Folder folder_{"evolver-fleet"};
    Templates templates_;
    std::string path_;
};

}  // namespace

int main(int argc, char** argv) {
    auto const histories = option(argc, argv, "--histories").value_or(5000);
    auto const given = option(argc, argv, "--seed");
    auto const first = given.value_or(std::random_device{}());
    std::cout << "seed " << first << '\n' << std::flush;
    Runner runner;
    for (std::uint64_t seed = first; seed < first + histories; ++seed) {
        auto const failure = runner.run(seed, some_events(seed, Bug::none), Bug::none);
        if (failure.empty()) continue;
        std::cout << "a promise was broken: " << failure << '\n';
        runner.tell(seed, Bug::none, std::cout);
        return 1;
    }
    auto const& all = seen();
    std::cout << histories << " histories, " << all.events << " events: " << all.contracts << " contracts, "
              << all.refused << " refused by a gate, " << all.waits << " waited for a statement; " << all.completed
              << " times complete, " << all.stepped_back << " steps back, " << all.rolled_back << " rollbacks, "
              << all.too_new << " old instances refused\n"
              << std::flush;
    constexpr std::uint64_t within = 1000;
    for (auto const bug : all_bugs) {
        bool found = false;
        for (std::uint64_t seed = first; seed < first + within && !found; ++seed) {
            if (runner.run(seed, some_events(seed, bug), bug).empty()) continue;
            found = true;
            std::cout << "planted: " << name_of(bug) << ", found in history " << seed - first + 1 << '\n';
            runner.tell(seed, bug, std::cout);
        }
        if (found) continue;
        std::cout << "planted: " << name_of(bug) << " was not found within " << within << " histories\n";
        return 1;
    }
    return 0;
}
