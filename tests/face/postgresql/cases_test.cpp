// The cases of tests/cases.md that only a server has: comments, rights, constraints that SQLite does not know.

#include "evolver/dialect/engine_error.hpp"
#include "evolver/evolver.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto people = "CREATE TABLE people (id bigint PRIMARY KEY, name text, age text)";

/// A table of others, and one migration on it.
struct World {
    World(std::vector<std::string> const& made, std::vector<Operation> operations)
        : plan{"people", {Migration{.id = "0002-change", .release = "2.0", .operations = std::move(operations)}}} {
        for (auto const& sql : made) app.run(sql);
    }
    [[nodiscard]] std::string comment(std::string const& column) const {
        return app.text(
            "SELECT coalesce(col_description(attrelid, attnum), '-') FROM pg_attribute WHERE attrelid = "
            "'people'::regclass AND attname = $1",
            {column});
    }
    [[nodiscard]] bool may(std::string const& role, std::string const& right, std::string const& column) const {
        return app.text("SELECT has_column_privilege($1, 'people', $2, $3)", {role, column, right}) == "t";
    }
    void fill() {
        evolver.backfill(Speed::full);
        evolver.reconcile();
    }

    Plan plan;
    PostgresqlDatabase database;
    postgresql::Connection app = database.connect();
    soci::session session{soci::postgresql, database.parameters()};
    Evolver evolver{session, plan, {.release = "2.0", .soak = 0s}};
};

ChangeType age_to_years() {
    return {.table = "people",
            .from = "age",
            .to = "years",
            .type = integer(),
            .up = "CAST(age AS BIGINT)",
            .down = "CAST(years AS TEXT)"};
}

/// A role of its own, which is gone afterwards: a server has its roles in common.
struct Role {
    Role(World const& world, std::string name) : world_{world}, name_{std::move(name)} {
        world_.app.run("DROP ROLE IF EXISTS " + name_ + "; CREATE ROLE " + name_);
    }
    ~Role() { world_.app.run("DROP OWNED BY " + name_ + "; DROP ROLE " + name_); }
    Role(Role const&) = delete;
    Role& operator=(Role const&) = delete;

private:
    World const& world_;
    std::string name_;
};

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/cases");

TEST_CASE("cases TB8, AC17, CO8 on postgresql: comments stay, and the column that takes over has that of the old one") {
    World world{{people, "COMMENT ON TABLE people IS 'who''s who'", "COMMENT ON COLUMN people.age IS 'in \\ years'",
                 "COMMENT ON COLUMN people.name IS 'as spoken'"},
                {age_to_years(), RenameColumn{.table = "people", .from = "name", .to = "title"}}};
    world.evolver.expand();
    for (auto const* const column : {"age", "years"}) CHECK(world.comment(column) == "in \\ years");
    for (auto const* const column : {"name", "title"}) CHECK(world.comment(column) == "as spoken");
    world.evolver.rollback({.migration = "0002-change"});
    CHECK(world.comment("age") == "in \\ years");
    CHECK(world.comment("name") == "as spoken");
    world.evolver.expand();
    world.fill();
    world.evolver.contract();
    CHECK(world.comment("years") == "in \\ years");
    CHECK(world.comment("title") == "as spoken");
    CHECK(world.app.text("SELECT obj_description('people'::regclass)") == "who's who");
}

TEST_CASE(
    "case AX5 on postgresql: of a renamed column, what is said by the new name meanwhile is said after contract") {
    World world{{people, "COMMENT ON COLUMN people.name IS 'as spoken'"},
                {RenameColumn{.table = "people", .from = "name", .to = "title"}}};
    world.evolver.expand();
    world.app.run("COMMENT ON COLUMN people.title IS 'as written'");
    CHECK(world.comment("name") == "as spoken");
    world.fill();
    world.evolver.contract();
    CHECK(world.comment("title") == "as written");
}

TEST_CASE("case LC21 on postgresql: who may only use a column may use those that take over, and no other") {
    World world{
        {people},
        {age_to_years(), SplitColumn{.table = "people",
                                     .from = "name",
                                     .into = {{.name = "given", .type = text(), .up = "split_part(name, ' ', 1)"},
                                              {.name = "family", .type = text(), .up = "split_part(name, ' ', 2)"}},
                                     .down = "given || ' ' || family"}}};
    Role const clerk{world, "evolver_cases_clerk"};
    Role const reader{world, "evolver_cases_reader"};
    world.app.run(
        "GRANT SELECT (id, age), UPDATE (age) ON people TO evolver_cases_clerk; GRANT SELECT (name) ON people TO "
        "evolver_cases_reader WITH GRANT OPTION; GRANT USAGE ON SCHEMA public TO evolver_cases_clerk");
    world.app.run("INSERT INTO people VALUES (1, 'ada l', '36')");
    world.evolver.expand();
    CHECK(world.may("evolver_cases_clerk", "SELECT", "years"));
    CHECK(world.may("evolver_cases_clerk", "UPDATE", "years"));
    CHECK_FALSE(world.may("evolver_cases_clerk", "INSERT", "years"));
    CHECK_FALSE(world.may("evolver_cases_clerk", "SELECT", "given"));
    CHECK(world.may("evolver_cases_reader", "SELECT WITH GRANT OPTION", "family"));
    world.fill();
    {
        auto const program = world.database.connect();
        program.run("SET ROLE evolver_cases_clerk; UPDATE people SET years = 37 WHERE id = 1");
    }
    CHECK(world.app.text("SELECT age FROM people") == "37");
    world.evolver.reconcile();
    world.evolver.contract();
    CHECK(world.may("evolver_cases_clerk", "UPDATE", "years"));
}

