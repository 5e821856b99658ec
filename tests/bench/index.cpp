// An index in small batches, against CREATE INDEX under one lock.

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

evolver::Plan indexed() {
    using namespace evolver;
    auto const catalogue = plan();
    return Plan{
        "catalogue",
        {catalogue.migrations()[0],
         Migration{.id = "0002-by-size",
                   .release = "2.0",
                   .operations = {CreateIndex{
                       .name = "packages_by_size", .table = "packages", .columns = {"size"}, .lock = Lock::online}}}}};
}

void expect_index(soci::session& db) {
    int found = 0;
    db << "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = 'packages_by_size'", soci::into(found);
    if (found != 1) throw std::runtime_error{"there is no index"};
}

}  // namespace

void index(Bench& bench) {
    if (!bench.wants("index.")) return;
    auto const base = bench.database("index_base");
    {
        soci::session db{soci::sqlite3, connection(base.string())};
        evolver::Evolver{db, indexed().until("1.0"), {.release = "1.0"}}.expand();
        raw::run(evolver::sqlite::handle_of(db), table_of(rows));
        raw::run(evolver::sqlite::handle_of(db), "PRAGMA wal_checkpoint(TRUNCATE)");
    }
    std::vector<double> locks;
    std::vector<double> once;

    auto const in_batches = [&] {
        auto const path = bench.database("index_batches");
        restore(base, path);
        Locks observer{path};
        soci::session db{soci::sqlite3, connection(path.string())};
        evolver::Evolver evolver{db, indexed(), {.release = "2.0", .observer = &observer}};
        evolver.expand();
        auto const time = seconds([&] { evolver.backfill(evolver::Speed::full); });
        expect_index(db);
        locks.insert(locks.end(), observer.held.begin(), observer.held.end());
        return time;
    };
    auto const at_once = [&] {
        auto const path = bench.database("index_at_once");
        restore(base, path);
        soci::session db{soci::sqlite3, connection(path.string())};
        auto const time = seconds([&] { db << "CREATE INDEX packages_by_size ON packages (size)"; });
        expect_index(db);
        once.push_back(time * 1000);
        return time;
    };
    bench.ratio("index.ratio", in_batches, at_once, pairs, Bound::at_most, 2.5);
    bench.report({.name = "index.create_index_ms", .value = quantile(once, 0.5), .unit = "ms"});
    bench.report({.name = "index.lock_p50_ms", .value = quantile(locks, 0.5), .unit = "ms"});
    bench.report({.name = "index.lock_p999_ms",
                  .value = quantile(locks, 0.999),
                  .unit = "ms",
                  .kind = Bound::at_most,
                  .bound = 50});
}

}  // namespace bench
