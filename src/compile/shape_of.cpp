#include "compile/shape_of.hpp"

#include <algorithm>

namespace evolver {

namespace {

/// Operations are walked over this table alone: what another table's operation needs is not there, and does not matter here.
bool concerns(Operation const& operation, Name const& table) {
    auto const about = table_of(operation);
    // Indexes and foreign keys that stand in the catalogue are no part of a row's shape, and are not read for it.
    bool const shapes_rows = !std::holds_alternative<CreateIndex>(operation) &&
                             !std::holds_alternative<DropUnique>(operation) &&
                             !std::holds_alternative<DropForeignKey>(operation);
    return shapes_rows && !about.empty() && Name{about} == table;
}

/// A foreign key whose parent is not there yet holds nobody to anything.
bool lacks_parent(Operation const& operation, Schema const& known) {
    auto const* added = std::get_if<AddForeignKey>(&operation);
    return added != nullptr && known.find_table(added->key.table) == nullptr;
}

}  // namespace

Shape shape_of(Plan const& plan, Standing standing, std::vector<Stage> const& stages, Name const& table,
               std::optional<Table> const& physical, std::vector<Table> const& parents) {
    Schema known;
    for (auto const& parent : parents) {
        if (parent.name == table) continue;
        known.tables.push_back(parent);
        known.tables.back().foreign_keys.clear();
    }
    if (physical) {
        known.tables.push_back(*physical);
        known.tables.back().foreign_keys.clear();
    }
    for (auto position = standing.expanded; position-- > standing.contracted;) {
        auto const& operations = plan.migrations()[position].operations;
        for (auto operation = operations.rbegin(); operation != operations.rend(); ++operation) {
            if (concerns(*operation, table)) retract(*operation, known);
        }
    }
    Shape shape{.table = table};
    for (auto position = standing.contracted; position < plan.migrations().size(); ++position) {
        auto const stage = position < standing.expanded ? stages.at(position) : Stage::off;
        for (auto operation : plan.migrations()[position].operations) {
            if (!concerns(operation, table)) continue;
            if (auto* created = std::get_if<CreateTable>(&operation)) created->foreign_keys.clear();
            if (lacks_parent(operation, known)) continue;
            auto effect = effect_of(operation, known);
            for (auto& pair : effect.pairs) shape.pairs.push_back({std::move(pair), stage});
            shape.rules.insert(shape.rules.end(), effect.rules.begin(), effect.rules.end());
            shape.defaults.insert(shape.defaults.end(), effect.defaults.begin(), effect.defaults.end());
        }
    }
    if (physical) shape.physical = physical->columns;
    auto const* after = known.find_table(table);
    if (after == nullptr) return shape;
    auto const is_physical = [&](Name const& column) {
        return std::any_of(shape.physical.begin(), shape.physical.end(),
                           [&](Column const& other) { return other.name == column; });
    };
    auto const is_paired = [&](Name const& column) {
        return std::any_of(shape.pairs.begin(), shape.pairs.end(), [&](OpenPair const& open) {
            return std::any_of(open.pair.to.begin(), open.pair.to.end(),
                               [&](Column const& other) { return other.name == column; });
        });
    };
    for (auto const& column : after->columns) {
        shape.columns.push_back(column.name);
        if (!is_physical(column.name) && !is_paired(column.name)) shape.absent.push_back(column.name);
    }
    return shape;
}

std::vector<Name> parents_of(Plan const& plan, Name const& table) {
    std::vector<Name> parents;
    for (auto const& migration : plan.migrations()) {
        for (auto const& operation : migration.operations) {
            auto const* added = std::get_if<AddForeignKey>(&operation);
            if (added != nullptr && added->table == table) parents.push_back(added->key.table);
        }
    }
    return parents;
}

}  // namespace evolver
