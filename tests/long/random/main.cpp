// Random histories: statements of old and new releases interleaved with every phase, against a simple model.
//
//   evolver_random [--steps N] [--seed S]
//
// The model knows nothing of phases, backfills or triggers: a row is what each release sees of it, and a write of one
// release changes what the others see by the rules of promise P2. So whatever evolver does beside the statements must
// not show. A history is a list of numbers that are given a meaning as it is played, so any part of it is a history
// too: the shortest one that fails is looked for and shown.
//
// setting       what a history is played in: plan, keys, triggers of the application's
// conversion    what the plan's expressions make of values
// model         what the releases should see
// database      the database, and the applications that use it
// statements    the statements of the releases, on both
// world         model and database side by side: phases, and the comparison
// history       playing a list of steps, and finding the shortest that fails

#include "long/random/history.hpp"
#include "support/long_test.hpp"

#include <iostream>
#include <random>

using namespace evolver::random_test;

int main(int argc, char** argv) {
    auto const total = evolver::testing::option(argc, argv, "--steps").value_or(10'000);
    auto const given_seed = evolver::testing::option(argc, argv, "--seed");
    auto seed = given_seed.value_or(std::random_device{}());
    evolver::testing::Folder const folder{"evolver-random"};
    auto const path = folder.file("t.db");
    std::uint64_t played = 0;
    std::uint64_t histories = 0;
    std::cout << "seed " << seed << std::endl;
    while (played < total) {
        std::mt19937_64 random{seed};
        auto const setting = random_setting(random);
        std::vector<Step> steps(60 + random() % 140);
        for (auto& step : steps) {
            step = {static_cast<unsigned>(random() % 100'000), static_cast<unsigned>(random() % 100'000),
                    static_cast<unsigned>(random() % 100'000), static_cast<unsigned>(random() % 100'000)};
        }
        auto const outcome = play(setting, steps, path);
        if (!outcome.failure.empty()) {
            std::cout << "FAILED with --seed " << seed << " (" << in_words(setting) << ")\n  " << outcome.failure
                      << "\nlooking for the shortest history ..." << std::endl;
            auto const shown = play(setting, shortest(setting, steps, path), path);
            for (auto const& said : shown.said) {
                if (!said.empty()) std::cout << "  " << said << "\n";
            }
            std::cout << "  => " << shown.failure << std::endl;
            return 1;
        }
        played += outcome.said.size();
        ++histories;
        if (given_seed && total <= 200) break;
        ++seed;
    }
    std::cout << played << " steps in " << histories
              << " histories: the model and the database never differed\n1 passed, 0 failed" << std::endl;
    return 0;
}
