#include "evolver/observe/metrics.hpp"

#include "evolver/error.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

using namespace evolver;
using namespace std::chrono_literals;

namespace {

bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

Event batch(std::int64_t done, std::chrono::microseconds held) {
    return {.kind = EventKind::batch,
            .migration = "0002-size",
            .object = "packages",
            .done = done,
            .total = 4000,
            .duration = held};
}

}  // namespace

TEST_SUITE("observe/metrics") {
    TEST_CASE("metrics: batches are rows that count up, a progress, and a histogram of locks") {
        Metrics metrics{{.plan = "catalogue", .environment = "production"}};
        metrics.on(batch(1000, 3ms));
        metrics.on(batch(3000, 9ms));
        auto const text = metrics.prometheus();
        std::string const labels =
            "{db_system_name=\"sqlite\",evolver_plan=\"catalogue\",evolver_env=\"production\",migration=\"0002-size\","
            "table=\"packages\"";
        CHECK(
            has(text, "# TYPE evolver_backfill_rows_total counter\nevolver_backfill_rows_total" + labels + "} 3000\n"));
        CHECK(has(text, "evolver_backfill_batch_size" + labels + "} 2000\n"));
        CHECK(has(text, "evolver_backfill_progress_ratio" + labels + "} 0.75\n"));
        CHECK(has(text, "evolver_backfill_batch_duration_seconds_bucket" + labels + ",le=\"0.008\"} 1\n"));
        CHECK(has(text, "evolver_backfill_batch_duration_seconds_bucket" + labels + ",le=\"+Inf\"} 2\n"));
        CHECK(has(text, "evolver_backfill_batch_duration_seconds_sum" + labels + "} 0.012\n"));
        CHECK(has(text, "evolver_backfill_batch_duration_seconds_count" + labels + "} 2\n"));
    }

    TEST_CASE("metrics: what work waited for is a lock or something else, and lasts until it goes on") {
        std::chrono::steady_clock::time_point now{};
        Metrics metrics{{.plan = "p", .clock = [&] { return now; }}};
        metrics.on({.kind = EventKind::waiting, .message = "somebody holds the write lock"});
        now += 2s;
        metrics.on(batch(1, 1ms));
        metrics.on({.kind = EventKind::waiting, .message = "paused: black friday"});
        now += 3s;
        metrics.on({.kind = EventKind::waiting, .message = "paused: black friday"});
        now += 4s;
        metrics.on({.kind = EventKind::filled});
        auto const text = metrics.prometheus();
        CHECK(has(text, "evolver_lock_wait_duration_seconds_sum{db_system_name=\"sqlite\",evolver_plan=\"p\"} 2\n"));
        CHECK(has(text, "evolver_throttle_duration_seconds_total{db_system_name=\"sqlite\",evolver_plan=\"p\"} 7\n"));
    }

    TEST_CASE("metrics: a gauge is what it was set to last, and a name that is not in the list is refused") {
        Metrics metrics{{.plan = "p"}};
        metrics.record("evolver.lint.findings", 3, {{"severity", "error"}});
        metrics.record("evolver.lint.findings", 1, {{"severity", "error"}});
        CHECK(has(metrics.prometheus(),
                  "evolver_lint_findings{db_system_name=\"sqlite\",evolver_plan=\"p\",severity=\"error\"} 1\n"));
        CHECK_THROWS_AS(metrics.record("evolver.lint.finding", 1), Error);
    }

    TEST_CASE("metrics: each name is told once with help and type, and labels cannot break a line") {
        Metrics metrics{{.plan = "a \"plan\"\nof two lines \\"}};
        metrics.record("evolver.warnings", 1);
        metrics.record("evolver.warnings", 1, {{"migration", "m"}});
        std::istringstream lines{metrics.prometheus()};
        int helps = 0;
        for (std::string line; std::getline(lines, line);) {
            CAPTURE(line);
            helps += line.starts_with("# HELP ") ? 1 : 0;
            CHECK((line.starts_with("#") || line.starts_with("evolver_warnings_total{db_system_name=\"sqlite\",evolver_"
                                                             "plan=\"a \\\"plan\\\"\\nof two lines \\\\\"")));
        }
        CHECK(helps == 1);
    }
}
