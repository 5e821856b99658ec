#pragma once

// Whether what is to be done has been approved, where the database asks for that.

#include "execute/workplace.hpp"
#include "ledger/approvals.hpp"

#include <string>
#include <vector>

namespace evolver {

/// What the plan of the workplace, by its actor, is about to do to the schema as it is.
[[nodiscard]] ledger::Undertaking undertaking(Workplace const& workplace, sqlite::Connection const& connection,
                                              ChangeClass change);

/// The most that expanding the migration does. What SQL or code in the application's own words does nobody can tell: it counts as the most.
/// `fills`: it has rows to be filled.
[[nodiscard]] ChangeClass change_of(Migration const& migration, bool fills);

/// Throws GateClosed where the database asks for approvals, and they are missing.
void refuse_unapproved(Workplace const& workplace, sqlite::Connection const& connection, ChangeClass change,
                       std::string const& migration, std::string const& call);

}  // namespace evolver
