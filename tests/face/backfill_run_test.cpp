// The run of a backfill: what an operator says to it from elsewhere, what a failed batch leaves, and what makes it wait.

#include "evolver/worker.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <thread>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

/// Does something once a number of batches is committed, and counts them.
struct AtBatch : Observer {
    void on(Event const& event) override {
        if (event.kind == EventKind::waiting && waiting) waiting(event);
        if (event.kind != EventKind::batch) return;
        ++batches;
        total = event.total;
        if (batch) batch();
    }
    int batches = 0;
    std::int64_t total = 0;
    std::function<void()> batch;
    std::function<void(Event const&)> waiting;
};

/// kind is what stands in doc, which is refused where it is no JSON.
Plan documents() {
    return Plan{
        "documents",
        {Migration{.id = "0001-documents",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "documents",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "doc", .type = text()},
                                                          {.name = "kind", .type = text()}}}}},
         Migration{
             .id = "0002-kind",
             .release = "2.0",
             .operations = {Backfill{
                 .table = "documents", .set = {{"kind", "json_extract(doc, '$.kind')"}}, .where = "kind IS NULL"}}}}};
}

/// Expanded, with rows that came in afterwards: 2 and 5 cannot be filled.
void make_documents(Application& application, RawSqlite const& old) {
    application.evolver.expand();
    old.run(
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 9) INSERT INTO documents (id, doc) "
        "SELECT i, '{\"kind\":\"k' || i || '\"}' FROM n");
    old.run("UPDATE documents SET doc = 'none' WHERE id IN (2, 5)");
}

std::string kinds(RawSqlite const& old) {
    return old.connection().text("SELECT group_concat(id || ifnull(kind, '-'), ' ') FROM documents");
}

BackfillStatus run_of(Evolver& evolver, std::size_t migration = 1) {
    auto const status = evolver.status();
    REQUIRE(status.migrations.at(migration).backfills.size() == 1);
    return status.migrations[migration].backfills[0];
}

std::string message(std::function<void()> const& call) {
    try {
        call();
    } catch (Error const& error) {
        return error.what();
    }
    return {};
}

bool trail_has(Application& application, std::string const& event, std::string const& detail) {
    return application.ask("SELECT count(*) FROM evolver_audit WHERE event = '" + event + "' AND detail LIKE '%" +
                           detail + "%'") != "0";
}

}  // namespace

TEST_SUITE_BEGIN("face/backfill_run");

TEST_CASE("backfill run: another process pauses it within a batch, and resumes it") {
    Folder const folder;
    make_catalogue(folder.database(), 3000);
    AtBatch seen;
    Application worker{folder.database(), catalogue(), {.observer = &seen}};
    Application operator_{folder.database(), catalogue(), {.actor = "olga"}};
    worker.evolver.expand();
    seen.batch = [&] {
        if (seen.batches == 2) operator_.evolver.pause_backfill({.reason = "black friday"});
    };
    while (worker.evolver.advance(1s)) {
    }
    CHECK(seen.batches == 2);
    CHECK(worker.evolver.why() == "the backfill of \"0002-size-bytes\" is paused: black friday");
    auto const run = run_of(operator_.evolver);
    CHECK(run.state == RunState::paused);
    CHECK(run.why == "black friday");
    CHECK(run.percent > 0);
    CHECK(run.percent < 50);
    CHECK(run.checkpoint != "");
    CHECK(trail_has(operator_, "backfill paused", "black friday"));
    // backfill() waits for the resume.
    seen.waiting = [&](Event const& event) {
        CHECK(has(event.message, "black friday"));
        operator_.evolver.resume_backfill();
    };
    worker.evolver.backfill();
    CHECK(operator_.ask("SELECT count(*) FROM packages WHERE size_bytes IS NULL") == "0");
    CHECK(run_of(operator_.evolver).state == RunState::finished);
    CHECK(run_of(operator_.evolver).percent == 100);
}

