// The backfill in batches, against one UPDATE of everything by somebody who may stop the world; and beside it what others do, which falls
// behind as the table grows.

#include "catalogue.hpp"
#include "harness.hpp"
#include "locks.hpp"
#include "raw.hpp"

#include "dialect/sqlite/soci_handle.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace bench {

namespace {

constexpr int rows = 2'000'000;
constexpr int pairs = 5;

/// How a table is filled.
enum class Way {
    expression,  ///< A Backfill.
    function,    ///< The same by a C++ function.
    pair,        ///< ChangeType: sync triggers in both directions are in place.
};

evolver::Value number_of(evolver::Arguments const& given) {
    auto const text = given.text(0);
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

evolver::Plan plan_of(Way way) {
    using namespace evolver;
    if (way == Way::pair) return plan();
    auto const first = plan().until("1.0");
    std::vector<Migration> all{first.migrations().begin(), first.migrations().end()};
    all.push_back(
        {.id = "0002-size-bytes",
         .release = "2.0",
         .operations = {AddColumn{.table = "packages", .column = {.name = "size_bytes", .type = integer()}}}});
    Backfill fill{.table = "packages", .set = {{"size_bytes", "CAST(size AS INTEGER)"}}, .where = "size_bytes IS NULL"};
    if (way == Way::function) {
        fill.set = {{"size_bytes", "number_of(size)"}};
        fill.functions = {{.name = "number_of", .version = "1", .call = number_of}};
    }
    all.push_back({.id = "0003-fill", .release = "2.0", .operations = {std::move(fill)}});
    return Plan{"catalogue", std::move(all)};
}

void make(std::filesystem::path const& base, int count) {
    soci::session db{soci::sqlite3, connection(base.string())};
    evolver::Evolver{db, plan().until("1.0"), {.release = "1.0"}}.expand();
    raw::run(evolver::sqlite::handle_of(db), table_of(count));
    raw::run(evolver::sqlite::handle_of(db), "PRAGMA wal_checkpoint(TRUNCATE)");
}

void expect_filled(soci::session& db) {
    int empty = 0;
    db << "SELECT count(*) FROM packages WHERE size_bytes IS NULL", soci::into(empty);
    if (empty != 0) throw std::runtime_error{"not every row is filled"};
}

/// One size of the table, filled again and again from the same beginning.
class Table {
public:
    Table(Bench& bench, int count) : bench_{bench}, base_{bench.database("base")} { make(base_, count); }

    double in_batches(Way way, evolver::Speed speed = evolver::Speed::full) {
        auto const path = bench_.database("batches");
        restore(base_, path);
        Locks seen{path};
        soci::session db{soci::sqlite3, connection(path.string())};
        evolver::Evolver evolver{db, plan_of(way), {.release = "2.0", .observer = &seen}};
        evolver.expand();
        auto const time = seconds([&] { evolver.backfill(speed); });
        expect_filled(db);
        locks.insert(locks.end(), seen.held.begin(), seen.held.end());
        wal_bytes = std::max(wal_bytes, seen.wal_bytes);
        return time;
    }

    double at_once() {
        auto const path = bench_.database("at_once");
        restore(base_, path);
        soci::session db{soci::sqlite3, connection(path.string())};
        db << "ALTER TABLE packages ADD COLUMN size_bytes BIGINT";
        auto const time = seconds([&] { db << "UPDATE packages SET size_bytes = CAST(size AS INTEGER)"; });
        one_wal_bytes = std::max(one_wal_bytes, std::filesystem::file_size(path.string() + "-wal"));
        expect_filled(db);
        return time;
    }

    /// What everybody writes first: it looks through all that is filled for the next that is not.
    double naively() {
        auto const path = bench_.database("naive");
        restore(base_, path);
        soci::session db{soci::sqlite3, connection(path.string())};
        db << "ALTER TABLE packages ADD COLUMN size_bytes BIGINT";
        auto const time = seconds([&] {
            for (int changed = 1; changed > 0;) {
                db << "UPDATE packages SET size_bytes = CAST(size AS INTEGER) WHERE id IN (SELECT id FROM packages "
                      "WHERE "
                      "size_bytes IS NULL LIMIT 1000)";
                db << "SELECT changes()", soci::into(changed);
            }
        });
        expect_filled(db);
        return time;
    }

    std::vector<double> locks;
    std::uintmax_t wal_bytes = 0;
    std::uintmax_t one_wal_bytes = 0;

private:
    Bench& bench_;
    std::filesystem::path base_;
};

void against_one_update(Bench& bench) {
    Table table{bench, rows};
    // Speed is rows in a time, so the ratio is the times' the other way round.
    auto const compare = [&](std::string const& name, Way way, double bound) {
        if (!bench.wants(name)) return;
        bench.ratio(
            name, [&] { return table.at_once(); }, [&] { return table.in_batches(way); }, pairs, Bound::at_least,
            bound);
    };
    // A Backfill, which looks in each batch whether `where` holds still.
    compare("backfill.sql.ratio", Way::expression, 0.9);
    // A ChangeType: sync triggers in both directions are in place, which evolver's own writes do not fire.
    compare("backfill.synced.ratio", Way::pair, 0.7);
    compare("backfill.cpp.ratio", Way::function, 0.75);
    if (table.locks.empty()) {
        (void)table.at_once();
        for (int i = 0; i < pairs; ++i) (void)table.in_batches(Way::pair);
    }
    bench.report({.name = "backfill.lock_p50_ms", .value = quantile(table.locks, 0.5), .unit = "ms"});
    bench.report({.name = "backfill.lock_p99_ms",
                  .value = quantile(table.locks, 0.99),
                  .unit = "ms",
                  .kind = Bound::at_most,
                  .bound = 10});
    bench.report({.name = "backfill.lock_p999_ms",
                  .value = quantile(table.locks, 0.999),
                  .unit = "ms",
                  .kind = Bound::at_most,
                  .bound = 50});
    bench.report({.name = "backfill.wal_peak.ratio",
                  .value = static_cast<double>(table.wal_bytes) / static_cast<double>(table.one_wal_bytes),
                  .kind = Bound::at_most,
                  .bound = 0.03});
}

/// The speed at ten million rows as a share of that at a hundred thousand; and the naive loop's at two sizes that it can be waited for at.
void growth(Bench& bench) {
    if (bench.wants("backfill.naive")) {
        Table small{bench, 100'000};
        bench.report({.name = "backfill.naive_100k.ratio",
                      .value = small.at_once() / small.naively(),
                      .note = "UPDATE … WHERE new IS NULL LIMIT 1000"});
        Table larger{bench, 400'000};
        bench.report({.name = "backfill.naive_400k.ratio", .value = larger.at_once() / larger.naively()});
    }
    if (!bench.wants("backfill.growth")) return;
    std::vector<double> small_times;
    {
        Table small{bench, 100'000};
        for (int i = 0; i < 9; ++i) small_times.push_back(small.in_batches(Way::pair));
    }
    Table large{bench, 10'000'000};
    std::vector<double> large_times;
    for (int i = 0; i < 3; ++i) large_times.push_back(large.in_batches(Way::pair));
    bench.report({.name = "backfill.growth.ratio",
                  .value = quantile(small_times, 0.5) * 100 / quantile(large_times, 0.5),
                  .kind = Bound::at_least,
                  .bound = 0.9});
}

}  // namespace

void backfill(Bench& bench) {
    bool const compared = bench.wants("backfill.sql") || bench.wants("backfill.synced") ||
                          bench.wants("backfill.cpp") || bench.wants("backfill.lock") || bench.wants("backfill.wal");
    if (compared) against_one_update(bench);
    growth(bench);
}

}  // namespace bench
