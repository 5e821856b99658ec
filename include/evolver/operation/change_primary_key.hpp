#pragma once

/// Gives a table another primary key.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// From expand on, the new release cannot write through LiveTable what another row has in the new key's columns, or NULL into one of them; old
/// releases may until contract.
///
/// Requires: the columns exist, and are not the key already; no index named `name`; no foreign key of another table refers to the key of
///           before. Rows that are NULL in a column of the new key, or share its values, refuse expand(): clean them by a SetNotNull or an
///           AddUnique before this operation.
/// Ensures:  at expand an index `name` over the columns is made, so that a look-up per write is quick; it goes at contract, when the key itself
///           serves. None is made where an index begins with these columns: on a large table, make one before, by a CreateIndex with
///           Lock::online in an earlier migration. Contract makes the table anew: indexes, triggers, views, foreign keys and, where it
///           has them, hidden rowids stay. The columns of the old key stay, as ordinary ones: a SQLite INTEGER PRIMARY KEY no longer
///           numbers new rows. Rollback before contract drops the index.
/// Cost:     contract writes every row anew, about 2 us each on SQLite, and 0.6 us per index. Above the budget that is refused, unless `.lock` is
///           Lock::online (in batches of a few milliseconds, beside everybody) or Lock::in_window (at once). With Lock::online, a statement that
///           breaks the new key fails while contract works, whoever sends it, unless its row is still to be copied: then contract() stops
///           at that row, in words. On PostgreSQL nothing is written anew: a unique index is built beside writers, and takes the old key's
///           place and name under a lock of a moment. An identity goes on numbering.
struct ChangePrimaryKey {
    Name table;
    Name name;
    std::vector<Name> columns;
    Lock lock = Lock::within_budget;
};

[[nodiscard]] Effect effect_of(ChangePrimaryKey const& operation, Schema& schema);

}  // namespace evolver
