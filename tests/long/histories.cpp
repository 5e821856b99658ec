// Histories of real projects, as they are: read from their folders, tried migration by migration, and run.
//
// EVOLVER_HISTORIES names the folder that they were fetched into (see tests/support/shared_data.hpp); without it every
// case says that it is skipped.

#include "compile/replay.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "evolver/compile/directory.hpp"
#include "evolver/evolver.hpp"
#include "evolver/schema/diff.hpp"
#include "support/raw_sqlite.hpp"
#include "support/rows.hpp"
#include "support/shared_data.hpp"
#include "support/sql_folder.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace evolver;
using evolver::sqlite::Connection;
using evolver::support::History;
using evolver::support::rows;
using evolver::testing::RawSqlite;

namespace {

using Lines = std::vector<std::string>;

bool here(History const& history) {
    if (!history.here()) MESSAGE("skipped: " << history.missing());
    return history.here();
}

/// memos' migrations since version 0.1.3.
struct Memos {
    History migrations{"usememos", "memos", "76a7629", "store/migration"};
    History start{"usememos", "memos", "v0.1.3", "store/db"};

    [[nodiscard]] bool here() const { return ::here(migrations) && ::here(start); }

    [[nodiscard]] ReadPlan read() const {
        return read_directory(migrations.path().string(),
                              {.name = "memos", .engine_folder = "sqlite", .leave_out = {"sqlite/LATEST.sql"}});
    }

    /// The schema of 0.1.3 with its seed.
    void begin(Connection const& connection) const {
        connection.run(support::file_text(start.path() / "migration/00000__schema.sql"));
        for (auto const* file :
             {"10001__user.sql", "10002__memo.sql", "10003__memo_organizer.sql", "10004__shortcut.sql"})
            connection.run(support::file_text(start.path() / "seed" / file));
    }
};

struct Atuin {
    History crates{"atuinsh", "atuin", "824c871", "crates"};

    [[nodiscard]] bool here() const { return ::here(crates); }
    [[nodiscard]] Plan plan(std::string const& folder) const {
        return Plan::from_directory((crates.path() / folder).string(), {.name = "atuin"});
    }
};

Lines breaking(std::vector<MigrationReplay> const& replayed) {
    Lines ids;
    for (auto const& migration : replayed) {
        CHECK(migration.failure == "");
        if (migration.breaks_reads()) ids.push_back(migration.id);
    }
    return ids;
}

}  // namespace

TEST_SUITE_BEGIN("histories");

TEST_CASE("memos: 61 files since 0.1.3 apply and its rows are what its authors wanted") {
    Memos const memos;
    if (!memos.here()) return;
    auto const read = memos.read();
    CHECK(read.layout == "plain files");
    CHECK(read.plan.migrations().size() == 61);
    CHECK(read.plan.releases().front().text() == "0.2");
    CHECK(read.plan.releases().back().text() == "0.31");

    support::SqlFolder folder;
    {
        RawSqlite const database{folder.database()};
        memos.begin(database.connection());
    }
    soci::session db{soci::sqlite3, "db=" + folder.database() + " timeout=5"};
    Evolver evolver{db, read.plan};
    CHECK(evolver.expand().steps.size() == 61);
    evolver.reconcile();
    (void)evolver.contract();

    RawSqlite const database{folder.database()};
    auto const& connection = database.connection();
    CHECK(rows(connection, "SELECT id, pinned FROM memo ORDER BY id") == "101|1; 102|0");
    CHECK(connection.text("SELECT content FROM memo WHERE id = 102") == "好好学习，天天向上。");
    CHECK(rows(connection, "SELECT id, username, nickname, role FROM user") ==
          "101|'demo@usememos.com'|'Demo Owner'|'ADMIN'");
    CHECK(connection.integer("SELECT count(*) FROM sqlite_schema WHERE name IN ('shortcut', 'memo_organizer')") == 0);
    CHECK(connection.text("PRAGMA integrity_check") == "ok");
    CHECK_FALSE(evolver.verify_audit().has_value());
}

