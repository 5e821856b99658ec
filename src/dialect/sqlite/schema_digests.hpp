#pragma once

// The digests of schemas that were looked at before, found again by the texts of the catalogue.
//
// A digest is made from an inspection of every table, which takes as long as the schema is large (half a millisecond per table in a debug
// build): too long under the write lock, where each hop of the audit trail wants it twice. The catalogue's texts decide the whole of it, and
// comparing those is one small query. So a schema is inspected outside of the lock, in the database or in the compiler's clone, where the
// steps have run already; under the lock it is only recognised, and inspected where it turns out to be another.

#include "dialect/sqlite/connection.hpp"

#include <map>
#include <string>

namespace evolver::sqlite {

class SchemaDigests {
public:
    /// The digest of the schema of `main`, as digest_of() says it. Throws what inspect() throws.
    [[nodiscard]] std::string of(Connection const& connection);
    /// Has it been looked at already?
    [[nodiscard]] bool knows(Connection const& connection) const;

private:
    std::map<std::string, std::string> known_;  // by the digest of the texts
};

}  // namespace evolver::sqlite
