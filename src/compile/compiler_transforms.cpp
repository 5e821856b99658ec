// The Compiler's part for columns that are filled in the rows that are there.

#include "compile/compiler.hpp"
#include "compile/transform_check.hpp"

#include <algorithm>

namespace evolver {

sqlite::PhysicalTransform Compiler::physical_transform(Transform const& transform) const {
    auto const& table = transform.table;
    sqlite::PhysicalTransform physical{.table = at(table), .set = {}, .where = over_columns(table, transform.where)};
    for (auto const& one : transform.set)
        physical.set.push_back({Name{base_of(table, one.column)}, over_columns(table, one.value)});
    return physical;
}

std::vector<OpenTransform> Compiler::transforms(std::size_t position) const {
    std::vector<OpenTransform> found;
    auto const known = effects_.find(position);
    if (known == effects_.end()) return found;
    for (auto const& effect : known->second) {
        for (auto const& transform : effect.transforms) {
            found.push_back({.transform = physical_transform(transform), .carried = {}});
            std::vector<Name> written;
            for (auto const& one : found.back().transform.set) written.push_back(one.column);
            for (auto const& open : pairs()) {
                auto const& pair = open.pair;
                auto const is_written = [&](sqlite::Side const& side) {
                    return std::find(written.begin(), written.end(), side.column) != written.end();
                };
                if (!(pair.table == found.back().transform.table) ||
                    std::none_of(pair.from.begin(), pair.from.end(), is_written))
                    continue;
                for (auto const& side : pair.to) written.push_back(side.column);
                found.back().carried.push_back(pair);
            }
            auto const is_written = [&](Name const& column) {
                return std::find(written.begin(), written.end(), column) != written.end();
            };
            for (auto const& open : crossings()) {
                auto const& pair = open.pair.pair;
                auto const& table = found.back().transform.table;
                bool const leaves =
                    is_written(pair.column) || std::any_of(pair.source_key.begin(), pair.source_key.end(), is_written);
                bool const arrives = std::any_of(pair.target_key.begin(), pair.target_key.end(), is_written);
                if (pair.source == table && leaves)
                    found.back().crossed.push_back(sqlite::carry_from_source(open.pair));
                if (pair.target == table && arrives) found.back().crossed.push_back(sqlite::carry_to_target(open.pair));
            }
        }
        for (auto const& cross : effect.crossings)
            found.push_back({.transform = sqlite::cross_fill(physical_cross(cross)), .carried = {}});
    }
    return found;
}

void Compiler::refuse_new_side(Transform const& transform, std::string const& title) const {
    for (auto const& open : open_) {
        if (open.pair.kind != PairKind::computed || !(at(open.pair.table) == at(transform.table))) continue;
        for (auto const& one : transform.set) {
            Name const column{base_of(transform.table, one.column)};
            if (std::none_of(open.pair.to.begin(), open.pair.to.end(),
                             [&](Column const& to) { return to.name == column; }))
                continue;
            auto const& id = id_of(open.position);
            throw PlanError{Failure{
                .what = title + ": column \"" + column.text() + "\" is filled by migration \"" + id +
                        "\", which is open: older releases write it through its old shape, and say what is in it.",
                .object = column.text(),
                .instead = open.position == standing_.expanded
                               ? "let its `up` say what is in the column"
                               : "contract \"" + id + "\" first, with the plan as release " +
                                     plan_.migrations()[open.position].release.text() +
                                     " knows it (Plan::until), or let its `up` say what is in the column"}};
        }
    }
}

void Compiler::check(Transform const& transform, std::string const& title) const {
    refuse_new_side(transform, title);
    std::vector<sqlite::PhysicalPair> filled;
    for (auto const& open : pairs()) {
        if (open.pair.table == at(transform.table)) filled.push_back(open.pair);
    }
    check_transform({.schema = clone_.connection, .rows = *live_, .released = *virtual_.find_table(transform.table)},
                    physical_transform(transform), filled, title);
}

}  // namespace evolver
