#include "dialect/rule_sql.hpp"

#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace evolver {

namespace {

std::string quoted(Name const& column) {
    std::string text{'"'};
    for (char const letter : column.text()) text += letter == '"' ? std::string{"\"\""} : std::string{letter};
    return text + '"';
}

template <class Part>
std::string joined(std::vector<Name> const& columns, std::string_view between, Part const& part) {
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) text += (i > 0 ? std::string{between} : std::string{}) + part(i);
    return text;
}

/// (a, b) < (c, d); without parentheses for one column, as SQLite takes row values of several only.
std::string compared(std::vector<Name> const& key, ColumnSpelling const& own, std::string_view comparison) {
    auto const other_row = joined(key, ", ", [&](std::size_t i) { return "evolver_other." + quoted(key[i]); });
    auto const own_row = joined(key, ", ", [&](std::size_t i) { return own(key[i]); });
    auto const between = " " + std::string{comparison} + " ";
    return key.size() == 1 ? other_row + between + own_row : "(" + other_row + ")" + between + "(" + own_row + ")";
}

/// A line comment at its end does not swallow the parenthesis.
std::string enclosed(std::string const& expression) {
    return "(" + expression + (expression.find("--") != std::string::npos ? "\n)" : ")");
}

}  // namespace

std::string another_row(std::vector<Name> const& key, ColumnSpelling const& own) { return compared(key, own, "<>"); }
std::string earlier_row(std::vector<Name> const& key, ColumnSpelling const& own) { return compared(key, own, "<"); }

std::string broken(Rule const& rule, RuleWords const& words, ColumnSpelling const& value, OtherRow const& other) {
    auto const& columns = rule.columns;
    auto const present = [&](std::size_t i) { return value(columns[i]) + " IS NOT NULL"; };
    switch (rule.kind) {
        case RuleKind::not_null: return value(columns.front()) + " IS NULL";
        case RuleKind::check:
            return "NOT " + enclosed(replace_columns(rule.condition->text(words.engine),
                                                     [&](std::string const& name) -> std::optional<std::string> {
                                                         if (std::ranges::find(columns, Name{name}) == columns.end())
                                                             return std::nullopt;
                                                         return value(Name{name});
                                                     }));
        case RuleKind::unique:
            return "(" + joined(columns, " AND ", present) + " AND EXISTS (SELECT 1 FROM " + words.table(rule.table) +
                   " AS evolver_other WHERE " +
                   joined(columns, " AND ",
                          [&](std::size_t i) { return other.value(columns[i]) + " = " + value(columns[i]); }) +
                   (other.row.empty() ? "" : " AND " + other.row) + "))";
        case RuleKind::foreign_key:
            return "(" + joined(columns, " AND ", present) + " AND NOT EXISTS (SELECT 1 FROM " +
                   words.table(rule.reference->table) + " AS evolver_parent WHERE " +
                   joined(columns, " AND ",
                          [&](std::size_t i) {
                              return "evolver_parent." + quoted(rule.reference->referenced[i]) + " = " +
                                     value(columns[i]);
                          }) +
                   "))";
    }
    return "0";
}

std::string groups_of(Rule const& rule) {
    auto const& columns = rule.columns;
    return joined(columns, " AND ", [&](std::size_t i) { return quoted(columns[i]) + " IS NOT NULL"; }) + " GROUP BY " +
           joined(columns, ", ", [&](std::size_t i) { return quoted(columns[i]); }) + " HAVING count(*) > 1";
}

std::string count_broken(Rule const& rule, RuleWords const& words, std::string const& row_breaks) {
    auto const table = words.table(rule.table);
    if (rule.kind != RuleKind::unique) return "SELECT count(*), 0 FROM " + table + " WHERE " + row_breaks;
    // By groups, because there may be no index yet.
    return "SELECT CAST(coalesce(sum(more), 0) AS bigint), count(*) FROM (SELECT count(*) - 1 AS more FROM " + table +
           " WHERE " + groups_of(rule) + ") AS evolver_groups";
}

}  // namespace evolver
