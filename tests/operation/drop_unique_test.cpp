#include "evolver/operation/drop_unique.hpp"

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

TEST_CASE("DropUnique: a constraint in the table's own text is refused, as it would take a rebuild") {
    auto table = packages();
    table.unique_keys = {{.columns = {"name"}}};
    CHECK(missing(refusal({table}, DropUnique{.table = "packages", .columns = {"name"}}),
                  {"stands in the table's own text", "rebuild"}) == "");
    CHECK(missing(refusal(unique_names(), DropUnique{.table = "packages", .columns = {"size"}}),
                  {"no unique index over exactly these columns"}) == "");
}

TEST_SUITE_END();
