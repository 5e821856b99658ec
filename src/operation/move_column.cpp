#include "operation/move_column.hpp"

#include "operation/replace.hpp"
#include "operation/require.hpp"

#include <algorithm>

namespace evolver {

namespace {

bool contains(std::vector<Name> const& names, Name const& wanted) {
    return std::find(names.begin(), names.end(), wanted) != names.end();
}

bool same_columns(std::vector<Name> const& left, std::vector<Name> const& right) {
    return left.size() == right.size() &&
           std::all_of(left.begin(), left.end(), [&](Name const& column) { return contains(right, column); });
}

std::string listed(std::vector<Name> const& columns) {
    std::string text;
    for (auto const& column : columns) text += (text.empty() ? "" : ", ") + column.text();
    return text;
}

std::vector<Name> columns_of(Index const& index) {
    std::vector<Name> columns;
    for (auto const& part : index.parts) {
        if (!part.column) break;
        columns.emplace_back(part.expression.text(Engine::sqlite));
    }
    return columns;
}

bool is_unique(Schema const& schema, Table const& table, std::vector<Name> const& key) {
    if (same_columns(table.key_columns(), key)) return true;
    for (auto const& unique : table.unique_keys) {
        if (same_columns(unique.columns, key)) return true;
    }
    return std::any_of(schema.indexes.begin(), schema.indexes.end(), [&](Index const& index) {
        return index.unique && !index.where && index.table == table.name && same_columns(columns_of(index), key);
    });
}

bool begins_with(std::vector<Name> const& columns, std::vector<Name> const& key) {
    return columns.size() >= key.size() &&
           same_columns({columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(key.size())}, key);
}

bool is_found_by(Schema const& schema, Table const& table, std::vector<Name> const& key) {
    if (begins_with(table.key_columns(), key)) return true;
    for (auto const& unique : table.unique_keys) {
        if (begins_with(unique.columns, key)) return true;
    }
    return std::any_of(schema.indexes.begin(), schema.indexes.end(), [&](Index const& index) {
        return !index.where && index.table == table.name && begins_with(columns_of(index), key);
    });
}

void require_index(Schema const& schema, Table const& table, std::vector<Name> const& key, std::string const& title) {
    if (is_found_by(schema, table, key)) return;
    std::string quoted;
    for (auto const& column : key) quoted += (quoted.empty() ? "\"" : ", \"") + column.text() + "\"";
    require::refuse(title,
                    "no index leads to the rows of \"" + table.name.text() + "\" by " + listed(key) +
                        ", so each write of the other table would read all of them.",
                    "make one in an operation before it: CreateIndex{.name = \"…\", .table = \"" + table.name.text() +
                        "\", .columns = {" + quoted + "}}");
}

void require_keys(MoveColumn const& operation, Table& from, Table& to, std::string const& title) {
    if (operation.from_key.empty() || operation.from_key.size() != operation.to_key.size()) {
        require::refuse(title,
                        "`from_key` has " + std::to_string(operation.from_key.size()) + " columns and `to_key` " +
                            std::to_string(operation.to_key.size()) + ".",
                        "say by which columns rows belong together: .from_key = {\"id\"}, .to_key = {\"…_id\"}");
    }
    for (std::size_t i = 0; i < operation.from_key.size(); ++i) {
        auto const& left = require::existing_column(from, operation.from_key[i], title);
        auto const& right = require::existing_column(to, operation.to_key[i], title);
        if (left.generated || right.generated)
            require::refuse(title, "a key column is computed by the database.",
                            "use the columns that it is computed from");
    }
    if (contains(operation.from_key, operation.column))
        require::refuse(title, "the column is part of the key by which rows belong together.", "use another key");
}

/// The columns of the target that an insert of the key alone leaves out have something to hold.
void require_insertable(MoveColumn const& operation, Table const& to, std::string const& title) {
    for (auto const& column : to.columns) {
        bool const given = column.nullable || column.default_value || column.generated || is_rowid_key(to, column) ||
                           contains(operation.to_key, column.name);
        if (given) continue;
        require::refuse(title,
                        "a row that is made in \"" + to.name.text() + "\" would have nothing in \"" +
                            column.name.text() + "\", which is NOT NULL without a default.",
                        "leave .missing_rows out, or give that column a default: SetDefault");
    }
}

}  // namespace

CrossPair cross_pair_of(MoveColumn const& operation, Expression absent) {
    return {.source = operation.from,
            .column = operation.column,
            .source_key = operation.from_key,
            .target = operation.to,
            .to = operation.new_column(),
            .target_key = operation.to_key,
            .absent = std::move(absent),
            .makes_rows = operation.missing_rows == MissingRows::made,
            .largest_key_wins = operation.when_rows_differ == Disagreement::largest_key_wins};
}

Effect effect_of(MoveColumn const& operation, Schema& schema) {
    std::string const title = "MoveColumn " + operation.from.text() + "." + operation.column.text();
    auto& from = require::existing_table(schema, operation.from, title);
    auto& to = require::existing_table(schema, operation.to, title);
    if (from.name == to.name) require::refuse(title, "both tables are the same.", "use RenameColumn");
    Column const old_column = require::existing_column(from, operation.column, title);
    require::new_column(to, operation.new_column(), title);
    require_keys(operation, from, to, title);
    require::unconstrained(schema, from, operation.column, title);
    if (old_column.generated)
        require::refuse(title, "the column is computed from others.", "add one to the other table: AddColumn");
    if (from.columns.size() == 1) require::refuse(title, "it is the only column of its table.", "use RenameTable");
    if (to.strict && !from.strict) {
        require::refuse(title,
                        "\"" + to.name.text() + "\" is STRICT, and would refuse values that \"" + from.name.text() +
                            "\" holds: statements of older releases would fail.",
                        "add a column to \"" + to.name.text() + "\", and let the new release write both");
    }
    if (!old_column.nullable && !operation.absent) {
        require::refuse(
            title,
            "the column is NOT NULL, and the new release's rows of \"" + from.name.text() +
                "\" do not say what is in it.",
            "say what older releases read there: .absent = \"" +
                (old_column.default_value ? old_column.default_value->text(Engine::sqlite) : std::string{"''"}) + "\"");
    }
    auto const absent = absent_of(operation);
    if (!require::mentioned(from, absent).empty() || !require::mentioned(to, absent).empty())
        require::refuse(title, "`absent` reads a column.", "a constant is meant: .absent = \"''\"");
    bool const many_sources = !is_unique(schema, from, operation.from_key);
    bool const many_targets = !is_unique(schema, to, operation.to_key);
    if (many_sources && many_targets) {
        require::refuse(title,
                        "neither the rows of \"" + from.name.text() + "\" by " + listed(operation.from_key) +
                            " nor those of \"" + to.name.text() + "\" by " + listed(operation.to_key) + " are unique.",
                        "move it along a key that names one row of one of them");
    }
    require_index(schema, from, operation.from_key, title);
    require_index(schema, to, operation.to_key, title);
    if (operation.missing_rows == MissingRows::made) {
        if (many_targets)
            require::refuse(title, "rows can be made only where one row of \"" + to.name.text() + "\" has the key.",
                            "leave .missing_rows out");
        require_insertable(operation, to, title);
    }

    auto cross = cross_pair_of(operation, absent);
    cross.many_sources = many_sources;
    cross.many_targets = many_targets;
    Column const column{.name = operation.new_column(), .type = old_column.type, .collation = old_column.collation};
    Effect effect{
        .expand = {MakeColumn{operation.to, column}},
        .pairs = {Pair{
            .kind = PairKind::dropped, .table = operation.from, .from = {operation.column}, .down = {absent}}},
        .crossings = {cross},
        .undo = {RemoveColumn{operation.to, column.name}},
        .lock = operation.lock};
    for (auto const& index : indexes_on(schema, operation.from, operation.column))
        effect.contract.push_back(RemoveIndex{index.name});
    effect.contract.push_back(RemoveColumn{operation.from, operation.column});
    forget_column(schema, from, operation.column);
    to.columns.push_back(column);
    return effect;
}

}  // namespace evolver
