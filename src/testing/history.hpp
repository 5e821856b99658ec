#pragma once

// One history of a scenario: steps, played on a database of their own. Any part of a history is one, too.

#include "evolver/testing/scenario.hpp"

#include <map>
#include <random>
#include <string>
#include <vector>

namespace evolver::testing {

enum class Deed { write, remove, restart, expand, advance, fill, reconcile, complete, step_back, contract, rollback };

struct HistoryStep {
    Deed deed;
    std::size_t program = 0;
    std::int64_t key = 0;
    std::int64_t value = 0;
    /// A gate that stays closed is a failure, and no step that was not possible.
    bool has_to = false;
};

struct PlayedHistory {
    std::string failure = {};
    std::vector<std::string> said = {};
    std::size_t reads = 0;
};

/// Every phase of every migration, with every program at work in between.
[[nodiscard]] std::vector<HistoryStep> systematic(Plan const& plan, std::size_t programs, std::int64_t keys);
[[nodiscard]] std::vector<HistoryStep> by_chance(std::mt19937_64& random, std::size_t programs,
                                                 ScenarioOptions const& options);

[[nodiscard]] PlayedHistory play(Plan const& plan, std::vector<Program> const& programs, ScenarioOptions const& options,
                                 std::vector<HistoryStep> const& steps);

}  // namespace evolver::testing
