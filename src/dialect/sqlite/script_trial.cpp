#include "dialect/sqlite/script_trial.hpp"

#include "dialect/sqlite/statement_fault.hpp"
#include "dialect/sqlite/statements.hpp"
#include "dialect/sqlite/watched_run.hpp"
#include "evolver/dialect/engine_error.hpp"

namespace evolver::sqlite {

namespace {

std::int64_t rows_of(Connection const& connection, std::string const& table) {
    try {
        return connection.integer("SELECT count(*) FROM main." + quoted(table));
    } catch (EngineError const& error) {
        if (!is_the_statements_fault(error)) throw;
        return 0;  // a view
    }
}

std::vector<std::string> scanned(Connection const& connection, std::string_view text, Touched const& touched) {
    std::vector<std::string> tables;
    auto plan = connection.prepare("EXPLAIN QUERY PLAN " + std::string{text});
    while (plan.step()) {
        auto const detail = plan.text(3);
        for (auto const& table : touched.written()) {
            if (detail == "SCAN " + table || detail.starts_with("SCAN " + table + " ")) tables.push_back(table);
        }
    }
    return tables;
}

void try_statement(Connection const& scratch, TriedStatement& tried, StandIns& stand_ins) {
    auto const looked = watched_look(scratch, tried.text, stand_ins);
    tried.transaction = looked.transaction;
    if (tried.transaction) return;
    std::map<std::string, std::int64_t> before;
    if (!looked.schema) {
        for (auto const& table : looked.written()) before[table] = rows_of(scratch, table);
        tried.scanned = scanned(scratch, tried.text, looked);
    }
    tried.touched = watched_run(scratch, tried.text, stand_ins);
    auto const changed = scratch.changes();
    for (auto const& [table, rows] : before) {
        if (rows == 0) continue;
        if (tried.touched.deleted.contains(table) && rows_of(scratch, table) == 0) tried.emptied[table] = rows;
        if (tried.touched.updated.contains(table) && changed >= rows) tried.updated[table] = rows;
    }
}

}  // namespace

std::vector<TriedStatement> try_script(Connection const& scratch, std::string_view script, StandIns& stand_ins) {
    std::vector<TriedStatement> all;
    for (auto const& statement : split(script)) {
        all.push_back({.text = std::string{statement.text}, .line = statement.line});
        try {
            try_statement(scratch, all.back(), stand_ins);
        } catch (EngineError const& error) {
            if (!is_the_statements_fault(error)) throw;
            std::string const words = error.what();
            all.back().failure = words.substr(0, words.find('\n'));
            break;
        }
    }
    return all;
}

}  // namespace evolver::sqlite
