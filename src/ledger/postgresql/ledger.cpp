#include "ledger/postgresql/ledger.hpp"

#include "dialect/postgresql/sync.hpp"
#include "ledger/phase_words.hpp"
#include "ledger/postgresql/about.hpp"
#include "ledger/postgresql/audit.hpp"
#include "ledger/postgresql/claims.hpp"
#include "ledger/postgresql/comparison.hpp"
#include "ledger/postgresql/instances.hpp"
#include "ledger/postgresql/rollout.hpp"
#include "ledger/postgresql/runs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::ledger {

namespace {

using postgresql::Connection;
using postgresql::Text;

std::string in_words(std::int64_t number) { return std::to_string(number); }

void update(Connection const& connection, std::string const& assignment, std::vector<Text> values,
            std::string const& plan, std::int64_t position) {
    keep_fillers_out(connection, plan, position);
    values.insert(values.begin(), {plan, in_words(position)});
    connection.query(
        "UPDATE evolver_migration SET " + assignment + " WHERE plan = $1 AND position = CAST($2 AS bigint)", values);
}

void keep_chain(Connection const& connection, std::string const& plan) {
    connection.query(
        "UPDATE evolver_plan SET chain = coalesce((SELECT m.chain FROM evolver_migration AS m WHERE m.plan = $1 ORDER "
        "BY m.position DESC LIMIT 1), '') WHERE plan = $1",
        {plan});
}

constexpr auto seconds = "CAST(extract(epoch FROM clock_timestamp()) AS bigint)";

}  // namespace

bool exists(Connection const& connection) { return has_table(connection, "evolver_plan"); }

bool is_complete(Connection const& connection) {
    return has_table(connection, "evolver_failed_row") && has_table(connection, "evolver_reconcile") &&
           has_claims(connection) && has_table(connection, "evolver_sealed") && has_fill_order(connection);
}

State read(Connection const& connection, std::string const& plan) {
    State state;
    if (!exists(connection)) return state;
    // One statement, and so one moment.
    auto const found = connection.query(
        "SELECT p.format, coalesce(f.floor, 0), coalesce(f.floor_release, ''), m.position, m.id, m.release, m.digest, "
        "m.chain, m.phase, m.stage, m.filled, m.expanded_at, m.contracted_at, m.reconciled_at, m.reconciled_writes, "
        "m.lossy_rows FROM evolver_plan AS p LEFT JOIN evolver_fleet AS f ON f.plan = p.plan LEFT JOIN "
        "evolver_migration AS m ON m.plan = p.plan WHERE p.plan = $1 ORDER BY m.position",
        {plan});
    if (found.empty()) return state;
    state.exists = true;
    state.format = found.integer(0, 0);
    state.floor = found.integer(0, 1);
    state.floor_release = found.text(0, 2);
    refuse_newer_format(state.format);
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
        if (!found.rows[row][3]) continue;  // a plan without a migration
        state.entries.push_back(Entry{.position = found.integer(row, 3),
                                      .id = found.text(row, 4),
                                      .release = found.text(row, 5),
                                      .digest = found.text(row, 6),
                                      .chain = found.text(row, 7),
                                      .phase = phase_from(found.text(row, 8)),
                                      .stage = stage_from(found.text(row, 9)),
                                      .filled = found.text(row, 10) == "t",
                                      .expanded_at = found.integer(row, 11),
                                      .contracted_at = found.integer(row, 12),
                                      .reconciled_at = found.integer(row, 13),
                                      .reconciled_writes = found.integer(row, 14),
                                      .lossy_rows = found.integer(row, 15)});
    }
    return state;
}

