#pragma once

// The fingerprint of a PostgreSQL database: digests of its schema and of its rows.

#include "evolver/execute/fingerprint.hpp"
#include "execute/postgresql/site.hpp"

namespace evolver::postgresql {

/// Of what one transaction sees, which writes nothing. A table has the rows that a program reads which names it: those of its partitions, too. Numbers of
/// the type numeric count as reals; what is no number and no bytes counts as the text that the server writes.
/// Throws Error for a table that is not there, where rows are hidden from the role by a policy, and where it is told to stop.
[[nodiscard]] Fingerprint fingerprint(Site const& site, FingerprintOptions const& options);

}  // namespace evolver::postgresql
