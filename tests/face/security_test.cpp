// What nobody is to learn or to change by way of evolver: values of rows in messages and in its tables, and files beside the database that
// others may read. SECURITY.md is the model that this belongs to.

#include "dialect/sqlite/inspect.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"
#include "support/rows.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>

#include <sys/stat.h>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

constexpr char const* secret = "hunter2";

/// Everything that is said.
struct Ear : Observer {
    void on(Event const& event) override {
        heard += event.message + "\n" + event.object + "\n" + event.migration + "\n";
    }
    std::string heard;
};

/// What evolver keeps, but for the archive of what was accepted as lost.
std::string kept_in(std::string const& path) {
    RawSqlite const database{path};
    std::string text;
    auto tables = database.connection().prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'evolver!_%' ESCAPE '!' AND name <> "
        "'evolver_quarantine'");
    while (tables.step())
        text += support::rows(database.connection(), "SELECT * FROM " + sqlite::quoted(tables.text(0))) + "\n";
    return text;
}

Plan with(Operation operation) {
    return Plan{
        "catalogue",
        {packages_migration(), Migration{.id = "0002-change", .release = "2.0", .operations = {std::move(operation)}}}};
}

/// Takes the plan as far as it goes, with rows that stand in its way, and returns every word that came of it.
std::string words_of(std::string const& path, Plan const& plan) {
    Ear ear;
    std::string words;
    auto const attempt = [&](std::function<void()> const& call) {
        try {
            call();
        } catch (Error const& error) {
            words += std::string{error.what()} + "\n" + error.object() + "\n" + error.sql() + "\n";
        }
    };
    Application application{path, plan, {.observer = &ear, .soak = 0s}};
    auto& evolver = application.evolver;
    attempt([&] { evolver.expand(); });
    attempt([&] { evolver.backfill(); });
    attempt([&] { evolver.reconcile(); });
    attempt([&] { evolver.heartbeat(); });
    attempt([&] { evolver.contract(); });
    attempt([&] { evolver.contract({.accept_loss = {{"0002-change", "a test"}}}); });
    attempt([&] {
        for (auto const& finding : evolver.lint()) words += text_of(finding) + "\n";
    });
    for (auto const& gate : evolver.gates()) words += gate.reason + "\n";
    for (auto const& migration : evolver.status().migrations) {
        for (auto const& row : migration.mismatched) words += row + "\n";
        for (auto const& run : migration.backfills) words += run.why + " " + run.checkpoint + "\n";
    }
    return words + ear.heard;
}

}  // namespace

TEST_SUITE_BEGIN("face/security");

TEST_CASE("security: no value of a row is in an error, an event, a finding, a gate, the status or the ledger") {
    std::vector<Operation> const operations{
        SetNotNull{.table = "packages", .column = "size"},
        AddUnique{.table = "packages", .name = "one_size", .columns = {"size"}},
        CreateIndex{.name = "one_size", .table = "packages", .columns = {"size"}, .unique = true},
        AddCheck{.table = "packages", .name = "short", .condition = "length(size) < 3"},
        ChangeType{.table = "packages",
                   .from = "size",
                   .to = "bytes",
                   .type = integer(),
                   .up = "CAST(size AS INTEGER)",
                   .down = "CAST(bytes AS TEXT)"},
        Backfill{.table = "packages", .set = {{"size", "json_extract(size, '$')"}}, .where = "size NOT LIKE 'x%'"},
        RawSql{.expand = "INSERT INTO packages (id, name, size) SELECT 1, name, size FROM packages",
               .undo = "SELECT 1"},
        RawSql{.expand = "SELECT json_extract(size, '$') FROM packages", .undo = "SELECT 1"}};
    for (auto const& operation : operations) {
        CAPTURE(title(operation));
        Folder const folder;
        {
            Application first{folder.database(), with(operation).until("1.0"), {.release = "1.0"}};
            first.evolver.expand();
            first.db << std::string{"INSERT INTO packages (name, size) VALUES ('"} + secret + "', '" + secret +
                            "'), ('" + secret + "', '" + secret + "'), ('a', NULL)";
        }
        auto const words = words_of(folder.database(), with(operation));
        CHECK_MESSAGE(!has(words, secret), words);
        auto const kept = kept_in(folder.database());
        CHECK_MESSAGE(!has(kept, secret), kept);
    }
}

