#pragma once

/// What a backfill fills first.

#include "evolver/schema/name.hpp"

namespace evolver {

enum class KeyOrder {
    ascending,
    descending,  ///< The largest keys first: of most tables, the newest rows.
};

/// The place of a table among those of its migration, and the order in which its rows are filled. The order is the run's: it is chosen by
/// whoever begins it, and stands in the ledger, so another process goes on in it.
struct FillOrder {
    Name table;
    KeyOrder keys = KeyOrder::ascending;
};

}  // namespace evolver
