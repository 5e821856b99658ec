// A PostgreSQL database that existed before evolver: what is of this engine alone. The rest stands in both/baseline_test.cpp.

#include "evolver/evolver.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace evolver;
using namespace evolver::testing;

namespace {

constexpr auto script =
    "CREATE TYPE kind AS ENUM ('a', 'b');"
    "CREATE TABLE notes (id serial PRIMARY KEY, kind kind NOT NULL DEFAULT 'a', words text CHECK (words <> ''));"
    "CREATE FUNCTION trim_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.words := trim(NEW.words); RETURN "
    "NEW; "
    "END $$;"
    "CREATE TRIGGER trimming BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION trim_words();"
    "CREATE VIEW short AS SELECT id FROM notes WHERE length(words) < 9";

Plan notes() { return {"notes", {Migration{.id = "1", .release = "1.0", .operations = {RawSql{.expand = script}}}}}; }

std::string refusal(PostgresqlDatabase const& database, Plan const& plan) {
    soci::session session{soci::postgresql, database.parameters()};
    Evolver evolver{session, plan};
    try {
        evolver.baseline("1");
    } catch (Error const& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/baseline");

TEST_CASE("baseline on postgresql: functions, triggers, types and views of SQL have to be there, and to be the same") {
    for (auto const& [change, object] : std::vector<std::pair<std::string, std::string>>{
             {"SELECT 1", ""},
             {"DROP TRIGGER trimming ON notes", "trigger trimming of table notes: missing"},
             {"ALTER TYPE kind ADD VALUE 'c'", "type kind: not what the plan makes of it"},
             {"DROP VIEW short", "view short"},
             {"ALTER TABLE notes DROP CONSTRAINT notes_words_check", "words <> ''"},
             {"CREATE OR REPLACE FUNCTION trim_words() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
              "function trim_words(): not what the plan makes of it"}}) {
        CAPTURE(change);
        PostgresqlDatabase const database;
        (void)database.connect().run(script);
        (void)database.connect().run(change);
        auto const words = refusal(database, notes());
        CAPTURE(words);
        CHECK(words.empty() == object.empty());
        CHECK(words.find(object) != std::string::npos);
        CHECK(database.connect().integer("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'evolver%'") == 0);
    }
}

TEST_CASE("baseline on postgresql: said by many processes at once it is recorded, and each of them succeeds") {
    PostgresqlDatabase const database;
    (void)database.connect().run(script);
    std::atomic<int> failed{0};
    std::vector<std::thread> all;
    for (int i = 0; i < 4; ++i) all.emplace_back([&] { failed += refusal(database, notes()).empty() ? 0 : 1; });
    for (auto& one : all) one.join();
    CHECK(failed == 0);
    CHECK(database.connect().integer("SELECT count(*) FROM evolver_migration") == 1);
}

TEST_CASE("baseline on postgresql: operations on tables that the plan did not make are refused, and why is said") {
    PostgresqlDatabase const database;
    (void)database.connect().run("CREATE TABLE notes (id int PRIMARY KEY, words text)");
    Plan const plan{
        "notes",
        {Migration{.id = "1",
                   .release = "1.0",
                   .operations = {AddColumn{.table = "notes", .column = {.name = "words", .type = text()}}}}}};
    CHECK(refusal(database, plan).find("do not begin with an empty schema") != std::string::npos);
}

TEST_SUITE_END();
