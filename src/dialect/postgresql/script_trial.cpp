#include "dialect/postgresql/script_trial.hpp"

#include "dialect/postgresql/conversion.hpp"
#include "dialect/postgresql/schema_copy.hpp"
#include "dialect/postgresql/script.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/operation/effect.hpp"
#include "evolver/schema/name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace evolver::postgresql {

namespace {

/// A table of the copy at one moment.
struct TableState {
    std::string name;
    std::string file;  ///< Another one: its rows were written anew.
    std::string form;  ///< Columns, constraints, indexes, triggers; not whether a constraint is validated.
    std::int64_t rows = 0;
};

/// By oid: another one is another table under the same name.
using States = std::map<std::string, TableState>;

States states_of(Connection const& connection, std::string const& copy) {
    auto const found = connection.query(
        "SELECT c.oid, c.relname, c.relfilenode, md5(concat((SELECT string_agg(concat_ws(' ', a.attname, a.atttypid, "
        "a.atttypmod, a.attnotnull, a.attisdropped, a.attcollation), ',' ORDER BY a.attnum) FROM pg_attribute AS a "
        "WHERE a.attrelid = c.oid AND a.attnum > 0), ';', (SELECT string_agg(k.oid::text, ',' ORDER BY k.oid) FROM "
        "pg_constraint AS k WHERE k.conrelid = c.oid), ';', (SELECT string_agg(i.indexrelid::text, ',' ORDER BY "
        "i.indexrelid) FROM pg_index AS i WHERE i.indrelid = c.oid), ';', (SELECT string_agg(t.oid::text, ',' ORDER BY "
        "t.oid) FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal))) FROM pg_class AS c JOIN "
        "pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = $1 WHERE c.relkind IN ('r', 'p')",
        {copy});
    States states;
    std::string counts;
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
        auto const& oid =
            states.emplace(found.text(row, 0), TableState{found.text(row, 1), found.text(row, 2), found.text(row, 3)})
                .first->first;
        counts += fmt::format("{}SELECT {}, count(*) FROM {}", counts.empty() ? "" : " UNION ALL ", literal(oid),
                              in_schema(copy, found.text(row, 1)));
    }
    if (counts.empty()) return states;
    auto const counted = connection.query(counts);
    for (std::size_t row = 0; row < counted.rows.size(); ++row)
        states.at(counted.text(row, 0)).rows = counted.integer(row, 1);
    return states;
}

struct Work {
    std::int64_t scans = 0;
    std::int64_t inserted = 0;
    std::int64_t updated = 0;
    std::int64_t deleted = 0;
};

/// What this transaction has done so far, by the oid of the table.
std::map<std::string, Work> work_of(Connection const& connection) {
    auto const found =
        connection.query("SELECT relid, seq_scan, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables");
    std::map<std::string, Work> work;
    for (std::size_t row = 0; row < found.rows.size(); ++row)
        work[found.text(row, 0)] = {found.integer(row, 1), found.integer(row, 2), found.integer(row, 3),
                                    found.integer(row, 4)};
    return work;
}

/// Tables that the statement can only read from end to end: no index would serve.
std::vector<std::string> scanned(Connection const& connection, std::string const& sql) {
    constexpr std::array<std::string_view, 4> about_rows{"update", "delete", "merge", "with"};
    auto const word = first_word(sql);
    bool const writes_rows =
        std::ranges::any_of(about_rows, [&](auto const& one) { return same_identifier(word, one); });
    if (!writes_rows) return {};
    std::vector<std::string> tables;
    connection.run("SAVEPOINT evolver_explain; SET LOCAL enable_seqscan = off");
    try {
        constexpr std::string_view mark = "Seq Scan on ";
        auto const plan = connection.query("EXPLAIN " + sql);
        for (std::size_t row = 0; row < plan.rows.size(); ++row) {
            auto const line = plan.text(row, 0);
            auto const at = line.find(mark);
            if (at == std::string::npos) continue;
            auto name = line.substr(at + mark.size());
            name.resize(name.starts_with('"') ? name.find('"', 1) + 1 : std::min(name.find(' '), name.size()));
            if (name.starts_with('"')) name = name.substr(1, name.size() - 2);
            tables.push_back(std::move(name));
        }
    } catch (EngineError const& error) {
        if (error.retry_helps() || connection.is_lost()) throw;
        // It will say so itself.
    }
    connection.run("ROLLBACK TO evolver_explain; RELEASE evolver_explain");
    return tables;
}

bool begins_with_any(std::string const& tag, auto const& words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return tag.starts_with(word); });
}

class Trial {
public:
    Trial(Connection const& connection, std::string const& copy) : connection_{connection}, copy_{copy} {}

