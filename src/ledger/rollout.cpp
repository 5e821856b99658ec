#include "ledger/rollout.hpp"

#include "ledger/ledger.hpp"

namespace evolver::ledger {

namespace {

/// The row, made where it is missing.
void make_row(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    auto insert =
        connection.prepare("INSERT INTO evolver_rollout (plan, position) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
    insert.bind(1, std::string_view{plan}).bind(2, position);
    insert.run();
}

}  // namespace

std::string rollout_tables() {
    return "CREATE TABLE IF NOT EXISTS evolver_rollout (plan TEXT NOT NULL, position INTEGER NOT NULL, held INTEGER "
           "NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '', actor TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL "
           "DEFAULT 0, canary REAL NOT NULL DEFAULT 0, PRIMARY KEY (plan, position)) WITHOUT ROWID;"
           "CREATE TABLE IF NOT EXISTS evolver_sign_off (plan TEXT NOT NULL, position INTEGER NOT NULL, reader TEXT "
           "NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (plan, position, "
           "reader)) WITHOUT ROWID;"
           "CREATE TABLE IF NOT EXISTS evolver_relaxed (plan TEXT NOT NULL, position INTEGER NOT NULL, table_name TEXT "
           "NOT "
           "NULL, column_name TEXT NOT NULL, PRIMARY KEY (plan, position, table_name, column_name)) WITHOUT ROWID;"
           "CREATE TABLE IF NOT EXISTS evolver_backup (id INTEGER PRIMARY KEY, plan TEXT NOT NULL, path TEXT NOT NULL, "
           "at INTEGER NOT NULL);";
}

bool has_rollout(sqlite::Connection const& connection) { return sqlite::has_table(connection, "evolver_backup"); }

void make_rollout(sqlite::Connection const& connection) {
    if (!has_rollout(connection)) connection.run(rollout_tables());
}

Rollout rollout_of(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_rollout(connection)) return {};
    auto row = connection.prepare(
        "SELECT held, reason, actor, at, canary FROM evolver_rollout WHERE plan = ?1 AND position = ?2");
    row.bind(1, std::string_view{plan}).bind(2, position);
    if (!row.step()) return {};
    return {.held = row.integer(0) != 0,
            .reason = row.text(1),
            .actor = row.text(2),
            .at = row.integer(3),
            .canary = row.real(4)};
}

void hold(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
          std::string const& reason, std::string const& actor) {
    make_row(connection, plan, position);
    auto update = connection.prepare(
        "UPDATE evolver_rollout SET held = 1, reason = ?3, actor = ?4, at = ?5 WHERE plan = ?1 AND position = ?2");
    update.bind(1, std::string_view{plan})
        .bind(2, position)
        .bind(3, std::string_view{reason})
        .bind(4, std::string_view{actor})
        .bind(5, now(connection));
    update.run();
}

void release_hold(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    auto update = connection.prepare("UPDATE evolver_rollout SET held = 0 WHERE plan = ?1 AND position = ?2");
    update.bind(1, std::string_view{plan}).bind(2, position);
    update.run();
}

void set_canary(sqlite::Connection const& connection, std::string const& plan, std::int64_t position, double share) {
    make_row(connection, plan, position);
    auto update = connection.prepare("UPDATE evolver_rollout SET canary = ?3 WHERE plan = ?1 AND position = ?2");
    update.bind(1, std::string_view{plan}).bind(2, position).bind(3, sqlite::Value{share});
    update.run();
}

std::vector<Relaxed> relaxed_of(sqlite::Connection const& connection, std::string const& plan) {
    std::vector<Relaxed> all;
    if (!has_rollout(connection)) return all;
    auto rows = connection.prepare(
        "SELECT position, table_name, column_name FROM evolver_relaxed WHERE plan = ?1 ORDER BY position, table_name, "
        "column_name");
    rows.bind(1, std::string_view{plan});
    while (rows.step()) all.push_back({rows.integer(0), rows.text(1), rows.text(2)});
    return all;
}

void relax(sqlite::Connection const& connection, std::string const& plan, Relaxed const& relaxed) {
    auto insert = connection.prepare(
        "INSERT INTO evolver_relaxed (plan, position, table_name, column_name) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO "
        "NOTHING");
    insert.bind(1, std::string_view{plan})
        .bind(2, relaxed.position)
        .bind(3, std::string_view{relaxed.table})
        .bind(4, std::string_view{relaxed.column});
    insert.run();
}

void forget_relaxed(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_rollout(connection)) return;
    auto rows = connection.prepare("DELETE FROM evolver_relaxed WHERE plan = ?1 AND position = ?2");
    rows.bind(1, std::string_view{plan}).bind(2, position);
    rows.run();
}

