#pragma once

// Rules over rows that are there, on PostgreSQL: which of them break a rule, and the statements that mend them or move them out of the way.

#include "dialect/postgresql/fill_sql.hpp"
#include "dialect/rule_sql.hpp"
#include "evolver/schema/schema.hpp"

#include <string>
#include <vector>

namespace evolver::postgresql {

/// A rule over the columns that the table has.
struct PhysicalRule {
    Rule rule;
    std::string schema;
    RowKey key;
    std::vector<Name> row;  ///< All columns that an INSERT can name.
};

/// Are the table, the columns that the rule speaks of, and what it refers to there?
[[nodiscard]] bool is_there(Rule const& rule, Schema const& schema);

/// How the rules' conditions are spelled over the tables of a schema.
[[nodiscard]] RuleWords rule_words(std::string const& schema);

/// As count_broken() of dialect/rule_sql.hpp, whose condition speaks of the columns as they are.
[[nodiscard]] std::string count_broken(PhysicalRule const& rule);
/// The keys, as text, of the first rows that break it; of rows that share what has to be unique, that of the first.
[[nodiscard]] std::string find_broken(PhysicalRule const& rule, int limit);
/// Does any row of a range break it?
[[nodiscard]] std::string any_broken(PhysicalRule const& rule, Range range);

/// Mends the rows of a range that break the rule, or moves them out of the way, and keeps what is lost with that. One statement, so that what is
/// kept is what was there when it was taken: between two, others commit.
[[nodiscard]] std::string mend(PhysicalRule const& rule, Range range, std::string const& plan,
                               std::string const& migration);

}  // namespace evolver::postgresql
