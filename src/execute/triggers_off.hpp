#pragma once

// evolver's own writes fire no trigger of the application's.

#include "dialect/sqlite/connection.hpp"

namespace evolver {

/// The application's triggers do not fire on evolver's own connection for what is filled in; they do again, whatever happens. For a stretch of
/// batches: SQLite prepares every statement anew after each switch.
class TriggersOff {
public:
    explicit TriggersOff(sqlite::Connection const& connection) : connection_{connection} {
        connection_.enable_triggers(false);
    }
    ~TriggersOff() { connection_.enable_triggers(true); }
    TriggersOff(TriggersOff const&) = delete;
    TriggersOff& operator=(TriggersOff const&) = delete;

private:
    sqlite::Connection const& connection_;
};

}  // namespace evolver
