#pragma once

// What contract's gates ask for, overridden by name: on a database of the kit's own there is nobody to wait for.

#include "evolver/fleet/gate.hpp"

#include <vector>

namespace evolver::testing {

inline constexpr char const* own_database = "a database of the test's own";

[[nodiscard]] inline std::vector<Override> override_everything() {
    std::vector<Override> all;
    for (auto const* gate : {"instances", "processes", "soak", "readers", "due", "backup", "window"})
        all.push_back({gate, own_database});
    return all;
}

}  // namespace evolver::testing