TEST_CASE("backfill run: a pause that comes right before a batch takes its lock holds for that batch") {
    Folder const folder;
    make_catalogue(folder.database(), 3000);
    AtBatch seen;
    Application operator_{folder.database(), catalogue()};
    // Signals are asked last.
    Signal const pause = [&]() -> std::string {
        if (seen.batches == 2) operator_.evolver.pause_backfill({.reason = "now"});
        return {};
    };
    Application worker{folder.database(), catalogue(), {.observer = &seen, .signals = {pause}}};
    worker.evolver.expand();
    while (worker.evolver.advance(1s)) {
    }
    CHECK(seen.batches == 2);
}

TEST_CASE("backfill run: another process stops it within a batch, and it goes on after a resume only") {
    Folder const folder;
    make_catalogue(folder.database(), 3000);
    AtBatch seen;
    Application worker{folder.database(), catalogue(), {.observer = &seen}};
    Application operator_{folder.database(), catalogue()};
    worker.evolver.expand();
    seen.batch = [&] {
        if (seen.batches == 3) operator_.evolver.stop_backfill({.reason = "wrong day"});
    };
    CHECK_THROWS_AS(worker.evolver.backfill(), BackfillStopped);
    CHECK(seen.batches == 3);
    CHECK(has(message([&] { worker.evolver.backfill(); }), "was stopped: wrong day"));
    CHECK(seen.batches == 3);
    operator_.evolver.resume_backfill({.reason = "the right day"});
    CHECK(run_of(operator_.evolver).state == RunState::running);
    CHECK(run_of(operator_.evolver).why == "");
    worker.evolver.backfill();
    CHECK(operator_.ask("SELECT count(*) FROM packages WHERE size_bytes IS NULL") == "0");
}

TEST_CASE("backfill run: an order that cannot be is refused in words") {
    Folder const folder;
    make_catalogue(folder.database());
    Application application{folder.database(), catalogue()};
    auto& evolver = application.evolver;
    CHECK(
        has(message([&] { evolver.pause_backfill({.reason = "why"}); }), "every migration that is expanded is filled"));
    evolver.expand();
    CHECK(has(message([&] { evolver.pause_backfill({}); }), "no reason was given"));
    CHECK(has(message([&] { evolver.stop_backfill({}); }), "stop_backfill({.reason = \"…\"})"));
    CHECK(has(message([&] { evolver.pause_backfill({.reason = "why", .migration = "0009"}); }),
              "migration \"0009\" is not expanded"));
    CHECK(has(message([&] { evolver.skip_failed_rows({.reason = "why"}); }), "is planned"));
    evolver.stop_backfill({.reason = "why"});
    CHECK(has(message([&] { evolver.pause_backfill({.reason = "why"}); }), "is stopped"));
    evolver.resume_backfill();
    evolver.backfill();
    CHECK(has(message([&] { evolver.pause_backfill({.reason = "why", .migration = "0002-size-bytes"}); }),
              "is finished"));
    application.db << "BEGIN";
    CHECK(has(message([&] { evolver.resume_backfill(); }), "inside an open transaction"));
}

TEST_CASE("backfill run: a run that is paused before its first batch does not begin") {
    Folder const folder;
    make_catalogue(folder.database());
    Application application{folder.database(), catalogue()};
    application.evolver.expand();
    // As an evolver without runs has left the ledger.
    application.db << "DROP TABLE evolver_run";
    application.db << "DROP TABLE evolver_failed_row";
    CHECK(application.evolver.status().migrations[1].backfills.empty());
    application.evolver.pause_backfill({.reason = "not yet", .migration = "0002-size-bytes"});
    CHECK_FALSE(application.evolver.advance(1s));
    CHECK(application.ask("SELECT count(*) FROM packages WHERE size_bytes IS NOT NULL") == "0");
    CHECK(run_of(application.evolver).state == RunState::paused);
    application.evolver.resume_backfill();
    application.evolver.backfill();
    CHECK(application.ask("SELECT count(*) FROM packages WHERE size_bytes IS NULL") == "0");
}

TEST_CASE("backfill run: rolling back forgets what was said to it") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const plan = Plan{"catalogue", {packages_migration(), size_migration()}};
    Application application{folder.database(), plan};
    application.evolver.expand();
    application.evolver.stop_backfill({.reason = "wrong"});
    application.evolver.rollback({.migration = "0002-size-bytes"});
    application.evolver.expand();
    application.evolver.backfill();
    CHECK(application.ask("SELECT count(*) FROM packages WHERE size_bytes IS NULL") == "0");
}

