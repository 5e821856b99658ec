#include "dialect/postgresql/connection.hpp"

#include "evolver/dialect/engine_error.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace evolver;
using namespace evolver::postgresql;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

std::optional<EngineError> refusal(std::function<void()> const& work) {
    try {
        work();
    } catch (EngineError const& error) {
        return error;
    }
    return std::nullopt;
}

}  // namespace

TEST_SUITE_BEGIN("dialect/postgresql/connection");

TEST_CASE("postgresql: values come back as they went in, NULL is not empty, and a colon is a colon") {
    PostgresqlDatabase const database;
    auto const connection = database.connect();
    auto const rows = connection.query("SELECT $1, $2, CAST($3 AS bigint) + 1, 'a:b', CAST(NULL AS text)",
                                       {Text{""}, Text{"it's \"so\" \\ ü"}, Text{"9007199254740993"}});
    CHECK(rows.rows.at(0).at(0) == Text{""});
    CHECK(rows.text(0, 1) == "it's \"so\" \\ ü");
    CHECK(rows.integer(0, 2) == 9007199254740994);
    CHECK(rows.text(0, 3) == "a:b");
    CHECK_FALSE(rows.rows.at(0).at(4));
    CHECK(connection.text("SELECT " + literal("it's \\ so")) == "it's \\ so");
    connection.run("CREATE TABLE " + quoted("a \"b") + " (x int); INSERT INTO " + quoted("a \"b") + " VALUES (1), (2)");
    CHECK(connection.query("UPDATE " + quoted("a \"b") + " SET x = x + 1").changed == 2);
}

TEST_CASE("postgresql: an error has its SQLSTATE, its statement, and nothing of a row") {
    PostgresqlDatabase const database;
    auto const connection = database.connect();
    auto const missing = refusal([&] { (void)connection.query("SELECT * FROM nowhere"); });
    REQUIRE(missing);
    CHECK(missing->native_code() == undefined_table);
    CHECK(missing->sql() == "SELECT * FROM nowhere");
    CHECK_FALSE(missing->retry_helps());
    connection.run("CREATE TABLE t (id int PRIMARY KEY, note text); INSERT INTO t VALUES (1, 'a secret')");
    for (auto const* sql : {"SELECT CAST(note AS int) FROM t", "INSERT INTO t SELECT id, note FROM t"}) {
        auto const refused = refusal([&] { (void)connection.query(sql); });
        REQUIRE(refused);
        CAPTURE(refused->what());
        CHECK(std::string{refused->what()}.find("secret") == std::string::npos);
        CHECK(std::string{refused->what()}.find("(1)") == std::string::npos);
    }
}

TEST_CASE("postgresql: a lock is waited for as long as was said, and a retry helps") {
    PostgresqlDatabase const database;
    auto const holder = database.connect();
    auto const waiter = database.connect();
    holder.run("CREATE TABLE t (id int)");
    holder.run("BEGIN; LOCK TABLE t");
    Transaction transaction{waiter, 20ms};
    auto const refused = refusal([&] { waiter.run("ALTER TABLE t ADD COLUMN n int"); });
    REQUIRE(refused);
    CHECK(refused->native_code() == lock_not_available);
    CHECK(refused->retry_helps());
    CHECK(refused->database_changed() == Changed::no);
}

TEST_CASE(
    "postgresql: a transaction leaves nothing without commit, leaves no setting in the session, and a failed one does "
    "not commit") {
    PostgresqlDatabase const database;
    auto const connection = database.connect();
    connection.run("CREATE TABLE t (id int)");
    {
        Transaction const transaction{connection, 20ms};
        CHECK(connection.in_transaction());
        CHECK(connection.text("SHOW lock_timeout") == "20ms");
        CHECK(connection.text("SHOW transaction_isolation") == "read committed");
        connection.run("INSERT INTO t VALUES (1)");
    }
    CHECK_FALSE(connection.in_transaction());
    CHECK(connection.text("SHOW lock_timeout") == "0");
    CHECK(connection.integer("SELECT count(*) FROM t") == 0);
    {
        Transaction transaction{connection, 20ms};
        connection.run("INSERT INTO t VALUES (1)");
        CHECK(refusal([&] { connection.run("SELECT 1 / 0"); }));
        // The server answers COMMIT with a friendly ROLLBACK.
        CHECK_THROWS_AS(transaction.commit(), EngineError);
    }
    CHECK(connection.integer("SELECT count(*) FROM t") == 0);
    Transaction transaction{connection, 20ms};
    connection.run("INSERT INTO t VALUES (1)");
    transaction.commit();
    CHECK(connection.integer("SELECT count(*) FROM t") == 1);
}

TEST_CASE(
    "postgresql: of a connection that is lost it is said whether the database may have changed, and evolver's own "
    "comes back") {
    PostgresqlDatabase const database;
    auto const connection = database.connect();
    connection.run("CREATE TABLE t (id int)");
    database.cut_connections();
    auto const alone = refusal([&] { connection.run("INSERT INTO t VALUES (1)"); });
    REQUIRE(alone);
    CHECK(connection.is_lost());
    CHECK(alone->database_changed() == Changed::unknown);
    CHECK(alone->retry_helps());
    connection.revive();
    CHECK(connection.integer("SELECT count(*) FROM t") == 0);
    {
        Transaction const transaction{connection, 1s};
        connection.run("INSERT INTO t VALUES (1)");
        database.cut_connections();
        auto const inside = refusal([&] { connection.run("INSERT INTO t VALUES (2)"); });
        REQUIRE(inside);
        CHECK(inside->database_changed() == Changed::no);
        CHECK(inside->retry_helps());
    }
    connection.revive();
    {
        Transaction transaction{connection, 1s};
        connection.run("INSERT INTO t VALUES (1)");
        database.cut_connections();
        auto const at_commit = refusal([&] { transaction.commit(); });
        REQUIRE(at_commit);
        CHECK(at_commit->database_changed() == Changed::unknown);
    }
    connection.revive();
    CHECK(connection.integer("SELECT count(*) FROM t") == 0);
}

TEST_CASE("postgresql: another connection goes to the same database as the same user, and a wrong one says where to") {
    PostgresqlDatabase const database;
    auto const first = database.connect();
    auto const second = first.another();
    auto const who = std::string{"SELECT current_database() || ' ' || current_user"};
    CHECK(first.text(who) == second.text(who));
    CHECK(first.text("SELECT pg_backend_pid()") != second.text("SELECT pg_backend_pid()"));
    auto const refused = refusal([] { (void)Connection::open("host=/nowhere dbname=x password=hidden"); });
    REQUIRE(refused);
    CHECK(refused->retry_helps());
    CHECK(std::string{refused->what()}.find("hidden") == std::string::npos);
}

TEST_SUITE_END();
