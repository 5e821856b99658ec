#include "dialect/sqlite/statements.hpp"

#include "dialect/sqlite/connection.hpp"
#include "evolver/operation/effect.hpp"

#include <sqlite3.h>

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace evolver;
using namespace evolver::sqlite;

namespace {

std::vector<std::string> texts(std::string_view script) {
    std::vector<std::string> found;
    for (auto const& statement : split(script)) found.emplace_back(statement.text);
    return found;
}

std::string refusal(std::string_view script, std::size_t first_line = 1) {
    try {
        (void)for_transaction(script, "0001.sql", first_line);
        return "nothing was refused";
    } catch (PlanError const& error) {
        return error.what();
    }
}

bool says(std::string const& text, std::string_view words) { return text.find(words) != std::string::npos; }

/// Where the engine itself ends the statements of a script that it understands.
std::vector<std::string> by_prepare(Connection const& connection, std::string const& script) {
    std::vector<std::string> found;
    char const* rest = script.c_str();
    while (*rest != '\0') {
        sqlite3_stmt* statement = nullptr;
        char const* tail = nullptr;
        REQUIRE(sqlite3_prepare_v2(connection.handle(), rest, -1, &statement, &tail) == SQLITE_OK);
        if (statement != nullptr) {
            // Without the comments and the lone semicolons before it, as split() gives it.
            auto parts = texts(std::string_view{rest, static_cast<std::size_t>(tail - rest)});
            std::erase(parts, ";");
            REQUIRE(parts.size() == 1);
            found.push_back(parts.front());
            sqlite3_step(statement);
            sqlite3_finalize(statement);
        }
        if (tail == rest) break;
        rest = tail;
    }
    return found;
}

}  // namespace

TEST_SUITE_BEGIN("dialect/sqlite/statements");

TEST_CASE("split: a semicolon in a string or a comment or a trigger ends nothing") {
    CHECK(texts("SELECT ';'; SELECT \"a;b\" -- c; d\n; /* e; */ SELECT [f;g]") ==
          std::vector<std::string>{"SELECT ';';", "SELECT \"a;b\" -- c; d\n;", "SELECT [f;g]"});
    std::string const trigger =
        "CREATE TEMP TRIGGER x AFTER UPDATE ON t BEGIN UPDATE t SET a = CASE WHEN a THEN 'END;' END; DELETE FROM u; "
        "END;";
    CHECK(texts(trigger + " SELECT 1;") == std::vector<std::string>{trigger, "SELECT 1;"});
}

TEST_CASE("split: nothing but comments is no statement") {
    CHECK(texts("").empty());
    CHECK(texts(" -- only a word\n/* and another */\n").empty());
}

TEST_CASE("split: says on which line a statement begins") {
    auto const found = split("-- a\n\nSELECT 1;\nSELECT\n2; SELECT 3");
    REQUIRE(found.size() == 3);
    CHECK(found[0].line == 3);
    CHECK(found[1].line == 4);
    CHECK(found[2].line == 5);
}

TEST_CASE("split: ends statements where the engine ends them") {
    std::vector<std::string> const parts{
        "CREATE TABLE IF NOT EXISTS t (a, b DEFAULT ';');",
        "INSERT INTO t VALUES ('it''s; fine', x'3b');",
        "CREATE TRIGGER IF NOT EXISTS g AFTER INSERT ON t WHEN new.a = ';' BEGIN DELETE FROM t WHERE a = 'END;'; END;",
        "CREATE TEMPORARY TRIGGER IF NOT EXISTS h AFTER DELETE ON t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 1; "
        "END;",
        "EXPLAIN CREATE TRIGGER z AFTER INSERT ON t BEGIN SELECT 1; END;",
        "/* a; */ SELECT \"a\", `b`, [a] FROM t; -- last; one\n",
        "CREATE VIEW IF NOT EXISTS v AS SELECT a AS \"end;\" FROM t;",
        ";",
        "UPDATE t SET a = '--' || /* ' */ 'x';",
        "WITH r AS (SELECT 1 AS a) SELECT a FROM r;\n\n"};
    unsigned const seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random{seed};
    for (int round = 0; round < 200; ++round) {
        auto const connection = Connection::in_memory();
        std::string script = parts.front();
        for (int i = 0; i < 8; ++i) script += parts[random() % parts.size()] + (random() % 2 == 0 ? "\n" : "");
        auto mine = texts(script);
        std::erase(mine, ";");
        CAPTURE(script);
        CHECK(mine == by_prepare(connection, script));
    }
}

