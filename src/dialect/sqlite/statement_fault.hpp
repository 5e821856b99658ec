#pragma once

// Whose fault it is that a statement has failed.

#include "evolver/error.hpp"

namespace evolver::sqlite {

/// Would the statement fail anywhere: does it not fit the schema, or its rows? False where there was no memory, disk or lock for it. That says
/// nothing of the statement, and whoever learns from failures what a schema is must not learn from these: it is thrown on.
[[nodiscard]] bool is_the_statements_fault(Error const& error) noexcept;

}  // namespace evolver::sqlite
