#include "compile/shape_of.hpp"

#include "operation/move_column.hpp"
#include "operation/replace.hpp"

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
    auto const* moved = std::get_if<MoveColumn>(&operation);
    return shapes_rows && !about.empty() && (Name{about} == table || (moved != nullptr && moved->to == table));
}

/// The operation, where it gives the table called `table` another name.
RenameTable const* renames(Operation const& operation, Name const& table) {
    auto const* renamed = std::get_if<RenameTable>(&operation);
    return renamed != nullptr && renamed->from == table ? renamed : nullptr;
}

/// What a MoveColumn means for the one table that is looked at: the other need not be there.
void cross(MoveColumn const& moved, Name const& current, Stage stage, Schema& known, Shape& shape) {
    auto const absent = absent_of(moved);
    shape.crossed.push_back({cross_pair_of(moved, absent), stage});
    auto* table = known.find_table(current);
    if (moved.from == current) {
        shape.pairs.push_back(
            {Pair{.kind = PairKind::dropped, .table = current, .from = {moved.column}, .down = {absent}}, stage});
        if (table != nullptr) forget_column(known, *table, moved.column);
    } else if (table != nullptr) {
        table->columns.push_back({.name = moved.new_column(), .type = text()});
    }
}

void rename_in(std::vector<Name>& names, Name const& from, Name const& to) {
    std::replace(names.begin(), names.end(), from, to);
}

/// The parent by the names that the foreign key's migration has for it.
Table as_called(Parent const& parent) {
    auto table = *parent.table;
    table.name = parent.name;
    table.foreign_keys.clear();
    for (auto renamed = parent.renamed.rbegin(); renamed != parent.renamed.rend(); ++renamed) {
        std::erase_if(table.columns, [&](Column const& column) { return column.name == renamed->to; });  // its alias
        for (auto& column : table.columns) {
            if (column.name == renamed->from) column.name = renamed->to;
        }
        rename_in(table.primary_key, renamed->from, renamed->to);
        for (auto& key : table.unique_keys) rename_in(key.columns, renamed->from, renamed->to);
    }
    return table;
}

void lead_to_stored(ForeignKey& key, std::vector<Parent> const& parents) {
    auto const parent = std::find_if(parents.begin(), parents.end(),
                                     [&](Parent const& candidate) { return candidate.name == key.table; });
    if (parent == parents.end()) return;
    key.table = parent->stored;
    for (auto const& renamed : parent->renamed) rename_in(key.referenced, renamed.to, renamed.from);
}

/// A UNIQUE inside the table's text is there until contract, and no later operation minds it any more.
void let_go(DropUnique const& dropped, Name const& current, Schema& known) {
    auto* const table = known.find_table(current);
    if (table == nullptr || !(dropped.table == current)) return;
    std::erase_if(table->unique_keys, [&](UniqueKey const& key) { return key.columns == dropped.columns; });
}

/// A default that an earlier operation has changed goes along with the column's name.
void lead_on(std::vector<NewDefault>& defaults, Pair const& pair) {
    if (pair.kind != PairKind::alias) return;
    for (auto& one : defaults) {
        if (one.column == pair.from.front()) one.column = pair.to.front().name;
    }
}

/// A foreign key whose parent is not there yet holds nobody to anything.
bool lacks_parent(Operation const& operation, Schema const& known) {
    auto const* added = std::get_if<AddForeignKey>(&operation);
    return added != nullptr && known.find_table(added->key.table) == nullptr;
}

}  // namespace

