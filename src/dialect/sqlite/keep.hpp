#pragma once

// Columns that survive when an old program REPLACEs a row that has them.
//
// SQLite carries out INSERT OR REPLACE as a DELETE of every row in the way and an INSERT; no DELETE trigger fires while recursive_triggers is
// off. So a BEFORE INSERT trigger notes the values of the row that is in the way, by the primary key or by any unique key, and an AFTER INSERT
// trigger puts them into the new row. Other inserts pass the first trigger, too: a conflict that is ignored or becomes an update leaves a
// note behind, which the next insert tears up; and a note counts only if the row that it is of has really gone.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/inspect.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::sqlite {

/// CREATE TRIGGER statements for the columns of one table. `note` is the number of the table's note in evolver_kept.
[[nodiscard]] std::vector<std::string> keep_triggers(Connection const& schema, Table const& table, RowKey const& key,
                                                     std::vector<Column> const& columns, std::int64_t note);

}  // namespace evolver::sqlite
