// C++ functions that a Backfill calls.

#include "both/world.hpp"
#include "evolver/execute/backfill_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

using namespace evolver;
using namespace evolver::testing;

namespace {

/// What it throws for stands in the row; how often it was called, and for what, is the test's to see.
Function reversed(std::vector<std::string>* seen = nullptr) {
    return {.name = "reversed", .version = "1", .call = [seen](Arguments const& given) -> Value {
                if (given.is_null(0)) return Null{};
                std::string const text{given.text(0)};
                if (seen != nullptr) seen->push_back(text);
                if (text == "never") throw std::runtime_error{"this cannot be reversed"};
                return std::string{text.rbegin(), text.rend()};
            }};
}

/// A whole number.
Function length_of() {
    return {.name = "length_of", .version = "1", .call = [](Arguments const& given) -> Value {
                return static_cast<std::int64_t>(given.text(0).size());
            }};
}

std::vector<Operation> sections(std::string const& value, std::string const& where, std::vector<Function> functions) {
    return {
        AddColumn{.table = "packages", .column = {.name = "section", .type = text()}},
        Backfill{.table = "packages", .set = {{"section", value}}, .where = where, .functions = std::move(functions)}};
}

std::string sections_of(World const& world) {
    return world.database.rows("SELECT id, section FROM packages ORDER BY id");
}

/// What is in the sections in the end.
std::string filled(std::string const& value, std::string const& where, std::vector<Function> functions) {
    World world{sections(value, where, std::move(functions))};
    world.evolver.expand();
    world.evolver.backfill();
    return sections_of(world);
}

constexpr auto all_reversed = "1|'1-egakcap'; 2|'2-egakcap'; 3|'3-egakcap'; 4|'4-egakcap'; 5|'5-egakcap'";

}  // namespace

TEST_SUITE_BEGIN("both/function");

TEST_CASE("Function: a Backfill calls it for each row, and a row that it throws for fails the batch by its key") {
    World world{sections("reversed(name)", "section IS NULL", {reversed()})};
    CHECK(world.evolver.dry_run().steps.size() > 0);
    world.evolver.expand();
    world.old.run("UPDATE packages SET name = 'never' WHERE id IN (2, 5)");
    try {
        world.evolver.backfill();
        FAIL("it has to fail");
    } catch (BackfillFailed const& failed) {
        CHECK(failed.batch().rows == std::vector<std::string>{"2", "5"});
        CHECK(has(failed.batch().error, "reversed(): this cannot be reversed"));
        CHECK(has(failed.batch().sql, "UPDATE "));
    }
    CHECK(sections_of(world) == "1|NULL; 2|NULL; 3|NULL; 4|NULL; 5|NULL");
    world.old.run("UPDATE packages SET name = 'package-2' WHERE id = 2");
    world.evolver.resume_backfill();
    CHECK_THROWS_WITH_AS(world.evolver.backfill(), doctest::Contains("by key: 5\n"), BackfillFailed);
    CHECK(world.evolver.skip_failed_rows({.reason = "ticket 17"}) == 1);
    world.evolver.resume_backfill();
    world.evolver.backfill();
    CHECK(sections_of(world) == "1|'1-egakcap'; 2|'2-egakcap'; 3|'3-egakcap'; 4|'4-egakcap'; 5|NULL");
    CHECK(world.evolver.status().migrations[1].rows_filled == 4);
    world.contract();
}