void create(Connection const& connection, std::string const& plan, std::chrono::milliseconds lock_timeout) {
    postgresql::make_fleet(connection, plan, lock_timeout);
    postgresql::Transaction transaction{connection, lock_timeout};
    make_alone(connection);
    if (!exists(connection)) {
        connection.run(
            "CREATE TABLE IF NOT EXISTS evolver_plan (plan text PRIMARY KEY, format bigint NOT NULL, chain text NOT "
            "NULL DEFAULT '');"
            "CREATE TABLE IF NOT EXISTS evolver_migration (plan text NOT NULL, position bigint NOT NULL, id text NOT "
            "NULL, release text NOT NULL, digest text NOT NULL, chain text NOT NULL, phase text NOT NULL, stage text "
            "NOT NULL, filled boolean NOT NULL, expanded_at bigint NOT NULL DEFAULT 0, contracted_at bigint NOT NULL "
            "DEFAULT 0, reconciled_at bigint NOT NULL DEFAULT 0, reconciled_writes bigint NOT NULL DEFAULT 0, "
            "lossy_rows bigint NOT NULL DEFAULT 0, PRIMARY KEY (plan, position));"
            "CREATE TABLE IF NOT EXISTS evolver_backfill (plan text NOT NULL, position bigint NOT NULL, table_name "
            "text NOT NULL, complete boolean NOT NULL, rows bigint NOT NULL, batches bigint NOT NULL, batch_rows "
            "bigint NOT NULL, descending boolean NOT NULL DEFAULT false, PRIMARY KEY (plan, position, table_name));"
            "CREATE TABLE IF NOT EXISTS evolver_checkpoint (plan text NOT NULL, position bigint NOT NULL, table_name "
            "text NOT NULL, part bigint NOT NULL, done text, bound text, PRIMARY KEY (plan, position, table_name, "
            "part));"
            "CREATE TABLE IF NOT EXISTS evolver_legacy (id bigint PRIMARY KEY, plan text NOT NULL, position bigint NOT "
            "NULL, table_name text NOT NULL, writes bigint NOT NULL DEFAULT 0, last_at bigint NOT NULL DEFAULT 0, "
            "has_sequence boolean NOT NULL DEFAULT true);" +
            postgresql_audit_tables());
        for (auto const& sql : postgresql::make_quarantine(connection.text("SELECT current_schema()")))
            connection.run(sql);
    }
    // Now, and not with the first order: whoever may read what is there now may read these, too. An older evolver has left some of them out.
    make_runs(connection);
    make_rollout(connection);
    make_comparisons(connection);
    make_claims(connection);
    if (!has_fill_order(connection)) {
        make_alone(connection);
        connection.run(
            "ALTER TABLE evolver_backfill ADD COLUMN IF NOT EXISTS descending boolean NOT NULL DEFAULT false");
    }
    connection.query("INSERT INTO evolver_plan (plan, format) VALUES ($1, CAST($2 AS bigint)) ON CONFLICT DO NOTHING",
                     {plan, in_words(format)});
    transaction.commit();
}

void take_pen(Connection const& connection, std::string const& plan) {
    connection.query("SELECT plan FROM evolver_plan WHERE plan = $1 FOR UPDATE", {plan});
}

void hold_still(Connection const& connection, std::string const& plan) {
    connection.query("SELECT plan FROM evolver_plan WHERE plan = $1 FOR SHARE", {plan});
}

void expanded(Connection const& connection, Plan const& plan, std::size_t position, Phase phase, Stage stage,
              bool filled) {
    auto const& migration = plan.migrations()[position];
    connection.query(
        fmt::format("INSERT INTO evolver_migration (plan, position, id, release, digest, chain, phase, stage, filled, "
                    "expanded_at, contracted_at) VALUES ($1, CAST($2 AS bigint), $3, $4, $5, $6, $7, $8, CAST($9 AS "
                    "boolean), {0}, CASE WHEN $7 = 'contracted' THEN {0} ELSE 0 END)",
                    seconds),
        {plan.name(), std::to_string(position), migration.id.text(), migration.release.text(), plan.digest(position),
         plan.chain(position), std::string{name_of(phase)}, std::string{name_of(stage)}, filled ? "true" : "false"});
    keep_chain(connection, plan.name());
}

void move_stage(Connection const& connection, std::string const& plan, std::int64_t position, Stage stage) {
    update(connection, "stage = $3", {std::string{name_of(stage)}}, plan, position);
}

void mark_filled(Connection const& connection, std::string const& plan, std::int64_t position) {
    update(connection, "filled = true", {}, plan, position);
}

void mark_reconciled(Connection const& connection, std::string const& plan, std::int64_t position, std::int64_t writes,
                     std::int64_t lossy_rows) {
    update(connection,
           fmt::format("reconciled_at = {}, reconciled_writes = CAST($3 AS bigint), lossy_rows = CAST($4 AS bigint)",
                       seconds),
           {in_words(writes), in_words(lossy_rows)}, plan, position);
}

void forget_reconciled(Connection const& connection, std::string const& plan, std::int64_t position) {
    update(connection, "reconciled_at = 0", {}, plan, position);
}

void contracted(Connection const& connection, std::string const& plan, std::int64_t position) {
    update(connection, fmt::format("phase = 'contracted', stage = 'complete', contracted_at = {}", seconds), {}, plan,
           position);
    // evolver_backfill stays: how many rows it were, in how many batches.
    connection.query("DELETE FROM evolver_checkpoint WHERE plan = $1 AND position = CAST($2 AS bigint)",
                     {plan, in_words(position)});
    forget_claims(connection, plan, position);
}

