#include "testing/table_comparison.hpp"

#include "dialect/sqlite/in_sync.hpp"
#include "evolver/schema/tokens.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::testing {

namespace {

using sqlite::ColumnUse;
using Kind = IncompatibilityKind;

std::string joined(std::vector<Name> const& names) {
    std::string text;
    for (auto const& name : names) text += (text.empty() ? "" : ", ") + name.text();
    return text;
}

/// One statement, and one table that it uses, as both schemas have it.
class Comparison {
public:
    Comparison(std::string const& sql, AtHome const& known, Elsewhere const& elsewhere)
        : sql_{sql}, known_{known}, elsewhere_{elsewhere}, form_{sqlite::insert_form(sql)} {}

    [[nodiscard]] std::optional<Verdict> judge(Table const& home, Table const& now) const {
        auto const& name = home.name.text();
        bool const inserts = known_.look.inserts.contains(name) && form_ && same_identifier(form_->table, name);
        if (inserts) {
            if (auto verdict = left_out(home, now)) return verdict;
            if (auto verdict = other_default(home, now)) return verdict;
            if (auto verdict = replaced(home, now)) return verdict;
        }
        if (auto verdict = stricter(home, now)) return verdict;
        return other_columns(home, now);
    }

    /// `unfilled`: what it reads too early.
    [[nodiscard]] std::optional<Verdict> too_early() const {
        for (auto const& use : known_.look.reads) {
            if (!elsewhere_.unfilled.contains(use)) continue;
            return Verdict{.kind = Kind::unfilled,
                           .error = fmt::format("it reads {}.{}, which is NULL in rows that are not filled yet",
                                                use.table, use.column),
                           .instead = "have LiveTable write it until reads are switched, and give it to live()",
                           .tables = {use.table}};
        }
        return std::nullopt;
    }

private:
    [[nodiscard]] bool names(Name const& column) const {
        return form_->columns.empty() || std::any_of(form_->columns.begin(), form_->columns.end(),
                                                     [&](std::string const& one) { return column == Name{one}; });
    }

    [[nodiscard]] bool writes(Table const& table, Name const& column) const {
        if (known_.look.inserts.contains(table.name.text())) return true;
        return std::any_of(known_.look.updates.begin(), known_.look.updates.end(), [&](ColumnUse const& use) {
            return same_identifier(use.table, table.name.text()) && column == Name{use.column};
        });
    }

    [[nodiscard]] bool uses(Table const& table, Name const& column) const {
        auto const in = [&](std::set<ColumnUse> const& all) {
            return std::any_of(all.begin(), all.end(), [&](ColumnUse const& use) {
                return same_identifier(use.table, table.name.text()) && !use.column.empty() &&
                       column == Name{use.column};
            });
        };
        bool const inserted = known_.look.inserts.contains(table.name.text()) && form_ &&
                              same_identifier(form_->table, table.name.text()) && names(column);
        return inserted || in(known_.look.reads) || in(known_.look.updates);
    }

