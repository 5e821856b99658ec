#pragma once

// What a change makes of a table's CREATE text.

#include "evolver/operation/change.hpp"

#include <string>

namespace evolver::sqlite {

/// Is `change` about the form of one table, as its CREATE text says it?
[[nodiscard]] bool is_about_form(Change const& change);

/// The text with `change` done to it; the same text where the change is about something else.
[[nodiscard]] std::string reshaped(Change const& change, std::string const& create_table);

/// Are the rows of before no rows of the new form, as SQLite stores them?
[[nodiscard]] bool needs_new_rows(Change const& change);

/// The text without the columns that wait for a rebuild.
[[nodiscard]] std::string without_tombstones(std::string const& create_table);

}  // namespace evolver::sqlite
