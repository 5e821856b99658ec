#include "dialect/postgresql/natural_statements.hpp"

#include "evolver/dialect/engine_error.hpp"

#include <algorithm>
#include <optional>

namespace evolver::postgresql {

namespace {

/// Why the server does not take the statement; none where it does. A prepared statement outlives a rollback, so it is forgotten by name.
std::optional<std::string> refusal(std::string const& sql, Connection const& connection) {
    try {
        connection.run("SAVEPOINT evolver_look; PREPARE evolver_look AS " + sql +
                       "; DEALLOCATE evolver_look; RELEASE evolver_look");
        return std::nullopt;
    } catch (EngineError const& error) {
        if (error.retry_helps() || !connection.in_transaction()) throw;
        connection.run("ROLLBACK TO evolver_look; RELEASE evolver_look");
        std::string const words = error.what();
        auto const begin = words.find(": ");  // behind "PostgreSQL 42703"
        auto const from = begin == std::string::npos ? 0 : begin + 2;
        return words.substr(from, words.find('\n') - from);
    }
}

/// A column that an INSERT has to give and does not.
std::optional<std::string> left_out(NaturalStatement const& statement, Connection const& connection) {
    auto const found = connection.query(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND "
        "attnotnull AND NOT atthasdef AND attidentity = '' ORDER BY attnum",
        {quoted(statement.table)});
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
        auto const column = found.text(row, 0);
        if (std::ranges::find(statement.columns, column) == statement.columns.end())
            return "it leaves out " + statement.table + "." + column + ", which is NOT NULL and has no default";
    }
    return std::nullopt;
}

std::string listed(std::vector<std::string> const& names) {
    std::string text;
    for (auto const& name : names) text += (text.empty() ? "" : ", ") + quoted(name);
    return text;
}

}  // namespace

std::vector<NaturalStatement> natural_statements(Connection const& connection, std::string const& schema) {
    auto const columns = connection.query(
        "SELECT c.relname, c.relkind IN ('v', 'm'), a.attname, a.attgenerated <> '' OR a.attidentity = 'a' FROM "
        "pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE "
        "c.relnamespace = to_regnamespace($1) AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relname NOT LIKE "
        "'evolver\\_%' ORDER BY c.relname COLLATE \"C\", a.attnum",
        {quoted(schema)});
    std::vector<NaturalStatement> found;
    for (std::size_t row = 0; row < columns.rows.size();) {
        auto const table = columns.text(row, 0);
        auto const object = (columns.text(row, 1) == "t" ? "view " : "table ") + table;
        std::vector<std::string> read;
        std::vector<std::string> written;
        for (; row < columns.rows.size() && columns.text(row, 0) == table; ++row) {
            read.push_back(columns.text(row, 2));
            if (columns.text(row, 3) != "t") written.push_back(read.back());
        }
        found.push_back({.object = object,
                         .reads = true,
                         .sql = "SELECT " + listed(read) + " FROM " + quoted(table),
                         .table = table,
                         .columns = {}});
        if (written.empty()) continue;
        std::string values;
        for (std::size_t i = 1; i <= written.size(); ++i) values += (i == 1 ? "$" : ", $") + std::to_string(i);
        found.push_back({.object = object,
                         .reads = false,
                         .sql = "INSERT INTO " + quoted(table) + " (" + listed(written) + ") VALUES (" + values + ")",
                         .table = table,
                         .columns = written});
    }
    std::erase_if(found,
                  [&](NaturalStatement const& statement) { return refusal(statement.sql, connection).has_value(); });
    return found;
}

std::vector<BrokenStatement> broken(std::vector<NaturalStatement> const& statements, Connection const& connection) {
    std::vector<BrokenStatement> found;
    for (auto const& statement : statements) {
        auto why = refusal(statement.sql, connection);
        if (!why && !statement.reads) why = left_out(statement, connection);
        if (!why) continue;
        bool const works = statement.reads && !refusal("SELECT * FROM " + quoted(statement.table), connection);
        found.push_back(
            {.object = statement.object, .reads = statement.reads, .sql = statement.sql, .why = *why, .works = works});
    }
    return found;
}

}  // namespace evolver::postgresql
