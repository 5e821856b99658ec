#include "evolver/operation/function.hpp"

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"
#include "support/round_trip.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace evolver;
using namespace evolver::support;
using namespace evolver::testing;

namespace {

Function reversed(std::string version = "1") {
    return {.name = "reversed", .version = Name{std::move(version)}, .call = [](Arguments const& given) -> Value {
                if (given.is_null(0)) return Null{};
                auto const text = given.text(0);
                if (text == "package-7") throw std::runtime_error{"seven cannot be reversed"};
                return std::string{text.rbegin(), text.rend()};
            }};
}

Backfill sections(Function function) {
    return {.table = "packages",
            .set = {{"section", "reversed(name)"}},
            .where = "section IS NULL",
            .functions = {std::move(function)}};
}

Plan plan_with(std::vector<Operation> operations) {
    return Plan{
        "catalogue",
        {packages_migration(),
         Migration{.id = "0002-section",
                   .release = "2.0",
                   .operations = {AddColumn{.table = "packages", .column = {.name = "section", .type = text()}}}},
         Migration{.id = "0003-reversed", .release = "2.0", .operations = std::move(operations)}}};
}

std::string refused(Plan const& plan) {
    Folder const folder;
    make_catalogue(folder.database(), 3);
    Application application{folder.database(), plan};
    auto const before = bytes_of(folder.database());
    try {
        application.evolver.expand();
    } catch (PlanError const& error) {
        CHECK(bytes_of(folder.database()) == before);
        return error.what();
    }
    return {};
}

}  // namespace

TEST_SUITE_BEGIN("operation/function");

TEST_CASE("Function: a Backfill calls it for each row, and a row that it throws for fails the batch by its key") {
    Folder const folder;
    make_catalogue(folder.database(), 5);
    auto const plan = plan_with({sections(reversed())});
    Application application{folder.database(), plan};
    CHECK(application.evolver.dry_run().steps.size() > 0);
    CHECK(application.evolver.lint().size() < 100);
    application.evolver.expand();
    RawSqlite const old{folder.database()};
    old.run("INSERT INTO packages (id, name) VALUES (6, 'package-7')");
    CHECK_THROWS_WITH_AS(application.evolver.backfill(), doctest::Contains("reversed(): seven cannot be reversed"),
                         BackfillFailed);
    CHECK(application.evolver.skip_failed_rows({.reason = "seven"}) == 1);
    application.evolver.resume_backfill();
    application.evolver.backfill();
    CHECK(rows(old.connection(), "SELECT id, section FROM packages WHERE id IN (1, 5, 6)") ==
          "1|'1-egakcap'; 5|'5-egakcap'; 6|NULL");
    application.evolver.contract(now());
}

TEST_CASE("Function: values come and go with the type that they are stored by") {
    std::vector<std::string> seen;
    Function const echo{.name = "echo", .version = "1", .call = [&](Arguments const& given) -> Value {
                            for (std::size_t i = 0; i < given.size(); ++i) seen.push_back(to_text(given.value(i)));
                            return given.value(given.size() - 1);
                        }};
    Plan const plan{
        "things",
        {Migration{.id = "1",
                   .release = "1",
                   .operations = {Backfill{
                       .table = "things", .set = {{"b", "echo(id, a)"}}, .where = "b IS NULL", .functions = {echo}}}}}};
    Folder const folder;
    {
        RawSqlite const file{folder.database()};
        file.run("CREATE TABLE things (id INTEGER PRIMARY KEY, a, b)");
    }
    Application application{folder.database(), plan};
    application.evolver.expand();
    RawSqlite const file{folder.database()};
    file.connection().run(
        "INSERT INTO things (id, a) VALUES (1, 7), (2, 0.5), (3, 'it''s' || char(0) || 'x'), (4, x'00ff'), (5, x'')");
    seen.clear();
    application.evolver.backfill();
    CHECK(file.integer("SELECT count(*) FROM things WHERE a IS b AND typeof(a) = typeof(b)") == 5);
    CHECK(seen.size() >= 10);
    // No program's statement calls it.
    CHECK_THROWS(file.run("SELECT echo(1, 2)"));
}

TEST_CASE("Function: its version is part of the plan's digest, and its code cannot be") {
    auto const digest = [](Backfill const& operation) { return plan_with({operation}).digest(2); };
    auto const without = Backfill{.table = "packages", .set = {{"section", "lower(name)"}}, .where = "section IS NULL"};
    CHECK(digest(sections(reversed("1"))) == digest(sections(reversed("1"))));
    CHECK(digest(sections(reversed("1"))) != digest(sections(reversed("2"))));
    CHECK(digest(without) != digest(sections(reversed())));
}

TEST_CASE("Function: what cannot be meant is refused before the first write") {
    auto twice = sections(reversed());
    twice.functions.push_back(reversed());
    CHECK(has(refused(plan_with({twice})), "the function \"reversed\" is given twice"));
    auto empty = sections(reversed());
    empty.functions[0].call = nullptr;
    CHECK(has(refused(plan_with({empty})), "the function \"reversed\" is empty"));
    auto own = sections(reversed());
    own.functions[0].name = "Lower";
    CHECK(has(refused(plan_with({own})), "is one of SQLite's own"));
    auto unknown = sections(reversed());
    unknown.functions.clear();
    CHECK(has(refused(plan_with({unknown})), "no such function: reversed"));
    auto other = sections(reversed("2"));
    other.set[0].column = "size";
    other.where = "size IS NULL";
    CHECK(has(refused(plan_with({sections(reversed()), other})), "has version 2 here, and 1"));
    // Where rows are there already, they are tried.
    auto seven = plan_with({sections({.name = "reversed", .version = "1", .call = [](Arguments const&) -> Value {
                                          throw std::runtime_error{"never"};
                                      }})});
    CHECK(has(refused(seven), "reversed(): never"));
}

TEST_SUITE_END();
