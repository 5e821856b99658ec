#pragma once

// The fingerprint of a database: digests of its schema and of its rows.

#include "dialect/sqlite/connection.hpp"
#include "evolver/execute/fingerprint.hpp"

namespace evolver {

/// Of what the connection sees in one snapshot.
[[nodiscard]] Fingerprint fingerprint(sqlite::Connection const& connection, FingerprintOptions const& options);

}  // namespace evolver
