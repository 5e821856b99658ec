#pragma once

// An index that is built CONCURRENTLY, beside writers, and is whole or not there.

#include "compile/postgresql/blueprint.hpp"
#include "execute/postgresql/site.hpp"

namespace evolver::postgresql {

/// Rows share what a unique index wants to have once.
class IndexBroken : public Error {
    using Error::Error;
};

/// Returns at once where it is there and whole. What a build that was killed has left, which every write keeps up and no query uses, is removed first. Throws
/// IndexBroken, and EngineError where the server is in the way.
void build(Site const& site, LaterIndex const& later);

}  // namespace evolver::postgresql
