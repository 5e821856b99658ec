#pragma once

// What a SQLite database holds, as values: its schema, how the rows of a table are addressed, and about how many there
// are.
//
// Everything is read from the catalogue of `main`, in one state of it: that of the transaction which the connection is
// in, or of a read of its own. No table is scanned. A schema is what the application made: SQLite's own tables, virtual
// tables and the tables behind them, everything that is named `evolver_...`, and columns that wait to be dropped
// (`evolver_gone_...`) are left out.

#include "dialect/sqlite/connection.hpp"

#include "evolver/schema/schema.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evolver::sqlite {

/// Throws EngineError, or Error for a CREATE text that evolver does not understand.
[[nodiscard]] Schema inspect(Connection const& connection);

/// One ordinary table of that name, also one of evolver's own; none if there is no such table.
[[nodiscard]] std::optional<Table> inspect_table(Connection const& connection, Name const& name);

/// One index of that name that has a text of its own, also one of evolver's; none if there is no such index.
[[nodiscard]] std::optional<Index> inspect_index(Connection const& connection, Name const& name);

/// How the rows of a table are addressed.
struct RowKey {
    /// The columns that together name one row, in the order of the key.
    std::vector<Name> columns;
    /// No column of the table is the key: `columns` is the one word that means the rowid here.
    bool hidden_rowid = false;
    /// The word that means the rowid (rowid, _rowid_ or oid, whichever no column hides); empty where there is none.
    std::string rowid_alias = {};
    /// In which order the rows are walked: "after" a key are then the smaller ones.
    bool descending = false;
};

/// An INTEGER PRIMARY KEY; the primary key of a table WITHOUT ROWID; otherwise the hidden rowid, which VACUUM may
/// renumber. Throws Error if there is no such table, or where columns named rowid, _rowid_ and oid hide the rowid.
[[nodiscard]] RowKey row_key(Connection const& connection, Name const& table);

/// About how many rows `table` has, at most O(log n): what ANALYZE found last; else the span of the rowids, which holds
/// deleted rows too, and is cut off at what the file has room for; else, WITHOUT ROWID, a count that ends at 100,001.
[[nodiscard]] std::int64_t estimated_rows(Connection const& connection, Name const& table);

}  // namespace evolver::sqlite
