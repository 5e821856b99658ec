#pragma once

/// What an operator may say when the old shape is to be removed.

#include "evolver/execute/speed.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/plan/migration.hpp"

#include <optional>
#include <stop_token>
#include <vector>

namespace evolver {

struct ContractOptions {
    /// The last migration whose old shape is to go; its gates, and those of all before it, have to be open. None: every one that is due and not
    /// held, up to the first that is not.
    std::optional<MigrationId> until = {};
    /// Gates to be treated as open, each with the reason that goes into the audit trail; fleet/gate.hpp says which.
    std::vector<Override> override_gates = {};
    /// Migrations whose lossy rows may go. Their old values are kept in evolver_quarantine.
    std::vector<AcceptedLoss> accept_loss = {};
    /// Of what contract does in batches: the last comparison, rebuilding a table (Lock::online), removing old rows.
    Speed speed = Speed::polite;
    /// Looked at between two batches. A contract that is told to stop throws Error with Retry::helps; the next one goes on where it stopped, and
    /// until then rollback() leads back.
    std::stop_token stop = {};
};

/// What is to be taken back.
struct RollbackOptions {
    /// The migration to undo: the last that is expanded. There is no "all".
    std::string migration;
    /// Accepts that what only the new shape holds is lost, with the reason that goes into the audit trail.
    std::vector<AcceptedLoss> accept_loss = {};
};

}  // namespace evolver
