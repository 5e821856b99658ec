#include "dialect/sqlite/statement_trial.hpp"

#include "dialect/sqlite/in_sync.hpp"
#include "dialect/sqlite/taken_back.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <algorithm>

namespace evolver::sqlite {

namespace {

std::vector<std::string> sorted_rows(Statement& statement) {
    std::vector<std::string> rows;
    while (statement.step()) {
        std::string row;
        for (int i = 0; i < statement.columns(); ++i) row += (i > 0 ? "|" : "") + to_text(statement.value(i));
        rows.push_back(std::move(row));
    }
    std::sort(rows.begin(), rows.end());
    return rows;
}

std::string first_line(EngineError const& error) {
    constexpr std::string_view engine = "SQLite: ";
    std::string const words = error.what();
    auto const begin = words.starts_with(engine) ? engine.size() : 0;
    return words.substr(begin, words.find('\n') - begin);
}

/// Numbers and digits, so that what is computed from them is not NULL.
Value value_of(Table const& table, Column const& column, std::int64_t number) {
    switch (affinity_of(type_words(table, column, Engine::sqlite))) {
        case Affinity::integer:
        case Affinity::numeric:
        case Affinity::none: return number;
        case Affinity::real: return static_cast<double>(number) + 0.5;
        case Affinity::text: break;
    }
    return std::to_string(number);
}

bool is_key(Table const& table, Column const& column) {
    auto const key = table.key_columns();
    return std::find(key.begin(), key.end(), column.name) != key.end();
}

}  // namespace

Sight sight_of(Schema const& schema) {
    Sight sight;
    for (auto const& table : schema.tables) {
        for (auto const& column : table.columns) sight[table.name.text()].push_back(column.name.text());
    }
    return sight;
}

Trial try_statement(Connection const& connection, std::string_view sql, StatementLook const& look,
                    std::vector<Value> const& binds, Sight const& sight, StandIns& stand_ins) {
    Trial trial;
    TakenBack taken_back{connection};
    try {
        stand_ins.retry([&] {
            auto statement = connection.prepare(sql);
            for (std::size_t i = 0; i < binds.size(); ++i) statement.bind(static_cast<int>(i) + 1, binds[i]);
            auto const before = connection.integer("SELECT total_changes()");
            trial.rows = sorted_rows(statement);
            trial.changes = connection.integer("SELECT total_changes()") - before;
        });
    } catch (EngineError const& error) {
        trial.failure = first_line(error);
        return trial;
    }
    for (auto const& table : look.written()) {
        auto const seen = sight.find(table);
        if (seen == sight.end()) continue;
        std::string columns;
        for (auto const& column : seen->second) columns += (columns.empty() ? "" : ", ") + quoted(column);
        try {
            auto all = connection.prepare("SELECT " + columns + " FROM " + quoted(table));
            trial.left[table] = sorted_rows(all);
        } catch (EngineError const& error) {
            trial.left[table] = {first_line(error)};
        }
    }
    taken_back.now();
    return trial;
}

std::vector<std::vector<Value>> values_for(std::string_view sql, StatementLook const& look, Schema const& schema) {
    if (look.binds.empty()) return {{}};
    auto const form = insert_form(sql);
    auto const* const into = form && !form->table.empty() ? schema.find_table(Name{form->table}) : nullptr;
    std::set<std::string> tables = look.written();
    for (auto const& use : look.reads) tables.insert(use.table);
    tables.erase("");  // what SQLite says of a read that is of no column in particular

    std::vector<Value> likely;
    for (std::size_t i = 0; i < look.binds.size(); ++i) {
        auto const number = 1001 + static_cast<std::int64_t>(i);
        std::optional<Value> value;
        if (into != nullptr) {
            for (std::size_t at = 0; at < form->placeholders.size() && !value; ++at) {
                auto const& place = form->placeholders[at];
                bool const same = place.size() > 1 ? place.substr(1) == look.binds[i] : at == i;
                auto const* const column = same ? into->find(Name{form->columns[at]}) : nullptr;
                if (column != nullptr) value = value_of(*into, *column, number);
            }
        }
        if (!value && !look.binds[i].empty()) {
            for (auto const& name : tables) {
                auto const* const table = schema.find_table(Name{name});
                auto const* const column = table == nullptr ? nullptr : table->find(Name{look.binds[i]});
                if (column == nullptr) continue;
                // A key finds one of the rows that were made up.
                value = value_of(*table, *column, is_key(*table, *column) ? 1 : number);
                break;
            }
        }
        likely.push_back(value.value_or(Value{std::int64_t{1}}));
    }
    std::vector<std::vector<Value>> all{std::move(likely)};
    all.emplace_back(look.binds.size(), Value{std::int64_t{1}});
    all.emplace_back(look.binds.size(), Value{std::string{"1"}});
    all.emplace_back(look.binds.size(), Value{std::string{"sample 1"}});
    std::vector<Value> distinct;
    for (std::size_t i = 0; i < look.binds.size(); ++i) distinct.emplace_back(std::to_string(2001 + i));
    all.push_back(std::move(distinct));
    return all;
}

}  // namespace evolver::sqlite
