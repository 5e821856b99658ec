// A start with nothing to do: what every process of the application pays every time.

#include "catalogue.hpp"
#include "harness.hpp"
#include "raw.hpp"

#include "dialect/sqlite/soci_handle.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <array>
#include <optional>

namespace bench {

void start(Bench& bench) {
    if (!bench.wants("start.")) return;
    constexpr int times = 2000;
    constexpr int together = 10;
    soci::session db{soci::sqlite3, connection(bench.database("start").string())};
    auto* const handle = evolver::sqlite::handle_of(db);
    auto const catalogue = plan();
    raw::run(handle, "PRAGMA journal_mode = WAL");
    evolver::Evolver{db, catalogue, {.release = "2.0"}}.expand();

    // The start alone, some at a time: a program leaves the fleet when it ends.
    auto const noop = [&] {
        double time = 0;
        for (int i = 0; i < times; i += together) {
            std::array<std::optional<evolver::Evolver>, together> programs;
            time += processor_seconds([&] {
                for (auto& program : programs) {
                    program.emplace(db, catalogue, evolver::Options{.release = "2.0"});
                    program->expand();
                }
            });
        }
        return time;
    };
    auto const by_hand = [&] {
        return processor_seconds([&] {
            for (int i = 0; i < times; ++i) raw::look_into_ledger(handle, "catalogue");
        });
    };
    bench.ratio("start.noop.ratio", noop, by_hand, 15, Bound::at_most, 3.0);
    bench.report({.name = "start.noop.us", .value = noop() / times * 1e6, .unit = "us"});
    bench.report({.name = "start.by_hand.us", .value = by_hand() / times * 1e6, .unit = "us"});
}

}  // namespace bench
