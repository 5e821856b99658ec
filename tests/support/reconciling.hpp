#pragma once

// What tests of reconciliation share, on either engine.

#include "evolver/execute/reconcile_error.hpp"
#include "evolver/observe/observer.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace evolver::testing {

/// Calls back after each chunk.
struct AfterChunk : Observer {
    void on(Event const& event) override {
        if (event.kind != EventKind::scanned) return;
        done.push_back(event.done);
        if (then) then();
    }
    std::vector<std::int64_t> done;
    std::function<void()> then;
};

template <class Call>
ReconcileError found_by(Call const& call) {
    try {
        call();
    } catch (ReconcileError const& error) {
        return error;
    }
    FAIL("nothing was found");
    return ReconcileError{{}, {}};
}

}  // namespace evolver::testing