TEST_CASE("failed batch: it stops the run, names the rows by key, and is not tried again by itself") {
    Folder const folder;
    AtBatch seen;
    Application application{folder.database(), documents(), {.observer = &seen}};
    RawSqlite const old{folder.database()};
    make_documents(application, old);
    try {
        application.evolver.backfill();
        FAIL("it has to fail");
    } catch (BackfillFailed const& failed) {
        CHECK(failed.batch().rows == std::vector<std::string>{"2", "5"});
        CHECK(failed.batch().table == "documents");
        CHECK(failed.batch().after == "");
        CHECK(failed.batch().until == "9");
        CHECK(has(failed.batch().error, "malformed JSON"));
        CHECK(has(failed.batch().sql, "UPDATE \"documents\""));
        CHECK(has(failed.what(), "by key: 2; 5"));
        CHECK(has(failed.what(), "skip_failed_rows"));
    }
    CHECK(kinds(old) == "1- 2- 3- 4- 5- 6- 7- 8- 9-");
    CHECK(run_of(application.evolver).state == RunState::failed);
    CHECK(trail_has(application, "batch failed", "up to 9"));
    CHECK_FALSE(application.evolver.advance(1s));
    CHECK(has(application.evolver.why(), "has failed"));
    // Another process, too, learns what it was; nothing was tried.
    old.run("UPDATE documents SET doc = '{}' WHERE id = 2");
    Application other{folder.database(), documents()};
    CHECK_THROWS_WITH_AS(other.evolver.backfill(), doctest::Contains("by key: 2; 5"), BackfillFailed);
    CHECK(seen.batches == 0);
}

TEST_CASE("failed batch: it is rolled back as a whole, where one statement does not fill all of it") {
    Folder const folder;
    AtBatch seen;
    Application application{folder.database(), documents(), {.observer = &seen}};
    RawSqlite const old{folder.database()};
    application.evolver.expand();
    // A statement that calls a function fills some 24 KB, or 50 rows: a quarter of a first batch.
    old.run(
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 400) INSERT INTO documents (id, "
        "doc) "
        "SELECT i, '{\"kind\":\"k\"}' || hex(zeroblob(400)) FROM n");
    old.run(
        "UPDATE documents SET doc = CASE id WHEN 150 THEN 'none' ELSE '{\"kind\":\"k\", \"rest\":\"' || "
        "hex(zeroblob(400)) || '\"}' END");
    CHECK_THROWS_AS(application.evolver.backfill(), BackfillFailed);
    CHECK(seen.batches == 0);
    CHECK(application.ask("SELECT count(*) FROM documents WHERE kind IS NOT NULL") == "0");
    old.run("UPDATE documents SET doc = '{\"kind\":\"k\"}' WHERE id = 150");
    application.evolver.resume_backfill();
    application.evolver.backfill();
    CHECK(application.ask("SELECT count(*) FROM documents WHERE kind = 'k'") == "400");
    CHECK(run_of(application.evolver).rows == 400);
}

TEST_CASE("failed batch: skipped rows stay as they are, everybody passes over them, and the trail says why") {
    Folder const folder;
    Application application{folder.database(), documents()};
    Application other{folder.database(), documents()};
    RawSqlite const old{folder.database()};
    make_documents(application, old);
    CHECK_THROWS_AS(application.evolver.backfill(), BackfillFailed);
    CHECK_FALSE(other.evolver.advance(1s));  // it has compiled the work before anything was skipped
    CHECK(has(message([&] { application.evolver.skip_failed_rows({}); }), "no reason was given"));
    CHECK(application.evolver.skip_failed_rows({.reason = "ticket 17"}) == 2);
    application.evolver.resume_backfill();
    other.evolver.backfill();
    CHECK(kinds(old) == "1k1 2- 3k3 4k4 5- 6k6 7k7 8k8 9k9");
    CHECK(run_of(application.evolver).state == RunState::finished);
    CHECK(run_of(application.evolver).skipped == 2);
    CHECK(trail_has(application, "rows skipped", "ticket 17"));
}

