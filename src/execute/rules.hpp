#pragma once

// Rules over the rows that are there: counted before expand, mended before contract.

#include "evolver/execute/violation_error.hpp"
#include "execute/workplace.hpp"

namespace evolver {

/// None where the table, or a column that the rule speaks of, is not there yet. Reads the table; takes no lock.
[[nodiscard]] Violations violations(sqlite::Connection const& connection, sqlite::PhysicalRule const& rule);

/// What expand() does about the rules of a migration: throws ViolationError, or says in `warnings` what contract will do.
void measure(sqlite::Connection const& connection, Compiled const& compiled, std::string const& migration,
             std::vector<std::string>& warnings);

/// Mends the rows that break rules, or moves them into quarantine, in short batches of their own. Nobody who may break them is left then.
/// Returns how many rows it was.
std::int64_t mend_rows(Workplace& workplace, std::vector<sqlite::PhysicalRule> const& rules,
                       std::string const& migration);

/// The same for what came in since, inside the transaction that is open.
std::int64_t mend_rest(Workplace& workplace, std::vector<sqlite::PhysicalRule> const& rules,
                       std::string const& migration);

}  // namespace evolver
