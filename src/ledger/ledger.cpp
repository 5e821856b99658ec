#include "ledger/ledger.hpp"

#include "ledger/audit.hpp"
#include "ledger/figures.hpp"
#include "ledger/phase_words.hpp"
#include "ledger/rollout.hpp"
#include "ledger/runs.hpp"
#include "ledger/usage.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <set>

namespace evolver::ledger {

namespace {

void update(sqlite::Connection const& connection, std::string const& assignment, std::vector<sqlite::Value> values,
            std::string const& plan, std::int64_t position) {
    auto statement =
        connection.prepare("UPDATE evolver_migration SET " + assignment + " WHERE plan = ? AND position = ?");
    values.emplace_back(plan);
    values.emplace_back(position);
    int bind = 0;
    for (auto const& value : values) statement.bind(++bind, value);
    statement.run();
}

/// What every start looks at, so that it costs a SELECT of one row by its key.
void keep_chain(sqlite::Connection const& connection, std::string const& plan) {
    auto statement = connection.prepare(
        "UPDATE evolver_plan SET chain = coalesce((SELECT chain FROM evolver_migration WHERE plan = ?1 ORDER BY "
        "position DESC LIMIT 1), '') "
        "WHERE plan = ?1");
    statement.bind(1, std::string_view{plan});
    statement.run();
}

}  // namespace

bool exists(sqlite::Connection const& connection) { return sqlite::has_table(connection, "evolver_plan"); }

Glance glance(sqlite::Connection const& connection, Plan const& plan) {
    auto const last = plan.migrations().size() - 1;
    // The table is missing before the first expand: asking the catalogue first would double the cost of every start for that one.
    try {
        auto head = connection.prepare("SELECT format, floor, chain FROM main.evolver_plan WHERE plan = ?");
        head.bind(1, std::string_view{plan.name()});
        if (!head.step()) return {};
        refuse_newer_format(head.integer(0));
        Glance seen{.ledger = true, .floor = head.integer(1), .expanded = head.text(2) == plan.chain(last)};
        if (seen.expanded) return seen;
        // Beside a newer release, this plan's last migration is not the database's.
        auto own = connection.prepare("SELECT chain FROM main.evolver_migration WHERE plan = ? AND position = ?");
        own.bind(1, std::string_view{plan.name()}).bind(2, static_cast<std::int64_t>(last));
        seen.expanded = own.step() && own.text(0) == plan.chain(last);
        return seen;
    } catch (Error const& error) {
        // Where the table is missing: the long way looks again, by then another process may have made it.
        if (error.native_code() != SQLITE_ERROR) throw;
        return {};
    }
}

State read(sqlite::Connection const& connection, std::string const& plan) {
    State state;
    if (!exists(connection)) return state;
    auto head = connection.prepare("SELECT format, floor, floor_release FROM main.evolver_plan WHERE plan = ?");
    head.bind(1, std::string_view{plan});
    if (!head.step()) return state;
    state.exists = true;
    state.format = head.integer(0);
    state.floor = head.integer(1);
    state.floor_release = head.text(2);
    refuse_newer_format(state.format);
    auto rows = connection.prepare(
        "SELECT position, id, release, digest, chain, phase, stage, filled, expanded_at, contracted_at, reconciled_at, "
        "reconciled_writes, "
        "lossy_rows FROM main.evolver_migration WHERE plan = ? ORDER BY position");
    rows.bind(1, std::string_view{plan});
    while (rows.step()) {
        state.entries.push_back(Entry{.position = rows.integer(0),
                                      .id = rows.text(1),
                                      .release = rows.text(2),
                                      .digest = rows.text(3),
                                      .chain = rows.text(4),
                                      .phase = phase_from(rows.text(5)),
                                      .stage = stage_from(rows.text(6)),
                                      .filled = rows.integer(7) != 0,
                                      .expanded_at = rows.integer(8),
                                      .contracted_at = rows.integer(9),
                                      .reconciled_at = rows.integer(10),
                                      .reconciled_writes = rows.integer(11),
                                      .lossy_rows = rows.integer(12)});
    }
    state.relaxed = relaxed_of(connection, plan);
    return state;
}

void create(sqlite::Connection const& connection, std::string const& plan) {
    connection.run(
        "CREATE TABLE IF NOT EXISTS evolver_plan (plan TEXT NOT NULL PRIMARY KEY, format INTEGER NOT NULL, floor "
        "INTEGER NOT NULL, "
        "floor_release TEXT NOT NULL, chain TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS evolver_migration (plan TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT "
        "NULL, release TEXT NOT NULL, "
        "digest TEXT NOT NULL, chain TEXT NOT NULL, phase TEXT NOT NULL, stage TEXT NOT NULL, filled INTEGER NOT NULL, "
        "expanded_at INTEGER NOT NULL DEFAULT 0, contracted_at INTEGER NOT NULL DEFAULT 0, reconciled_at INTEGER NOT "
        "NULL DEFAULT 0, "
        "reconciled_writes INTEGER NOT NULL DEFAULT 0, lossy_rows INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (plan, "
        "position)) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS evolver_backfill (plan TEXT NOT NULL, position INTEGER NOT NULL, table_name TEXT "
        "NOT NULL, "
        "state TEXT NOT NULL, rows INTEGER NOT NULL DEFAULT 0, batches INTEGER NOT NULL DEFAULT 0, batch_rows INTEGER "
        "NOT NULL DEFAULT 0, "
        "schema_version INTEGER NOT NULL DEFAULT 0, started_at INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL "
        "DEFAULT 0, "
        "PRIMARY KEY (plan, position, table_name)) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS evolver_checkpoint (plan TEXT NOT NULL, position INTEGER NOT NULL, table_name TEXT "
        "NOT NULL, "
        "part INTEGER NOT NULL, done, bound, PRIMARY KEY (plan, position, table_name, part)) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS evolver_index (plan TEXT NOT NULL, position INTEGER NOT NULL, index_name TEXT NOT "
        "NULL, state TEXT NOT NULL, rows INTEGER NOT NULL DEFAULT 0, batches INTEGER NOT NULL DEFAULT 0, "
        "schema_version INTEGER NOT NULL DEFAULT 0, started_at INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL "
        "DEFAULT 0, PRIMARY KEY (plan, position, index_name)) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS evolver_legacy (id INTEGER PRIMARY KEY, plan TEXT NOT NULL, position INTEGER NOT "
        "NULL, "
        "table_name TEXT NOT NULL, writes INTEGER NOT NULL DEFAULT 0, last_at INTEGER NOT NULL DEFAULT 0);"
        "CREATE TABLE IF NOT EXISTS evolver_kept (id INTEGER NOT NULL, part INTEGER NOT NULL, value, PRIMARY KEY (id, "
        "part)) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS evolver_rebuild (id INTEGER PRIMARY KEY, plan TEXT NOT NULL, position INTEGER NOT "
        "NULL, table_name TEXT NOT NULL, form TEXT NOT NULL, complete INTEGER NOT NULL DEFAULT 0, rows INTEGER NOT "
        "NULL DEFAULT 0, batches INTEGER NOT NULL DEFAULT 0, schema_version INTEGER NOT NULL DEFAULT 0, started_at "
        "INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL DEFAULT 0);"
        "CREATE TABLE IF NOT EXISTS evolver_rebuild_key (id INTEGER NOT NULL, part INTEGER NOT NULL, done, PRIMARY KEY "
        "(id, part)) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS evolver_quarantine (id INTEGER PRIMARY KEY, plan TEXT NOT NULL, migration TEXT NOT "
        "NULL, "
        "table_name TEXT NOT NULL, row_key TEXT NOT NULL, column_name TEXT NOT NULL, value, at TEXT NOT NULL);" +
        run_tables() + figure_tables() + rollout_tables() + usage_table() + audit_tables());
    auto insert = connection.prepare(
        "INSERT INTO evolver_plan (plan, format, floor, floor_release) VALUES (?, ?, 0, '') ON CONFLICT DO NOTHING");
    insert.bind(1, std::string_view{plan}).bind(2, format);
    insert.run();
}

void verify(State const& state, Plan const& plan, std::size_t release_position, std::string const& release) {
    if (!state.exists) return;
    if (static_cast<std::int64_t>(release_position) < state.floor) {
        throw SchemaTooNew{Failure{
            .what = fmt::format("The database of plan \"{}\" needs release {} or newer; this is release {}, whose "
                                "shape has been contracted.",
                                plan.name(), state.floor_release, release),
            .object = plan.name(),
            .instead = fmt::format("start release {} or a newer one; nothing was written", state.floor_release)}};
    }
    auto const migrations = plan.migrations();
    for (auto const& entry : state.entries) {
        auto const position = static_cast<std::size_t>(entry.position);
        if (position >= migrations.size()) break;  // of a newer release, which this one may live beside
        auto const& own = migrations[position];
        if (!(own.id == MigrationId{entry.id})) {
            throw HistoryError{Failure{
                .what = fmt::format("The database's migration number {} is \"{}\"; the plan \"{}\" has \"{}\" there.",
                                    position + 1, entry.id, plan.name(), own.id.text()),
                .object = entry.id,
                .instead =
                    "migrations are only ever appended: put the plan back into the order in which it was applied"}};
        }
        if (plan.digest(position) != entry.digest && own.release.text() != entry.release) {
            throw HistoryError{Failure{
                .what = fmt::format("Migration \"{}\" belonged to release {} when it was applied, and belongs to "
                                    "{} in this plan.",
                                    entry.id, entry.release, own.release.text()),
                .object = entry.id,
                .instead = "leave it in its release (of a folder: DirectoryOptions::releases)"}};
        }
        if (plan.digest(position) != entry.digest) {
            throw HistoryError{
                Failure{.what = fmt::format(
                            "Migration \"{}\" was edited after it was applied: its digest is {}, the database has {}.",
                            entry.id, plan.digest(position).substr(0, 8), entry.digest.substr(0, 8)),
                        .object = entry.id,
                        .instead = "put it back as it was, and make the change in a new migration"}};
        }
    }
}

void forget_plan(sqlite::Connection const& connection, std::string const& plan) {
    for (auto const* table : {"evolver_migration", "evolver_plan"}) {
        auto statement = connection.prepare(std::string{"DELETE FROM "} + table + " WHERE plan = ?1");
        statement.bind(1, std::string_view{plan}).run();
    }
}

bool is_only_said(sqlite::Connection const& connection, std::string const& plan) {
    if (!has_audit(connection)) return false;
    auto row = connection.prepare(
        "SELECT max(event = 'baseline') AND NOT max(event = 'expand') FROM main.evolver_audit WHERE plan = ?1");
    row.bind(1, std::string_view{plan});
    return row.step() && row.integer(0) != 0;
}

std::optional<std::string> missing_in_trail(sqlite::Connection const& connection, std::string const& plan) {
    auto const state = read(connection, plan);
    if (state.entries.empty()) return std::nullopt;
    if (!has_audit(connection))
        return "there is no audit trail, and the ledger has migrations that were brought: somebody has dropped it";
    auto rows = connection.prepare(
        "SELECT event, migration FROM main.evolver_audit WHERE plan = ?1 AND event IN "
        "('expand', 'baseline')");
    rows.bind(1, std::string_view{plan});
    std::set<std::string> brought;
    std::set<std::string> said;
    while (rows.step()) (rows.text(0) == "expand" ? brought : said).insert(rows.text(1));
    // A baseline is one row for all up to the one that it names.
    auto const last_said = std::find_if(state.entries.rbegin(), state.entries.rend(),
                                        [&](Entry const& entry) { return said.contains(entry.id); });
    for (auto it = last_said.base(); it != state.entries.end(); ++it) {
        if (!brought.contains(it->id))
            return "the ledger has migration \"" + it->id +
                   "\", and no row of the trail says who has brought it: a trail before this one was dropped";
    }
    return std::nullopt;
}

void refuse_other_name(sqlite::Connection const& connection, Plan const& plan) {
    if (!exists(connection) || !read(connection, plan.name()).entries.empty()) return;
    auto others = connection.prepare("SELECT DISTINCT plan FROM evolver_migration");
    while (others.step()) {
        auto const other = others.text(0);
        auto const history = read(connection, other).entries;
        auto const both = std::min(history.size(), plan.migrations().size());
        bool same = both > 0;
        for (std::size_t i = 0; i < both && same; ++i)
            same = MigrationId{history[i].id} == plan.migrations()[i].id && history[i].digest == plan.digest(i);
        if (!same) continue;
        throw HistoryError{Failure{.what = "The database has this plan already, under the name \"" + other +
                                           "\"; here it is called \"" + plan.name() + "\".",
                                   .object = plan.name(),
                                   .instead = "call it \"" + other + "\" (of a folder: DirectoryOptions::name)"}};
    }
}

void expanded(sqlite::Connection const& connection, Plan const& plan, std::size_t position, Phase phase, Stage stage,
              bool filled) {
    auto const& migration = plan.migrations()[position];
    auto insert = connection.prepare(
        "INSERT INTO evolver_migration (plan, position, id, release, digest, chain, phase, stage, filled, expanded_at, "
        "contracted_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    auto const at = now(connection);
    insert.bind(1, std::string_view{plan.name()})
        .bind(2, static_cast<std::int64_t>(position))
        .bind(3, std::string_view{migration.id.text()})
        .bind(4, std::string_view{migration.release.text()})
        .bind(5, std::string_view{plan.digest(position)})
        .bind(6, std::string_view{plan.chain(position)})
        .bind(7, name_of(phase))
        .bind(8, name_of(stage))
        .bind(9, std::int64_t{filled ? 1 : 0})
        .bind(10, at)
        .bind(11, phase == Phase::contracted ? at : std::int64_t{0});
    insert.run();
    keep_chain(connection, plan.name());
}

void move_stage(sqlite::Connection const& connection, std::string const& plan, std::int64_t position, Stage stage) {
    update(connection, "stage = ?", {std::string{name_of(stage)}}, plan, position);
}

void mark_filled(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    update(connection, "filled = 1", {}, plan, position);
}

void mark_reconciled(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                     std::int64_t writes, std::int64_t lossy_rows) {
    update(connection, "reconciled_at = ?, reconciled_writes = ?, lossy_rows = ?",
           {now(connection), writes, lossy_rows}, plan, position);
}

void forget_reconciled(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    update(connection, "reconciled_at = 0", {}, plan, position);
}

void contracted(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    update(connection, "phase = ?, stage = ?, contracted_at = ?",
           {std::string{name_of(Phase::contracted)}, std::string{name_of(Stage::complete)}, now(connection)}, plan,
           position);
    forget_relaxed(connection, plan, position);
    // evolver_backfill stays: how many rows it were, in how many batches.
    auto statement = connection.prepare("DELETE FROM evolver_checkpoint WHERE plan = ? AND position = ?");
    statement.bind(1, std::string_view{plan}).bind(2, position);
    statement.run();
}

void raise_floor(sqlite::Connection const& connection, std::string const& plan, std::int64_t floor,
                 std::string const& release) {
    auto statement =
        connection.prepare("UPDATE evolver_plan SET floor = ?2, floor_release = ?3 WHERE plan = ?1 AND floor < ?2");
    statement.bind(1, std::string_view{plan}).bind(2, floor).bind(3, std::string_view{release});
    statement.run();
}

void rolled_back(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    unseal(connection, plan, position);
    for (auto const* table :
         {"evolver_migration", "evolver_backfill", "evolver_checkpoint", "evolver_legacy", "evolver_index",
          "evolver_run", "evolver_failed_row", "evolver_figure", "evolver_rollout", "evolver_sign_off",
          "evolver_relaxed", "evolver_sealed", "evolver_usage", "evolver_mismatch"}) {
        // A ledger of an earlier version gets what is new with the next expand().
        if (!sqlite::has_table(connection, table)) continue;
        auto statement = connection.prepare(std::string{"DELETE FROM "} + table + " WHERE plan = ? AND position = ?");
        statement.bind(1, std::string_view{plan}).bind(2, position);
        statement.run();
    }
    keep_chain(connection, plan);
}

void make_legacy_counter(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                         std::string const& table, std::int64_t id) {
    auto insert = connection.prepare(
        "INSERT INTO evolver_legacy (id, plan, position, table_name) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
    insert.bind(1, id).bind(2, std::string_view{plan}).bind(3, position).bind(4, std::string_view{table});
    insert.run();
}

Legacy legacy_of(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    auto statement = connection.prepare(
        "SELECT total(writes), max(abs(last_at)) FROM evolver_legacy WHERE plan = ? AND position = ?");
    statement.bind(1, std::string_view{plan}).bind(2, position);
    if (!statement.step()) return {};
    return Legacy{.writes = statement.integer(0), .last_at = statement.integer(1)};
}

std::int64_t watch_legacy(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    // The triggers count where the time is not now's: it stays what it was, and is no time of theirs.
    auto turn = connection.prepare(
        "UPDATE evolver_legacy SET last_at = -last_at WHERE plan = ? AND position = ? AND last_at > 0");
    turn.bind(1, std::string_view{plan}).bind(2, position);
    turn.run();
    return legacy_of(connection, plan, position).writes;
}

bool has_rebuilds(sqlite::Connection const& connection) { return sqlite::has_table(connection, "evolver_rebuild_key"); }

bool rebuilds(sqlite::Connection const& connection, std::string const& plan) {
    if (!has_rebuilds(connection)) return false;
    sqlite::Value const name = plan;
    return connection.integer("SELECT count(*) FROM evolver_rebuild WHERE plan = ?1", {&name, 1}) != 0;
}

void forget_rebuild(sqlite::Connection const& connection, std::string const& table) {
    if (!has_rebuilds(connection)) return;
    sqlite::Value const name = table;
    auto keys = connection.prepare(
        "DELETE FROM evolver_rebuild_key WHERE id IN (SELECT id FROM evolver_rebuild WHERE table_name = ?1 COLLATE "
        "NOCASE)");
    keys.bind(1, name);
    (void)keys.run();
    auto run = connection.prepare("DELETE FROM evolver_rebuild WHERE table_name = ?1 COLLATE NOCASE");
    run.bind(1, name);
    (void)run.run();
}

std::int64_t now(sqlite::Connection const& connection) {
    return connection.integer("SELECT CAST(strftime('%s', 'now') AS INTEGER)");
}

}  // namespace evolver::ledger
