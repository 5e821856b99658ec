#pragma once

// When a row breaks a rule: a condition in SQL, in words that all engines have in common.

#include "evolver/operation/rule.hpp"

#include <functional>
#include <string>
#include <vector>

namespace evolver {

/// How an engine spells what stands in the condition.
struct RuleWords {
    Engine engine;
    std::function<std::string(Name const&)> table;
};

/// How a column's value is spelled in a condition.
using ColumnSpelling = std::function<std::string(Name const&)>;

/// Conditions by which `evolver_other` is another row of the table, and one before this row, for `broken`. `own` spells a column of this row.
[[nodiscard]] std::string another_row(std::vector<Name> const& key, ColumnSpelling const& own);
[[nodiscard]] std::string earlier_row(std::vector<Name> const& key, ColumnSpelling const& own);

/// How a unique rule looks for another row with the same values: the row is `evolver_other`, `row` says which ones count (all, where empty), and
/// `value` spells a column of it.
struct OtherRow {
    std::string row;
    ColumnSpelling value;
};

/// True where the row breaks the rule.
[[nodiscard]] std::string broken(Rule const& rule, RuleWords const& words, ColumnSpelling const& value,
                                 OtherRow const& other);

/// One row: how many rows of the table break the rule, and in how many groups that share what has to be unique (0 for other rules). `row_breaks` is what
/// broken() says of a row there.
[[nodiscard]] std::string count_broken(Rule const& rule, RuleWords const& words, std::string const& row_breaks);

/// Of a unique rule, what stands behind WHERE to have one row for each group that shares its values.
[[nodiscard]] std::string groups_of(Rule const& rule);

}  // namespace evolver
