#pragma once

// A small database to try things on: the schema of a real one with some of its rows, or with rows that are made up.

#include "dialect/sqlite/connection.hpp"
#include "evolver/schema/name.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evolver::sqlite {

enum class Extent { samples, all };

/// The schema of `source` with up to 500 rows, or 4 MiB, from each end of every table; triggers do not fire for them.
/// Cost: at most a thousand rows per table, whatever its size; or all of them.
[[nodiscard]] Connection sample_database(Connection const& source, Extent extent = Extent::samples);

/// Puts up to 500 rows, or 4 MiB, from each end of the table `table` of `source` into that of `target`, in the columns that both have.
/// Triggers do not fire for them. Throws EngineError.
void sample_rows(Connection const& source, Connection const& target, Name const& table,
                 Extent extent = Extent::samples);

/// Puts three rows into every ordinary table that has none, as its columns want them; in the last one everything is
/// NULL that may be. CHECK and foreign keys are not minded.
void make_up_rows(Connection const& connection);

}  // namespace evolver::sqlite