TEST_CASE("Function: values come and go with the type that they are stored by") {
    std::vector<std::string> seen;
    Function const echo{.name = "echo", .version = "1", .call = [&](Arguments const& given) -> Value {
                            for (std::size_t i = 0; i < given.size(); ++i) seen.push_back(to_text(given.value(i)));
                            return given.value(given.size() - 1);
                        }};
    std::vector<Column> columns{{.name = "id", .type = integer(), .primary_key = true},
                                {.name = "i", .type = integer()},
                                {.name = "r", .type = real()},
                                {.name = "t", .type = text()},
                                {.name = "b", .type = blob()},
                                {.name = "filled", .type = integer(), .nullable = false, .default_value = "0"}};
    std::vector<ColumnValue> set{{"filled", "1"}};
    for (std::string const name : {"i", "r", "t", "b"}) {
        auto copy = columns.at(set.size());
        copy.name = Name{"copy_of_" + name};
        columns.push_back(copy);
        set.push_back({copy.name, Expression{"echo(id, " + name + ")"}});
    }
    Plan const plan{
        "things",
        {Migration{.id = "1", .release = "1", .operations = {CreateTable{.table = "things", .columns = columns}}},
         Migration{
             .id = "2",
             .release = "2",
             .operations = {Backfill{.table = "things", .set = set, .where = "filled = 0", .functions = {echo}}}}}};
    Database const database;
    Asked session{database};
    Evolver evolver{session.db, plan, {}};
    evolver.expand();
    bool const is_sqlite = Database::engine() == Engine::sqlite;
    session.run("INSERT INTO things (id, i, r, t, b) VALUES (1, 9223372036854775807, 0.1, 'it''s \"\\ {,} é', " +
                std::string{is_sqlite ? "x'00ff5c22'" : "CAST('\\x00ff5c22' AS bytea)"} + "), (2, -7, 1e300, '', " +
                std::string{is_sqlite ? "x''" : "CAST('' AS bytea)"} +
                "), (3, NULL, NULL, NULL, NULL), (4, 0, -0.5, 'NULL', NULL)");
    seen.clear();
    evolver.backfill();
    std::string same;
    for (std::string const name : {"i", "r", "t", "b"}) {
        auto const is = is_sqlite ? " IS " : " IS NOT DISTINCT FROM ";
        same += (same.empty() ? "" : " AND ") + ("copy_of_" + name) + is + name;
    }
    CHECK(database.rows("SELECT id FROM things WHERE " + same + " ORDER BY id") == "1; 2; 3; 4");
    for (std::string const text : {"9223372036854775807", "-7", "0.1", "1e+300", "'it''s \"\\ {,} é'", "''",
                                   "x'00ff5c22'", "x''", "NULL", "-0.5", "'NULL'"}) {
        CAPTURE(text);
        CHECK(std::find(seen.begin(), seen.end(), text) != seen.end());
    }
}

TEST_CASE("Function: a value converts as it does in SQL, and one that is not there is named") {
    std::string seen;
    Function const look{.name = "look", .version = "1", .call = [&](Arguments const& given) -> Value {
                            if (given.size() < 3) return given.value(7);
                            seen = std::to_string(given.integer(0)) + " " + std::to_string(given.real(0)) + " " +
                                   std::string{given.text(1)} + " " + std::to_string(given.integer(2)) + " " +
                                   std::to_string(given.blob(0).size());
                            return Null{};
                        }};
    CHECK(filled("coalesce(look('12.5 kB', 7, 'none'), 'x')", "section IS NULL", {look}) ==
          "1|'x'; 2|'x'; 3|'x'; 4|'x'; 5|'x'");
    CHECK(seen == "12 12.500000 7 0 7");
    World world{sections("look(id)", "section IS NULL AND id > 5", {look})};
    world.evolver.expand();
    world.old.run("INSERT INTO packages (id, name) VALUES (6, 'six')");
    CHECK_THROWS_WITH_AS(world.evolver.backfill(),
                         doctest::Contains("look(): a function was called with 1 values, and asks for number 8"),
                         BackfillFailed);
}

TEST_CASE("Function: it may stand amid other SQL, be given SQL and other calls, and be called more than once") {
    CHECK(filled("reversed(name)", "section IS NULL", {reversed()}) == all_reversed);
    CHECK(filled("REVERSED ( /* by name, */ \"name\" )", "section IS NULL", {reversed()}) == all_reversed);
    CHECK(filled("upper(reversed(substr(name, 1, 2) || ',(' || size)) || '-' || length_of(name) || reversed('ab')",
                 "section IS NULL", {reversed(), length_of()}) ==
          "1|'01(,AP-9ba'; 2|'02(,AP-9ba'; 3|'03(,AP-9ba'; 4|'04(,AP-9ba'; 5|'05(,AP-9ba'");
    CHECK(filled("reversed(reversed(name) || length_of(reversed(reversed(size))))", "section IS NULL",
                 {reversed(), length_of()}) ==
          "1|'2package-1'; 2|'2package-2'; 3|'2package-3'; 4|'2package-4'; 5|'2package-5'");
    CHECK(filled("reversed(NULL)", "section IS NULL AND id > 5", {reversed()}) ==
          "1|NULL; 2|NULL; 3|NULL; 4|NULL; 5|NULL");
}

