#pragma once

// Rules over rows that are there: which of them break a rule, and the statements that mend them or move them out of the way.

#include "dialect/rule_sql.hpp"
#include "dialect/sqlite/fill_sql.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "evolver/operation/rule.hpp"

#include <string>

namespace evolver::sqlite {

/// A rule over the columns that the table has.
struct PhysicalRule {
    Rule rule;
    RowKey key;
    std::vector<Name> row;  ///< All columns that an INSERT can name.
};

/// As those of dialect/rule_sql.hpp, of a row that is called as its table is.
[[nodiscard]] std::string another_row(Name const& table, std::vector<Name> const& key);
[[nodiscard]] std::string earlier_row(Name const& table, std::vector<Name> const& key);
[[nodiscard]] std::string broken(Rule const& rule, ColumnSpelling const& value, OtherRow const& other);

/// True where the row of the table breaks the rule. Of rows that share what has to be unique, the first by key keeps it.
[[nodiscard]] std::string broken(PhysicalRule const& rule);

/// One row: how many rows break the rule, and in how many groups that share what has to be unique (0 for other rules).
[[nodiscard]] std::string count_broken(PhysicalRule const& rule);

/// The keys of rows of a range that break the rule, at most ?2k+1 of them, for a key of k columns.
[[nodiscard]] std::string find_broken(PhysicalRule const& rule, Range range);

/// What mends the rows of a range that break the rule, in order; ?1 … ?2k are those of the range, the next two the plan's name and the
/// migration's. The first keep what is going to be lost.
[[nodiscard]] std::vector<std::string> mend(PhysicalRule const& rule, Range range);

}  // namespace evolver::sqlite
