#include "evolver/operation/rename_table.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/rename_table");

TEST_CASE("RenameTable: the table has its new name from contract on, golden") {
    check({.golden = "rename_table",
           .before = {packages(), CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}},
                      CreateTable{.table = "files",
                                  .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                              {.name = "package", .type = integer()}},
                                  .foreign_keys = {{.columns = {"package"}, .table = "packages"}}}},
           .rows = package_rows,
           .operation = RenameTable{.from = "Packages", .to = "par \"cels\""},
           .look = "SELECT tbl_name FROM sqlite_schema WHERE name = 'by_name' UNION ALL SELECT \"table\" FROM "
                   "pragma_foreign_key_list('files')",
           .expected = "'par \"cels\"'; 'par \"cels\"'"});
}

TEST_CASE("RenameTable: what cannot be meant is refused") {
    std::vector<Operation> const before{packages(), awkward(),
                                        CreateView{.name = "names", .query = "SELECT name FROM packages"},
                                        CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}}};
    auto const with = [&](RenameTable const& operation) { return refusal(before, operation); };
    CHECK(with({.from = "packages", .to = "parcels"}) == "");
    CHECK(missing(with({.from = "package", .to = "parcels"}), {"did you mean \"packages\"?"}) == "");
    CHECK(missing(with({.from = "packages", .to = "order \"2\""}), {"there is a table"}) == "");
    CHECK(missing(with({.from = "packages", .to = "packages"}), {"the table has that name"}) == "");
    CHECK(missing(with({.from = "packages", .to = "Packages"}),
                  {"by the case of letters alone", "a later migration"}) == "");
    CHECK(missing(with({.from = "packages", .to = "names"}), {"the name of a view"}) == "");
    CHECK(missing(with({.from = "packages", .to = "by_name"}), {"the name of an index"}) == "");
}

TEST_SUITE_END();
