#pragma once

// An old column that programs no longer write, between the moment when all of them have left it and the one when it goes.

#include "dialect/postgresql/connection.hpp"
#include "evolver/schema/name.hpp"

#include <string>
#include <vector>

namespace evolver::postgresql {

/// Has the column accept that an INSERT leaves it out: without its NOT NULL, and without the checks that name it, which go with the column anyway. Nothing
/// where it does already.
[[nodiscard]] std::vector<std::string> accept_nothing(Connection const& connection, std::string const& schema,
                                                      Name const& table, Name const& column);

}  // namespace evolver::postgresql