TEST_CASE("failed batch: reconciliation knows skipped rows, and contract is closed until their loss is accepted") {
    Folder const folder;
    auto const base = documents();
    Plan const plan{"documents",
                    {base.migrations()[0],
                     Migration{.id = "0002-kind",
                               .release = "2.0",
                               .operations = {ChangeType{.table = "documents",
                                                         .from = "doc",
                                                         .to = "body",
                                                         .type = blob(),
                                                         .up = "CAST(doc AS BLOB)",
                                                         .down = "CAST(body AS TEXT)"},
                                              Backfill{.table = "documents",
                                                       .set = {{"kind", "json_extract(CAST(body AS TEXT), '$.kind')"}},
                                                       .where = "kind IS NULL"}}}}};
    Application application{folder.database(), plan};
    RawSqlite const old{folder.database()};
    application.evolver.expand();
    // Behind the triggers' back, so that nothing but the backfill fills them.
    old.connection().enable_triggers(false);
    old.run("INSERT INTO documents (id, doc) VALUES (1, '{\"kind\":\"a\"}'), (2, 'none')");
    CHECK_THROWS_WITH_AS(application.evolver.backfill(), doctest::Contains("by key: 2"), BackfillFailed);
    application.evolver.skip_failed_rows({.reason = "ticket 17"});
    application.evolver.resume_backfill();
    application.evolver.backfill();
    auto const found = application.evolver.reconcile();
    CHECK(found.different() == 0);
    CHECK(application.evolver.status().migrations[1].lossy_rows == 1);
    CHECK_THROWS_WITH_AS((void)application.evolver.contract(now()), doctest::Contains("lossless"), GateClosed);
    auto options = now();
    options.accept_loss = {{"0002-kind", "ticket 17"}};
    (void)application.evolver.contract(options);
    CHECK(old.connection().text("SELECT row_key || ' ' || value FROM evolver_quarantine") == "2 none");
}

TEST_CASE(
    "failed batch: a row that is skipped by a hidden rowid fails again after VACUUM, and nobody is left out in its "
    "place") {
    Folder const folder;
    Plan const plan{"documents",
                    {Migration{.id = "0001-kind",
                               .release = "2.0",
                               .operations = {Backfill{.table = "documents",
                                                       .set = {{"kind", "json_extract(doc, '$.kind')"}},
                                                       .where = "kind IS NULL"}}}}};
    RawSqlite const old{folder.database()};
    old.run("CREATE TABLE documents (doc TEXT, kind TEXT)");
    Application application{folder.database(), plan};
    application.evolver.expand();
    old.run("INSERT INTO documents (rowid, doc) VALUES (1, '{\"kind\":\"a\"}'), (3, 'none'), (4, '{\"kind\":\"b\"}')");
    CHECK_THROWS_WITH_AS(application.evolver.backfill(), doctest::Contains("by key: 3"), BackfillFailed);
    application.evolver.skip_failed_rows({.reason = "ticket 17"});
    old.run("VACUUM");  // 'none' is row 2 now, and 3 is another one
    application.evolver.resume_backfill();
    CHECK_THROWS_WITH_AS(application.evolver.backfill(), doctest::Contains("by key: 2"), BackfillFailed);
    application.evolver.skip_failed_rows({.reason = "ticket 17"});
    application.evolver.resume_backfill();
    application.evolver.backfill();
    CHECK(old.connection().text("SELECT group_concat(ifnull(kind, '-'), ' ') FROM documents") == "a - b");
}

TEST_CASE("failed batch: a row that cannot be made in the other table is skipped by its source, and contract knows") {
    Folder const folder;
    Plan const plan{
        "people",
        {Migration{.id = "0001",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "users",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "address", .type = text()}}},
                                  CreateTable{.table = "profiles",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "user_id", .type = integer()}},
                                              .unique_keys = {{.columns = {"user_id"}}},
                                              .checks = {{.name = "no_four", .condition = "user_id <> 4"}}}}},
         Migration{.id = "0002-address",
                   .release = "2.0",
                   .operations = {MoveColumn{.from = "users",
                                             .column = "address",
                                             .to = "profiles",
                                             .from_key = {"id"},
                                             .to_key = {"user_id"},
                                             .missing_rows = MissingRows::made}}}}};
    Application application{folder.database(), plan};
    application.evolver.expand();
    RawSqlite const old{folder.database()};
    old.connection().enable_triggers(false);
    old.run("INSERT INTO users VALUES (3, 'c road'), (4, 'd lane'), (5, 'e way')");
    CHECK_THROWS_WITH_AS(application.evolver.backfill(), doctest::Contains("by key: 4"), BackfillFailed);
    application.evolver.skip_failed_rows({.reason = "ticket 17"});
    application.evolver.resume_backfill();
    application.evolver.backfill();
    CHECK(old.connection().text("SELECT group_concat(user_id || address) FROM profiles") == "3c road,5e way");
    (void)application.evolver.reconcile();
    CHECK_THROWS_WITH_AS((void)application.evolver.contract(now()), doctest::Contains("lossless"), GateClosed);
}

