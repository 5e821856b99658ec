#include "dialect/postgresql/access_sql.hpp"

#include "compile/shape_of.hpp"
#include "evolver/dialect/access_error.hpp"
#include "support/postgresql_catalogue.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace evolver;
using Written = postgresql::AccessSql;

namespace {

Plan catalogue() { return {"catalogue", {testing::packages(), testing::size_bytes()}}; }

Table stored(bool expanded) {
    Table table{.name = "packages",
                .columns = {{.name = "id", .type = declared("bigint"), .primary_key = true},
                            {.name = "name", .type = declared("text"), .nullable = false},
                            {.name = "size", .type = declared("text")}}};
    if (expanded) table.columns.push_back({.name = "size_bytes", .type = declared("bigint")});
    return table;
}

/// The table for release 2.0, with 0002 at that stage.
struct At {
    explicit At(Stage stage)
        : shape{shape_of(catalogue(), {.contracted = 1, .expanded = stage == Stage::off ? 1U : 2U},
                         {Stage::complete, stage}, "packages", stored(stage != Stage::off))} {
        if (stage == Stage::off) return;
        pairs.push_back({.pair = {.table = "packages",
                                  .from = {{.column = "size", .type = "text"}},
                                  .to = {{.column = "size_bytes", .type = "bigint"}},
                                  .up = {"CAST(size AS BIGINT)"},
                                  .down = {"CAST(size_bytes AS TEXT)"}},
                         .schema = "public",
                         .tag = "tag"});
    }
    [[nodiscard]] Written sql() const { return Written{shape, "public", pairs}; }

    Shape shape;
    std::vector<postgresql::NamedPair> pairs;
};

}  // namespace

TEST_SUITE_BEGIN("dialect/postgresql/access_sql");

TEST_CASE(
    "access on postgresql: at dual, both shapes are written, and the new one is read by fallback where a row is not "
    "filled") {
    At const dual{Stage::dual};
    CHECK(
        dual.sql().insert({"name", "size_bytes"}) ==
        R"(INSERT INTO "public"."packages" ("name", "size_bytes", "size") VALUES (:name, :size_bytes, CAST(CAST((:size_bytes)"
        "\n) AS bigint) AS TEXT))");
    CHECK(dual.sql().update({{"size_bytes", "size_bytes + :delta"}}) ==
          R"(UPDATE "public"."packages" SET "size_bytes" = (CASE WHEN "size_bytes" IS NULL THEN )"
          R"("public"."evolver_up_tag_0"("size") ELSE "size_bytes" END)"
          "\n) + :delta, \"size\" = CAST(CAST(("
          R"((CASE WHEN "size_bytes" IS NULL THEN )"
          R"("public"."evolver_up_tag_0"("size") ELSE "size_bytes" END)"
          "\n) + :delta\n) AS bigint) AS TEXT)");
    CHECK(dual.sql().select({"size_bytes"}) ==
          R"(SELECT "size_bytes" FROM (SELECT "id" AS "id", "name" AS "name", CASE WHEN "size_bytes" IS NULL THEN )"
          R"("public"."evolver_up_tag_0"("size") ELSE "size_bytes" END AS "size_bytes" FROM "public"."packages") )"
          R"(AS "packages")");
    CHECK(dual.sql().remove() == R"(DELETE FROM "public"."packages")");
}

TEST_CASE("access on postgresql: once reads are switched, a statement is what one would write by hand") {
    At const switched{Stage::switched};
    CHECK(switched.sql().select({"size_bytes"}).starts_with(R"(SELECT "size_bytes" FROM )"));
    CHECK(switched.sql().column("size_bytes") == R"("size_bytes")");
    CHECK(switched.sql().update({{"size_bytes", "size_bytes + 1"}}) ==
          R"(UPDATE "public"."packages" SET "size_bytes" = "size_bytes" + 1, "size" = CAST(CAST(("size_bytes" + 1)"
          "\n) AS bigint) AS TEXT)");
}

