#pragma once

/// The shape of one table as a release sees it, over the columns that the database has at this moment.
///
/// The access layer writes its SQL from a Shape; it is recomputed when the database has moved on. It is a value.

#include "evolver/operation/cross_pair.hpp"
#include "evolver/operation/pair.hpp"
#include "evolver/operation/rule.hpp"
#include "evolver/plan/phase.hpp"
#include "evolver/plan/sync.hpp"
#include "evolver/schema/table.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace evolver {

/// A pair that is open for this release: it decides how its new columns are read and written.
struct OpenPair {
    Pair pair;
    Stage stage;
    std::size_t migration = 0;  ///< Its position in the plan.
    Sync sync = Sync::triggers;
};

/// A cross pair that is open for this release: the table is its source or its target.
struct OpenCrossPair {
    CrossPair pair;
    Stage stage;
    std::size_t migration = 0;  ///< Its position in the plan.
};

struct Shape {
    Name table;  ///< As the release calls it.
    /// As the database calls it: another name until a rename is contracted.
    std::optional<Name> stands_for = {};
    /// The columns that the release may name, in the table's order, new ones last.
    std::vector<Name> columns = {};
    /// The columns that the database has.
    std::vector<Column> physical = {};
    /// In plan order.
    std::vector<OpenPair> pairs = {};
    /// In plan order.
    std::vector<OpenCrossPair> crossed = {};
    /// What the release's writes are held to before the table is, in plan order.
    std::vector<Rule> rules = {};
    /// What the release's inserts hold in columns that they leave out, where that is not the table's own default.
    std::vector<NewDefault> defaults = {};
    /// The columns that name a row.
    std::vector<Name> key = {};
    /// Columns of the release that the database does not have yet and that no old column stands for, and why.
    std::vector<Name> absent = {};

    [[nodiscard]] bool has(Name const& column) const noexcept;
    [[nodiscard]] Name const& physical_table() const noexcept { return stands_for ? *stands_for : table; }
};

}  // namespace evolver
