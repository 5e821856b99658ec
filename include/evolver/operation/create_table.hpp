#pragma once

/// Makes a table. Old programs do not know it; nothing of theirs changes.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Requires: no table of that name; at least one column; the names of the columns differ; key columns exist.
/// Ensures:  after expand the table is there, empty. Rollback takes it away, and refuses while rows are in it unless the loss
///           is accepted.
struct CreateTable {
    Name table;
    std::vector<Column> columns;
    std::vector<Name> primary_key = {};  ///< A key of several columns; one column says `.primary_key = true` itself.
    std::vector<UniqueKey> unique_keys = {};
    std::vector<Check> checks = {};
    std::vector<ForeignKey> foreign_keys = {};
    bool without_rowid = false;  ///< SQLite only; other engines have nothing of the kind and ignore it.
    bool strict = false;         ///< SQLite only, from 3.37.
    bool autoincrement = false;  ///< SQLite only: never reuse the key of a deleted row.
};

[[nodiscard]] Effect effect_of(CreateTable const& operation, Schema& schema);

}  // namespace evolver