TEST_CASE("memos: the statements of the version before break at 15 files and at no other") {
    Memos const memos;
    if (!memos.here()) return;
    auto const database = Connection::in_memory();
    memos.begin(database);
    auto const replayed = replay(memos.read().plan, database);
    REQUIRE(replayed.size() == 61);
    CHECK(breaking(replayed) ==
          Lines{"0.8/01__user_username", "0.13/01__remove_memo_organizer_id", "0.14/00__drop_resource_public_id",
                "0.15/00__drop_user_open_id", "0.16/00__add_memo_id_to_resource", "0.16/01__drop_shortcut_table",
                "0.21/01__rename_uid", "0.22/00__resource_storage_type", "0.22/03__drop_tag", "0.24/00__memo",
                "0.25/00__remove_webhook", "0.26/00__rename_resource_to_attachment", "0.26/01__drop_memo_organizer",
                "0.27/03__drop_activity", "0.31/02__reaction_memo_id"});
    Lines gone;
    for (auto const& migration : replayed) {
        for (auto const& change : migration.rows) {
            if (change.after < change.before)
                gone.push_back(migration.id + ": " + change.table + " " + std::to_string(change.before));
        }
    }
    CHECK(gone == Lines{"0.16/01__drop_shortcut_table: shortcut 1", "0.26/01__drop_memo_organizer: memo_organizer 1"});
}

TEST_CASE("memos: the last version is not what its own fresh schema says") {
    Memos const memos;
    if (!memos.here()) return;
    auto const migrated = Connection::in_memory();
    memos.begin(migrated);
    (void)replay(memos.read().plan, migrated);
    auto const fresh = Connection::in_memory();
    fresh.run(support::file_text(memos.migrations.path() / "sqlite/LATEST.sql"));
    auto const before = sqlite::inspect(migrated);
    auto const after = sqlite::inspect(fresh);
    Lines left;
    for (auto const& table : before.tables) {
        if (after.find_table(table.name) == nullptr) left.push_back(table.name.text());
    }
    CHECK(left == Lines{"migration_history", "storage"});
    Lines differ;
    for (auto const& table : after.tables) {
        Schema expected;
        Schema found;
        expected.tables = {table};
        if (auto const* other = before.find_table(table.name)) found.tables = {*other};
        if (!diff(expected, found, Engine::sqlite).empty()) differ.push_back(table.name.text());
    }
    std::sort(differ.begin(), differ.end());
    CHECK(differ == Lines{"attachment", "idp", "memo"});
}

TEST_CASE("atuin's client: of 12 files one breaks readers") {
    Atuin const atuin;
    if (!atuin.here()) return;
    auto const database = Connection::in_memory();
    auto const replayed = replay(atuin.plan("atuin-client/migrations"), database);
    CHECK(replayed.size() == 12);
    CHECK(breaking(replayed) == Lines{"20230315220114_drop-events"});
}

TEST_CASE("atuin's scripts: one way back is no SQL of its own engine") {
    Atuin const atuin;
    if (!atuin.here()) return;
    auto const database = Connection::in_memory();
    auto const replayed = replay(atuin.plan("atuin-scripts/migrations"), database);
    REQUIRE(replayed.size() == 2);
    CHECK(replayed[0].way_back == WayBack::leads_back);
    CHECK(replayed[1].way_back == WayBack::fails);
    CHECK(replayed[1].way_back_words == Lines{"SQLite: near \"index\": syntax error"});
}

TEST_CASE("atuin: every folder for SQLite goes up") {
    Atuin const atuin;
    if (!atuin.here()) return;
    for (std::string const folder :
         {"atuin-client/migrations", "atuin-client/record-migrations", "atuin-client/meta-migrations",
          "atuin-scripts/migrations", "atuin-kv/migrations", "atuin-ai/migrations", "atuin-server-sqlite/migrations"}) {
        CAPTURE(folder);
        auto const plan = atuin.plan(folder);
        support::SqlFolder place;
        soci::session db{soci::sqlite3, "db=" + place.database() + " timeout=5"};
        Evolver evolver{db, plan};
        auto const report = evolver.expand();
        CHECK(report.steps.size() == plan.migrations().size());
        CHECK(report.warnings.empty());
    }
}

TEST_SUITE_END();