Shape shape_of(Plan const& plan, Standing standing, std::vector<Stage> const& stages, Name const& table,
               std::optional<Table> const& physical, std::vector<Parent> const& parents) {
    Schema known;
    for (auto const& parent : parents) {
        if (parent.name == table || known.find_table(parent.name) != nullptr) continue;
        known.tables.push_back(as_called(parent));
    }
    if (physical) {
        known.tables.push_back(*physical);
        known.tables.back().foreign_keys.clear();
    }
    Shape shape{.table = table};
    Name const stored = physical_name(plan, standing, table);
    if (!(stored == table)) shape.stands_for = stored;
    auto const migrations = plan.migrations();
    // The table as the newest expanded migration calls it, then as the first open one found it, then on to the end of the plan.
    Name current = stored;
    for (auto position = standing.contracted; position < standing.expanded; ++position) {
        for (auto const& operation : migrations[position].operations) {
            if (auto const* renamed = renames(operation, current)) {
                rename_table(known, renamed->from, renamed->to);
                current = renamed->to;
            }
        }
    }
    for (auto position = standing.expanded; position-- > standing.contracted;) {
        auto const& operations = migrations[position].operations;
        for (auto operation = operations.rbegin(); operation != operations.rend(); ++operation) {
            auto const* renamed = std::get_if<RenameTable>(&*operation);
            bool const renamed_back = renamed != nullptr && renamed->to == current;
            if (renamed_back || concerns(*operation, current)) retract(*operation, known);
            if (renamed_back) current = renamed->from;
        }
    }
    for (auto position = standing.contracted; position < migrations.size(); ++position) {
        auto const stage = position < standing.expanded ? stages.at(position) : Stage::off;
        for (auto operation : migrations[position].operations) {
            if (auto const* dropped = std::get_if<DropUnique>(&operation)) let_go(*dropped, current, known);
            if (!concerns(operation, current)) continue;
            if (auto* created = std::get_if<CreateTable>(&operation)) created->foreign_keys.clear();
            if (lacks_parent(operation, known)) continue;
            if (auto const* moved = std::get_if<MoveColumn>(&operation)) {
                cross(*moved, current, stage, known, shape);
                continue;
            }
            auto effect = effect_of(operation, known);
            if (auto const* renamed = renames(operation, current)) current = renamed->to;
            for (auto const& pair : effect.pairs) lead_on(shape.defaults, pair);
            for (auto& pair : effect.pairs)
                shape.pairs.push_back({std::move(pair), stage, position, migrations[position].sync});
            for (auto& rule : effect.rules) {
                rule.table = stored;
                if (rule.reference) lead_to_stored(*rule.reference, parents);
                shape.rules.push_back(std::move(rule));
            }
            for (auto& changed : effect.defaults) {
                std::erase_if(shape.defaults,
                              [&](NewDefault const& earlier) { return earlier.column == changed.column; });
                shape.defaults.push_back(std::move(changed));
            }
        }
    }
    if (physical) shape.physical = physical->columns;
    auto const* after = known.find_table(table);
    if (after == nullptr || !(current == table)) return shape;
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
    auto const comes = [&](Name const& column) {
        return physical && std::any_of(shape.crossed.begin(), shape.crossed.end(), [&](OpenCrossPair const& open) {
                   return open.pair.to == column && !(open.pair.source == table);
               });
    };
    for (auto const& column : after->columns) {
        shape.columns.push_back(column.name);
        if (!is_physical(column.name) && !is_paired(column.name) && !comes(column.name))
            shape.absent.push_back(column.name);
    }
    return shape;
}

void cross_over_columns(Shape& shape, Plan const& plan, Standing standing, sqlite::Connection const& connection) {
    if (shape.crossed.empty() || !sqlite::inspect_table(connection, shape.physical_table())) return;
    auto const migrations = plan.migrations();
    // The last of them has the columns as all before it have left them; what is planned is tried on the clone.
    std::size_t last = 0;
    for (std::size_t position = standing.contracted; position < migrations.size(); ++position) {
        for (auto const& operation : migrations[position].operations) {
            auto const* moved = std::get_if<MoveColumn>(&operation);
            if (moved != nullptr && (moved->from == shape.table || moved->to == shape.table)) last = position;
        }
    }
    Compiler compiler{plan, standing, connection};
    while (compiler.standing().expanded <= last) (void)compiler.expand();
    for (auto const& open : compiler.crossings()) {
        auto const of = std::find_if(shape.crossed.begin(), shape.crossed.end(), [&](OpenCrossPair const& one) {
            return one.pair.source == open.pair.pair.source && one.pair.target == open.pair.pair.target &&
                   one.pair.to == open.pair.pair.to;
        });
        if (of != shape.crossed.end()) of->pair = open.pair.pair;
    }
}

Name physical_name(Plan const& plan, Standing standing, Name table) {
    auto const migrations = plan.migrations();
    for (auto position = migrations.size(); position-- > standing.contracted;) {
        auto const& operations = migrations[position].operations;
        for (auto operation = operations.rbegin(); operation != operations.rend(); ++operation) {
            auto const* renamed = std::get_if<RenameTable>(&*operation);
            if (renamed != nullptr && renamed->to == table) table = renamed->from;
        }
    }
    return table;
}

std::vector<Parent> parents_of(Plan const& plan, Standing standing, Name const& table) {
    std::vector<Parent> parents;
    std::vector<Operation const*> open;  // those before the one that is looked at
    auto const stored = [&](Name name, std::vector<RenameColumn>* columns) {
        for (auto operation = open.rbegin(); operation != open.rend(); ++operation) {
            auto const* renamed = std::get_if<RenameTable>(*operation);
            if (renamed != nullptr && renamed->to == name) name = renamed->from;
            auto const* column = std::get_if<RenameColumn>(*operation);
            if (columns != nullptr && column != nullptr && column->table == name) columns->push_back(*column);
        }
        return name;
    };
    auto const own = physical_name(plan, standing, table);
    auto const migrations = plan.migrations();
    for (auto position = standing.contracted; position < migrations.size(); ++position) {
        for (auto const& operation : migrations[position].operations) {
            auto const* added = std::get_if<AddForeignKey>(&operation);
            if (added != nullptr && stored(added->table, nullptr) == own) {
                Parent parent{.name = added->key.table, .stored = added->key.table};
                parent.stored = stored(parent.name, &parent.renamed);
                parents.push_back(std::move(parent));
            }
            open.push_back(&operation);
        }
    }
    return parents;
}

}  // namespace evolver