TEST_CASE("failed batch: mended rows are filled after a resume, in smaller batches where that is wanted") {
    Folder const folder;
    Application application{folder.database(), documents()};
    RawSqlite const old{folder.database()};
    make_documents(application, old);
    CHECK_THROWS_AS(application.evolver.backfill(), BackfillFailed);
    old.run("UPDATE documents SET doc = '{\"kind\":\"mended\"}' WHERE id IN (2, 5)");
    auto const batch = std::stoi(application.ask("SELECT batch_rows FROM evolver_backfill"));
    application.evolver.resume_backfill({.batches = Batches::halved});
    CHECK(application.ask("SELECT batch_rows FROM evolver_backfill") == std::to_string(batch / 2));
    application.evolver.backfill();
    CHECK(kinds(old) == "1k1 2mended 3k3 4k4 5mended 6k6 7k7 8k8 9k9");
    CHECK(application.ask("SELECT count(*) FROM evolver_failed_row") == "0");
}

TEST_CASE("backfill: the next batch is as large as the ledger says, and of one that says none there is a first one") {
    for (auto const& [said, filled] : {std::pair{"7", 7}, {"0", 200}, {"-3", 200}}) {
        CAPTURE(said);
        Folder const folder;
        Application first{folder.database(), documents()};
        RawSqlite const old{folder.database()};
        first.evolver.expand();
        old.run(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO documents "
            "(id, "
            "doc) SELECT i, '{\"kind\":\"k\"}' FROM n");
        CHECK(first.evolver.advance(1us));
        auto const before = old.integer("SELECT count(kind) FROM documents");
        old.run(std::string{"UPDATE evolver_backfill SET batch_rows = "} + said);
        Application next{folder.database(), documents()};
        CHECK(next.evolver.advance(1us));
        CHECK(old.integer("SELECT count(kind) FROM documents") == before + filled);
    }
}

TEST_CASE(
    "failed batch: of two rows that cannot be together the later one is named, in a table with a key of two columns") {
    Folder const folder;
    Plan const plan{
        "pairs",
        {Migration{.id = "0001",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "pairs",
                                              .columns = {{.name = "a", .type = text(), .nullable = false},
                                                          {.name = "b", .type = integer(), .nullable = false},
                                                          {.name = "label", .type = text()}},
                                              .primary_key = {"a", "b"},
                                              .unique_keys = {{.columns = {"label"}}},
                                              .without_rowid = true}}},
         Migration{.id = "0002",
                   .release = "2.0",
                   .operations = {Backfill{
                       .table = "pairs", .set = {{"label", "lower(label)"}}, .where = "label <> lower(label)"}}}}};
    Application application{folder.database(), plan};
    application.evolver.expand();
    RawSqlite const old{folder.database()};
    old.run("INSERT INTO pairs VALUES ('it''s', 1, 'X'), ('it''s', 2, 'Y'), ('z', 1, 'W'), ('z', 2, 'x')");
    CHECK_THROWS_WITH_AS(application.evolver.backfill(), doctest::Contains("by key: 'it''s', 1"), BackfillFailed);
    CHECK(application.evolver.skip_failed_rows({.reason = "twice"}) == 1);
    application.evolver.resume_backfill();
    application.evolver.backfill();
    CHECK(old.connection().text("SELECT group_concat(label) FROM (SELECT label FROM pairs ORDER BY a, b)") ==
          "X,y,w,x");
}

