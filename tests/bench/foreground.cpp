// A program that writes every two milliseconds while a backfill runs at its default settings: how long it waits, and what the backfill
// keeps of its speed.

#include "catalogue.hpp"
#include "harness.hpp"
#include "locks.hpp"
#include "raw.hpp"

#include "dialect/sqlite/soci_handle.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <atomic>
#include <stdexcept>
#include <thread>

namespace bench {

namespace {

constexpr int rows = 2'000'000;
constexpr int rounds = 3;

/// Writes with a busy timeout, as SQLite's own does it, and takes down how long each statement took.
class Client {
public:
    explicit Client(std::string path) : thread_{[this, path = std::move(path)] { run(path); }} {}
    std::vector<double> stop() {
        over_ = true;
        thread_.join();
        if (!error_.empty()) throw std::runtime_error{"the client's statement failed: " + error_};
        return std::move(waits_);
    }

private:
    void run(std::string const& path) {
        try {
            soci::session db{soci::sqlite3, connection(path)};
            int id = 0;
            std::string size;
            soci::statement update = (db.prepare << "UPDATE packages SET size = :size WHERE id = :id",
                                      soci::use(size, "size"), soci::use(id, "id"));
            for (int i = 0; !over_; ++i) {
                id = 1 + static_cast<int>(i * 7919LL % rows);
                size = std::to_string(i);
                waits_.push_back(1000 * seconds([&] { update.execute(true); }));
                std::this_thread::sleep_for(std::chrono::milliseconds{2});
            }
        } catch (std::exception const& error) {
            error_ = error.what();
        }
    }

    std::atomic<bool> over_ = false;
    std::vector<double> waits_;
    std::string error_;
    std::thread thread_;
};

}  // namespace

void foreground(Bench& bench) {
    if (!bench.wants("foreground.") && !bench.wants("backfill.polite")) return;
    auto const base = bench.database("base");
    {
        soci::session db{soci::sqlite3, connection(base.string())};
        evolver::Evolver{db, plan().until("1.0"), {.release = "1.0"}}.expand();
        raw::run(evolver::sqlite::handle_of(db), table_of(rows) + "PRAGMA wal_checkpoint(TRUNCATE);");
    }
    std::vector<double> waits, polite, at_once;
    for (int round = 0; round < rounds; ++round) {
        {
            auto const path = bench.database("polite");
            restore(base, path);
            soci::session db{soci::sqlite3, connection(path.string())};
            evolver::Evolver evolver{db, plan(), {.release = "2.0"}};
            evolver.expand();
            Client client{path.string()};
            polite.push_back(seconds([&] { evolver.backfill(); }));
            auto const seen = client.stop();
            waits.insert(waits.end(), seen.begin(), seen.end());
        }
        auto const path = bench.database("at_once");
        restore(base, path);
        soci::session db{soci::sqlite3, connection(path.string())};
        db << "ALTER TABLE packages ADD COLUMN size_bytes BIGINT";
        at_once.push_back(seconds([&] { db << "UPDATE packages SET size_bytes = CAST(size AS INTEGER)"; }));
    }
    bench.report({.name = "backfill.polite.ratio",
                  .value = quantile(at_once, 0.5) / quantile(polite, 0.5),
                  .kind = Bound::at_least,
                  .bound = 0.4});
    bench.report({.name = "foreground.p99_ms",
                  .value = quantile(waits, 0.99),
                  .unit = "ms",
                  .kind = Bound::at_most,
                  .bound = 10});
    bench.report({.name = "foreground.p999_ms",
                  .value = quantile(waits, 0.999),
                  .unit = "ms",
                  .kind = Bound::at_most,
                  .bound = 50});
}

}  // namespace bench
