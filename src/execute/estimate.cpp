#include "execute/estimate.hpp"

#include "dialect/sqlite/functions.hpp"
#include "dialect/sqlite/samples.hpp"
#include "execute/backfill.hpp"
#include "execute/batch.hpp"
#include "execute/pacer.hpp"
#include "execute/table_work.hpp"

#include <algorithm>
#include <cmath>

namespace evolver {

namespace {

using std::chrono::microseconds;

/// What a byte costs that goes into the WAL and from there into the file, in microseconds: measured, on a solid-state disk.
constexpr double byte_cost = 0.002;
/// What a batch costs besides its rows: transaction, checkpoint, the end of the next range.
constexpr double batch_cost = 60;
/// The WAL is started over at 8,000 pages (Workplace::checkpoint_if_due); until then a batch more may have come in.
constexpr std::int64_t wal_pages = 10'000;

microseconds rounded(double count) { return microseconds{std::llround(count)}; }

/// Runs the work on the rows that are there. Returns how long it took.
double try_it(sqlite::Connection const& connection, TableWork const& work) {
    auto const key = sqlite::row_key(connection, work.table);
    TriggersOff const quiet{connection};
    auto const start = std::chrono::steady_clock::now();
    connection.run("BEGIN");
    if (!work.pairs.empty()) connection.prepare(sqlite::fill(work.table, key, work.pairs, sqlite::Range::all)).run();
    for (auto const& open : work.transforms)
        connection.prepare(sqlite::transform(open.transform, key, sqlite::Range::all, sqlite::Return::nothing, {}))
            .run();
    connection.run("COMMIT");
    return std::chrono::duration<double, std::micro>{std::chrono::steady_clock::now() - start}.count();
}

Estimate estimate_of(sqlite::Connection const& live, sqlite::Connection const& samples, TableWork const& work,
                     double correction) {
    auto const pages = [&] {
        return static_cast<double>(samples.integer("PRAGMA page_count") - samples.integer("PRAGMA freelist_count"));
    };
    auto const others = pages() - 1;  // an empty table has a page, too
    sqlite::sample_rows(live, samples, work.table);
    Estimate estimate{.table = work.table.text(), .correction = correction};
    auto const tried =
        static_cast<double>(samples.integer("SELECT count(*) FROM " + sqlite::quoted(work.table.text())));
    if (tried == 0) return estimate;
    estimate.rows = sqlite::estimated_rows(live, work.table);
    auto const rows = static_cast<double>(estimate.rows);
    auto const page = static_cast<double>(samples.integer("PRAGMA page_size"));
    auto const before = pages();
    auto const took = try_it(samples, work);
    auto const after = pages();
    auto const filled = after - others;
    estimate.bytes = std::llround(rows * filled * page / tried);
    auto const per_row = (took / tried + filled * page / tried * byte_cost) * correction;
    auto const target = static_cast<double>(batch_target.count());
    auto const batch_rows =
        std::clamp(std::floor((target - batch_cost) / per_row), 1.0, static_cast<double>(largest_batch));
    estimate.batches = std::llround(std::ceil(rows / batch_rows));
    estimate.lock = rounded(std::min(rows, batch_rows) * per_row + batch_cost);
    estimate.work = rounded(rows * per_row + static_cast<double>(estimate.batches) * batch_cost);
    estimate.time = estimate.work + pause_after(estimate.lock) * std::max<std::int64_t>(0, estimate.batches - 1);
    auto const growth = std::llround(std::max(0.0, after - before) * page * rows / tried);
    auto const wal = std::min(estimate.bytes, wal_pages * static_cast<std::int64_t>(page));
    estimate.disk = growth + wal;
    return estimate;
}

}  // namespace

std::vector<Estimate> estimates(sqlite::Connection const& live, Compiler const& compiler, Plan const& plan,
                                double correction) {
    std::vector<Estimate> all;
    auto const position = compiler.standing().expanded - 1;
    auto const works = work_of(compiler, position);
    if (works.empty()) return all;
    auto const samples = sqlite::clone_schema(compiler.clone());
    sqlite::add_functions(samples.connection, plan);
    for (auto const& work : works) {
        try {
            auto estimate = estimate_of(live, samples.connection, work, correction);
            if (estimate.rows == 0) continue;
            estimate.migration = plan.migrations()[position].id.text();
            all.push_back(std::move(estimate));
        } catch (Error const&) {
            // A row that cannot be filled is told by the backfill, with its key; a function that only the application has, by expand().
            if (samples.connection.in_transaction()) samples.connection.run("ROLLBACK");
        }
    }
    return all;
}

}  // namespace evolver
