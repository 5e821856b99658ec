#pragma once

/// What happens, as it happens.

#include <chrono>
#include <cstdint>
#include <string>

namespace evolver {

enum class EventKind {
    step,          ///< A step of a migration was run; `done` rows were changed by it.
    expanded,      ///< A migration is expanded.
    batch,         ///< A batch of a backfill was committed.
    filled,        ///< A migration's backfill is complete.
    scanned,       ///< A range was compared by a reconciliation.
    reconciled,    ///< A migration is reconciled.
    switched,      ///< Reads of a migration moved to the new shape.
    completed,     ///< Programs of the release write the new shape of a migration only.
    stepped_back,  ///< A migration went back by one stage; `message` says why.
    contracted,    ///< A migration's old shape is gone.
    rolled_back,   ///< A migration's new shape is gone.
    waiting,       ///< Somebody else holds what is needed; `message` says who.
    warning,       ///< Something deserves a look.
};

struct Event {
    EventKind kind;
    std::string migration = {};
    std::string object = {};  ///< The table, or the step in words.
    std::int64_t done = 0;    ///< Rows so far.
    std::int64_t total = 0;   ///< Rows expected; an estimate; 0 where it is not known.
    /// How long writers were kept out: by the lock of a batch, of expand, of the indexes that waited for a backfill (on `filled`), of a
    /// record (on `reconciled`); by the standstill of contract and rollback. 0 on other events.
    std::chrono::microseconds duration{0};
    std::string message = {};
    /// How long evolver waited for that lock, because somebody else held it.
    std::chrono::microseconds waited{0};
    /// Of a step: how long it took, of the time that the event behind it tells.
    std::chrono::microseconds took{0};
};

}  // namespace evolver