bool is_sealed(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!sqlite::has_table(connection, "evolver_sealed")) return false;
    auto row = connection.prepare("SELECT 1 FROM evolver_sealed WHERE plan = ?1 AND position = ?2");
    row.bind(1, std::string_view{plan}).bind(2, position);
    return row.step();
}

void seal(sqlite::Connection const& connection, std::string const& plan, std::int64_t position, Floor const& before) {
    connection.run(
        "CREATE TABLE IF NOT EXISTS evolver_sealed (plan TEXT NOT NULL, position INTEGER NOT NULL, floor INTEGER NOT "
        "NULL, floor_release TEXT NOT NULL, PRIMARY KEY (plan, position)) WITHOUT ROWID");
    auto insert =
        connection.prepare("INSERT INTO evolver_sealed (plan, position, floor, floor_release) VALUES (?1, ?2, ?3, ?4)");
    insert.bind(1, std::string_view{plan})
        .bind(2, position)
        .bind(3, before.position)
        .bind(4, std::string_view{before.release});
    insert.run();
}

void keep_floor(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                Floor const& least) {
    if (!sqlite::has_table(connection, "evolver_sealed")) return;
    auto update = connection.prepare(
        "UPDATE evolver_sealed SET floor = ?3, floor_release = ?4 WHERE plan = ?1 AND position > ?2 AND floor < ?3");
    update.bind(1, std::string_view{plan})
        .bind(2, position)
        .bind(3, least.position)
        .bind(4, std::string_view{least.release});
    update.run();
}

void unseal(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!is_sealed(connection, plan, position)) return;
    auto update = connection.prepare(
        "UPDATE evolver_plan SET (floor, floor_release) = (SELECT floor, floor_release FROM evolver_sealed WHERE plan "
        "= ?1 AND position = ?2) WHERE plan = ?1");
    update.bind(1, std::string_view{plan}).bind(2, position);
    update.run();
}

void sign_off(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
              SignedOff const& signed_off) {
    auto insert = connection.prepare(
        "INSERT INTO evolver_sign_off (plan, position, reader, actor, reason, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON "
        "CONFLICT (plan, position, reader) DO UPDATE SET actor = excluded.actor, reason = excluded.reason, at = "
        "excluded.at");
    insert.bind(1, std::string_view{plan})
        .bind(2, position)
        .bind(3, std::string_view{signed_off.reader})
        .bind(4, std::string_view{signed_off.actor})
        .bind(5, std::string_view{signed_off.reason})
        .bind(6, now(connection));
    insert.run();
}

std::vector<SignedOff> signed_off(sqlite::Connection const& connection, std::string const& plan,
                                  std::int64_t position) {
    std::vector<SignedOff> all;
    if (!has_rollout(connection)) return all;
    auto rows = connection.prepare(
        "SELECT reader, actor, reason, at FROM evolver_sign_off WHERE plan = ?1 AND position = ?2 ORDER BY reader");
    rows.bind(1, std::string_view{plan}).bind(2, position);
    while (rows.step()) all.push_back({rows.text(0), rows.text(1), rows.text(2), rows.integer(3)});
    return all;
}

void note_backup(sqlite::Connection const& connection, std::string const& plan, std::string const& path,
                 std::int64_t made_at) {
    auto insert = connection.prepare("INSERT INTO evolver_backup (plan, path, at) VALUES (?1, ?2, ?3)");
    insert.bind(1, std::string_view{plan}).bind(2, std::string_view{path}).bind(3, made_at);
    insert.run();
}

Backup last_backup(sqlite::Connection const& connection, std::string const& plan) {
    if (!has_rollout(connection)) return {};
    auto row = connection.prepare("SELECT path, at FROM evolver_backup WHERE plan = ?1 ORDER BY at DESC LIMIT 1");
    row.bind(1, std::string_view{plan});
    if (!row.step()) return {};
    return {.path = row.text(0), .at = row.integer(1)};
}

}  // namespace evolver::ledger
