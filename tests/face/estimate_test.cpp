#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::testing;

TEST_SUITE_BEGIN("face/estimate");

namespace {

Plan with_title_length() {
    auto const all = catalogue();
    std::vector<Migration> migrations{all.migrations().begin(), all.migrations().end()};
    migrations.push_back(
        {.id = "0004-title-length",
         .release = "3.0",
         .operations = {
             AddColumn{.table = "packages", .column = {.name = "length", .type = integer()}},
             Backfill{.table = "packages", .set = {{"length", "length(title)"}}, .where = "length IS NULL"}}});
    return Plan{"catalogue", migrations};
}

}  // namespace

TEST_CASE("estimate: a dry run says what a backfill is going to take, from samples, and writes nothing") {
    Folder const folder;
    make_catalogue(folder.database(), 50'000);
    auto const before = file_bytes(folder.database());
    Application release{folder.database(), catalogue()};
    auto const report = release.evolver.dry_run();
    REQUIRE(report.estimates.size() == 1);
    auto const& estimate = report.estimates[0];
    CHECK(estimate.migration == "0002-size-bytes");
    CHECK(estimate.table == "packages");
    CHECK(estimate.rows == 50'000);
    // What the table has now, and not much more.
    CHECK(estimate.bytes > static_cast<std::int64_t>(before.size()) / 2);
    CHECK(estimate.bytes < static_cast<std::int64_t>(before.size()) * 3);
    CHECK(estimate.batches > 1);
    CHECK(estimate.batches <= estimate.rows);
    CHECK(estimate.lock.count() > 0);
    CHECK(estimate.work >= estimate.lock);
    CHECK(estimate.time > estimate.work);
    CHECK(estimate.disk > 0);
    CHECK(estimate.disk < 2 * estimate.bytes);
    CHECK(estimate.correction == 1);
    CHECK(file_bytes(folder.database()) == before);
}

TEST_CASE("estimate: more rows take more batches, wider rows more bytes") {
    struct Tried {
        Tried(int rows, std::string const& change) {
            make_catalogue(folder.database(), rows);
            RawSqlite{folder.database()}.run(change);
        }
        [[nodiscard]] Estimate estimate() const {
            Application release{folder.database(), catalogue()};
            auto const report = release.evolver.dry_run();
            REQUIRE(report.estimates.size() == 1);
            return report.estimates[0];
        }
        Folder folder;
    };
    Tried const few{20'000, "SELECT 1"};
    Tried const many{200'000, "SELECT 1"};
    // How large a batch may be is measured: what else is at work meanwhile can make one measurement ten times the other.
    constexpr int enough = 10;
    int tries = 1;
    while (many.estimate().batches <= few.estimate().batches && tries < enough) ++tries;
    CHECK(tries < enough);
    Tried const wide{20'000, "UPDATE packages SET name = printf('%0500d', id)"};
    CHECK(wide.estimate().bytes > 5 * few.estimate().bytes);
}

TEST_CASE(
    "estimate: nothing is told of a table without rows, of one that is not there yet, and of a migration that fills "
    "nothing") {
    Folder const folder;
    Application fresh{folder.database(), catalogue()};
    CHECK(fresh.evolver.dry_run().estimates.empty());
    CHECK(fresh.evolver.expand().estimates.empty());
}

TEST_CASE("estimate: what expand expected and what the backfill took stand side by side") {
    Folder const folder;
    make_catalogue(folder.database(), 5000);
    Application release{folder.database(), catalogue()};
    auto const report = release.evolver.expand();
    REQUIRE(report.estimates.size() == 1);
    release.evolver.backfill();
    auto const status = release.evolver.status().migrations[1].backfills.at(0);
    CHECK(status.expected.rows == 5000);
    CHECK(status.expected.migration == "0002-size-bytes");
    CHECK(status.expected.work == report.estimates[0].work);
    CHECK(status.expected.batches == report.estimates[0].batches);
    CHECK(status.work.count() > 0);
    CHECK(status.longest_lock.count() > 0);
    CHECK(status.longest_lock <= status.work);
    CHECK(release.ask("SELECT detail LIKE 'the write lock for % ms, where % ms were expected' FROM evolver_audit WHERE "
                      "event = 'backfill finished'") == "1");
}

TEST_CASE("estimate: the next one is corrected by what finished backfills took, and a rollback forgets its own") {
    Folder const folder;
    make_catalogue(folder.database(), 20'000);
    Application release{folder.database(), catalogue()};
    release.evolver.expand();
    RawSqlite const ledger{folder.database()};
    ledger.run("UPDATE evolver_figure SET microseconds = 3 * expected_microseconds");
    Application next{folder.database(), with_title_length()};
    CHECK(next.evolver.dry_run().estimates.at(0).correction == 1);  // that backfill has not ended
    release.evolver.backfill();
    ledger.run("UPDATE evolver_figure SET microseconds = 3 * expected_microseconds");
    CHECK(next.evolver.dry_run().estimates.at(0).correction == doctest::Approx(3));
    // More time is more batches. Samples are measured, on a machine that may be busy for one of them, and is not for five in a row.
    bool more = false;
    for (int tries = 0; tries < 5 && !more; ++tries) {
        ledger.run("UPDATE evolver_figure SET microseconds = 3 * expected_microseconds");
        auto const batches = next.evolver.dry_run().estimates.at(0).batches;
        ledger.run("UPDATE evolver_figure SET microseconds = 60 * expected_microseconds");
        auto const corrected = next.evolver.dry_run().estimates.at(0);
        CHECK(corrected.correction == 20);
        more = corrected.batches > batches;
    }
    CHECK(more);
    // What is noted is uncorrected, so that the next correction is of the same thing.
    CHECK(next.evolver.expand().estimates.at(0).correction == 1);
    next.evolver.backfill();
    next.evolver.rollback({.migration = "0004-title-length", .accept_loss = {{"0004-title-length", "a test"}}});
    CHECK(ledger.connection().integer("SELECT count(*) FROM evolver_figure") == 1);
}

TEST_SUITE_END();
