#pragma once

// Tables that wait to be deleted: evolver_trash_<number>. Nothing reads them, no trigger and no foreign key is about them.

#include "dialect/sqlite/fill_sql.hpp"

#include <optional>
#include <string>

namespace evolver::sqlite {

inline constexpr std::string_view trash_prefix = "evolver_trash_";

/// The first of evolver_trash_1, evolver_trash_2, … that is free.
[[nodiscard]] Name free_trash(Connection const& schema);

[[nodiscard]] std::optional<Name> first_trash(Connection const& connection);

/// An index of the table that DROP INDEX can drop.
[[nodiscard]] std::optional<Name> first_index_of(Connection const& connection, Name const& trash);

[[nodiscard]] std::string delete_rows(Name const& trash, RowKey const& key, Range range);

}  // namespace evolver::sqlite
