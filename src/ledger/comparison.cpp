#include "ledger/comparison.hpp"

#include "ledger/ledger.hpp"

namespace evolver::ledger {

namespace {

bool has_comparisons(sqlite::Connection const& connection) {
    return sqlite::has_table(connection, "evolver_reconcile_key");
}

char const* name_of(ComparedUpTo::State state) {
    switch (state) {
        case ComparedUpTo::State::running: return "running";
        case ComparedUpTo::State::finished: return "finished";
        case ComparedUpTo::State::recorded: return "recorded";
    }
    return "running";
}

ComparedUpTo::State state_from(std::string const& text) {
    for (auto const state : {ComparedUpTo::State::finished, ComparedUpTo::State::recorded}) {
        if (text == name_of(state)) return state;
    }
    return ComparedUpTo::State::running;
}

void run(sqlite::Connection const& connection, std::string_view sql, std::vector<sqlite::Value> const& binds) {
    auto statement = connection.prepare(sql);
    int position = 0;
    for (auto const& bind : binds) statement.bind(++position, bind);
    statement.run();
}

}  // namespace

void make_comparisons(sqlite::Connection const& connection) {
    connection.run(
        "CREATE TABLE IF NOT EXISTS evolver_reconcile (plan TEXT NOT NULL, position INTEGER NOT NULL, number INTEGER "
        "NOT NULL, form TEXT NOT NULL, state TEXT NOT NULL, rows INTEGER NOT NULL, lossy INTEGER NOT NULL, chunks "
        "INTEGER NOT NULL, writes INTEGER NOT NULL, schema_version INTEGER NOT NULL, updated_at INTEGER NOT NULL, "
        "PRIMARY KEY (plan, position, number)) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS evolver_reconcile_key (plan TEXT NOT NULL, position INTEGER NOT NULL, number "
        "INTEGER NOT NULL, part INTEGER NOT NULL, done, PRIMARY KEY (plan, position, number, part)) WITHOUT ROWID");
}

std::vector<ComparedUpTo> compared(sqlite::Connection const& connection, std::string const& plan,
                                   std::int64_t position) {
    std::vector<ComparedUpTo> all;
    if (!has_comparisons(connection)) return all;
    auto rows = connection.prepare(
        "SELECT number, form, state, rows, lossy, chunks, writes, schema_version FROM evolver_reconcile WHERE plan = "
        "?1 AND position = ?2 ORDER BY number");
    rows.bind(1, std::string_view{plan}).bind(2, position);
    while (rows.step()) {
        all.push_back(ComparedUpTo{.number = rows.integer(0),
                                   .form = rows.text(1),
                                   .state = state_from(rows.text(2)),
                                   .rows = rows.integer(3),
                                   .lossy = rows.integer(4),
                                   .chunks = rows.integer(5),
                                   .writes = rows.integer(6),
                                   .schema_version = rows.integer(7),
                                   .done = {}});
    }
    for (auto& one : all) {
        auto key = connection.prepare(
            "SELECT done FROM evolver_reconcile_key WHERE plan = ?1 AND position = ?2 AND number = ?3 ORDER BY part");
        key.bind(1, std::string_view{plan}).bind(2, position).bind(3, one.number);
        while (key.step()) one.done.push_back(key.value(0));
    }
    return all;
}

void keep_compared(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                   ComparedUpTo const& up_to) {
    run(connection,
        "INSERT INTO evolver_reconcile (plan, position, number, form, state, rows, lossy, chunks, writes, "
        "schema_version, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (plan, "
        "position, number) DO UPDATE SET form = excluded.form, state = excluded.state, rows = excluded.rows, lossy = "
        "excluded.lossy, chunks = excluded.chunks, writes = excluded.writes, schema_version = "
        "excluded.schema_version, updated_at = excluded.updated_at",
        {plan, position, up_to.number, up_to.form, std::string{name_of(up_to.state)}, up_to.rows, up_to.lossy,
         up_to.chunks, up_to.writes, up_to.schema_version, now(connection)});
    run(connection, "DELETE FROM evolver_reconcile_key WHERE plan = ?1 AND position = ?2 AND number = ?3",
        {plan, position, up_to.number});
    for (std::size_t part = 0; part < up_to.done.size(); ++part) {
        run(connection,
            "INSERT INTO evolver_reconcile_key (plan, position, number, part, done) VALUES (?1, ?2, ?3, ?4, ?5)",
            {plan, position, up_to.number, static_cast<std::int64_t>(part), up_to.done[part]});
    }
}

void recorded_compared(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_comparisons(connection)) return;
    run(connection, "UPDATE evolver_reconcile SET state = 'recorded' WHERE plan = ?1 AND position = ?2",
        {plan, position});
}

void forget_compared(sqlite::Connection const& connection, std::string const& plan) {
    if (!has_comparisons(connection)) return;
    run(connection, "DELETE FROM evolver_reconcile_key WHERE plan = ?1", {plan});
    run(connection, "DELETE FROM evolver_reconcile WHERE plan = ?1", {plan});
}

bool any_compared(sqlite::Connection const& connection, std::string const& plan) {
    if (!has_comparisons(connection)) return false;
    sqlite::Value const name = plan;
    return connection.integer("SELECT count(*) FROM evolver_reconcile WHERE plan = ?1", {&name, 1}) != 0;
}

}  // namespace evolver::ledger
