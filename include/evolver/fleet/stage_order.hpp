#pragma once

/// What an operator says to the rollout of a migration, from any process.

#include "evolver/fleet/gate.hpp"
#include "evolver/plan/migration.hpp"

#include <optional>
#include <string>
#include <vector>

namespace evolver {

/// An order that moves or holds a stage. It holds once the call has returned, and goes into the audit trail.
struct StageOrder {
    /// Why, for the audit trail and for whoever wonders.
    std::string reason = {};
    /// None: the first migration that has two shapes now.
    std::optional<MigrationId> migration = {};
    /// For a move to stage `complete`: gates to be treated as open, each with its reason.
    std::vector<Override> override_gates = {};
};

/// That a program which reads the old shape, and never registers, has been seen to.
struct SignOff {
    std::string reader = {};  ///< As ContractPolicy::readers spells it.
    std::string reason = {};  ///< "reads size_bytes since its version 7"
    /// None: every migration that names the reader.
    std::optional<MigrationId> migration = {};
};

/// A share of the instances that goes ahead: their flags are on before reads are switched.
struct Canary {
    double share = 0;  ///< From 0 to 1.
    std::string reason = {};
    /// None: the first migration that has two shapes now.
    std::optional<MigrationId> migration = {};
};

}  // namespace evolver