TEST_CASE("security: no file that evolver makes may be read or written by more people than the database") {
    for (mode_t const mode : {0600U, 0640U, 0644U, 0666U}) {
        CAPTURE(mode);
        Folder const folder;
        auto const before = umask(0);
        make_catalogue(folder.database());
        CHECK(chmod(folder.database().c_str(), mode) == 0);
        for (auto const& entry : std::filesystem::directory_iterator{folder.path()}) {
            if (entry.path() != folder.database()) std::filesystem::remove(entry.path());
        }
        {
            Application two{folder.database(), catalogue(), {.soak = 0s}};
            two.evolver.expand();
            two.evolver.backfill();
            two.evolver.reconcile();
            int files = 0;
            for (auto const& entry : std::filesystem::directory_iterator{folder.path()}) {
                CAPTURE(entry.path().string());
                struct stat found {};
                REQUIRE(stat(entry.path().c_str(), &found) == 0);
                CHECK((found.st_mode & 0777U & ~mode) == 0);
                ++files;
            }
            CHECK(files >= 3);
        }
        umask(before);
    }
}

TEST_CASE("security: names that look like SQL are names, in every statement of a rollout") {
    Folder const folder;
    std::string const table = "t\"; DROP TABLE bystander; --";
    std::string const from = "a' OR '1'='1";
    std::string const to = "b\"), (SELECT 1";
    Plan const plan{
        table,
        {Migration{.id = "0001'; DROP TABLE bystander; --",
                   .release = "1.0\"",
                   .operations = {CreateTable{.table = table,
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = from, .type = text()}}}}},
         Migration{.id = "0002\"",
                   .release = "2.0'",
                   .operations = {ChangeType{.table = table,
                                             .from = from,
                                             .to = to,
                                             .type = integer(),
                                             .up = Expression{"CAST(" + sqlite::quoted(from) + " AS INTEGER)"},
                                             .down = Expression{"CAST(" + sqlite::quoted(to) + " AS TEXT)"}}}}}};
    Application application{folder.database(), plan, {.actor = "x'; DROP TABLE bystander; --", .soak = 0s}};
    application.db << "CREATE TABLE bystander (a)";
    application.evolver.expand();
    application.db << "INSERT INTO " + sqlite::quoted(table) + " (" + sqlite::quoted(from) + ") VALUES ('7')";
    application.evolver.backfill();
    application.evolver.reconcile();
    application.evolver.hold_stage({.reason = "'); DROP TABLE bystander; --"});
    application.evolver.release_stage();
    application.evolver.contract();
    CHECK(application.ask("SELECT count(*) FROM bystander") == "0");
    CHECK(application.ask("SELECT " + sqlite::quoted(to) + " FROM " + sqlite::quoted(table)) == "7");
    CHECK_FALSE(application.evolver.verify_audit().has_value());
}

TEST_CASE("security: a ledger that was tampered with is noticed by its chain") {
    Folder const folder;
    make_catalogue(folder.database());
    Application two{folder.database(), catalogue()};
    two.evolver.expand();
    RawSqlite const other{folder.database()};
    auto triggers = other.connection().prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'evolver_audit'");
    std::vector<std::string> names;
    while (triggers.step()) names.push_back(triggers.text(0));
    for (auto const& name : names) other.connection().run("DROP TRIGGER " + sqlite::quoted(name));
    other.connection().run("UPDATE evolver_audit SET actor = 'somebody else' WHERE sequence = 1");
    CHECK(two.evolver.verify_audit().has_value());
}
