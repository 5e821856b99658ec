#include "dialect/sqlite/rule_sql.hpp"

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/create_text.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <optional>

namespace evolver::sqlite {

namespace {

std::string in_table(Name const& table, Name const& column) {
    return quoted(table.text()) + "." + quoted(column.text());
}

/// (a, b) < (c, d); without parentheses for one column, as SQLite takes row values of several only.
std::string compared(Name const& table, std::vector<Name> const& key, std::string_view comparison) {
    std::string other;
    std::string own;
    for (auto const& column : key) {
        other += (other.empty() ? "" : ", ") + ("evolver_other." + quoted(column.text()));
        own += (own.empty() ? "" : ", ") + in_table(table, column);
    }
    auto const between = " " + std::string{comparison} + " ";
    return key.size() == 1 ? other + between + own : "(" + other + ")" + between + "(" + own + ")";
}

std::string key_list(PhysicalRule const& rule) {
    std::string text;
    for (auto const& column : rule.key.columns) text += (text.empty() ? "" : ", ") + quoted(column.text());
    return text;
}

std::string keep(PhysicalRule const& rule, std::string const& column, std::string const& value, Range range) {
    auto const first = 2 * rule.key.columns.size() + 1;
    return "INSERT INTO evolver_quarantine (plan, migration, table_name, row_key, column_name, value, at) SELECT ?" +
           std::to_string(first) + ", ?" + std::to_string(first + 1) + ", " + literal(rule.rule.table.text()) + ", " +
           key_text(rule.key) + ", " + literal(column) + ", " + value +
           ", strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM " + quoted(rule.rule.table.text()) + " WHERE " +
           in_range(rule.key, range) + " AND " + broken(rule);
}

}  // namespace

std::string another_row(Name const& table, std::vector<Name> const& key) { return compared(table, key, "<>"); }
std::string earlier_row(Name const& table, std::vector<Name> const& key) { return compared(table, key, "<"); }

std::string broken(Rule const& rule, Spelling const& value, OtherRow const& other) {
    auto const all = [&](std::string_view between, auto const& text) {
        std::string joined;
        for (std::size_t i = 0; i < rule.columns.size(); ++i)
            joined += (i > 0 ? std::string{between} : std::string{}) + text(i);
        return joined;
    };
    auto const present = [&](std::size_t i) { return value(rule.columns[i]) + " IS NOT NULL"; };
    switch (rule.kind) {
        case RuleKind::not_null: return value(rule.columns.front()) + " IS NULL";
        case RuleKind::check:
            return "NOT " + enclosed(replace_columns(rule.condition->text(Engine::sqlite),
                                                     [&](std::string const& name) -> std::optional<std::string> {
                                                         auto const& columns = rule.columns;
                                                         if (std::find(columns.begin(), columns.end(), Name{name}) ==
                                                             columns.end())
                                                             return std::nullopt;
                                                         return value(Name{name});
                                                     }));
        case RuleKind::unique:
            return "(" + all(" AND ", present) + " AND EXISTS (SELECT 1 FROM " + quoted(rule.table.text()) +
                   " AS evolver_other WHERE " +
                   all(" AND ",
                       [&](std::size_t i) { return other.value(rule.columns[i]) + " = " + value(rule.columns[i]); }) +
                   (other.row.empty() ? "" : " AND " + other.row) + "))";
        case RuleKind::foreign_key:
            return "(" + all(" AND ", present) + " AND NOT EXISTS (SELECT 1 FROM " +
                   quoted(rule.reference->table.text()) + " AS evolver_parent WHERE " +
                   all(" AND ",
                       [&](std::size_t i) {
                           return "evolver_parent." + quoted(rule.reference->referenced[i].text()) + " = " +
                                  value(rule.columns[i]);
                       }) +
                   "))";
    }
    return "0";
}

std::string broken(PhysicalRule const& rule) {
    return broken(rule.rule, [&](Name const& column) { return in_table(rule.rule.table, column); },
                  {.row = earlier_row(rule.rule.table, rule.key.columns),
                   .value = [](Name const& column) { return "evolver_other." + quoted(column.text()); }});
}

std::string count_broken(PhysicalRule const& rule) {
    auto const table = quoted(rule.rule.table.text());
    if (rule.rule.kind != RuleKind::unique) return "SELECT count(*), 0 FROM " + table + " WHERE " + broken(rule);
    // By groups, because there may be no index yet.
    std::string columns;
    std::string present;
    for (auto const& column : rule.rule.columns) {
        columns += (columns.empty() ? "" : ", ") + quoted(column.text());
        present += (present.empty() ? "" : " AND ") + quoted(column.text()) + " IS NOT NULL";
    }
    return "SELECT CAST(total(more) AS INTEGER), count(*) FROM (SELECT count(*) - 1 AS more FROM " + table + " WHERE " +
           present + " GROUP BY " + columns + " HAVING count(*) > 1)";
}

std::string find_broken(PhysicalRule const& rule, Range range) {
    auto const limit = 2 * rule.key.columns.size() + 1;
    auto const keys = key_list(rule);
    auto const table = quoted(rule.rule.table.text());
    if (rule.rule.kind == RuleKind::unique && range == Range::all) {
        // The first of each group names it.
        std::string columns;
        std::string present;
        for (auto const& column : rule.rule.columns) {
            columns += (columns.empty() ? "" : ", ") + quoted(column.text());
            present += (present.empty() ? "" : " AND ") + quoted(column.text()) + " IS NOT NULL";
        }
        return "SELECT " + keys + " FROM " + table + " WHERE " + present + " GROUP BY " + columns +
               " HAVING count(*) > 1 ORDER BY " + keys + " LIMIT ?" + std::to_string(limit);
    }
    return "SELECT " + keys + " FROM " + table + " WHERE " + in_range(rule.key, range) + " AND " + broken(rule) +
           " ORDER BY " + keys + " LIMIT ?" + std::to_string(limit);
}

std::vector<std::string> mend(PhysicalRule const& rule, Range range) {
    auto const table = quoted(rule.rule.table.text());
    auto const where = " WHERE " + in_range(rule.key, range) + " AND " + broken(rule);
    std::vector<std::string> statements;
    if (rule.rule.clean.empty()) {
        // The row as the statement that brings it back.
        std::string columns;
        for (auto const& column : rule.row) columns += (columns.empty() ? "" : ", ") + quoted(column.text());
        auto const values = key_text({.columns = rule.row});
        auto const insert = "INSERT INTO " + table + " (" + columns + ") VALUES (";
        statements.push_back(keep(rule, "", literal(insert) + " || " + values + " || ')'", range));
        statements.push_back("DELETE FROM " + table + where);
        return statements;
    }
    std::string assignments;
    for (auto const& one : rule.rule.clean) {
        statements.push_back(keep(rule, one.column.text(), quoted(one.column.text()), range));
        assignments +=
            (assignments.empty() ? "" : ", ") + quoted(one.column.text()) + " = " + one.value.text(Engine::sqlite);
    }
    statements.push_back("UPDATE " + table + " SET " + assignments + where);
    return statements;
}

}  // namespace evolver::sqlite
