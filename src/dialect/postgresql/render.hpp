#pragma once

// What each primitive change is in PostgreSQL's words.
//
// Everything here is catalogue work under a lock of a moment: no statement reads or writes the rows of a table that others use. What would (SET NOT NULL,
// CREATE INDEX) is asked for in parts: see proof.hpp and make_index().

#include "evolver/operation/change.hpp"
#include "evolver/plan/step.hpp"

#include <string>
#include <vector>

namespace evolver::postgresql {

/// The step that makes the change in `schema`. Throws PlanError, in words, for what is not possible on PostgreSQL yet.
[[nodiscard]] Step render(Change const& change, std::string const& schema);

/// CREATE INDEX under another name; CONCURRENTLY beside writers, which is no part of a transaction.
enum class Beside { writers, nobody };
[[nodiscard]] std::string make_index(Index const& index, std::string const& schema, std::string const& name,
                                     Beside beside);
/// Takes away what an index that was not finished has left.
[[nodiscard]] std::string drop_index(std::string const& schema, std::string const& name, Beside beside);
[[nodiscard]] std::string rename_index(std::string const& schema, std::string const& name, std::string const& to);
/// 't' where the index is there and whole, 'f' where it is there; no row where it is not.
[[nodiscard]] std::string index_is_valid(std::string const& schema, std::string const& name);
/// A row where the index is not there, or not whole.
[[nodiscard]] std::string index_is_not_whole(std::string const& schema, std::string const& name);

/// After a column was added: a row where that has written every row of the table anew.
[[nodiscard]] std::string rewrites(std::string const& schema, Name const& table, Name const& column);

/// Nobody who writes is in the middle of it once this is had, and nobody begins until the end of the transaction.
[[nodiscard]] std::string wait_for_writers(std::string const& schema, Name const& table);
/// Nobody reads or writes the table until the end of the transaction.
[[nodiscard]] std::string lock_table(std::string const& schema, Name const& table);

/// How many rows hold something in a column that was added, beside its default; in a table that was added.
[[nodiscard]] std::string count_used(std::string const& schema, Name const& table, Column const& column);
[[nodiscard]] std::string count_rows(std::string const& schema, Name const& table);

/// An empty table of the same form, for a rehearsal.
[[nodiscard]] std::string like_table(std::string const& rehearsal, std::string const& schema, Name const& table);
[[nodiscard]] std::string like_view(std::string const& rehearsal, std::string const& schema, Name const& view);

}  // namespace evolver::postgresql