TEST_CASE("signals: while one says why not, nothing is filled, and status says that the run is held") {
    Folder const folder;
    make_catalogue(folder.database(), 3000);
    std::string battery;
    AtBatch seen;
    Application application{
        folder.database(), catalogue(), {.observer = &seen, .signals = {[] { return ""; }, [&] { return battery; }}}};
    application.evolver.expand();
    seen.batch = [&] {
        if (seen.batches == 2) battery = "on battery";
    };
    while (application.evolver.advance(1s)) {
    }
    CHECK(seen.batches == 2);
    CHECK(application.evolver.why() == "on battery");
    Application watcher{folder.database(), catalogue()};
    RawSqlite const old{folder.database()};
    while (run_of(watcher.evolver).state != RunState::held) CHECK_FALSE(application.evolver.advance(1s));
    CHECK(run_of(watcher.evolver).why == "on battery");
    battery.clear();
    CHECK(application.evolver.advance(1us));
    CHECK(run_of(watcher.evolver).state == RunState::running);
    // A process that has no such signal goes on, and status says so.
    battery = "on battery";
    while (run_of(watcher.evolver).state != RunState::held) CHECK_FALSE(application.evolver.advance(1s));
    CHECK(watcher.evolver.advance(1us));
    CHECK(run_of(watcher.evolver).state == RunState::running);
    old.run("ALTER TABLE packages RENAME TO elsewhere");
    CHECK(run_of(watcher.evolver).percent == 0);
    old.run("ALTER TABLE elsewhere RENAME TO packages");
    battery.clear();
    application.evolver.backfill();
    CHECK(run_of(watcher.evolver).state == RunState::finished);
}

TEST_CASE("signals: a daily window is open from its first minute to the one before its last, over midnight, too") {
    std::chrono::system_clock::time_point now{};
    auto const clock = [&] { return now; };
    auto const day = between({.from = 1h, .until = 5h}, clock);
    auto const night = between({.from = 22h, .until = 4h + 30min}, clock);
    auto const open = [&](std::chrono::minutes time) {
        now = std::chrono::system_clock::time_point{std::chrono::hours{24 * 20000}} + time;
        return std::string{day().empty() ? "day " : ""} + (night().empty() ? "night" : "");
    };
    CHECK(open(0min) == "night");
    CHECK(open(59min) == "night");
    CHECK(open(60min) == "day night");
    CHECK(open(4h + 29min) == "day night");
    CHECK(open(4h + 30min) == "day ");
    CHECK(open(5h) == "");
    CHECK(night() == "outside the window from 22:00 to 04:30 UTC");
    CHECK(open(22h) == "night");
}

TEST_CASE("signals: work rests after the application has waited for a lock for too long") {
    LockWaits waits{{.limit = 20ms, .calm = 1h}};
    auto const signal = waits.signal();
    waits.saw(20ms);
    CHECK(signal() == "");
    waits.saw(21ms);
    CHECK(signal() == "the application has waited for a lock for longer than 20 ms");
    LockWaits calm{{.limit = 20ms, .calm = 0ms}};
    calm.saw(1s);
    CHECK(calm.signal()() == "");
}

TEST_CASE("a limit of rows per second holds from one call of advance() to the next") {
    Folder const folder;
    make_catalogue(folder.database(), 1000);
    AtBatch seen;
    Application application{folder.database(), catalogue(), {.observer = &seen, .rows_per_second = 0.1}};
    application.evolver.expand();
    CHECK(application.evolver.advance(1us));
    CHECK(application.evolver.advance(5ms));
    CHECK(application.evolver.advance(5ms));
    CHECK(seen.batches == 1);
}

TEST_CASE("backfill: the first batch of wide rows is small") {
    Folder const folder;
    make_catalogue(folder.database(), 40);
    RawSqlite const old{folder.database()};
    old.run("UPDATE packages SET name = printf('%01000000d', id)");
    std::int64_t first = 0;
    AtBatch seen;
    seen.batch = [&] {
        if (seen.batches == 1) first = old.connection().integer("SELECT count(size_bytes) FROM packages");
    };
    Application application{folder.database(), catalogue(), {.observer = &seen}};
    application.evolver.expand();
    application.evolver.backfill();
    CHECK(first == 1);
    CHECK(application.ask("SELECT count(*) FROM packages WHERE size_bytes IS NULL") == "0");
}