    [[nodiscard]] std::optional<Verdict> left_out(Table const& home, Table const& now) const {
        for (auto const& column : now.columns) {
            if (column.nullable || column.default_value || column.generated || is_rowid_key(now, column)) continue;
            auto const* const before = home.find(column.name);
            if (before != nullptr && !before->nullable && !before->default_value) continue;  // it leaves it out at home
            if (names(column.name)) continue;
            auto const name = now.name.text() + "." + column.name.text();
            return Verdict{
                .kind = Kind::left_out,
                .error = "it leaves out " + name + ", which is NOT NULL and has no default",
                .instead = "give " + name + " a default, or let it be NULL until contract: an operation does that",
                .tables = {now.name.text()}};
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Verdict> other_default(Table const& home, Table const& now) const {
        if (form_->columns.empty()) return std::nullopt;
        auto const text = [](Column const& column) {
            return column.default_value ? normalised(column.default_value->text(Engine::sqlite)) : std::string{"NULL"};
        };
        for (auto const& column : home.columns) {
            if (names(column.name) || column.generated) continue;
            auto const* const other = now.find(column.name);
            if (other == nullptr || other->generated || text(column) == text(*other)) continue;
            return Verdict{.kind = Kind::default_value,
                           .error = fmt::format("it leaves out {}.{}, whose default is {} now, and was {}",
                                                home.name.text(), column.name.text(), text(*other), text(column)),
                           .instead = "SetDefault changes a default for the new release alone",
                           .tables = {home.name.text()}};
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Verdict> replaced(Table const& home, Table const& now) const {
        if (!sqlite::replaces(sql_)) return std::nullopt;
        for (auto const& column : now.columns) {
            if (column.generated || home.find(column.name) != nullptr ||
                elsewhere_.carried.contains({now.name.text(), column.name.text()}))
                continue;
            return Verdict{.kind = Kind::replaces_row,
                           .error = fmt::format("it replaces the whole row, and {}.{} has its default again",
                                                now.name.text(), column.name.text()),
                           .instead = "AddColumn{… .when_replaced = Replaced::kept}, or INSERT … ON CONFLICT DO UPDATE",
                           .tables = {now.name.text()}};
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Verdict> constraint(Table const& table, std::string const& what) const {
        return Verdict{
            .kind = Kind::constraint,
            .error = "it writes " + table.name.text() + ", which has " + what + " that its release does not know",
            .instead =
                "an operation (SetNotNull, AddUnique, AddCheck, AddForeignKey) binds the new release "
                "alone until contract",
            .tables = {table.name.text()}};
    }

    [[nodiscard]] bool knows_all(Table const& home, std::vector<Name> const& columns) const {
        bool const known = std::all_of(columns.begin(), columns.end(),
                                       [&](Name const& column) { return home.find(column) != nullptr; });
        return known &&
               std::any_of(columns.begin(), columns.end(), [&](Name const& column) { return writes(home, column); });
    }

    [[nodiscard]] std::optional<Verdict> stricter(Table const& home, Table const& now) const {
        for (auto const& column : home.columns) {
            auto const* const other = now.find(column.name);
            if (other == nullptr || !column.nullable || other->nullable || is_rowid_key(now, *other)) continue;
            if (writes(home, column.name)) return constraint(home, "NOT NULL on " + column.name.text());
        }
        for (auto const& key : now.unique_keys) {
            bool const before =
                std::any_of(home.unique_keys.begin(), home.unique_keys.end(), [&](UniqueKey const& one) {
                    return std::is_permutation(one.columns.begin(), one.columns.end(), key.columns.begin(),
                                               key.columns.end());
                });
            if (!before && knows_all(home, key.columns))
                return constraint(home, "UNIQUE (" + joined(key.columns) + ")");
        }
        for (auto const& check : now.checks) {
            auto const text = normalised(check.condition.text(Engine::sqlite));
            bool const before = std::any_of(home.checks.begin(), home.checks.end(), [&](Check const& one) {
                return normalised(one.condition.text(Engine::sqlite)) == text;
            });
            if (before) continue;
            for (auto const& column : home.columns) {
                if (mentions_column(text, column.name.text()) && writes(home, column.name))
                    return constraint(home, "CHECK (" + text + ")");
            }
        }
        for (auto const& key : now.foreign_keys) {
            bool const before = std::any_of(
                home.foreign_keys.begin(), home.foreign_keys.end(),
                [&](ForeignKey const& one) { return one.table == key.table && one.columns == key.columns; });
            if (!before && knows_all(home, key.columns))
                return constraint(home, "a foreign key (" + joined(key.columns) + ") to " + key.table.text());
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Verdict> other_columns(Table const& home, Table const& now) const {
        for (auto const& column : home.columns) {
            auto const* const other = now.find(column.name);
            if (other == nullptr || column.generated || other->generated || !uses(home, column.name)) continue;
            auto const name = home.name.text() + "." + column.name.text();
            auto const words = type_words(home, column, Engine::sqlite);
            auto const now_words = type_words(now, *other, Engine::sqlite);
            if (sqlite::affinity_of(words) != sqlite::affinity_of(now_words)) {
                return Verdict{
                    .kind = Kind::affinity,
                    .error = fmt::format("it uses {}, which is declared {} now, and was {}: SQLite stores other values",
                                         name, now_words.empty() ? "without a type" : now_words,
                                         words.empty() ? "without a type" : words),
                    .instead = "ChangeType makes a column of its own for the new type",
                    .tables = {home.name.text()}};
            }
            if (!same_identifier(column.collation.empty() ? "BINARY" : column.collation,
                                 other->collation.empty() ? "BINARY" : other->collation)) {
                return Verdict{.kind = Kind::collation,
                               .error = fmt::format("it uses {}, which compares by {} now, and by {} before", name,
                                                    other->collation.empty() ? "BINARY" : other->collation,
                                                    column.collation.empty() ? "BINARY" : column.collation),
                               .instead = "ChangeType makes a column of its own for the new collation",
                               .tables = {home.name.text()}};
            }
        }
        return std::nullopt;
    }

    std::string const& sql_;
    AtHome const& known_;
    Elsewhere const& elsewhere_;
    std::optional<sqlite::InsertForm> form_;
};

/// Unique indexes on what it writes.
std::optional<Verdict> unique_index(AtHome const& known, Schema const& home, Schema const& now) {
    for (auto const& index : now.indexes) {
        auto const* const table = home.find_table(index.table);
        if (!index.unique || table == nullptr || home.find_index(index.name) != nullptr) continue;
        bool const same = std::any_of(home.indexes.begin(), home.indexes.end(), [&](Index const& one) {
            return one.unique && one.table == index.table && one.parts.size() == index.parts.size() &&
                   std::equal(one.parts.begin(), one.parts.end(), index.parts.begin(),
                              [](IndexPart const& a, IndexPart const& b) {
                                  return normalised(a.expression.text(Engine::sqlite)) ==
                                         normalised(b.expression.text(Engine::sqlite));
                              });
        });
        if (same) continue;
        std::string parts;
        bool concerned = false;
        bool all_known = true;
        for (auto const& part : index.parts) {
            auto const& text = part.expression.text(Engine::sqlite);
            parts += (parts.empty() ? "" : ", ") + text;
            bool mentions = false;
            for (auto const& column : table->columns) {
                if (!mentions_column(text, column.name.text())) continue;
                mentions = true;
                concerned = concerned || known.look.inserts.contains(table->name.text()) ||
                            known.look.updates.contains({table->name.text(), column.name.text()});
            }
            all_known = all_known && mentions;
        }
        if (!all_known || !concerned) continue;
        return Verdict{
            .kind = Kind::constraint,
            .error = fmt::format("it writes {}, and what it repeats in ({}) is refused by the unique index {}",
                                 table->name.text(), parts, index.name.text()),
            .instead = "AddUnique binds the new release alone until contract",
            .tables = {table->name.text()}};
    }
    return std::nullopt;
}

}  // namespace

std::set<std::string> tables_of(sqlite::StatementLook const& look) {
    auto all = look.written();
    for (auto const& use : look.reads) all.insert(use.table);
    return all;
}

std::optional<Verdict> compare_tables(std::string const& sql, Home const& home, AtHome const& known,
                                      Elsewhere const& elsewhere) {
    Comparison const comparison{sql, known, elsewhere};
    if (auto verdict = comparison.too_early()) return verdict;
    if (auto verdict = unique_index(known, home.schema, elsewhere.schema)) return verdict;
    for (auto const& table : tables_of(known.look)) {
        if (table.empty()) continue;
        auto const* const before = home.schema.find_table(Name{table});
        auto const* const now = elsewhere.schema.find_table(Name{table});
        if (before == nullptr || now == nullptr) continue;
        if (auto verdict = comparison.judge(*before, *now)) return verdict;
    }
    return std::nullopt;
}

}  // namespace evolver::testing
