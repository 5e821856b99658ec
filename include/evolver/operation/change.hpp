#pragma once

/// The primitive changes that operations are made of. A dialect handles each by name, with no generic fallback: adding one here
/// fails to compile until every dialect has decided what it means there.

#include "evolver/schema/index.hpp"
#include "evolver/schema/table.hpp"

#include <variant>
#include <vector>

namespace evolver {

struct MakeTable {
    Table table;
};

struct RemoveTable {
    Name table;
};

/// Adds a column that old programs need not know: it accepts NULL or has a default.
struct MakeColumn {
    Name table;
    Column column;
};

/// Takes a column away for good. Where that would hold a lock for long, a dialect leaves a tombstone instead.
struct RemoveColumn {
    Name table;
    Name column;
};

/// Gives `column` a second name.
struct MakeAlias {
    Name table;
    Name column;
    Name alias;
};

struct RemoveAlias {
    Name table;
    Name alias;
};

/// Makes the second name the only one.
struct SettleAlias {
    Name table;
    Name column;
    Name alias;
};

/// Holds a filled column to what its declaration says and the transition could not: NOT NULL and the default.
struct TightenColumn {
    Name table;
    Column column;
};

struct MakeIndex {
    Index index;
};

struct RemoveIndex {
    Name index;
};

/// SQL in the application's own words.
struct RunScript {
    Expression script;
};

using Change = std::variant<MakeTable, RemoveTable, MakeColumn, RemoveColumn, MakeAlias, RemoveAlias, SettleAlias,
                            TightenColumn, MakeIndex, RemoveIndex, RunScript>;

}  // namespace evolver
