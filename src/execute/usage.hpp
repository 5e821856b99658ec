#pragma once

// What instances have counted goes into the ledger: their fallback reads, and legacy writes by the day.

#include "dialect/sqlite/connection.hpp"
#include "evolver/plan/plan.hpp"
#include "fleet/presence.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace evolver {

struct FallbackCount {
    std::size_t migration;
    std::uint64_t reads;
};

/// Who hands in.
struct Reporter {
    Plan const& plan;
    std::string const& release;
    Presence& presence;
    std::chrono::milliseconds wait;
};

/// One transaction of a few rows; none where there is nothing new. False: the database does not know the plan, and nothing was taken.
bool hand_in_usage(sqlite::Connection const& connection, Reporter const& reporter,
                   std::vector<FallbackCount> const& reads);

}  // namespace evolver
