#pragma once

// The end of older releases' writes on PostgreSQL, where no trigger carries them to the new shape: see execute/seal.hpp.
//
// It is one move of the protocol of leases. Nobody of an older release may be known, and every instance that is has to have acknowledged the epoch that began
// with expand: from then on no statement is at work that was written for the old shape alone. Who was silent for longer than his lease is out, and what he has
// begun is waited for. From the same transaction on the floor keeps older releases out.

#include "execute/postgresql/site.hpp"
#include "execute/seal.hpp"

#include <cstddef>
#include <vector>

namespace evolver::postgresql {

/// One attempt. Cost: where it is sealed, one look at the ledger. Throws EngineError with Retry::helps where somebody holds a lock.
[[nodiscard]] Sealing seal(Site& site, std::size_t position, std::vector<Override> const& overridden);

/// Programs may write the old shape only from here on, or may have: whatever is filled is filled again before anybody relies on it. In a transaction, with
/// the pen; a no-op where triggers carry it over.
void unsettle(Site const& site, Connection const& connection, std::size_t position);

}  // namespace evolver::postgresql
