#pragma once

/// How the old and the new shape are compared.

#include "evolver/execute/speed.hpp"

#include <chrono>
#include <cstdint>
#include <stop_token>

namespace evolver {

/// Of Evolver::reconcile(). The rules that stop it are looked at after each chunk of rows, so it ends a few milliseconds late at most.
struct ReconcileOptions {
    Speed speed = Speed::polite;
    /// One that is told to stop throws Error with Retry::helps; the next one goes on where it stopped. Where it has found rows that
    /// differ, it throws ReconcileError instead.
    std::stop_token stop = {};
    /// The same after so long. 0: it ends when every row is compared.
    std::chrono::milliseconds longest{0};
    /// Throws ReconcileError as soon as so many rows differ. 0: it looks at all rows first.
    std::int64_t most_differences = 0;
    /// The same as soon as more than so many in a hundred of a table's rows differ, by the estimate of how many it has. 0: no such rule.
    double most_percent = 0;
    /// How many rows that differ are named, and how many that are lossy in each table.
    std::int64_t samples = 10;
    /// Shows what the rows that differ hold. False: they are named by their keys alone.
    bool show_values = false;
    /// Goes on where the last one was stopped or killed. False: compares everything anew.
    bool resume = true;
};

}  // namespace evolver
