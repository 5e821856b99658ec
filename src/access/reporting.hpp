#pragma once

// What a thread that reports for an Evolver needs of it, and may use without its session.

#include "access/access_state.hpp"
#include "evolver/plan/plan.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace evolver::detail {

struct Reporting {
    std::shared_ptr<AccessState> counted;
    Plan plan;
    Release release;
    std::string actor;
    std::chrono::milliseconds wait;
    std::int64_t compared_rows;
};

}  // namespace evolver::detail