TEST_CASE("case LC21 on postgresql: who may see one of several columns may not see what is made of all of them") {
    World world{{"CREATE TABLE people (id bigint PRIMARY KEY, given text, family text)"},
                {MergeColumns{.table = "people",
                              .from = {"given", "family"},
                              .to = "name",
                              .type = text(),
                              .up = "given || ' ' || family",
                              .down = {"split_part(name, ' ', 1)", "split_part(name, ' ', 2)"}}}};
    Role const half{world, "evolver_cases_half"};
    Role const both{world, "evolver_cases_both"};
    Role const member{world, "evolver_cases_member"};
    world.app.run(
        "GRANT SELECT (given), UPDATE (given, family) ON people TO evolver_cases_half; GRANT SELECT (given) ON people "
        "TO evolver_cases_both WITH GRANT OPTION; GRANT SELECT (family) ON people TO evolver_cases_both; GRANT SELECT "
        "(family) ON people TO evolver_cases_member; GRANT evolver_cases_half TO evolver_cases_member; GRANT "
        "REFERENCES (given, family) ON people TO PUBLIC; GRANT INSERT (given) ON people TO PUBLIC; GRANT INSERT "
        "(family) ON people TO evolver_cases_half");
    world.evolver.expand();
    CHECK_FALSE(world.may("evolver_cases_half", "SELECT", "name"));
    CHECK(world.may("evolver_cases_half", "UPDATE", "name"));
    CHECK(world.may("evolver_cases_half", "INSERT", "name"));
    CHECK(world.may("evolver_cases_both", "SELECT", "name"));
    CHECK_FALSE(world.may("evolver_cases_both", "SELECT WITH GRANT OPTION", "name"));
    CHECK_FALSE(world.may("evolver_cases_both", "UPDATE", "name"));
    CHECK(world.may("evolver_cases_both", "REFERENCES", "name"));
    CHECK(world.may("evolver_cases_member", "SELECT", "name"));
    CHECK_FALSE(world.may("evolver_cases_both", "INSERT", "name"));
    world.fill();
    world.evolver.reconcile();
    world.evolver.contract();
    CHECK(world.may("evolver_cases_both", "SELECT", "name"));
    CHECK_FALSE(world.may("evolver_cases_half", "SELECT", "name"));
}

TEST_CASE(
    "case TB9 on postgresql: a key of several columns that sets some of them to their default does so throughout") {
    World world{{people, "CREATE TABLE seats (line int, seat int, PRIMARY KEY (line, seat))",
                 "INSERT INTO seats VALUES (1, 0), (1, 7)",
                 "ALTER TABLE people ADD COLUMN line int, ADD COLUMN seat int DEFAULT 0, ADD FOREIGN KEY (line, seat) "
                 "REFERENCES seats ON DELETE SET DEFAULT (seat)",
                 "INSERT INTO people VALUES (1, 'ada', '36', 1, 7), (2, 'bob', '9', 1, 7), (3, 'eve', '1', 1, 7)"},
                {age_to_years()}};
    // SET DEFAULT of a list of columns is of version 15.
    world.evolver.expand();
    world.app.run("DELETE FROM seats WHERE seat = 7");
    CHECK(world.app.text("SELECT string_agg(line || '/' || seat, ' ') FROM people") == "1/0 1/0 1/0");
    world.fill();
    world.evolver.contract();
    CHECK(world.app.text("SELECT string_agg(line || '/' || seat || '/' || years, ' ' ORDER BY id) FROM people") ==
          "1/0/36 1/0/9 1/0/1");
}

