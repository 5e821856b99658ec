#include "evolver/operation/drop_unique.hpp"

#include "support/application.hpp"
#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/drop_unique");

namespace {

std::vector<Operation> unique_names() {
    return {packages(), CreateIndex{.name = "one_of_a_name", .table = "packages", .columns = {"name"}, .unique = true}};
}

}  // namespace

TEST_CASE("DropUnique: the index goes at contract, golden") {
    check({.golden = "drop_unique",
           .before = unique_names(),
           .rows = package_rows,
           .operation = DropUnique{.table = "packages", .columns = {"NAME"}},
           .look = "SELECT count(*) FROM pragma_index_list('packages')",
           .expected = "0"});
}

TEST_CASE("DropUnique: a constraint in the table's own text goes by a rebuild, golden") {
    auto table = packages();
    table.unique_keys = {{.name = "one of a \"name\"", .columns = {"name"}}, {.columns = {"size", "section"}}};
    check({.golden = "drop_unique_constraint",
           .before = {table, CreateIndex{.name = "by_section", .table = "packages", .columns = {"section"}}},
           .rows = package_rows,
           .operation = DropUnique{.table = "packages", .columns = {"name"}},
           .look = "SELECT group_concat(name || origin) FROM (SELECT name, origin FROM pragma_index_list('packages') "
                   "ORDER BY name)",
           .expected = "'by_sectionc,sqlite_autoindex_packages_1u'"});
}

TEST_CASE("DropUnique: what is not there, or is referred to, is refused") {
    CHECK(missing(refusal(unique_names(), DropUnique{.table = "packages", .columns = {"size"}}),
                  {"no unique index over exactly these columns"}) == "");
    CreateTable const child{.table = "files",
                            .columns = {{.name = "package", .type = text()}},
                            .foreign_keys = {{.columns = {"package"}, .table = "packages", .referenced = {"name"}}}};
    auto before = unique_names();
    before.push_back(child);
    CHECK(missing(refusal(before, DropUnique{.table = "packages", .columns = {"name"}}),
                  {"table \"files\" refers to these columns"}) == "");
}

// Found by random plans: expand() took the plan, and every statement of LiveTable was refused until contract.
TEST_CASE("DropUnique: LiveTable reaches a column that a later migration changes while the constraint is still there") {
    auto table = packages();
    table.unique_keys = {{.columns = {"size"}}};
    Plan const plan{
        "catalogue",
        {Migration{.id = "0001", .release = "1.0", .operations = {table}},
         Migration{
             .id = "0002", .release = "2.0", .operations = {DropUnique{.table = "packages", .columns = {"size"}}}},
         Migration{.id = "0003",
                   .release = "3.0",
                   .operations = {ChangeType{.table = "packages",
                                             .from = "size",
                                             .to = "size_bytes",
                                             .type = integer(),
                                             .up = "CAST(size AS INTEGER)",
                                             .down = "CAST(size_bytes AS TEXT)"}}}}};
    evolver::testing::Folder const folder;
    evolver::testing::Application application{folder.database(), plan};
    application.evolver.expand();
    application.db << "INSERT INTO packages (name, size) VALUES ('bash', '1500')";
    CHECK(application.ask(application.evolver.table("packages").select({"size_bytes"}).text()) == "1500");
}

TEST_SUITE_END();
