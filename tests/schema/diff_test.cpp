#include "evolver/schema/diff.hpp"

#include "evolver/schema/digest.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

using namespace evolver;

namespace {

Schema example() {
    return Schema{.tables = {{.name = "Packages",
                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                          {.name = "Size", .type = text(), .nullable = false}},
                              .primary_key = {"id"},
                              .checks = {{.condition = "Size <> ''"}}}},
                  .indexes = {{.name = "packages_by_size", .table = "Packages", .parts = {"Size"}}}};
}

std::vector<std::string> texts(Schema const& expected, Schema const& found) {
    std::vector<std::string> result;
    for (auto const& difference : diff(expected, found, Engine::sqlite)) result.push_back(difference.text());
    return result;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_SUITE("schema/diff") {
    TEST_CASE("equal schemas have no differences") {
        CHECK(diff(example(), example(), Engine::sqlite).empty());
        CHECK(diff(Schema{}, Schema{}, Engine::sqlite).empty());
    }

    TEST_CASE("a changed column is one line with both descriptions, in the expected schema's letters") {
        auto found = example();
        found.tables[0].columns[1] = {.name = "SIZE", .type = integer()};
        CHECK(texts(example(), found) == Lines{"column Packages.Size: expected \"text not null\", found \"bigint\""});
    }

    TEST_CASE("a missing object has nothing found, an unexpected one nothing expected") {
        auto found = example();
        found.indexes.clear();
        auto const missing = diff(example(), found, Engine::sqlite);
        REQUIRE(missing.size() == 1);
        CHECK(missing[0].kind == DifferenceKind::missing);
        CHECK(missing[0].object == "index packages_by_size");
        CHECK(missing[0].expected == "on packages(size)");
        CHECK(missing[0].found.empty());
        CHECK(missing[0].text() == "index packages_by_size: missing, expected \"on packages(size)\"");

        auto const unexpected = diff(found, example(), Engine::sqlite);
        REQUIRE(unexpected.size() == 1);
        CHECK(unexpected[0].kind == DifferenceKind::unexpected);
        CHECK(unexpected[0].expected.empty());
        CHECK(unexpected[0].text() == "index packages_by_size: unexpected, found \"on packages(size)\"");
    }

    TEST_CASE("of a missing or unexpected table its columns and constraints are not listed") {
        Schema const indexes_only{.indexes = example().indexes};
        CHECK(texts(example(), indexes_only) == Lines{"table Packages: missing, expected \"primary key (id)\""});
        CHECK(texts(indexes_only, example()) == Lines{"table Packages: unexpected, found \"primary key (id)\""});
    }

    TEST_CASE("a changed check is the old one missing and the new one unexpected") {
        auto found = example();
        found.tables[0].checks[0].condition = "Size > 0";
        CHECK(texts(example(), found) ==
              Lines{"check Packages ( size <> '' ): missing, expected \"check ( size <> '' )\"",
                    "check Packages ( size > 0 ): unexpected, found \"check ( size > 0 )\""});
    }

    TEST_CASE("of two foreign keys on the same column only the one that differs is listed") {
        auto expected = example();
        expected.tables[0].foreign_keys = {{.columns = {"Size"}, .table = "a"}, {.columns = {"Size"}, .table = "b"}};
        auto found = example();
        found.tables[0].foreign_keys = {{.columns = {"Size"}, .table = "b"}, {.columns = {"Size"}, .table = "c"}};
        auto const differences = diff(expected, found, Engine::sqlite);
        REQUIRE(differences.size() == 1);
        CHECK(differences[0].kind == DifferenceKind::changed);
        CHECK(differences[0].expected.starts_with("references a("));
        CHECK(differences[0].found.starts_with("references c("));
    }

    TEST_CASE("there are no differences exactly when the digests are equal") {
        std::vector<std::function<void(Schema&)>> const edits{
            [](Schema& schema) { schema.tables[0].name = "packages"; },
            [](Schema& schema) { schema.tables[0].columns[1].nullable = !schema.tables[0].columns[1].nullable; },
            [](Schema& schema) { schema.tables[0].columns[1].type = declared("TEXT"); },
            [](Schema& schema) { schema.tables[0].columns[1].type = real(); },
            [](Schema& schema) { schema.tables[0].checks[0].condition = "(\"Size\"<>'')"; },
            [](Schema& schema) { schema.tables[0].checks.push_back(schema.tables[0].checks[0]); },
            [](Schema& schema) { schema.tables[0].checks.push_back({.condition = "id > 0"}); },
            [](Schema& schema) { schema.tables[0].unique_keys.push_back({.columns = {"Size"}}); },
            [](Schema& schema) {
                schema.tables.push_back({.name = "more", .columns = {{.name = "a", .type = text()}}});
            },
            [](Schema& schema) { schema.tables.push_back({.name = "evolver_more", .columns = {}}); },
            [](Schema& schema) { schema.indexes.clear(); },
            [](Schema& schema) { schema.views.push_back({.name = "v", .sql = "CREATE VIEW v AS SELECT 1"}); }};
        std::mt19937 random{7};
        int equal = 0;
        for (int round = 0; round < 2000; ++round) {
            auto left = example();
            auto right = example();
            for (auto const& edit : edits) {
                if (random() % 8 == 0) edit(left);
                if (random() % 8 == 0) edit(right);
            }
            bool const same = digest_of(left, Engine::sqlite) == digest_of(right, Engine::sqlite);
            REQUIRE(diff(left, right, Engine::sqlite).empty() == same);
            REQUIRE(diff(left, right, Engine::sqlite).size() == diff(right, left, Engine::sqlite).size());
            equal += same ? 1 : 0;
        }
        CHECK(equal > 100);
        CHECK(equal < 1900);
    }
}
