#include "ledger/usage.hpp"

#include "ledger/ledger.hpp"

#include <algorithm>

namespace evolver::ledger {

std::string usage_table() {
    return "CREATE TABLE IF NOT EXISTS evolver_usage (plan TEXT NOT NULL, position INTEGER NOT NULL, kind TEXT NOT "
           "NULL, "
           "release TEXT NOT NULL, day TEXT NOT NULL, uses INTEGER NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY "
           "(plan, "
           "position, kind, day, release)) WITHOUT ROWID;"
           "CREATE TABLE IF NOT EXISTS evolver_mismatch (plan TEXT NOT NULL, position INTEGER NOT NULL, table_name "
           "TEXT NOT "
           "NULL, row_key TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (plan, position, table_name, row_key)) "
           "WITHOUT ROWID;";
}

bool has_usage(sqlite::Connection const& connection) { return sqlite::has_table(connection, "evolver_mismatch"); }

void make_usage(sqlite::Connection const& connection) {
    if (!has_usage(connection)) connection.run(usage_table());
}

void add_usage(sqlite::Connection const& connection, std::string const& plan, std::int64_t position, Usage use) {
    if (use.last_at == 0) use.last_at = now(connection);
    auto insert = connection.prepare(
        "INSERT INTO evolver_usage (plan, position, kind, release, day, uses, last_at) VALUES (?1, ?2, ?3, ?4, "
        "coalesce(nullif(?5, ''), strftime('%Y-%m-%d', ?7, 'unixepoch')), ?6, ?7) ON CONFLICT (plan, position, kind, "
        "day, "
        "release) DO UPDATE SET uses = uses + excluded.uses, last_at = max(last_at, excluded.last_at)");
    insert.bind(1, std::string_view{plan})
        .bind(2, position)
        .bind(3, std::string_view{use.kind})
        .bind(4, std::string_view{use.release})
        .bind(5, std::string_view{use.day})
        .bind(6, use.uses)
        .bind(7, use.last_at);
    insert.run();
}

std::int64_t unnoted_legacy_writes(sqlite::Connection const& connection, std::string const& plan,
                                   std::int64_t position) {
    auto const counted = legacy_of(connection, plan, position).writes;
    if (!has_usage(connection)) return counted;
    auto noted =
        connection.prepare("SELECT total(uses) FROM evolver_usage WHERE plan = ?1 AND position = ?2 AND kind = ?3");
    noted.bind(1, std::string_view{plan}).bind(2, position).bind(3, legacy_write);
    return noted.step() ? std::max<std::int64_t>(0, counted - noted.integer(0)) : counted;
}

void note_mismatch(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                   MismatchedRow const& row) {
    auto insert = connection.prepare(
        "INSERT INTO evolver_mismatch (plan, position, table_name, row_key, at) SELECT ?1, ?2, ?3, ?4, ?5 WHERE "
        "(SELECT count(*) FROM "
        "evolver_mismatch WHERE plan = ?1 AND position = ?2) < 10 ON CONFLICT DO NOTHING");
    insert.bind(1, std::string_view{plan})
        .bind(2, position)
        .bind(3, std::string_view{row.table})
        .bind(4, std::string_view{row.key})
        .bind(5, now(connection));
    insert.run();
}

std::vector<MismatchedRow> mismatched_rows(sqlite::Connection const& connection, std::string const& plan,
                                           std::int64_t position) {
    std::vector<MismatchedRow> all;
    if (!has_usage(connection)) return all;
    auto rows = connection.prepare(
        "SELECT table_name, row_key FROM evolver_mismatch WHERE plan = ?1 AND position = ?2 ORDER BY at, table_name, "
        "row_key");
    rows.bind(1, std::string_view{plan}).bind(2, position);
    while (rows.step()) all.push_back({rows.text(0), rows.text(1)});
    return all;
}

std::vector<Usage> usage_of(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    std::vector<Usage> all;
    if (!has_usage(connection)) return all;
    auto rows = connection.prepare(
        "SELECT kind, release, day, uses, last_at FROM evolver_usage WHERE plan = ?1 AND position = ?2 ORDER BY day "
        "DESC, "
        "kind, release");
    rows.bind(1, std::string_view{plan}).bind(2, position);
    while (rows.step()) all.push_back({rows.text(0), rows.text(1), rows.text(2), rows.integer(3), rows.integer(4)});
    return all;
}

Usage last_use(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
               std::string_view kind) {
    Usage last{.kind = std::string{kind}, .release = {}, .day = {}};
    for (auto& use : usage_of(connection, plan, position)) {
        if (use.kind == kind && use.last_at > last.last_at) last = std::move(use);
    }
    return last;
}

}  // namespace evolver::ledger
