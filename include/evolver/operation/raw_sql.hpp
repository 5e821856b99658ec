#pragma once

/// SQL in your own words, for what no operation says.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Each text may hold several statements; they run in one transaction with the rest of the migration, so they hold no BEGIN or
/// COMMIT. evolver cannot know what they mean: later operations of the plan see of them only what the catalogue shows.
///
/// Requires: at least one of `expand` and `contract`; `undo` where `expand` is given and rollback shall be possible;
/// `verify`, one query, only where `contract` is given.
struct RawSql {
    std::optional<Expression> expand = {};
    std::optional<Expression> contract = {};
    std::optional<Expression> undo = {};
    /// Finds what speaks against `contract`, which is refused if it returns a row.
    std::optional<Expression> verify = {};
};

[[nodiscard]] Effect effect_of(RawSql const& operation, Schema& schema);

}  // namespace evolver
