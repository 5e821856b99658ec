#include "dialect/postgresql/rule_sql.hpp"

#include "dialect/postgresql/connection.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::postgresql {

namespace {

std::string listed(std::vector<Name> const& columns) {
    std::string text;
    for (auto const& column : columns) text += (text.empty() ? "" : ", ") + quoted(column.text());
    return text;
}

bool has_all(Table const* table, std::vector<Name> const& columns) {
    return table != nullptr &&
           std::ranges::all_of(columns, [&](Name const& column) { return table->find(column) != nullptr; });
}

std::vector<Name> names_of(RowKey const& key) {
    std::vector<Name> names;
    for (auto const& side : key.columns) names.push_back(side.column);
    return names;
}

std::string in_table(PhysicalRule const& rule) { return in_schema(rule.schema, rule.rule.table.text()); }

/// The row of the statement; inside a query of its own the table is called by its own name, so that the other row cannot be meant.
std::string of_row(PhysicalRule const& rule, Name const& column) {
    return quoted(rule.rule.table.text()) + "." + quoted(column.text());
}

std::string row_breaks(PhysicalRule const& rule) {
    auto const own = [&](Name const& column) { return of_row(rule, column); };
    return broken(rule.rule, rule_words(rule.schema), own,
                  {.row = earlier_row(names_of(rule.key), own),
                   .value = [](Name const& column) { return "evolver_other." + quoted(column.text()); }});
}

/// What stands in evolver_quarantine of each row of `from`.
std::string keep(PhysicalRule const& rule, std::string const& from, std::string const& plan,
                 std::string const& migration, std::string const& key, std::string const& column,
                 std::string const& value) {
    return fmt::format("SELECT {}, {}, {}, {}, {}, {}, {} FROM {}", literal(plan), literal(migration),
                       literal(rule.rule.table.text()), key, literal("the rule: " + name_of(rule.rule)),
                       literal(column), value, from);
}

/// The row as the statement that brings it back.
std::string as_insert(PhysicalRule const& rule) {
    std::string values;
    for (auto const& column : rule.row)
        values += fmt::format("{}quote_nullable({})", values.empty() ? "" : " || ', ' || ", quoted(column.text()));
    return literal("INSERT INTO " + in_table(rule) + " (" + listed(rule.row) + ") OVERRIDING SYSTEM VALUE VALUES (") +
           " || " + values + " || ')'";
}

}  // namespace

bool is_there(Rule const& rule, Schema const& schema) {
    auto const* const table = schema.find_table(rule.table);
    return has_all(table, rule.columns) &&
           (!rule.reference || has_all(schema.find_table(rule.reference->table), rule.reference->referenced));
}

RuleWords rule_words(std::string const& schema) {
    return {.engine = Engine::postgresql,
            .table = [schema](Name const& table) { return in_schema(schema, table.text()); }};
}

std::string count_broken(PhysicalRule const& rule) {
    return evolver::count_broken(rule.rule, rule_words(rule.schema), row_breaks(rule));
}

std::string find_broken(PhysicalRule const& rule, int limit) {
    auto const keys = listed(names_of(rule.key));
    if (rule.rule.kind != RuleKind::unique)
        return fmt::format("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {}", key_text(rule.key), in_table(rule),
                           row_breaks(rule), keys, limit);
    auto const columns = listed(rule.rule.columns);
    std::string present;
    for (auto const& column : rule.rule.columns)
        present += fmt::format("{}{} IS NOT NULL", present.empty() ? "" : " AND ", quoted(column.text()));
    return fmt::format(
        "SELECT {0} FROM (SELECT {1}, count(*) OVER (PARTITION BY {2}) AS evolver_count, row_number() OVER (PARTITION "
        "BY "
        "{2} ORDER BY {1}) AS evolver_at FROM {3} WHERE {4}) AS evolver_groups WHERE evolver_count > 1 AND evolver_at "
        "= "
        "1 ORDER BY {1} LIMIT {5}",
        key_text(rule.key), keys, columns, in_table(rule), present, limit);
}

std::string any_broken(PhysicalRule const& rule, Range range) {
    return fmt::format("SELECT 1 FROM {} WHERE {} AND {} LIMIT 1", in_table(rule), in_range(rule.key, range),
                       row_breaks(rule));
}

std::string mend(PhysicalRule const& rule, Range range, std::string const& plan, std::string const& migration) {
    auto const where = fmt::format(" WHERE {} AND {}", in_range(rule.key, range), row_breaks(rule));
    auto const into = "INSERT INTO " + in_schema(rule.schema, "evolver_quarantine") +
                      " (plan, migration, table_name, row_key, why, column_name, value) ";
    if (rule.rule.clean.empty()) {
        return "WITH evolver_gone AS (DELETE FROM " + in_table(rule) + where + " RETURNING *) " + into +
               keep(rule, "evolver_gone", plan, migration, key_text(rule.key), "", as_insert(rule));
    }
    std::string old = key_text(rule.key) + " AS evolver_key";
    std::string same_row;
    for (std::size_t i = 0; i < rule.key.columns.size(); ++i) {
        auto const column = of_row(rule, rule.key.columns[i].column);
        old += fmt::format(", {} AS evolver_key_{}", column, i);
        same_row += fmt::format("{}{} = evolver_old.evolver_key_{}", i > 0 ? " AND " : "", column, i);
    }
    std::string kept;
    std::string assignments;
    for (std::size_t i = 0; i < rule.rule.clean.size(); ++i) {
        auto const& one = rule.rule.clean[i];
        auto const column = quoted(one.column.text());
        old += fmt::format(", CAST({} AS text) AS evolver_value_{}", column, i);
        kept += (i > 0 ? " UNION ALL " : "") + keep(rule, "evolver_old", plan, migration, "evolver_key",
                                                    one.column.text(), fmt::format("evolver_value_{}", i));
        assignments += fmt::format("{}{} = ({}\n)", i > 0 ? ", " : "", column, one.value.text(Engine::postgresql));
    }
    return fmt::format(
        "WITH evolver_old AS MATERIALIZED (SELECT {} FROM {}{} FOR UPDATE), evolver_kept AS ({}{}) UPDATE {} SET {} "
        "FROM "
        "evolver_old WHERE {}",
        old, in_table(rule), where, into, kept, in_table(rule), assignments, same_row);
}

}  // namespace evolver::postgresql
