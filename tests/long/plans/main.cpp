// Random plans: a table of chance, operations of chance over it, and programs of every release that write while they are carried out, to
// contract or back.
//
//   evolver_plans [--plans N] [--seed S]
//
// What each release should read is known from the facts that were written last (blueprint.hpp). One that goes wrong is told with its seed, and
// shortened: operations and moments are left out while it still goes wrong.

#include "long/plans/world.hpp"
#include "support/long_test.hpp"

#include <fmt/format.h>

#include <iostream>
#include <map>
#include <string>

namespace {

using namespace evolver::plans;

constexpr std::size_t operations = 2 * operations_of_release;

struct Case {
    std::uint64_t seed;
    std::vector<bool> operations = std::vector<bool>(::operations, true);
    std::vector<bool> moments = std::vector<bool>(evolver::plans::moments, true);
};

Played play(Case const& one) { return play(draw(one.seed, one.operations), one.seed, one.moments); }

Case shortest(Case one) {
    for (auto* const list : {&one.operations, &one.moments}) {
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (!(*list)[i]) continue;
            (*list)[i] = false;
            if (play(one).failure.empty()) (*list)[i] = true;
        }
    }
    return one;
}

}  // namespace

int main(int argc, char** argv) {
    using evolver::testing::option;
    auto const plans = option(argc, argv, "--plans").value_or(1000);
    auto const first = option(argc, argv, "--seed").value_or(1);
    std::map<std::string, std::size_t> kinds;
    std::size_t writes = 0;
    std::size_t taken = 0;
    std::size_t refused = 0;
    for (auto seed = first; seed < first + plans; ++seed) {
        Case const one{.seed = seed};
        auto const blueprint = draw(seed, one.operations);
        for (auto const& migration : blueprint.plan.migrations()) {
            taken += migration.operations.size();
            for (auto const& operation : migration.operations) {
                auto const words = title(operation);
                ++kinds[words.substr(0, words.find(' '))];
            }
        }
        refused += blueprint.refused.size();
        if (plans == 1) {
            for (auto const& words : blueprint.refused) std::cout << "refused " << words << '\n';
        }
        auto const played = play(blueprint, seed, one.moments);
        writes += played.writes;
        if (played.failure.empty()) continue;
        std::cout << "seed " << seed << " goes wrong; its shortest form:\n";
        auto const least = shortest(one);
        auto const again = play(least);
        std::cout << draw(seed, least.operations).words;
        for (auto const& line : again.said) std::cout << "  " << line << '\n';
        std::cout << again.failure << "\nagain with: evolver_plans --plans 1 --seed " << seed << '\n';
        return 1;
    }
    std::cout << fmt::format(
        "{} plans from seed {} on, {} operations, {} more that the schema did not take, {} writes\n", plans, first,
        taken, refused, writes);
    for (auto const& [kind, count] : kinds)
        std::cout << kind << ' ' << count << (kind == kinds.rbegin()->first ? "\n" : ", ");
    return 0;
}
