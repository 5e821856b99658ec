#pragma once

/// Somebody who wants to know what happens: a progress line, a log, metrics.

#include "evolver/observe/event.hpp"

namespace evolver {

/// Called on the thread that does the work, between transactions, never while evolver holds a lock on the database. An observer that
/// throws stops the work at that point; what is committed stays, and the next call goes on from there.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void on(Event const& event) = 0;
};

}  // namespace evolver