TEST_CASE(
    "access on postgresql: once the stage is complete, no statement names the old column, so that it can be taken "
    "away") {
    At const complete{Stage::complete};
    CHECK(complete.sql().insert({"name", "size_bytes"}) ==
          R"(INSERT INTO "public"."packages" ("name", "size_bytes") VALUES (:name, :size_bytes))");
    CHECK(complete.sql().update({{"size_bytes", "size_bytes + 1"}}) ==
          R"(UPDATE "public"."packages" SET "size_bytes" = "size_bytes" + 1)");
    CHECK(complete.sql().column("size_bytes") == R"("size_bytes")");
}

TEST_CASE("access on postgresql: before expand the old column is written, unless that loses something") {
    At const off{Stage::off};
    auto const insert = off.sql().insert({"name", "size_bytes"});
    CHECK(insert.starts_with(R"(INSERT INTO "public"."packages" ("name", "size") VALUES (:name, CASE WHEN )"));
    CHECK(insert.find("cannot hold this value, and the new column is not there before expand()") != std::string::npos);
    CHECK(off.sql().column("size_bytes").find("CAST((\"size\"\n) AS BIGINT)") != std::string::npos);
}

TEST_CASE(
    "access on postgresql: a column that the release does not know is refused by name, with those that it knows") {
    At const dual{Stage::dual};
    CHECK_THROWS_WITH_AS((void)dual.sql().insert({"nane"}), doctest::Contains("id, name, size_bytes"), AccessError);
    CHECK_THROWS_WITH_AS((void)dual.sql().select({"size"}), doctest::Contains("\"size\""), AccessError);
    CHECK_THROWS_WITH_AS((void)dual.sql().select({}), doctest::Contains("means nothing"), AccessError);
    CHECK_THROWS_WITH_AS((void)dual.sql().update({{"name", ":a"}, {"name", ":b"}}), doctest::Contains("twice"),
                         AccessError);
}

TEST_CASE(
    "access on postgresql: at complete no statement names the old column, not in a rule that compares rows either") {
    Plan const plan{"catalogue",
                    {testing::packages(),
                     {.id = "0002",
                      .release = "2.0",
                      .operations = {RenameColumn{.table = "packages", .from = "size", .to = "weight"},
                                     AddUnique{.table = "packages", .name = "one", .columns = {"weight"}}}}}};
    auto table = stored(false);
    table.columns.push_back({.name = "weight", .type = declared("text")});
    for (auto const stage : {Stage::dual, Stage::complete}) {
        auto shape = shape_of(plan, {.contracted = 1, .expanded = 2}, {Stage::complete, stage}, "packages", table);
        shape.key = {"id"};
        Written const sql{shape, "public", {}};
        auto const text = sql.update({{"weight", ":weight"}});
        CHECK(text.find("evolver_other") != std::string::npos);
        CHECK((text.find("\"size\"") == std::string::npos) == (stage == Stage::complete));
    }
}

TEST_CASE(
    "access on postgresql: a value that is too long for its column is not cut off by the rule that it is held to") {
    Plan const plan{"catalogue",
                    {testing::packages(),
                     {.id = "0002",
                      .release = "2.0",
                      .operations = {AddCheck{.table = "packages", .name = "named", .condition = "name <> ''"}}}}};
    for (auto const& [type, cast] : {std::pair{"character varying(3)", "AS character varying)"},
                                     {"character varying(3)[]", "AS character varying[])"},
                                     {"character(3)", "AS bpchar)"}}) {
        auto table = stored(false);
        table.columns[1].type = declared(type);
        auto const shape =
            shape_of(plan, {.contracted = 1, .expanded = 2}, {Stage::complete, Stage::dual}, "packages", table);
        auto const text = Written{shape, "public", {}}.insert({"id", "name"});
        CHECK(text.find(cast) != std::string::npos);
        CHECK(text.find("(3)") == std::string::npos);
    }
}

TEST_SUITE_END();
