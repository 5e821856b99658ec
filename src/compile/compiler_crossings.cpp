// The Compiler's part for facts that move to another table.

#include "compile/compiler.hpp"
#include "compile/expression_check.hpp"

#include <algorithm>

namespace evolver {

std::vector<OpenPhysicalCrossPair> Compiler::crossings(std::optional<std::size_t> position) const {
    std::vector<OpenPhysicalCrossPair> found;
    for (auto const& open : crossings_) {
        if (!position || open.position == *position) found.push_back({open.position, physical_cross(open.pair)});
    }
    return found;
}

sqlite::PhysicalCrossPair Compiler::physical_cross(CrossPair const& cross) const {
    auto pair = cross;
    auto const over_bases = [&](Name const& table, std::vector<Name>& columns) {
        for (auto& column : columns) column = Name{base_of(table, column)};
    };
    pair.column = Name{base_of(cross.source, cross.column)};
    over_bases(cross.source, pair.source_key);
    over_bases(cross.target, pair.target_key);
    pair.source = at(cross.source);
    pair.target = at(cross.target);
    auto source_row = sqlite::row_key(clone_.connection, pair.source);
    auto target_row = sqlite::row_key(clone_.connection, pair.target);
    pair.source_row = source_row.columns;
    pair.target_row = target_row.columns;
    std::vector<sqlite::Value> const binds{pair.source.text(), pair.column.text()};
    auto const words =
        clone_.connection.text("SELECT type FROM pragma_table_xinfo(?1) WHERE name = ?2 COLLATE NOCASE", binds);
    bool const any = is_strict(cross.source) && same_identifier(words, "ANY");
    auto const affinity = any ? sqlite::Affinity::none : sqlite::affinity_of(words);
    return {.pair = std::move(pair),
            .affinity = affinity,
            .source_row = std::move(source_row),
            .target_row = std::move(target_row)};
}

void Compiler::include_crossed(std::vector<Name>& tables) const {
    for (auto const& open : crossings_) {
        auto const source = at(open.pair.source);
        auto const target = at(open.pair.target);
        auto const among = [&](Name const& table) {
            return std::find(tables.begin(), tables.end(), table) != tables.end();
        };
        if (!among(source) && !among(target)) continue;
        for (auto const& table : {source, target}) {
            if (!among(table)) tables.push_back(table);
        }
    }
}

void Compiler::refuse_crossed(Effect const& effect, std::size_t position, std::string const& title) const {
    auto const refuse = [&](std::size_t holder, std::string const& what) {
        auto const& release = plan_.migrations()[holder].release;
        throw PlanError{Failure{.what = title + ": " + what + ", and migration \"" + id_of(holder) +
                                        "\", which is open, changes that, too.",
                                .object = id_of(position),
                                .instead = holder == position || release == plan_.migrations()[position].release
                                               ? "move one of them to a migration of a later release"
                                               : "contract \"" + id_of(holder) + "\" first, with the plan as release " +
                                                     release.text() + " knows it (Plan::until)"}};
    };
    auto const on = [&](Name const& table, Name const& column, Name const& other_table, Name const& other) {
        return at(table) == at(other_table) && Name{base_of(table, column)} == Name{base_of(other_table, other)};
    };
    // The columns that a cross pair stands on.
    auto const stands_on = [&](CrossPair const& cross, Name const& table, Name const& column) {
        auto const among = [&](Name const& its, std::vector<Name> const& columns) {
            return std::any_of(columns.begin(), columns.end(),
                               [&](Name const& one) { return on(its, one, table, column); });
        };
        return on(cross.source, cross.column, table, column) || on(cross.target, cross.to, table, column) ||
               among(cross.source, cross.source_key) || among(cross.target, cross.target_key);
    };
    auto const touches = [&](CrossPair const& cross, Pair const& pair) -> std::optional<Name> {
        for (auto const& column : pair.from) {
            if (stands_on(cross, pair.table, column)) return column;
        }
        for (auto const& column : pair.to) {
            if (stands_on(cross, pair.table, column.name)) return column.name;
        }
        return std::nullopt;
    };
    auto const said = [](Name const& table, Name const& column) {
        return "it is about " + table.text() + "." + column.text();
    };
    for (auto const& cross : effect.crossings) {
        for (auto const& open : open_) {
            if (open.pair.kind == PairKind::alias) continue;
            if (auto const column = touches(cross, open.pair)) refuse(open.position, said(open.pair.table, *column));
        }
        for (auto const& table : {cross.source, cross.target}) {
            for (auto const& move : moves_) {
                if (move.move.to == table) refuse(move.position, "it is about the table " + table.text());
            }
        }
    }
    for (auto const& open : crossings_) {
        for (auto const& pair : effect.pairs) {
            if (pair.kind == PairKind::alias) continue;
            if (auto const column = touches(open.pair, pair)) refuse(open.position, said(pair.table, *column));
        }
        for (auto const& transform : effect.transforms) {
            for (auto const& one : transform.set) {
                if (on(open.pair.target, open.pair.to, transform.table, one.column))
                    refuse(open.position, said(transform.table, one.column));
            }
        }
        for (auto const& move : effect.moves) {
            if (move.from == open.pair.source || move.from == open.pair.target)
                refuse(open.position, "it is about the table " + move.from.text());
        }
    }
}

void Compiler::check(sqlite::PhysicalCrossPair const& cross, std::string const& title) const {
    auto const& pair = cross.pair;
    auto const refuse = [&](std::string const& what, std::string const& instead) {
        throw PlanError{Failure{.what = title + ": " + what, .object = pair.source.text(), .instead = instead}};
    };
    auto const source = sqlite::inspect_table(clone_.connection, pair.source);
    auto const target = sqlite::inspect_table(clone_.connection, pair.target);
    for (std::size_t i = 0; i < pair.source_key.size(); ++i) {
        auto const& left = *source->find(pair.source_key[i]);
        auto const& right = *target->find(pair.target_key[i]);
        bool const alike = sqlite::affinity_of(type_words(*source, left, Engine::sqlite)) ==
                               sqlite::affinity_of(type_words(*target, right, Engine::sqlite)) &&
                           same_identifier(left.collation.empty() ? "BINARY" : left.collation,
                                           right.collation.empty() ? "BINARY" : right.collation);
        if (!alike)
            refuse("the keys " + pair.source.text() + "." + left.name.text() + " and " + pair.target.text() + "." +
                       right.name.text() +
                       " differ in type or collation, so that what is equal on one side is not on the other.",
                   "let one of them have the type of the other: ChangeType");
    }
    check_text(title, "absent", pair.absent.text(Engine::sqlite));
    auto const absent = clone_.connection.scalar("SELECT " + pair.absent.text(Engine::sqlite));
    if (absent == sqlite::Value{Null{}} && !source->find(pair.column)->nullable)
        refuse("`absent` is NULL, and " + pair.source.text() + "." + pair.column.text() + " is NOT NULL.",
               "a constant that it can hold: .absent = \"''\"");
}

}  // namespace evolver
