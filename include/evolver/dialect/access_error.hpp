#pragma once

/// What the access layer cannot write in the shape that the database has at this moment.

#include "evolver/error.hpp"

namespace evolver {

/// A column that the release does not have, one that the database does not have yet, or a write that the old shape cannot hold.
/// Nothing was written.
class AccessError : public Error {
    using Error::Error;
};

}  // namespace evolver
