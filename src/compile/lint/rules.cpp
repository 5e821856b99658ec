#include "compile/lint/rules.hpp"

#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <array>

namespace evolver::lint_rules {

namespace {

constexpr std::array every{&acceptance_without_reason,
                           &backfill_unbounded,
                           &backfill_write_gap,
                           &collation_or_charset_change,
                           &constraint_broken_by_rows,
                           &contract_overdue,
                           &ddl_mixed_with_dml,
                           &default_changed,
                           &dependent_object_breaks,
                           &disk_headroom,
                           &drop_column_in_use,
                           &drop_constraint,
                           &drop_index,
                           &drop_not_null,
                           &drop_table_in_use,
                           &fails_on_rows,
                           &irreversible_undeclared,
                           &lock_timeout_missing,
                           &narrow_type,
                           &no_op,
                           &postgresql_invalid_index,
                           &postgresql_json,
                           &postgresql_scan_under_lock,
                           &postgresql_table_rewrite,
                           &recreate_table,
                           &refused_by_expand,
                           &rename_column,
                           &rename_table,
                           &required_column_added,
                           &scan_until_switched,
                           &select_star_or_bare_insert,
                           &sqlite_affinity_no_cast,
                           &sqlite_fk_off,
                           &sqlite_long_writer,
                           &sqlite_rebuild_fk_cascade,
                           &sqlite_rebuild_loses_dependents,
                           &sqlite_rename_rewrites_refs,
                           &sqlite_version_floor,
                           &style_pack,
                           &tighten_not_null,
                           &truncate_or_mass_delete,
                           &tx_unbalanced_or_nested,
                           &unique_on_existing,
                           &unused_acceptance};

/// The part of a difference's object behind its first word.
std::string named(std::string const& object) { return object.substr(object.find(' ') + 1); }

bool same_columns(Table const& left, Table const& right) {
    return std::equal(left.columns.begin(), left.columns.end(), right.columns.begin(), right.columns.end(),
                      [](Column const& one, Column const& other) { return one.name == other.name; });
}

/// The table of `after` that `table` of `before` has become.
std::optional<Name> new_name(Table const& table, Schema const& before, Schema const& after) {
    for (auto const& other : after.tables) {
        if (before.find_table(other.name) == nullptr && same_columns(table, other)) return other.name;
    }
    return std::nullopt;
}

/// The same for a column, where exactly one has come that is declared alike.
std::optional<Name> new_name(Column const& column, Table const& before, Table const& after) {
    std::optional<Name> found;
    for (auto const& other : after.columns) {
        if (before.find(other.name) != nullptr || !(other.type == column.type) || other.nullable != column.nullable)
            continue;
        if (found) return std::nullopt;
        found = other.name;
    }
    return found;
}

}  // namespace

std::span<LintRule const* const> all() { return every; }

LintRule const* find(std::string_view name) {
    auto const* const found =
        std::find_if(every.begin(), every.end(), [&](LintRule const* rule) { return rule->name == name; });
    return found == every.end() ? nullptr : *found;
}

void Tell::operator()(Severity severity, std::string object, std::string what, std::string instead,
                      std::string statement) const {
    findings_.push_back(Finding{.rule = std::string{rule_.name},
                                .classification = rule_.classification,
                                .severity = severity,
                                .migration = about_.migration == nullptr ? "" : about_.migration->id.text(),
                                .object = std::move(object),
                                .what = std::move(what),
                                .why = std::string{rule_.page.why},
                                .instead = std::move(instead),
                                .statement = std::move(statement)});
}

bool Case::in_use(Name const& table) const {
    if (live != nullptr) return live->rows->table(table).has_value();
    return before.find_table(table) != nullptr && std::find(made.begin(), made.end(), table) == made.end();
}

bool Case::in_use(Name const& table, Name const& column) const {
    if (live != nullptr) {
        auto const found = live->rows->table(table);
        return found && found->find(column) != nullptr;
    }
    auto const* const found = before.find_table(table);
    return in_use(table) && found->find(column) != nullptr;
}

Count Case::rows(Name const& table) const {
    return ask([&](LiveRows const& live_rows) { return live_rows.count_rows(table); });
}

std::string counted(std::int64_t number, std::string_view one, std::string_view many) {
    return std::to_string(number) + " " + std::string{number == 1 ? one : many};
}

std::string in_a_sentence(std::string_view sql) {
    constexpr std::size_t most = 160;
    std::string text;
    for (auto const& token : tokens(sql)) {
        if (token.kind != TokenKind::space)
            text += token.text;
        else if (!text.empty() && !text.ends_with(' '))
            text += ' ';
        if (text.size() > most) {
            auto const end = text.rfind(' ', most);
            return text.substr(0, end == std::string::npos ? text.size() : end) + " …";
        }
    }
    while (text.ends_with(';') || text.ends_with(' ')) text.pop_back();
    return text;
}

std::vector<Gone> gone(Case const& seen) {
    std::vector<Gone> all;
    if (!seen.raw) return all;
    auto const& expanded = seen.raw->replayed.expanded;
    for (auto const& difference : seen.raw->replayed.differences) {
        if (difference.kind != DifferenceKind::missing) continue;
        if (difference.object.starts_with("table ")) {
            Name const table{named(difference.object)};
            auto const* const old = seen.before.find_table(table);
            if (old == nullptr) continue;
            all.push_back({.table = table,
                           .renamed = new_name(*old, seen.before, seen.after),
                           .at_contract = expanded.find_table(table) != nullptr});
        } else if (difference.object.starts_with("column ")) {
            for (auto const& table : seen.before.tables) {
                auto const* const now = seen.after.find_table(table.name);
                auto const* const between = expanded.find_table(table.name);
                for (auto const& column : table.columns) {
                    if (now == nullptr || difference.object != "column " + table.name.text() + "." + column.name.text())
                        continue;
                    all.push_back({.table = table.name,
                                   .column = column.name,
                                   .renamed = new_name(column, table, *now),
                                   .at_contract = between != nullptr && between->find(column.name) != nullptr});
                }
            }
        }
    }
    return all;
}

}  // namespace evolver::lint_rules
