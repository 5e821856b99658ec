#pragma once

// SQLite's memory, which runs out when it is told to.

#include <cstddef>

namespace evolver::faults {

/// Before SQLite is used for the first time.
void watch_memory();

/// From now on allocation number `at` fails, from 1; `for_good`: and each after it. 0: none.
void run_out_at(std::size_t at, bool for_good);
/// Allocations since then.
[[nodiscard]] std::size_t allocations();
[[nodiscard]] bool ran_out();

}  // namespace evolver::faults
