// Databases of real projects, as SQL texts and as files.

#include "support/shared_data.hpp"
#include "compile/replay.hpp"
#include "dialect/sqlite/clone.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "evolver/compile/directory.hpp"
#include "evolver/evolver.hpp"
#include "support/raw_sqlite.hpp"
#include "support/sql_folder.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

using namespace evolver;
using evolver::sqlite::Connection;
using evolver::support::file_text;
using evolver::support::shared_data;

namespace {

using Lines = std::vector<std::string>;

/// headscale's dumps by name; empty, and said so, where they are not there.
std::vector<std::filesystem::path> dumps() {
    auto const folder = shared_data("headscale/hscontrol/db/testdata/sqlite");
    std::vector<std::filesystem::path> paths;
    if (!folder) {
        MESSAGE("skipped: there is no ../shared/data/headscale");
        return paths;
    }
    for (auto const& entry : std::filesystem::directory_iterator{*folder}) {
        if (entry.path().extension() == ".sql") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

/// The dump as the one file of a plan, applied to an empty database.
Connection loaded(std::filesystem::path const& dump) {
    std::vector<SqlFile> const files{{"0001_dump.sql", file_text(dump)}};
    auto database = Connection::in_memory();
    CHECK(replay(Plan::from_files(files, {.name = "headscale"}), database).front().failure == "");
    return database;
}

/// Northwind in memory, with its rows; none, and said so, where it is not there.
std::optional<Connection> northwind() {
    auto const path = shared_data("northwind/northwind.sqlite3.db");
    if (!path) {
        MESSAGE("skipped: there is no ../shared/data/northwind");
        return std::nullopt;
    }
    return sqlite::copy_database(Connection::open(path->string(), SQLITE_OPEN_READONLY));
}

MigrationReplay tried(Connection const& database, std::string const& sql) {
    std::vector<SqlFile> const files{{"1_change.sql", sql}};
    return replay(Plan::from_files(files, {.name = "p"}), database).front();
}

}  // namespace

TEST_SUITE_BEGIN("compile/shared_data");

TEST_CASE("headscale: 11 of 11 dumps are plans of one file and open") {
    std::size_t opened = 0;
    auto const paths = dumps();
    if (paths.empty()) return;
    for (auto const& path : paths) {
        auto const name = path.filename().string();
        CAPTURE(name);
        support::SqlFolder folder;
        folder.write("0001_dump.sql", file_text(path));
        folder.write("0002_colour.sql", "ALTER TABLE nodes ADD COLUMN colour TEXT;");
        folder.write("0002_colour.down.sql", "ALTER TABLE nodes DROP COLUMN colour;");
        soci::session db{soci::sqlite3, "db=" + folder.database() + " timeout=5"};
        Evolver evolver{db, Plan::from_directory(folder.path())};
        CHECK(evolver.expand().steps.size() == 2);
        evolver.rollback({.migration = "0002_colour"});
        testing::RawSqlite const database{folder.database()};
        CHECK(database.connection().text("PRAGMA integrity_check") == "ok");
        CHECK(sqlite::inspect(database.connection()).find_table("nodes") != nullptr);
        ++opened;
    }
    CHECK(opened == 11);
}

TEST_CASE("headscale: the tables that an old release left behind are reported") {
    auto const paths = dumps();
    if (paths.empty()) return;
    auto const named = [&](std::string const& part) {
        return *std::find_if(paths.begin(), paths.end(), [&](auto const& path) {
            return path.filename().string().find(part) != std::string::npos;
        });
    };
    auto const expected = sqlite::inspect(loaded(named("0.26.1_dump.sql")));
    auto const found = sqlite::inspect(loaded(named("old-table-cleanup")));
    Lines left;
    for (auto const& difference : diff(expected, found, Engine::sqlite)) {
        if (difference.kind == DifferenceKind::unexpected && difference.object.starts_with("table "))
            left.push_back(difference.object.substr(6));
    }
    CHECK(left == Lines{"kvs", "machines", "namespaces", "pre_auth_key_acl_tags", "routes", "shared_machines"});
}

TEST_CASE("Northwind: dropping a column names the view that reads it") {
    auto const database = northwind();
    if (!database) return;
    auto const replayed = tried(*database, "ALTER TABLE Products DROP COLUMN QuantityPerUnit;");
    CHECK(replayed.failure.find("Products by Category") != std::string::npos);
}

TEST_CASE("Northwind: renaming a column leaves all 17 views working and some with a column of another name") {
    auto const database = northwind();
    if (!database) return;
    auto const replayed = tried(*database, "ALTER TABLE Products RENAME COLUMN ProductName TO Title;");
    CHECK(replayed.failure == "");
    CHECK(replayed.rows.empty());
    auto views = database->prepare("SELECT name FROM sqlite_schema WHERE type = 'view'");
    int working = 0;
    while (views.step()) {
        auto statement = database->prepare("SELECT * FROM " + sqlite::quoted(views.text(0)));
        (void)statement.step();
        ++working;
    }
    CHECK(working == 17);
    // A view takes the names of its columns from the table, so the rename goes through it to its readers.
    CHECK(std::any_of(replayed.broken.begin(), replayed.broken.end(), [](BrokenStatement const& statement) {
        return statement.object == "view Alphabetical list of products" &&
               statement.why == "no such column: ProductName";
    }));
}

TEST_SUITE_END();
