#include "evolver/operation/change_type.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

namespace {

ChangeType size_to_bytes() {
    return {.table = "packages",
            .from = "size",
            .to = "size_bytes",
            .type = integer(),
            .up = "CAST(size AS INTEGER)",
            .down = "CAST(size_bytes AS TEXT)"};
}

}  // namespace

TEST_SUITE_BEGIN("operation/change_type");

TEST_CASE("ChangeType: both columns live side by side, and the new one takes over with its index, golden") {
    check({.golden = "change_type",
           .before = {packages(),
                      CreateIndex{
                          .name = "by_size", .table = "packages", .columns = {"size", "name"}, .where = "size <> ''"}},
           .rows = package_rows,
           .operation = size_to_bytes(),
           .look = "SELECT size_bytes, typeof(size_bytes) FROM packages",
           .expected = "1500|'integer'; NULL|'null'; 12|'integer'"});
}

TEST_CASE("ChangeType: the new column is as strict as the old one after contract, golden") {
    check({.golden = "change_type_not_null",
           .before = {packages()},
           .rows = package_rows,
           .operation = ChangeType{.table = "packages",
                                   .from = "section",
                                   .to = "in_main",
                                   .type = boolean(),
                                   .up = "section = 'main'",
                                   .down = "CASE WHEN in_main THEN 'main' WHEN NOT in_main THEN 'contrib' END",
                                   .default_value = "1"},
           .look = "SELECT name, in_main FROM packages; ",
           .expected = "'bash'|1; 'vim'|1; 'zsh'|1"});
}

TEST_CASE("ChangeType: names of any letters work") {
    check({.golden = {},
           .before = {awkward(),
                      CreateIndex{.name = "the \"one\"",
                                  .table = "Order \"2\"",
                                  .columns = {"Größe in B", IndexPart{Expression{"length(\"Größe in B\")"}, false}}}},
           .rows = awkward_rows,
           .operation = ChangeType{.table = "order \"2\"",
                                   .from = "Größe in B",
                                   .to = "group",
                                   .type = integer(),
                                   .up = "CAST(\"Größe in B\" AS INTEGER)",
                                   .down = "CAST(\"group\" AS TEXT)"},
           .look = R"(SELECT "group" FROM "Order ""2""")",
           .expected = "5; 6"});
}

TEST_CASE("ChangeType: what cannot be meant is refused") {
    auto const with = [](auto const& edit, std::vector<Operation> const& before = {packages()}) {
        auto operation = size_to_bytes();
        edit(operation);
        return refusal(before, operation);
    };
    CHECK(with([](ChangeType&) {}) == "");
    CHECK(missing(with([](ChangeType& o) { o.table = "packagse"; }),
                  {"ChangeType packagse.size", "there is no table", "did you mean \"packages\"?"}) == "");
    CHECK(missing(with([](ChangeType& o) { o.from = "siez"; }), {"has no column \"siez\"", "did you mean \"size\"?"}) ==
          "");
    CHECK(missing(with([](ChangeType& o) { o.to = "Name"; }), {"has a column \"Name\" already"}) == "");
    CHECK(missing(with([](ChangeType& o) { o.up = "CAST(size AS INTEGER) + length(name)"; }),
                  {"`up` reads the column \"name\"", "it may read size only", "would not be carried over"}) == "");
    CHECK(missing(with([](ChangeType& o) { o.down = "size"; }),
                  {"`down` reads the column \"size\"", "size_bytes only"}) == "");
    CHECK(missing(with([](ChangeType& o) {
                      o.from = "section";
                      o.up = "section";
                  }),
                  {"the column has the default 'main'", ".default_value"}) == "");
    CHECK(missing(with([](ChangeType& o) {
                      o.from = "id";
                      o.up = "id";
                  }),
                  {"the primary key"}) == "");
    auto generated = packages();
    generated.columns.push_back({.name = "g", .type = text(), .generated = "upper(name)"});
    CHECK(missing(with(
                      [](ChangeType& o) {
                          o.from = "g";
                          o.up = "g";
                      },
                      {generated}),
                  {"the column is generated from others", "DropColumn and AddColumn"}) == "");
}

TEST_SUITE_END();
