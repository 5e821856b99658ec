#include "evolver/operation/add_foreign_key.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/add_foreign_key");

namespace {

std::vector<Operation> shop() {
    return {CreateTable{.table = "tracks",
                        .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                    {.name = "album", .type = integer()},
                                    {.name = "label", .type = text()}}},
            CreateTable{.table = "albums",
                        .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                    {.name = "title", .type = text()}}}};
}

}  // namespace

TEST_CASE("AddForeignKey: the table has the foreign key from contract on, golden") {
    check({.golden = "add_foreign_key",
           .before = shop(),
           .rows = "INSERT INTO albums VALUES (1, 'One'); INSERT INTO tracks VALUES (1, 1, 'x'), (2, NULL, 'y')",
           .operation =
               AddForeignKey{
                   .table = "tracks",
                   .key = {.name = "in_album", .columns = {"album"}, .table = "albums", .on_delete = "cascade"}},
           .look = "SELECT \"table\", \"from\", on_delete FROM pragma_foreign_key_list('tracks')",
           .expected = "'albums'|'album'|'CASCADE'"});
}

TEST_CASE("AddForeignKey: what cannot be meant is refused") {
    auto const with = [](ForeignKey const& key) {
        return refusal(shop(), AddForeignKey{.table = "tracks", .key = key});
    };
    CHECK(with({.columns = {"album"}, .table = "albums", .referenced = {"id"}}) == "");
    CHECK(missing(with({.columns = {"album"}, .table = "albums", .referenced = {"title"}}),
                  {"neither the primary key of \"albums\" nor unique", "AddUnique"}) == "");
    CHECK(missing(with({.columns = {"album", "label"}, .table = "albums"}), {"neither the primary key"}) == "");
    CHECK(missing(with({.columns = {"album"}, .table = "album"}), {"did you mean \"albums\"?"}) == "");
    CHECK(missing(with({.columns = {"album"}, .table = "albums", .on_delete = "remove"}),
                  {"no action \"remove\"", "CASCADE"}) == "");
}

TEST_SUITE_END();
