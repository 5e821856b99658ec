#pragma once

/// What an engine refused: its own words, its result code, the statement.

#include "evolver/error.hpp"

namespace evolver {

/// `native_code()` is the engine's extended result code; `retry_helps()` is true for locks and stale snapshots.
class EngineError : public Error {
    using Error::Error;
};

}  // namespace evolver
