// A table made anew in batches, against SQLite's procedure of twelve steps in one transaction
// (https://www.sqlite.org/lang_altertable.html, §7), which nobody can write beside.

#include "catalogue.hpp"
#include "harness.hpp"
#include "locks.hpp"
#include "raw.hpp"

#include "dialect/sqlite/soci_handle.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <stdexcept>

namespace bench {

namespace {

constexpr int pairs = 3;

/// A column goes, by a rebuild: SQLite's own DROP COLUMN would write every row under one lock.
evolver::Plan dropping() {
    using namespace evolver;
    auto const first = plan().until("1.0");
    std::vector<Migration> all{first.migrations().begin(), first.migrations().end()};
    all.push_back({.id = "0002-no-section",
                   .release = "2.0",
                   .operations = {DropColumn{.table = "packages", .column = "section", .lock = Lock::online}}});
    return Plan{"catalogue", std::move(all)};
}

void make(std::filesystem::path const& base, int rows, std::string const& more) {
    soci::session db{soci::sqlite3, connection(base.string())};
    evolver::Evolver{db, dropping().until("1.0"), {.release = "1.0"}}.expand();
    raw::run(evolver::sqlite::handle_of(db), table_of(rows) + more);
    evolver::Evolver evolver{db, dropping(), {.release = "2.0"}};
    evolver.expand();
    evolver.backfill(evolver::Speed::full);
    evolver.reconcile();
    raw::run(evolver::sqlite::handle_of(db), "PRAGMA wal_checkpoint(TRUNCATE)");
}

void expect_rows(soci::session& db, int rows) {
    int found = 0;
    int left = 0;
    db << "SELECT count(*), (SELECT count(*) FROM pragma_table_info('packages') WHERE name = 'section') + (SELECT "
          "count(*) FROM sqlite_schema WHERE name GLOB 'evolver_[st][hr]a*') FROM packages",
        soci::into(found), soci::into(left);
    if (found != rows || left != 0) throw std::runtime_error{"the rebuild is not what it should be"};
}

/// Both ways, over one size of the table.
class Contest {
public:
    Contest(Bench& bench, int rows, std::string const& more = {}, std::vector<std::string> indexes = {})
        : bench_{bench}, rows_{rows}, indexes_{std::move(indexes)}, base_{bench.database("rebuild_base")} {
        make(base_, rows, more);
    }

    double in_batches() {
        auto const path = bench_.database("rebuild_batches");
        restore(base_, path);
        Locks locks{path};
        soci::session db{soci::sqlite3, connection(path.string())};
        evolver::Evolver evolver{db, dropping(), {.release = "2.0", .observer = &locks}};
        auto const time = seconds([&] {
            evolver.contract({.override_gates = {{"soak", "a benchmark"}}, .speed = evolver::Speed::full});
        });
        expect_rows(db, rows_);
        held.insert(held.end(), locks.held.begin(), locks.held.end());
        cut_overs.push_back(locks.cut_over);
        wal_bytes = std::max(wal_bytes, locks.wal_bytes);
        times.push_back(time);
        return time;
    }

    double twelve_steps() {
        auto const path = bench_.database("rebuild_twelve");
        restore(base_, path);
        soci::session db{soci::sqlite3, connection(path.string())};
        auto* const handle = evolver::sqlite::handle_of(db);
        std::string script =
            "BEGIN IMMEDIATE;"
            "CREATE TABLE new_packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, description TEXT, size TEXT);"
            "INSERT INTO new_packages SELECT id, name, description, size FROM packages;"
            "DROP TABLE packages;"
            "ALTER TABLE new_packages RENAME TO packages;";
        for (auto const& index : indexes_) script += index + ";";
        auto const time = seconds([&] { raw::run(handle, script + "COMMIT"); });
        expect_rows(db, rows_);
        twelve_step_times.push_back(time);
        return time;
    }

    [[nodiscard]] double per_row() const { return quantile(times, 0.5) / rows_; }

    std::vector<double> held, cut_overs, times, twelve_step_times;
    std::uintmax_t wal_bytes = 0;

private:
    Bench& bench_;
    int rows_;
    std::vector<std::string> indexes_;
    std::filesystem::path base_;
};

void report_locks(Bench& bench, Contest const& contest, std::string const& size) {
    bench.report({.name = "rebuild.lock_p99_ms." + size,
                  .value = quantile(contest.held, 0.99),
                  .unit = "ms",
                  .kind = Bound::at_most,
                  .bound = 10});
    bench.report({.name = "rebuild.lock_p999_ms." + size,
                  .value = quantile(contest.held, 0.999),
                  .unit = "ms",
                  .kind = Bound::at_most,
                  .bound = 50});
    bench.report({.name = "rebuild.twelve_step_ms." + size,
                  .value = quantile(contest.twelve_step_times, 0.5) * 1000,
                  .unit = "ms"});
}

/// The small sizes are cheap and always measured; ten million rows only for the figures that speak of them.
void plain(Bench& bench) {
    Contest small{bench, 100'000};
    for (int i = 0; i < pairs; ++i) (void)small.in_batches();
    Contest middle{bench, 1'000'000};
    bench.ratio(
        "rebuild.total.ratio", [&] { return middle.in_batches(); }, [&] { return middle.twelve_steps(); }, pairs,
        Bound::at_most, 1.2);
    report_locks(bench, middle, "1m");
    auto cut_overs = middle.cut_overs;
    auto wal_bytes = middle.wal_bytes;
    if (bench.wants("rebuild.lock_p99_ms.10m") || bench.wants("rebuild.growth")) {
        Contest large{bench, 10'000'000};
        (void)large.in_batches();
        (void)large.twelve_steps();
        report_locks(bench, large, "10m");
        bench.report({.name = "rebuild.growth.ratio",
                      .value = large.per_row() / small.per_row(),
                      .kind = Bound::at_most,
                      .bound = 1.2});
        cut_overs.insert(cut_overs.end(), large.cut_overs.begin(), large.cut_overs.end());
        wal_bytes = std::max(wal_bytes, large.wal_bytes);
    }
    bench.report({.name = "rebuild.cutover_ms",
                  .value = quantile(cut_overs, 0.5),
                  .unit = "ms",
                  .kind = Bound::at_most,
                  .bound = 5});
    bench.report({.name = "rebuild.wal_peak_mb",
                  .value = static_cast<double>(wal_bytes) / 1'000'000,
                  .unit = "MB",
                  .kind = Bound::at_most,
                  .bound = 64});
}

/// Indexes in the order of no key: every row goes to another page of theirs.
void indexed(Bench& bench) {
    std::vector<std::string> const indexes{"CREATE INDEX by_size ON packages (size)",
                                           "CREATE INDEX by_name ON packages (name, size)"};
    Contest contest{bench, 1'000'000, indexes[0] + ";" + indexes[1] + ";", indexes};
    auto const time = contest.in_batches();
    bench.report({.name = "rebuild.indexed.ratio", .value = time / contest.twelve_steps()});
    bench.report({.name = "rebuild.indexed.lock_p999_ms",
                  .value = quantile(contest.held, 0.999),
                  .unit = "ms",
                  .kind = Bound::at_most,
                  .bound = 50});
}

}  // namespace

void rebuild(Bench& bench) {
    bool const some = bench.wants("rebuild.total") || bench.wants("rebuild.lock") || bench.wants("rebuild.cutover") ||
                      bench.wants("rebuild.growth") || bench.wants("rebuild.twelve") || bench.wants("rebuild.wal");
    if (some) plain(bench);
    if (bench.wants("rebuild.indexed")) indexed(bench);
}

}  // namespace bench
