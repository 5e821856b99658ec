#pragma once

/// A cross pair: the old and the new place of one fact, in rows of two tables, side by side while a migration is open.
///
/// Rows belong together where their keys are equal; those of one key are a group. The old place is the source, the new one the target. The
/// target says what the source's row with the largest key says, of those that say anything; the source says what the target says.

#include "evolver/schema/expression.hpp"
#include "evolver/schema/name.hpp"

#include <vector>

namespace evolver {

struct CrossPair {
    Name source;
    Name column;  ///< Of the source.
    std::vector<Name> source_key;
    Name target;
    Name to;  ///< The column of the target.
    std::vector<Name> target_key;
    Expression absent = "NULL";     ///< A constant: what the source holds where nothing is said.
    bool many_sources = false;      ///< A group may have several rows of the source.
    bool many_targets = false;      ///< A group may have several rows of the target: they hold one value.
    bool makes_rows = false;        ///< A row of the target that is missing is made.
    bool largest_key_wins = false;  ///< What other rows of the source say is no loss.
    /// The columns that name one row of each, as the database has them.
    std::vector<Name> source_row = {};
    std::vector<Name> target_row = {};
};

}  // namespace evolver