TEST_CASE("for_transaction: takes out what the transaction around it says already and tells so") {
    auto const script = for_transaction(
        "PRAGMA foreign_keys = OFF;\nBEGIN TRANSACTION;\n-- a word\nDROP TABLE t;\nCOMMIT;\npragma "
        "main.foreign_keys=1;",
        "0001.sql");
    CHECK(script.sql == "\n\n-- a word\nDROP TABLE t;\n\n");
    CHECK_FALSE(script.does_nothing);
    REQUIRE(script.notes.size() == 4);
    CHECK(says(script.notes[0], "line 1: PRAGMA foreign_keys is left out"));
    CHECK(says(script.notes[1], "line 2: BEGIN is left out"));
    CHECK(says(script.notes[2], "line 5: COMMIT is left out"));
}

TEST_CASE("for_transaction: leaves the rest of a script as it is") {
    std::string const plain = "-- a word\nCREATE TABLE t (a DEFAULT 'BEGIN;');\n";
    CHECK(for_transaction(plain, "0001.sql").sql == plain);
    CHECK(for_transaction("PRAGMA user_version = 7;\n", "0001.sql").sql == "PRAGMA user_version = 7;\n");
    CHECK(for_transaction("SAVEPOINT a;\nROLLBACK TO a;\nRELEASE a;\n", "0001.sql").notes.empty());
}

TEST_CASE("for_transaction: a script can be followed by another") {
    CHECK(for_transaction("SELECT 1", "0001.sql").sql == "SELECT 1\n;\n");
    CHECK(for_transaction("SELECT 1 -- one", "0001.sql").sql == "SELECT 1 -- one\n;\n");
    CHECK(for_transaction("SELECT 1;", "0001.sql").sql == "SELECT 1;\n");
}

TEST_CASE("for_transaction: comments alone do nothing") {
    CHECK(for_transaction("-- only a word\n", "0001.sql").does_nothing);
    CHECK(for_transaction("BEGIN; ; COMMIT;", "0001.sql").does_nothing);
    CHECK_FALSE(for_transaction("SELECT 1", "0001.sql").does_nothing);
}

TEST_CASE("for_transaction: refuses what cannot run inside a transaction or would outlive it") {
    CHECK(says(refusal("SELECT 1;\nVACUUM;", 10), "0001.sql:11: VACUUM cannot run inside a transaction"));
    CHECK(says(refusal("ATTACH 'x.db' AS x"), "ATTACH cannot run inside a transaction"));
    CHECK(says(refusal("ROLLBACK"), "ROLLBACK would undo evolver's own transaction"));
    CHECK(says(refusal("PRAGMA journal_mode = WAL"), "PRAGMA journal_mode is a setting of the connection"));
    CHECK(says(refusal("PRAGMA legacy_alter_table = ON"), "where the application opens the database"));
    CHECK(says(refusal(".read other.sql"), "a command of the sqlite3 shell"));
}

TEST_CASE("for_transaction: refuses foreign keys that are on while statements run") {
    auto const words = refusal("PRAGMA foreign_keys = ON;\nDELETE FROM parents;");
    CHECK(says(words, "0001.sql:1: evolver runs migrations with foreign keys off, and statements follow"));
    CHECK(says(refusal("PRAGMA foreign_keys('yes'); DELETE FROM parents;"), "with foreign keys off"));
    CHECK(refusal("PRAGMA foreign_keys = ON; PRAGMA foreign_keys = OFF; DELETE FROM parents;") ==
          "nothing was refused");
}

TEST_CASE("for_transaction: refuses a placeholder that nobody binds a value to") {
    CHECK(says(refusal("UPDATE t SET a = :owner"), "the placeholder :owner would be NULL"));
    CHECK(refusal("UPDATE t SET a = ':owner'") == "nothing was refused");
}

TEST_CASE("for_transaction: refuses a statement that never ends and says where it begins") {
    CHECK(says(refusal("SELECT 1;\nSELECT 'a"), "0001.sql:2: this statement never ends"));
    CHECK(says(refusal("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1;"), "a trigger ends with \"END;\""));
    CHECK(says(refusal("SELECT 1; /* and"), "never ends"));
}

TEST_SUITE_END();