void rolled_back(Connection const& connection, std::string const& plan, std::int64_t position) {
    unseal(connection, plan, position);
    drop_legacy_counters(connection, plan, position);
    keep_fillers_out(connection, plan, position);
    for (auto const* table : {"evolver_migration", "evolver_backfill", "evolver_checkpoint", "evolver_legacy"})
        connection.query(fmt::format("DELETE FROM {} WHERE plan = $1 AND position = CAST($2 AS bigint)", table),
                         {plan, in_words(position)});
    forget_claims(connection, plan, position);
    forget_run(connection, plan, position);
    forget_rollout(connection, plan, position);
    forget_compared(connection, plan, position);
    keep_chain(connection, plan);
}

bool is_only_said(Connection const& connection, std::string const& plan) {
    if (!has_audit(connection)) return false;
    return connection.text(
               "SELECT bool_or(event = 'baseline') AND NOT bool_or(event = 'expand') FROM evolver_audit WHERE plan = "
               "$1",
               {plan}) == "t";
}

void forget_migrations(Connection const& connection, std::string const& plan) {
    connection.query("DELETE FROM evolver_migration WHERE plan = $1", {plan});
    keep_chain(connection, plan);
}

bool enter_filling(Connection const& connection, std::string const& plan, std::int64_t position) {
    enter_as_filler(connection, plan, position);
    auto const open = connection.query(
        "SELECT position FROM evolver_migration WHERE plan = $1 AND position = CAST($2 AS bigint) AND phase = "
        "'expanded' "
        "AND NOT filled FOR SHARE",
        {plan, in_words(position)});
    return !open.empty();
}

void lock_frontier(Connection const& connection, std::string const& plan, std::int64_t position,
                   std::string const& table) {
    // What a statement that waited for a row joins to it is as old as the statement: so lock here, and read in the next one.
    connection.query(
        "INSERT INTO evolver_backfill (plan, position, table_name, complete, rows, batches, batch_rows) VALUES ($1, "
        "CAST($2 "
        "AS bigint), $3, false, 0, 0, 0) ON CONFLICT (plan, position, table_name) DO UPDATE SET rows = "
        "evolver_backfill.rows",
        {plan, in_words(position), table});
}

void move_table(Connection const& connection, std::string const& plan, std::int64_t position, std::string const& from,
                std::string const& to) {
    auto const later = about(connection,
                             "SELECT position FROM evolver_migration WHERE plan = $1 AND position > CAST($2 AS bigint) "
                             "ORDER BY position",
                             plan, position);
    for (std::size_t row = 0; row < later.rows.size(); ++row) hold_run(connection, plan, later.integer(row, 0));
    for (auto const* table :
         {"evolver_backfill", "evolver_checkpoint", "evolver_claim", "evolver_failed_batch", "evolver_failed_row"}) {
        if (!has_table(connection, table)) continue;  // an older evolver's ledger
        (void)about(connection,
                    "UPDATE " + std::string{table} +
                        " SET table_name = $4 WHERE plan = $1 AND position > CAST($2 AS bigint) AND table_name = $3",
                    plan, position, {from, to});
    }
}

std::optional<Filling> filling_of(Connection const& connection, std::string const& plan, std::int64_t position,
                                  std::string const& table) {
    auto const found = connection.query(
        "SELECT b.complete, b.rows, b.batches, b.batch_rows, c.done, c.bound, to_jsonb(b) ->> 'descending' FROM "
        "evolver_backfill AS b LEFT JOIN "
        "evolver_checkpoint AS c USING (plan, position, table_name) WHERE b.plan = $1 AND b.position = CAST($2 AS "
        "bigint) AND b.table_name = $3 ORDER BY c.part",
        {plan, in_words(position), table});
    if (found.empty()) return std::nullopt;
    Filling progress{.complete = found.text(0, 0) == "t",
                     .rows = found.integer(0, 1),
                     .batches = found.integer(0, 2),
                     .batch_rows = found.integer(0, 3),
                     .descending = found.text(0, 6) == "true"};  // nothing where the column is not there yet
    for (auto const& row : found.rows) {
        if (row[4]) progress.done.push_back(*row[4]);
        if (row[5]) progress.bound.push_back(*row[5]);
    }
    return progress;
}

bool has_fill_order(Connection const& connection) {
    return connection.text(
               "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('evolver_backfill') AND attname = "
               "'descending' AND NOT attisdropped)") == "t";
}

