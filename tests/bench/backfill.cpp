// The backfill in batches, against one UPDATE of everything by somebody who may stop the world.

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

constexpr int rows = 2'000'000;
constexpr int pairs = 5;

void make(std::filesystem::path const& base) {
    soci::session db{soci::sqlite3, connection(base.string())};
    evolver::Evolver{db, plan().until("1.0"), {.release = "1.0"}}.expand();
    raw::run(evolver::sqlite::handle_of(db), table_of(rows));
    raw::run(evolver::sqlite::handle_of(db), "PRAGMA wal_checkpoint(TRUNCATE)");
}

void expect_filled(soci::session& db) {
    int empty = 0;
    db << "SELECT count(*) FROM packages WHERE size_bytes IS NULL", soci::into(empty);
    if (empty != 0) throw std::runtime_error{"not every row is filled"};
}

}  // namespace

void backfill(Bench& bench) {
    if (!bench.wants("backfill.")) return;
    auto const base = bench.database("base");
    make(base);
    std::vector<double> locks, batches_work, at_once_work;
    std::uintmax_t wal_bytes = 0;

    auto const in_batches = [&] {
        auto const path = bench.database("batches");
        restore(base, path);
        Locks seen{path};
        soci::session db{soci::sqlite3, connection(path.string())};
        evolver::Evolver evolver{db, plan(), {.release = "2.0", .observer = &seen}};
        evolver.expand();
        auto const time = seconds(
            [&] { batches_work.push_back(processor_seconds([&] { evolver.backfill(evolver::Speed::full); })); });
        expect_filled(db);
        locks.insert(locks.end(), seen.held.begin(), seen.held.end());
        wal_bytes = std::max(wal_bytes, seen.wal_bytes);
        return time;
    };
    auto const at_once = [&] {
        auto const path = bench.database("at_once");
        restore(base, path);
        soci::session db{soci::sqlite3, connection(path.string())};
        db << "ALTER TABLE packages ADD COLUMN size_bytes BIGINT";
        auto const time = seconds([&] {
            at_once_work.push_back(
                processor_seconds([&] { db << "UPDATE packages SET size_bytes = CAST(size AS INTEGER)"; }));
        });
        expect_filled(db);
        return time;
    };
    // Speed is rows in a time, so the ratio is the times' the other way round.
    bench.ratio("backfill.sql.ratio", at_once, in_batches, pairs, Bound::at_least, 0.8);
    bench.report(
        {.name = "backfill.processor.ratio", .value = quantile(at_once_work, 0.5) / quantile(batches_work, 0.5)});
    bench.report({.name = "backfill.lock.p50", .value = quantile(locks, 0.5), .unit = "ms"});
    bench.report({.name = "backfill.lock.p99", .value = quantile(locks, 0.99), .unit = "ms"});
    bench.report({.name = "backfill.lock.max", .value = quantile(locks, 1), .unit = "ms"});
    bench.report({.name = "backfill.wal.peak", .value = static_cast<double>(wal_bytes) / 1048576, .unit = "MiB"});
}

}  // namespace bench
