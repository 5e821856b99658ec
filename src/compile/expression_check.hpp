#pragma once

// Are `up` and `down` fit to stand in triggers that old programs fire? The engine itself is asked, on the clone.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/in_sync.hpp"

#include <string>

namespace evolver {

/// Throws PlanError that names the migration and the operation (`title`) and shows the expression, unless each expression
///   - is valid SQL over the columns it may read, without aggregates and sub-queries,
///   - gives the same value for the same row at any time (no random(), no 'now'),
///   - uses only what SQLite has built in: a program that knows nothing of evolver has nothing else,
///   - cannot raise an error, which would make that program's statement fail (JSON functions stand behind json_valid),
/// and unless `up(down(NULL))` is NULL: NULL in a new column means that it is not filled yet.
void check_expressions(sqlite::Connection const& schema, sqlite::PhysicalPair const& pair, std::string const& title);

/// The same of a computed column's expression over `table`.
void check_computed(sqlite::Connection const& schema, Name const& table, std::string const& text,
                    std::string const& title);

/// Throws PlanError unless `text` is one expression, complete in itself, that stays one wherever it is put in: no semicolon, no placeholder, no
/// parenthesis, quote or comment that does not end.
void check_text(std::string const& title, std::string const& role, std::string const& text);

}  // namespace evolver
