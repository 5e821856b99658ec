#include "evolver/operation/drop_foreign_key.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/drop_foreign_key");

namespace {

std::vector<Operation> shop() {
    return {CreateTable{.table = "albums", .columns = {{.name = "id", .type = integer(), .primary_key = true}}},
            CreateTable{.table = "tracks",
                        .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                    {.name = "album", .type = integer()},
                                    {.name = "parent", .type = integer()}},
                        .foreign_keys = {{.columns = {"album"}, .table = "albums"},
                                         {.name = "up", .columns = {"parent"}, .table = "tracks"}}}};
}

std::string const rows_of_shop = "INSERT INTO albums VALUES (1); INSERT INTO tracks VALUES (1, 1, NULL)";

}  // namespace

TEST_CASE("DropForeignKey: the foreign key goes at contract, golden") {
    check({.golden = "drop_foreign_key",
           .before = shop(),
           .rows = rows_of_shop,
           .operation = DropForeignKey{.table = "tracks", .columns = {"album"}},
           .look = "SELECT \"table\" FROM pragma_foreign_key_list('tracks')",
           .expected = "'tracks'"});
    check({.golden = {},
           .before = shop(),
           .rows = rows_of_shop,
           .operation = DropForeignKey{.table = "tracks", .name = "UP"},
           .look = "SELECT \"table\" FROM pragma_foreign_key_list('tracks')",
           .expected = "'albums'"});
}

TEST_CASE("DropForeignKey: one that is not there is refused") {
    CHECK(missing(refusal(shop(), DropForeignKey{.table = "tracks", .name = "down"}), {"no such foreign key"}) == "");
    CHECK(missing(refusal(shop(), DropForeignKey{.table = "tracks", .columns = {"id"}}), {"no such foreign key"}) ==
          "");
}

TEST_SUITE_END();
