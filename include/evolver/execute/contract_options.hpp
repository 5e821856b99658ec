#pragma once

/// What an operator may say when the old shape is to be removed.

#include "evolver/execute/speed.hpp"
#include "evolver/fleet/gate.hpp"

#include <stop_token>
#include <vector>

namespace evolver {

struct ContractOptions {
    /// Gates to be treated as open, each with the reason that goes into the audit trail. `backfill` and `reconciliation` cannot be
    /// overridden.
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
