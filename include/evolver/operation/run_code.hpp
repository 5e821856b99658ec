#pragma once

/// A C++ function of your own, for what no SQL says.

#include "evolver/operation/code_database.hpp"
#include "evolver/operation/effect.hpp"

#include <functional>

namespace evolver {

/// Each function runs in the transaction of its phase with everything else of the migration, once it is that operation's turn, on evolver's own
/// connection: what it writes is committed with the ledger's entry, or not at all.
///
///     RunCode{.name = "hash passwords", .version = "1", .expand = hash_passwords, .undo = [](evolver::CodeDatabase&) {}}
///
/// Requires: at least one of `expand` and `contract`; `undo` where `expand` is given and rollback shall be possible. No function can be part of a
///           plan's digest: `version` stands for it. Give it another text where an edited function shall count as an edited
///           migration, and none where it does the same as before.
/// Ensures:  an exception rolls the phase back, and comes out as Error with the migration's name. Triggers fire, the application's and
///           evolver's, so what it writes of one shape reaches the other; foreign keys are not enforced, but on PostgreSQL, where the
///           function also begins anew if somebody else holds a row that it wants. It changes no schema: where it needs
///           a table, an operation before it makes that. Nothing is rehearsed: expand() tries a plan on a copy without rows, where the
///           functions are left out, and dry_run() says so.
/// Cost:     whatever it does, under the one lock that blocks writers. For a table of some size use Backfill, or let the application
///           do it row by row.
struct RunCode {
    Name name;
    Name version;
    std::function<void(CodeDatabase&)> expand = {};
    std::function<void(CodeDatabase&)> contract = {};
    std::function<void(CodeDatabase&)> undo = {};
};

[[nodiscard]] Effect effect_of(RunCode const& operation, Schema& schema);

}  // namespace evolver
