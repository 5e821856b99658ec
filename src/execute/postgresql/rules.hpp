#pragma once

// Rules over the rows that are there, on PostgreSQL: counted before expand, mended and then proven before contract.

#include "compile/postgresql/blueprint.hpp"
#include "evolver/fleet/gate.hpp"
#include "execute/postgresql/site.hpp"

#include <string>
#include <vector>

namespace evolver::postgresql {

/// What expand() does about them: throws ViolationError, or says in `warnings` what contract will do. Reads the tables beside writers.
void measure(Connection const& connection, std::vector<PhysicalRule> const& rules, std::string const& migration,
             std::vector<std::string>& warnings);

/// Closed where rows break a rule that does not say what becomes of them.
[[nodiscard]] Gate rules_gate(Connection const& connection, std::vector<PhysicalRule> const& rules,
                              std::string const& migration);

/// The rows that break rules are mended, or moved into quarantine, in batches of their own; from then on they keep what the table is going to be held to, and
/// nobody can break it, until the end, or until it is taken back. Throws GateClosed where rows break it all the same. What one that was killed has
/// left is cleared away first.
class Proving {
public:
    Proving(Site& site, Compiled const& compiled, std::string migration);
    ~Proving();
    Proving(Proving const&) = delete;
    Proving& operator=(Proving const&) = delete;
    /// Contract has given them their names.
    void keep() noexcept { kept_ = true; }
    /// How many rows were mended.
    [[nodiscard]] std::int64_t mended() const noexcept { return mended_; }

private:
    void prove(Proof const& proof) const;
    void prove(LaterIndex const& later) const;
    void locked(std::string const& sql) const;
    void take_back() const;
    [[noreturn]] void refuse(std::string const& rule) const;

    Site const& site_;
    std::string migration_;
    std::vector<Proof> proofs_;
    std::vector<LaterIndex> indexes_;
    std::int64_t mended_ = 0;
    bool kept_ = false;
};

}  // namespace evolver::postgresql
