#include "evolver/operation/split_column.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

namespace {

CreateTable people() {
    return {.table = "people",
            .columns = {{.name = "id", .type = integer(), .primary_key = true},
                        {.name = "maintainer", .type = text(), .nullable = false}}};
}

SplitColumn split() {
    return {.table = "people",
            .from = "maintainer",
            .into = {{.name = "name",
                      .type = text(),
                      .up = "CASE WHEN instr(maintainer, ' <') THEN substr(maintainer, 1, instr(maintainer, ' <') - 1) "
                            "ELSE maintainer END"},
                     {.name = "mail",
                      .type = text(),
                      .up = "CASE WHEN instr(maintainer, ' <') THEN rtrim(substr(maintainer, instr(maintainer, ' <') + "
                            "2), '>') END"}},
            .down = "name || COALESCE(' <' || mail || '>', '')"};
}

}  // namespace

TEST_SUITE_BEGIN("operation/split_column");

TEST_CASE("SplitColumn: one column becomes several, golden") {
    check({.golden = "split_column",
           .before = {people(), CreateIndex{.name = "by_maintainer", .table = "people", .columns = {"maintainer"}}},
           .rows = "INSERT INTO people (maintainer) VALUES ('Ann Lee <ann@x>'), ('Team')",
           .operation = split(),
           .look = "SELECT * FROM people",
           .expected = "1|'Ann Lee'|'ann@x'; 2|'Team'|NULL"});
    check({.golden = {},
           .before = {awkward()},
           .rows = awkward_rows,
           .operation = SplitColumn{.table = "Order \"2\"",
                                    .from = "select",
                                    .into = {{.name = "from", .type = text(), .up = "substr(\"select\", 1, 1)"},
                                             {.name = "a b", .type = text(), .up = "substr(\"select\", 2)"}},
                                    .down = "\"from\" || \"a b\""}});
}

TEST_CASE("SplitColumn: what cannot be meant is refused") {
    auto const with = [](auto const& edit) {
        auto operation = split();
        edit(operation);
        return refusal({people()}, operation);
    };
    CHECK(with([](SplitColumn&) {}) == "");
    CHECK(missing(with([](SplitColumn& o) { o.into.pop_back(); }),
                  {"SplitColumn people.maintainer", "at least two parts", "use ChangeType"}) == "");
    CHECK(missing(with([](SplitColumn& o) { o.into[1].name = "NAME"; }), {"has a column \"NAME\" already"}) == "");
    CHECK(missing(with([](SplitColumn& o) { o.into[1].up = "name"; }), {"`up` reads the column \"name\""}) == "");
    CHECK(missing(with([](SplitColumn& o) { o.down = "name || id"; }),
                  {"`down` reads the column \"id\"", "name, mail only"}) == "");
    CHECK(missing(with([](SplitColumn& o) { o.from = "maintaner"; }), {"did you mean \"maintainer\"?"}) == "");
}

TEST_SUITE_END();
