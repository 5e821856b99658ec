#include "dialect/postgresql/rule_sql.hpp"

#include "dialect/postgresql/sync.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

using namespace evolver;
using namespace evolver::postgresql;
using namespace std::chrono_literals;

namespace {

struct Items {
    evolver::testing::PostgresqlDatabase database;
    Connection connection = database.connect();
    PhysicalRule rule{
        .rule = {.kind = RuleKind::check, .table = "items", .columns = {"a"}, .condition = Expression{"a > 0"}},
        .schema = "public",
        .key = {{{.column = "id", .type = "bigint"}}},
        .row = {"id", "a", "note"}};

    Items() {
        for (auto const& sql : make_quarantine("public")) connection.run(sql);
        connection.run("CREATE TABLE items (id bigint PRIMARY KEY, a integer, note text)");
        connection.run("INSERT INTO items VALUES (1, 5, 'sound'), (2, -1, 'old')");
    }
    /// Mends while somebody else is in the middle of writing row 2.
    void mend_beside(std::string const& update) {
        auto const writer = database.connect();
        writer.run("BEGIN");
        writer.run(update);
        std::jthread mending{[&] { connection.query(mend(rule, Range::all, "plan", "0002")); }};
        auto const watcher = database.connect();
        while (watcher.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                            "wait_event_type = 'Lock'") == "0")
            std::this_thread::sleep_for(5ms);
        writer.run("COMMIT");
    }
    [[nodiscard]] std::string kept() const {
        return connection.text("SELECT string_agg(value, ' | ') FROM evolver_quarantine");
    }
    [[nodiscard]] std::string rows() const {
        return connection.text("SELECT string_agg(concat_ws(' ', id, a, note), '; ' ORDER BY id) FROM items");
    }
};

}  // namespace

TEST_SUITE_BEGIN("dialect/postgresql/rule_sql");

TEST_CASE(
    "rules on postgresql: what is put into quarantine is the row as it was when it went, and the statement brings it "
    "back") {
    Items items;
    items.mend_beside("UPDATE items SET note = 'committed' WHERE id = 2");
    CHECK(items.rows() == "1 5 sound");
    auto const restore = items.kept();
    CHECK(restore.find("'committed'") != std::string::npos);
    items.connection.run(restore);
    CHECK(items.rows() == "1 5 sound; 2 -1 committed");
}

TEST_CASE("rules on postgresql: what is cleaned is kept as it was then, and a row that somebody has mended stays") {
    SUBCASE("another value") {
        Items items;
        items.rule.rule.clean = {{"a", "-a"}};
        items.mend_beside("UPDATE items SET a = -7 WHERE id = 2");
        CHECK(items.rows() == "1 5 sound; 2 7 old");
        CHECK(items.kept() == "-7");
    }
    SUBCASE("a sound value") {
        Items items;
        items.rule.rule.clean = {{"a", "-a"}};
        items.mend_beside("UPDATE items SET a = 7 WHERE id = 2");
        CHECK(items.rows() == "1 5 sound; 2 7 old");
        CHECK(items.kept() == "");
    }
}

TEST_SUITE_END();
