#include "dialect/sqlite/rule_sql.hpp"

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/create_text.hpp"

namespace evolver::sqlite {

namespace {

std::string in_table(Name const& table, Name const& column) {
    return quoted(table.text()) + "." + quoted(column.text());
}

RuleWords words() {
    return {.engine = Engine::sqlite, .table = [](Name const& table) { return quoted(table.text()); }};
}

ColumnSpelling of(Name const& table) {
    return [&table](Name const& column) { return in_table(table, column); };
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

std::string another_row(Name const& table, std::vector<Name> const& key) {
    return evolver::another_row(key, of(table));
}
std::string earlier_row(Name const& table, std::vector<Name> const& key) {
    return evolver::earlier_row(key, of(table));
}

std::string broken(Rule const& rule, ColumnSpelling const& value, OtherRow const& other) {
    return evolver::broken(rule, words(), value, other);
}

std::string broken(PhysicalRule const& rule) {
    return broken(rule.rule, of(rule.rule.table),
                  {.row = earlier_row(rule.rule.table, rule.key.columns),
                   .value = [](Name const& column) { return "evolver_other." + quoted(column.text()); }});
}

std::string count_broken(PhysicalRule const& rule) { return evolver::count_broken(rule.rule, words(), broken(rule)); }

std::string find_broken(PhysicalRule const& rule, Range range) {
    auto const limit = 2 * rule.key.columns.size() + 1;
    auto const keys = key_list(rule);
    auto const table = quoted(rule.rule.table.text());
    if (rule.rule.kind == RuleKind::unique && range == Range::all) {
        // The first of each group names it.
        return "SELECT " + keys + " FROM " + table + " WHERE " + groups_of(rule.rule) + " ORDER BY " + keys +
               " LIMIT ?" + std::to_string(limit);
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
