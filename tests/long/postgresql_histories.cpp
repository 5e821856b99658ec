// Histories of real projects on PostgreSQL, as they are: read from their folders, tried migration by migration, and run.
//
// EVOLVER_HISTORIES names the folder that they were fetched into (see tests/support/shared_data.hpp); without it every case says that it is skipped.

#include "compile/postgresql/replay.hpp"
#include "dialect/postgresql/inspect.hpp"
#include "evolver/compile/directory.hpp"
#include "evolver/evolver.hpp"
#include "evolver/schema/diff.hpp"
#include "support/postgresql.hpp"
#include "support/shared_data.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace evolver;
using evolver::postgresql::Connection;
using evolver::support::History;
using evolver::testing::PostgresqlDatabase;

namespace {

using Lines = std::vector<std::string>;

bool here(History const& history) {
    if (!history.here()) MESSAGE("skipped: " << history.missing());
    return history.here();
}

/// memos' migrations since version 0.18.1.
struct Memos {
    History migrations{"usememos", "memos", "76a7629", "store/migration"};
    History start{"usememos", "memos", "v0.18.1", "store/db/postgres/migration"};

    [[nodiscard]] bool here() const { return ::here(migrations) && ::here(start); }

    [[nodiscard]] ReadPlan read() const {
        return read_directory(migrations.path().string(),
                              {.name = "memos", .engine = Engine::postgresql, .leave_out = {"postgres/LATEST.sql"}});
    }

    /// The schema of 0.18.1, and some rows of the kinds that its migrations move.
    void begin(Connection const& connection) const {
        connection.run(support::file_text(start.path() / "prod/LATEST__SCHEMA.sql"));
        connection.run(
            "INSERT INTO \"user\" (username, role, password_hash, avatar_url) VALUES ('demo', 'HOST', '', '');"
            "INSERT INTO memo (creator_id, content) VALUES (1, '好好学习，天天向上。'), (1, 'two');"
            "INSERT INTO memo_organizer VALUES (1, 1, 1)");
        // One of its files asks for a function of PostgreSQL 16.
        if (connection.server_version() < 160000)
            connection.run(
                "CREATE FUNCTION pg_input_is_valid(value text, kind text) RETURNS boolean LANGUAGE sql "
                "AS $$ SELECT kind = 'jsonb' AND value LIKE '{%' $$");
    }
};

/// atuin's server.
ReadPlan atuin(History const& crates) {
    return read_directory(crates.path().string(), {.name = "atuin", .engine = Engine::postgresql});
}

/// temporal names the files of each version in a manifest: they are numbered by it.
Plan temporal(History const& schema) {
    std::vector<SqlFile> files;
    for (auto const& version : std::filesystem::directory_iterator{schema.path()}) {
        auto const manifest = support::file_text(version.path() / "manifest.json");
        auto at = manifest.find('[');
        auto const end = manifest.find(']');
        for (int number = 1; (at = manifest.find('"', at + 1)) < end; ++number) {
            auto const close = manifest.find('"', at + 1);
            auto const file = manifest.substr(at + 1, close - at - 1);
            files.push_back({.path = version.path().filename().string() + "/0" + std::to_string(number) + "_" + file,
                             .text = support::file_text(version.path() / file)});
            at = close;
        }
    }
    return Plan::from_files(files, {.name = "temporal", .engine = Engine::postgresql});
}

Lines breaking(std::vector<MigrationReplay> const& replayed) {
    Lines ids;
    for (auto const& migration : replayed) {
        CAPTURE(migration.id);
        CHECK(migration.failure == "");
        if (migration.breaks_reads()) ids.push_back(migration.id);
    }
    return ids;
}

Lines constraining(std::vector<MigrationReplay> const& replayed) {
    Lines ids;
    for (auto const& migration : replayed) {
        if (migration.kinds.constraining) ids.push_back(migration.id);
    }
    return ids;
}

/// The whole plan by the face, on a database of its own, against what replaying it has made.
void check_run(Plan const& plan, Connection const& replayed, void (*begin)(Connection const&)) {
    PostgresqlDatabase const database;
    begin(database.connect());
    soci::session session{soci::postgresql, database.parameters()};
    Evolver evolver{session, plan};
    CHECK(evolver.expand().steps.size() >= plan.migrations().size());
    evolver.reconcile();
    (void)evolver.contract();
    auto const differences = diff(postgresql::inspect(replayed, "public"),
                                  postgresql::inspect(database.connect(), "public"), Engine::postgresql);
    for (auto const& difference : differences) FAIL_CHECK(difference.text());
    CHECK_FALSE(evolver.verify_audit().has_value());
}

}  // namespace

