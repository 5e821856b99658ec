#include "dialect/sqlite/natural_statements.hpp"

#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/statement_fault.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <optional>

namespace evolver::sqlite {

namespace {

/// Without it `SELECT "gone"` is the text 'gone', and nothing ever breaks.
class NoQuotedStrings {
public:
    explicit NoQuotedStrings(Connection const& connection) : handle_{connection.handle()} {
        sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, -1, &before_);
        sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    }
    ~NoQuotedStrings() { sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, before_, nullptr); }
    NoQuotedStrings(NoQuotedStrings const&) = delete;
    NoQuotedStrings& operator=(NoQuotedStrings const&) = delete;

private:
    sqlite3* handle_;
    int before_ = 1;
};

template <class Action>
void tried(Action const& action, StandIns* stand_ins) {
    if (stand_ins == nullptr)
        action();
    else
        stand_ins->retry(action);
}

/// Why the engine does not take the statement; none where it does.
std::optional<std::string> refusal(std::string const& sql, Connection const& connection, StandIns* stand_ins) {
    try {
        tried([&] { (void)connection.prepare(sql); }, stand_ins);
        return std::nullopt;
    } catch (EngineError const& error) {
        if (!is_the_statements_fault(error)) throw;
        std::string const words = error.what();
        constexpr std::string_view engine = "SQLite: ";
        auto const begin = words.starts_with(engine) ? engine.size() : 0;
        return words.substr(begin, words.find('\n') - begin);
    }
}

/// A column that an INSERT has to give and does not.
std::optional<std::string> left_out(NaturalStatement const& statement, Connection const& connection) {
    auto const table = inspect_table(connection, Name{statement.table});
    if (!table) return std::nullopt;
    for (auto const& column : table->columns) {
        if (column.nullable || column.default_value || column.generated || is_rowid_key(*table, column)) continue;
        bool const given = std::any_of(statement.columns.begin(), statement.columns.end(),
                                       [&](std::string const& name) { return column.name == Name{name}; });
        if (!given) {
            return "it leaves out " + table->name.text() + "." + column.name.text() +
                   ", which is NOT NULL and has no default";
        }
    }
    return std::nullopt;
}

}  // namespace

std::vector<NaturalStatement> natural_statements(Connection const& connection, StandIns* stand_ins) {
    NoQuotedStrings const strict{connection};
    std::vector<NaturalStatement> statements;
    auto objects = connection.prepare(
        "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' AND name NOT LIKE "
        "'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'evolver\\_%' ESCAPE '\\' ORDER BY name");
    while (objects.step()) {
        auto const table = objects.text(0);
        auto const object = (objects.text(1) == "view" ? "view " : "table ") + table;
        std::string read;
        std::string names;
        std::string values;
        NaturalStatement insert{.object = object, .reads = false, .sql = {}, .table = table, .columns = {}};
        try {
            auto const read_columns = [&] {
                read = names = values = {};
                insert.columns.clear();
                auto columns =
                    connection.prepare("SELECT name, hidden FROM pragma_table_xinfo(?1, 'main') ORDER BY cid");
                columns.bind(1, std::string_view{table});
                while (columns.step()) {
                    if (columns.integer(1) == 1) continue;  // of a virtual table, and not for SELECT *
                    auto const name = quoted(columns.text(0));
                    read += (read.empty() ? "" : ", ") + name;
                    if (columns.integer(1) != 0) continue;  // generated
                    names += (names.empty() ? "" : ", ") + name;
                    values += values.empty() ? "?" : ", ?";
                    insert.columns.push_back(columns.text(0));
                }
            };
            tried(read_columns, stand_ins);
        } catch (EngineError const& error) {
            if (!is_the_statements_fault(error)) throw;
            continue;  // a view that is broken already
        }
        if (read.empty()) continue;
        statements.push_back({.object = object,
                              .reads = true,
                              .sql = "SELECT " + read + " FROM " + quoted(table),
                              .table = table,
                              .columns = {}});
        if (names.empty()) continue;
        insert.sql = "INSERT INTO " + quoted(table) + " (" + names + ") VALUES (" + values + ")";
        statements.push_back(std::move(insert));
    }
    std::erase_if(statements, [&](NaturalStatement const& statement) {
        return refusal(statement.sql, connection, stand_ins).has_value();
    });
    return statements;
}

std::vector<BrokenStatement> broken(std::vector<NaturalStatement> const& statements, Connection const& connection,
                                    StandIns* stand_ins) {
    NoQuotedStrings const strict{connection};
    std::vector<BrokenStatement> found;
    for (auto const& statement : statements) {
        auto why = refusal(statement.sql, connection, stand_ins);
        if (!why && !statement.reads) why = left_out(statement, connection);
        if (!why) continue;
        bool const works =
            statement.reads && !refusal("SELECT * FROM " + quoted(statement.table), connection, stand_ins);
        found.push_back(
            {.object = statement.object, .reads = statement.reads, .sql = statement.sql, .why = *why, .works = works});
    }
    return found;
}

}  // namespace evolver::sqlite
