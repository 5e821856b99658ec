#pragma once

#include "evolver/error.hpp"

namespace evolver::cli {

/// What was asked for cannot be understood, or names something that is not there: nothing was done.
class UsageError : public Error {
    using Error::Error;
};

/// The database, or a file, that was named is not there or cannot be read.
class InputError : public Error {
    using Error::Error;
};

}  // namespace evolver::cli