    void run(TriedStatement& tried) {
        tried.transaction = controls_transaction(tried.text);
        if (tried.transaction) return;
        (void)statements_of(tried.text);
        auto const seq_scans = scanned(connection_, tried.text);
        auto const before = states_of(connection_, copy_);
        auto const done_before = work_of(connection_);
        auto const tag = connection_.run(tried.text);
        auto const done = work_of(connection_);
        refuse_locks_beyond(connection_, copy_);
        auto const after = states_of(connection_, copy_);
        // The server's own word for what it has done.
        constexpr std::array<std::string_view, 6> rows_only{"INSERT", "UPDATE", "DELETE",
                                                            "MERGE",  "SELECT", "TRUNCATE"};
        constexpr std::array<std::string_view, 8> told_by_schema{"CREATE TABLE",    "CREATE INDEX", "CREATE VIEW",
                                                                 "CREATE SEQUENCE", "DROP TABLE",   "DROP INDEX",
                                                                 "DROP VIEW",       "DROP SEQUENCE"};
        bool const about_rows = begins_with_any(tag, rows_only);
        tried.touched.schema = !about_rows;
        tried.elsewhere = !about_rows && !begins_with_any(tag, told_by_schema);
        for (auto const& [oid, state] : before) {
            auto const now = after.find(oid);
            if (now == after.end()) {
                tried.touched.dropped.insert(state.name);
                continue;
            }
            auto const worked = since(done, done_before, oid);
            note_rows(tried, state, now->second, worked, tag.starts_with("TRUNCATE"));
            note_locks(tried, oid, state, now->second, worked.scans > 0, about_rows);
            if (now->second.form != state.form) altered_.insert(oid);
        }
        for (auto const& [oid, state] : after) {
            if (!before.contains(oid) && since(done, done_before, oid).inserted > 0)
                tried.touched.inserted.insert(state.name);
        }
        auto const written = tried.touched.written();
        std::ranges::copy_if(seq_scans, std::back_inserter(tried.scanned),
                             [&](std::string const& table) { return written.contains(table); });
    }

private:
    static Work since(std::map<std::string, Work> const& now, std::map<std::string, Work> const& before,
                      std::string const& oid) {
        auto const found = now.find(oid);
        auto const old = before.find(oid);
        auto work = found == now.end() ? Work{} : found->second;
        if (old == before.end()) return work;
        return {work.scans - old->second.scans, work.inserted - old->second.inserted,
                work.updated - old->second.updated, work.deleted - old->second.deleted};
    }

    static void note_rows(TriedStatement& tried, TableState const& before, TableState const& after, Work const& work,
                          bool truncates) {
        bool const gone = before.rows > 0 && after.rows == 0 && (work.deleted > 0 || truncates);
        if (work.inserted > 0) tried.touched.inserted.insert(before.name);
        if (work.updated > 0) tried.touched.updated.insert(before.name);
        if (work.deleted > 0 || gone) tried.touched.deleted.insert(before.name);
        if (gone) tried.emptied[before.name] = before.rows;
        if (before.rows > 0 && work.updated >= before.rows) tried.updated[before.name] = before.rows;
    }

    /// Whatever changes a table keeps writers out until the end of the migration. What only reads it, as VALIDATE CONSTRAINT does, lets them in, unless a
    /// statement before it has shut them out already.
    void note_locks(TriedStatement& tried, std::string const& oid, TableState const& before, TableState const& after,
                    bool scans, bool about_rows) const {
        bool const changed = after.form != before.form;
        if (after.file != before.file && (changed || !about_rows))  // TRUNCATE begins a new file, too
            tried.rewritten.push_back(before.name);
        else if (scans && (changed || (altered_.contains(oid) && !about_rows)))
            tried.scanned_under_lock.push_back(before.name);
    }

    Connection const& connection_;
    std::string const& copy_;
    std::set<std::string> altered_ = {};
};

}  // namespace

std::vector<TriedStatement> try_script(Connection const& connection, std::string const& copy, std::string_view script) {
    refuse_names_beyond(connection, copy, script);
    std::vector<TriedStatement> all;
    Trial trial{connection, copy};
    auto const path = connection.text("SELECT current_setting('search_path')");
    for (auto const& statement : split(script)) {
        if (statement.text == ";") continue;
        all.push_back({.text = std::string{statement.text}, .line = statement.line});
        try {
            trial.run(all.back());
        } catch (PlanError const& error) {
            all.back().failure = error.what();
        } catch (EngineError const& error) {
            if (error.retry_helps() || connection.is_lost() || error.native_code() == query_canceled) throw;
            refuse_types_beyond(error);
            all.back().failure = error.what();
        }
        if (all.back().failure.empty()) continue;
        all.back().failure.resize(std::min(all.back().failure.find('\n'), all.back().failure.size()));
        return all;
    }
    connection.query("SELECT set_config('search_path', $1, true)", {path});
    return all;
}

}  // namespace evolver::postgresql