TEST_CASE("backfill: a stop token ends it between two batches, and the next one goes on there") {
    Folder const folder;
    make_catalogue(folder.database(), 3000);
    AtBatch seen;
    Application application{folder.database(), catalogue(), {.observer = &seen}};
    application.evolver.expand();
    std::stop_source stop;
    seen.batch = [&] { stop.request_stop(); };
    try {
        application.evolver.backfill({.stop = stop.get_token()});
        FAIL("it has to stop");
    } catch (Error const& error) {
        CHECK(error.retry_helps());
        CHECK(error.database_changed() == Changed::partly);
    }
    seen.batch = nullptr;
    CHECK(seen.total >= 3000);  // about so many rows there are
    auto const first = seen.batches;
    application.evolver.backfill();
    CHECK(seen.batches > first);
    CHECK(application.ask("SELECT count(*) FROM packages WHERE size_bytes IS NULL") == "0");
}

TEST_CASE(
    "backfill: in memory, where there is one connection, the application's triggers fire for what it writes between "
    "batches") {
    AtBatch seen;
    Application application{":memory:", catalogue(), {.observer = &seen}};
    auto& db = application.db;
    db << "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT)";
    application.evolver.baseline("0001-packages");
    for (int id = 1; id <= 300; ++id)
        db << "INSERT INTO packages (id, name, size) VALUES (:id, 'a', '1')", soci::use(id, "id");
    db << "CREATE TABLE seen (id)";
    db << "CREATE TRIGGER watch AFTER UPDATE OF name ON packages BEGIN INSERT INTO seen VALUES (NEW.id); END";
    application.evolver.expand();
    seen.batch = [&] {
        if (seen.batches == 1) db << "UPDATE packages SET name = 'b' WHERE id = 7";
    };
    application.evolver.backfill();
    CHECK(seen.batches > 1);
    CHECK(application.ask("SELECT group_concat(id) FROM seen") == "7");
    CHECK(application.ask("SELECT count(*) FROM packages WHERE size_bytes = 1") == "300");
}

TEST_CASE("Worker: fills in the background with a session of its own, and waits where nothing is to be done") {
    Folder const folder;
    make_catalogue(folder.database(), 3000);
    Application application{folder.database(), catalogue()};
    application.evolver.expand();
    Worker worker{
        catalogue(),
        {.open =
             [&](soci::session& session) { session.open(soci::sqlite3, "db=" + folder.database() + " timeout=10"); },
         .idle = 1ms}};
    while (!application.evolver.status().migrations[1].filled) std::this_thread::yield();
    while (!has(worker.why(), "reconcile()")) std::this_thread::yield();
    CHECK(worker.running());
    {
        std::jthread const other{[&] { worker.stop(); }};
        worker.stop();
    }
    worker.stop();
    CHECK_FALSE(worker.running());
    CHECK(worker.error() == "");
}

TEST_CASE("Worker: ends where an operator stops the run, and where a batch fails, and says so") {
    Folder const folder;
    Application application{folder.database(), documents()};
    RawSqlite const old{folder.database()};
    make_documents(application, old);
    auto const options = [&] {
        return WorkerOptions{
            .open =
                [&](soci::session& session) { session.open(soci::sqlite3, "db=" + folder.database() + " timeout=10"); },
            .idle = 1ms};
    };
    application.evolver.stop_backfill({.reason = "not today"});
    Worker stopped{documents(), options()};
    while (stopped.running()) std::this_thread::yield();
    CHECK(has(stopped.why(), "not today"));
    CHECK(stopped.error() == "");
    application.evolver.resume_backfill();
    Worker failing{documents(), options()};
    while (failing.running()) std::this_thread::yield();
    CHECK(has(failing.error(), "by key: 2; 5"));
    Worker lost{documents(), {.open = [](soci::session&) { throw std::runtime_error{"no such host"}; }}};
    while (lost.running()) std::this_thread::yield();
    CHECK(lost.error() == "no such host");
    CHECK(has(message([] { Worker{documents(), {.open = nullptr}}; }), "nothing that opens its session"));
}

TEST_SUITE_END();
