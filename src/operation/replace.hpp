#pragma once

// What is common to operations that put new columns in the place of an old one.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// The indexes of `table` that mention `column`.
[[nodiscard]] std::vector<Index> indexes_on(Schema const& schema, Name const& table, Name const& column);

/// `expression` with the column `from` turned into `to`, quoted.
[[nodiscard]] Expression renamed(Expression const& expression, Name const& from, Name const& to);

/// `index` with every mention of `from` turned into `to`.
[[nodiscard]] Index renamed(Index index, Name const& from, Name const& to);

/// Forgets `column` and the indexes on it in the virtual schema.
void forget_column(Schema& schema, Table& table, Name const& column);

/// Indexes, triggers and foreign keys follow, as the engine makes them follow.
void rename_table(Schema& schema, Name const& from, Name const& to);

}  // namespace evolver