TEST_CASE(
    "Function: `where` may call it, and it is called for the rows that the rest of `where` is for, and no other") {
    std::vector<std::string> seen;
    World world{sections("'odd'", "section IS NULL AND id > 1 AND CAST(length_of(reversed(name)) AS INTEGER) = 4",
                         {reversed(&seen), length_of()})};
    world.old.run("UPDATE packages SET name = 'four' WHERE id IN (1, 2, 4)");
    world.evolver.expand();
    world.old.run("UPDATE packages SET section = 'mine' WHERE id = 3");
    seen.clear();
    world.evolver.backfill();
    CHECK(sections_of(world) == "1|NULL; 2|'odd'; 3|'mine'; 4|'odd'; 5|NULL");
    CHECK(std::find(seen.begin(), seen.end(), "package-5") != seen.end());

    std::vector<std::string> set;
    World other{sections("reversed(name)", "section IS NULL AND CAST(length_of(name) AS INTEGER) = 4",
                         {reversed(&set), length_of()})};
    other.old.run("UPDATE packages SET name = 'four' WHERE id = 2");
    other.evolver.expand();
    set.clear();
    other.evolver.backfill();
    CHECK(sections_of(other) == "1|NULL; 2|'ruof'; 3|NULL; 4|NULL; 5|NULL");
    CHECK(std::find(set.begin(), set.end(), "package-1") == set.end());
}

TEST_CASE("Function: nobody writes to a row between its call and the value that is stored") {
    std::vector<std::string> words;
    Database const* database = nullptr;
    Function const meddled{.name = "meddled", .version = "1", .call = [&](Arguments const& given) -> Value {
                               if (database != nullptr) {
                                   Asked other{*database};
                                   if (Database::engine() == Engine::postgresql) other.run("SET lock_timeout = 1");
                                   words.push_back(message_of([&] {
                                       other.run("UPDATE packages SET size = '0', section = 'theirs' WHERE id = " +
                                                 std::string{given.text(0)});
                                   }));
                               }
                               return std::string{given.text(1)};
                           }};
    World world{sections("meddled(id, size)", "section IS NULL", {meddled})};
    world.evolver.expand();
    database = &world.database;
    world.evolver.backfill();
    CHECK(words.size() == 5);
    for (auto const& one : words) CHECK(has(one, "lock"));
    CHECK(sections_of(world) == "1|'10'; 2|'20'; 3|'30'; 4|'40'; 5|'50'");
}

TEST_CASE("Function: its value is carried to the new shape of a column that has one") {
    World world{{Backfill{.table = "packages",
                          .set = {{"size", "length_of(name)"}},
                          .where = "size = '10'",
                          .functions = {length_of()}},
                 ChangeType{.table = "packages",
                            .from = "size",
                            .to = "bytes",
                            .type = integer(),
                            .up = "CAST(size AS INTEGER)",
                            .down = "CAST(bytes AS TEXT)"}}};
    world.evolver.expand();
    world.evolver.backfill();
    CHECK(world.database.rows("SELECT size, bytes FROM packages WHERE id < 3 ORDER BY id") == "'9'|9; '20'|20");
    world.contract();
    CHECK(world.database.rows("SELECT bytes FROM packages WHERE id < 3 ORDER BY id") == "9; 20");
}

TEST_CASE("Function: rolling back changes no row, and what is expanded again is filled again") {
    World world{sections("reversed(name)", "section IS NULL", {reversed()})};
    world.evolver.expand();
    world.evolver.backfill();
    world.evolver.rollback({.migration = "0002-change", .accept_loss = {{"0002-change", "a test"}}});
    CHECK(world.database.rows("SELECT name FROM packages WHERE id = 1") == "'package-1'");
    world.evolver.expand();
    world.evolver.backfill();
    CHECK(sections_of(world) == all_reversed);
    world.contract();
}

TEST_CASE("Function: what cannot be meant is refused before the first write") {
    auto const refused = [](std::vector<Operation> operations) {
        return message_of([&] {
            World world{std::move(operations)};
            world.evolver.expand();
        });
    };
    auto own = reversed();
    own.name = "Lower";
    CHECK(has(refused(sections("lower(name)", "section IS NULL", {own})),
              "one of " + std::string{name_of(Database::engine())} + "'s own"));
    CHECK(has(refused(sections("unheard_of(name)", "section IS NULL", {reversed()})), "unheard_of"));
    auto twice = sections("reversed(name)", "section IS NULL", {reversed()});
    auto second = reversed();
    second.version = "2";
    twice.emplace_back(Backfill{
        .table = "packages", .set = {{"size", "reversed(name)"}}, .where = "size IS NULL", .functions = {second}});
    CHECK(has(refused(twice), "has version 2 here, and 1"));
}

TEST_SUITE_END();
