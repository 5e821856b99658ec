#pragma once

/// One named change of the schema, shipped with one release of the application.

#include "evolver/operation/operation.hpp"
#include "evolver/plan/acceptance.hpp"
#include "evolver/plan/contract_policy.hpp"
#include "evolver/plan/invariant.hpp"
#include "evolver/plan/sync.hpp"

#include <string>
#include <vector>

namespace evolver {

/// A version of the application. It is a name, not a number: its order is the order in which the plan first names it.
using Release = Name;

/// The name of a migration: "0002-size-bytes". Chosen once, never used again, never changed after it was applied anywhere.
using MigrationId = Name;

struct Migration {
    MigrationId id;
    /// What changes for the reader of a log, in a few words.
    std::string summary = {};
    /// The first release that knows the new shape.
    Release release;
    /// In order; each sees what those before it have made.
    std::vector<Operation> operations;
    /// Findings of lint that are taken as they are. No part of the digest.
    std::vector<Acceptance> accept = {};
    /// What the migration must leave as it is. No part of the digest.
    std::vector<Invariant> invariants = {};
    /// When the old shape may go. No part of the digest.
    ContractPolicy contract = {};
    /// What keeps both shapes in step.
    Sync sync = Sync::triggers;
};

}  // namespace evolver