TEST_SUITE_BEGIN("histories on postgresql");

TEST_CASE("memos on postgresql: 26 files since 0.18.1 apply, and break reads where the authors renamed and dropped") {
    Memos const memos;
    if (!memos.here()) return;
    auto const plan = memos.read().plan;
    REQUIRE(plan.migrations().size() == 26);
    PostgresqlDatabase const database;
    auto const connection = database.connect();
    memos.begin(connection);
    CHECK(breaking(postgresql::replay(plan, connection, "public")) ==
          Lines{"0.21/01__rename_uid", "0.22/00__resource_storage_type", "0.22/03__drop_tag", "0.24/00__memo",
                "0.25/00__remove_webhook", "0.26/00__rename_resource_to_attachment", "0.26/01__drop_memo_organizer",
                "0.27/03__drop_activity", "0.31/02__reaction_memo_id"});
    CHECK(connection.text("SELECT content FROM memo WHERE id = 1") == "好好学习，天天向上。");
    CHECK(connection.text("SELECT pinned FROM memo WHERE id = 1") == "t");
    CHECK(connection.text("SELECT role FROM \"user\"") == "ADMIN");
    check_run(plan, connection, [](Connection const& other) { Memos{}.begin(other); });
}

TEST_CASE("atuin's server on postgresql: of 20 files two break readers, and three take less than before") {
    History const crates{"atuinsh", "atuin", "824c871", "crates/atuin-server-postgres/migrations"};
    if (!here(crates)) return;
    auto const plan = atuin(crates).plan;
    PostgresqlDatabase const database;
    auto const connection = database.connect();
    auto const replayed = postgresql::replay(plan, connection, "public");
    CHECK(replayed.size() == 20);
    CHECK(breaking(replayed) == Lines{"20230315220537_drop-events", "20260127000000_remove-email-verification"});
    CHECK(constraining(replayed) == Lines{"20231203124112_create-store-idx", "20240108124837_drop-some-defaults",
                                          "20240702094825_idx_cache_index"});
    check_run(plan, connection, [](Connection const&) {});
}

TEST_CASE("temporal on postgresql: three versions break readers, one discards what a column held") {
    History const schema{"temporalio", "temporal", "6805cae", "schema/postgresql/v12/temporal/versioned"};
    History const fresh{"temporalio", "temporal", "6805cae", "schema/postgresql/v12/temporal/schema.sql"};
    if (!here(schema)) return;
    auto const plan = temporal(schema);
    CHECK(plan.releases().size() == 20);
    PostgresqlDatabase const database;
    auto const connection = database.connect();
    auto const before = plan.until("v1.15");
    auto replayed = postgresql::replay(before, connection, "public");
    connection.run(
        "INSERT INTO current_executions (shard_id, namespace_id, workflow_id, run_id, create_request_id, state, "
        "status, start_version, last_write_version, data_encoding) VALUES (1, '\\x01', 'w', '\\x02', 'r', 1, 1, 0, 0, "
        "'Proto3')");
    std::vector<Migration> rest{plan.migrations().begin() + static_cast<std::ptrdiff_t>(before.migrations().size()),
                                plan.migrations().end()};
    auto later = postgresql::replay(Plan{"temporal", rest}, connection, "public");
    replayed.insert(replayed.end(), later.begin(), later.end());

    Lines versions;
    for (auto const& id : breaking(replayed)) versions.push_back(id.substr(0, id.find('/')));
    versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
    CHECK(versions == Lines{"v1.4", "v1.8", "v1.13"});

    Lines discarding;
    for (auto const& migration : replayed) {
        for (auto const& change : migration.rows) discarding.push_back(migration.id + ": " + change.table);
    }
    CHECK(discarding == Lines{"v1.16/01_fix_data_encoding_column: current_executions"});
    CHECK(connection.text("SELECT data_encoding FROM current_executions") == "");
    connection.run("DELETE FROM current_executions");

    PostgresqlDatabase const anew;
    auto const fresh_connection = anew.connect();
    fresh_connection.run(support::file_text(fresh.path()));
    Lines left;
    auto const expected = postgresql::inspect(fresh_connection, "public");
    for (auto const& table : postgresql::inspect(connection, "public").tables) {
        if (expected.find_table(table.name) == nullptr) left.push_back(table.name.text());
    }
    CHECK(left == Lines{"cluster_metadata"});
    check_run(plan, connection, [](Connection const&) {});
}

TEST_SUITE_END();