void note_descending(Connection const& connection, std::string const& plan, std::int64_t position,
                     std::string const& table) {
    (void)about(connection,
                "UPDATE evolver_backfill SET descending = true WHERE plan = $1 AND position = CAST($2 AS bigint) AND "
                "table_name = $3",
                plan, position, {table});
}

std::vector<std::string> filled_tables(Connection const& connection, std::string const& plan, std::int64_t position) {
    auto const found = connection.query(
        "SELECT table_name FROM evolver_backfill WHERE plan = $1 AND position = CAST($2 AS bigint) ORDER BY 1",
        {plan, in_words(position)});
    std::vector<std::string> tables;
    for (std::size_t row = 0; row < found.rows.size(); ++row) tables.push_back(found.text(row, 0));
    return tables;
}

void keep_filling(Connection const& connection, std::string const& plan, std::int64_t position,
                  std::string const& table, Filling const& progress) {
    connection.query(
        "INSERT INTO evolver_backfill (plan, position, table_name, complete, rows, batches, batch_rows) VALUES ($1, "
        "CAST($2 AS bigint), $3, CAST($4 AS boolean), CAST($5 AS bigint), CAST($6 AS bigint), CAST($7 AS bigint)) ON "
        "CONFLICT (plan, position, table_name) DO UPDATE SET complete = excluded.complete, rows = excluded.rows, "
        "batches = excluded.batches, batch_rows = excluded.batch_rows",
        {plan, in_words(position), table, progress.complete ? "true" : "false", in_words(progress.rows),
         in_words(progress.batches), in_words(progress.batch_rows)});
    for (std::size_t part = 0; part < progress.bound.size(); ++part) {
        connection.query(
            "INSERT INTO evolver_checkpoint (plan, position, table_name, part, done, bound) VALUES ($1, CAST($2 AS "
            "bigint), $3, CAST($4 AS bigint), $5, $6) ON CONFLICT (plan, position, table_name, part) DO UPDATE SET "
            "done = excluded.done, bound = excluded.bound",
            {plan, in_words(position), table, std::to_string(part),
             part < progress.done.size() ? Text{progress.done[part]} : Text{}, progress.bound[part]});
    }
}

void make_legacy_counter(Connection const& connection, std::string const& plan, std::int64_t position,
                         std::string const& table, std::int64_t id) {
    // Whoever may write to the table fires the trigger, as himself.
    connection.run(fmt::format("CREATE SEQUENCE IF NOT EXISTS {0}; GRANT USAGE ON SEQUENCE {0} TO PUBLIC",
                               postgresql::counter_name(id)));
    connection.query(
        "INSERT INTO evolver_legacy (id, plan, position, table_name) VALUES (CAST($1 AS bigint), $2, CAST($3 AS "
        "bigint), $4) ON CONFLICT DO NOTHING",
        {in_words(id), plan, in_words(position), table});
}

Legacy legacy_of(Connection const& connection, std::string const& plan, std::int64_t position) {
    auto const counters = connection.query(
        "SELECT id, writes, last_at, has_sequence FROM evolver_legacy WHERE plan = $1 AND position = CAST($2 AS "
        "bigint) ORDER BY id FOR UPDATE",
        {plan, in_words(position)});
    Legacy all;
    for (std::size_t row = 0; row < counters.rows.size(); ++row) {
        auto writes = counters.integer(row, 1);
        auto last_at = counters.integer(row, 2);
        if (counters.text(row, 3) == "t") {
            auto const counted = connection.integer("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM " +
                                                    postgresql::counter_name(counters.integer(row, 0)));
            if (counted != writes) {
                writes = counted;
                last_at = now(connection);
                connection.query(
                    "UPDATE evolver_legacy SET writes = CAST($2 AS bigint), last_at = CAST($3 AS bigint) WHERE id = "
                    "CAST($1 AS bigint)",
                    {counters.text(row, 0), in_words(writes), in_words(last_at)});
            }
        }
        all.writes += writes;
        all.last_at = std::max(all.last_at, last_at);
    }
    return all;
}

void drop_legacy_counters(Connection const& connection, std::string const& plan, std::int64_t position) {
    (void)legacy_of(connection, plan, position);
    auto const counters = connection.query(
        "UPDATE evolver_legacy SET has_sequence = false WHERE plan = $1 AND position = CAST($2 AS bigint) RETURNING id",
        {plan, in_words(position)});
    for (std::size_t row = 0; row < counters.rows.size(); ++row)
        connection.run("DROP SEQUENCE IF EXISTS " + postgresql::counter_name(counters.integer(row, 0)));
}

std::int64_t now(Connection const& connection) { return connection.integer(fmt::format("SELECT {}", seconds)); }

}  // namespace evolver::ledger
