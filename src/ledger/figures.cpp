#include "ledger/figures.hpp"

#include <algorithm>

namespace evolver::ledger {

std::string figure_tables() {
    return "CREATE TABLE IF NOT EXISTS evolver_figure (plan TEXT NOT NULL, position INTEGER NOT NULL, table_name TEXT "
           "NOT NULL, descending INTEGER NOT NULL DEFAULT 0, microseconds INTEGER NOT NULL DEFAULT 0, longest INTEGER "
           "NOT NULL DEFAULT 0, expected_rows INTEGER NOT NULL DEFAULT 0, expected_bytes INTEGER NOT NULL DEFAULT 0, "
           "expected_batches INTEGER NOT NULL DEFAULT 0, expected_microseconds INTEGER NOT NULL DEFAULT 0, "
           "expected_lock INTEGER NOT NULL DEFAULT 0, expected_time INTEGER NOT NULL DEFAULT 0, expected_disk INTEGER "
           "NOT NULL DEFAULT 0, PRIMARY KEY (plan, position, table_name)) WITHOUT ROWID;";
}

bool has_figures(sqlite::Connection const& connection) { return sqlite::has_table(connection, "evolver_figure"); }

void expect(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
            Estimate const& estimate) {
    auto note = connection.prepare(
        "INSERT OR REPLACE INTO evolver_figure (plan, position, table_name, expected_rows, expected_bytes, "
        "expected_batches, expected_microseconds, expected_lock, expected_time, expected_disk) VALUES (?1, ?2, ?3, ?4, "
        "?5, ?6, ?7, ?8, ?9, ?10)");
    note.bind(1, std::string_view{plan})
        .bind(2, position)
        .bind(3, std::string_view{estimate.table})
        .bind(4, estimate.rows)
        .bind(5, estimate.bytes)
        .bind(6, estimate.batches)
        .bind(7, estimate.work.count())
        .bind(8, estimate.lock.count())
        .bind(9, estimate.time.count())
        .bind(10, estimate.disk);
    note.run();
}

void note_order(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                std::string const& table, bool descending) {
    auto note = connection.prepare(
        "INSERT INTO evolver_figure (plan, position, table_name, descending) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO "
        "UPDATE SET descending = excluded.descending");
    note.bind(1, std::string_view{plan})
        .bind(2, position)
        .bind(3, std::string_view{table})
        .bind(4, std::int64_t{descending ? 1 : 0});
    note.run();
}

std::optional<Figures> figures_of(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                                  std::string const& table) {
    if (!has_figures(connection)) return std::nullopt;
    auto row = connection.prepare(
        "SELECT microseconds, longest, expected_rows, expected_bytes, expected_batches, expected_microseconds, "
        "expected_lock, expected_time, expected_disk FROM evolver_figure WHERE plan = ?1 AND position = ?2 AND "
        "table_name = ?3");
    row.bind(1, std::string_view{plan}).bind(2, position).bind(3, std::string_view{table});
    if (!row.step()) return std::nullopt;
    using std::chrono::microseconds;
    return Figures{.work = microseconds{row.integer(0)},
                   .longest = microseconds{row.integer(1)},
                   .expected = {.table = table,
                                .rows = row.integer(2),
                                .bytes = row.integer(3),
                                .batches = row.integer(4),
                                .work = microseconds{row.integer(5)},
                                .lock = microseconds{row.integer(6)},
                                .time = microseconds{row.integer(7)},
                                .disk = row.integer(8)}};
}

double correction(sqlite::Connection const& connection, std::string const& plan) {
    if (!has_figures(connection)) return 1;
    auto row = connection.prepare(
        "SELECT total(f.microseconds), total(f.expected_microseconds) FROM evolver_figure AS f JOIN evolver_backfill "
        "AS b USING (plan, position, table_name) WHERE f.plan = ?1 AND b.state = 'finished' AND f.microseconds > 0 AND "
        "f.expected_microseconds > 0");
    row.bind(1, std::string_view{plan});
    if (!row.step() || row.real(1) <= 0) return 1;
    // One that was interrupted for minutes by a sleeping laptop is no measure.
    return std::clamp(row.real(0) / row.real(1), 0.1, 20.0);
}

}  // namespace evolver::ledger
