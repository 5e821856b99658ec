#pragma once

/// Moves a column to another table.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// What becomes of a value whose row has no partner in the other table.
enum class MissingRows {
    left,  ///< It stays where it is: contract waits until there is a partner, or until the loss is accepted.
    made,  ///< A row is made in the other table, with the key and the value.
};

/// What holds where several rows of the old table belong to one row of the new one and say different things.
enum class Disagreement {
    refused,  ///< Reads get the one with the largest key; contract waits until they agree, or until the loss is accepted.
    largest_key_wins,  ///< So do reads, and the others go at contract.
};

/// `users.address` becomes `profiles.address`: rows belong together where their keys are equal. One row of each table, or many of one.
///
///     MoveColumn{.from = "users", .column = "address", .to = "profiles", .from_key = {"id"}, .to_key = {"user_id"}}
///
/// Both columns live until contract, and every write of one reaches the other: also what changes a key, and what makes a row. The old
/// release goes on with the old column, the new one has only the new column.
///
/// Requires: both tables, the column and the keys exist; one of the keys is unique (primary key, UNIQUE, or a unique index), and an index
///           leads to the rows by the other. The key columns of both sides have the same type and collation, and are no part of
///           another open change, nor is the column; neither table is being renamed. Where the old column is NOT NULL, `absent`, a
///           constant, is what older releases read where the new release says nothing. Rows can be made only if the
///           target takes an insert of nothing but the key.
/// Ensures:  the new column has the type and the collation of the old one and is nullable; indexes on the old one go with it. An UPDATE of either
///           column wins over what the other held. An insert into the new table that leaves the column out, or says NULL, gets what
///           the old table says. When a row of one table is deleted, what the other says stays. Where the new table has many rows of
///           one key, they hold one value until contract: a write of one is a write of all. When the key of a row changes, the
///           old column's value stays with the old table's row for an older release, the new column's with the new table's row for
///           the new one (through LiveTable). Before expand LiveTable reads the old column and refuses to write the new one.
///           Rollback removes the new column; rows that were made stay.
/// Cost:     a look-up in the other table for each write, and one for each row that LiveTable reads before reads are switched.
struct MoveColumn {
    Name from;
    Name column;
    Name to;
    std::optional<Name> to_column = {};  ///< None: the same name.
    std::vector<Name> from_key;
    std::vector<Name> to_key;
    MissingRows missing_rows = MissingRows::left;
    Disagreement when_rows_differ = Disagreement::refused;
    std::optional<Expression> absent = {};
    Lock lock = Lock::within_budget;

    [[nodiscard]] Name const& new_column() const noexcept { return to_column ? *to_column : column; }
};

[[nodiscard]] Effect effect_of(MoveColumn const& operation, Schema& schema);

}  // namespace evolver
