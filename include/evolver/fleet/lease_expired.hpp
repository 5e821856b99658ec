#pragma once

/// What an instance gets that was away for too long.

#include "evolver/error.hpp"

namespace evolver {

/// On a server an instance is alive as long as its lease. Once its own clock says that the lease is over, others may go on without it, so it
/// uses nothing of the shape until heartbeat(), or the next statement of a LiveTable, has renewed it. Nothing was written; retry_helps().
class LeaseExpired : public Error {
    using Error::Error;
};

}  // namespace evolver