TEST_CASE("case TB10 on postgresql: a constraint that excludes overlaps holds for both releases, and after contract") {
    World world{
        {"CREATE TABLE people (id bigint PRIMARY KEY, age text, stay int4range, EXCLUDE USING gist (stay WITH &&))",
         "INSERT INTO people VALUES (1, '36', '[1,5)')"},
        {age_to_years()}};
    world.evolver.expand();
    CHECK_THROWS_AS(world.app.run("INSERT INTO people (id, age, stay) VALUES (2, '9', '[4,6)')"), EngineError);
    CHECK_THROWS_AS(world.app.run("INSERT INTO people (id, years, stay) VALUES (2, 9, '[4,6)')"), EngineError);
    world.app.run("INSERT INTO people (id, years, stay) VALUES (2, 9, '[5,6)')");
    world.fill();
    world.evolver.contract();
    CHECK_THROWS_AS(world.app.run("INSERT INTO people (id, years, stay) VALUES (3, 9, '[4,6)')"), EngineError);
}

TEST_CASE(
    "cases LC8, LC9 on postgresql: a table that somebody holds for two seconds is waited for, as long as was said") {
    World world{{people}, {AddColumn{.table = "people", .column = {.name = "note", .type = text()}}}};
    auto const holder = world.database.connect();
    holder.run("BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE");
    {
        soci::session session{soci::postgresql, world.database.parameters()};
        Evolver hurried{session, world.plan, {.release = "2.0", .wait = 300ms}};
        try {
            hurried.expand();
            FAIL("it has to give up");
        } catch (Error const& error) {
            CHECK(error.retry_helps());
        }
    }
    std::thread ending{[&] {
        std::this_thread::sleep_for(2s);
        holder.run("COMMIT");
    }};
    world.evolver.expand();
    ending.join();
    CHECK(world.evolver.status().migrations.at(0).phase == Phase::expanded);
}

TEST_CASE("case LC17 on postgresql: a name that the server would cut off is refused by name, and nothing is written") {
    std::string const longest(63, 'n');
    auto const tried = [&](Operation operation) {
        World world{{people}, {std::move(operation)}};
        try {
            world.evolver.expand();
        } catch (Error const& error) {
            CHECK(world.app.text("SELECT count(*) FROM pg_class WHERE relname LIKE 'nnnn%'") == "0");
            return std::string{error.what()};
        }
        return std::string{};
    };
    CHECK(tried(AddColumn{.table = "people", .column = {.name = longest, .type = text()}}) == "");
    auto const too_long = longest + "n";
    for (auto const& words :
         {tried(AddColumn{.table = "people", .column = {.name = too_long, .type = text()}}),
          tried(CreateTable{.table = too_long, .columns = {{.name = "id", .type = integer(), .primary_key = true}}}),
          tried(CreateIndex{.name = too_long, .table = "people", .columns = {"name"}}),
          tried(AddCheck{.table = "people", .name = too_long, .condition = "id > 0"}),
          tried(RenameTable{.from = "people", .to = too_long})}) {
        CAPTURE(words);
        CHECK(words.find(too_long) != std::string::npos);
        CHECK(words.find("63") != std::string::npos);
    }
}

TEST_CASE("case IX1 on postgresql: an index of another method is made by SQL, and stays") {
    World world{
        {people, "INSERT INTO people SELECT i, 'n' || i, CAST(i AS text) FROM generate_series(1, 50) AS i"},
        {RawSql{.expand = "CREATE INDEX people_hash ON people USING hash (name)", .undo = "DROP INDEX people_hash"},
         age_to_years()}};
    world.evolver.expand();
    world.evolver.rollback({.migration = "0002-change"});
    CHECK(world.app.text("SELECT to_regclass('people_hash') IS NULL") == "t");
    world.evolver.expand();
    world.fill();
    world.evolver.contract();
    CHECK(world.app.text(
              "SELECT indexdef LIKE '%USING hash (name)%' FROM pg_indexes WHERE indexname = 'people_hash'") == "t");
}

TEST_CASE("cases IX4, TB13, TB15 on postgresql: a name that something has already is refused before the first write") {
    for (std::string const taken :
         {"CREATE TABLE taken (a int)", "CREATE VIEW taken AS SELECT 1", "CREATE SEQUENCE taken",
          "CREATE TYPE taken AS (a int)", "CREATE TABLE other (a int); CREATE INDEX taken ON other (a)",
          "CREATE MATERIALIZED VIEW taken AS SELECT 1"}) {
        CAPTURE(taken);
        for (auto const& operation : std::vector<Operation>{
                 CreateIndex{.name = "taken", .table = "people", .columns = {"name"}},
                 CreateTable{.table = "taken", .columns = {{.name = "id", .type = integer(), .primary_key = true}}},
                 RenameTable{.from = "people", .to = "taken"},
                 AddUnique{.table = "people", .name = "taken", .columns = {"name"}},
                 CreateView{.name = "taken", .query = "SELECT id FROM people"}}) {
            World world{{people, taken}, {operation}};
            std::string words;
            try {
                world.evolver.expand();
            } catch (Error const& error) {
                words = error.what();
            }
            CAPTURE(title(operation));
            CHECK(words.find("taken") != std::string::npos);
            CHECK(world.evolver.status().migrations.at(0).phase == Phase::planned);
        }
    }
}

TEST_SUITE_END();
