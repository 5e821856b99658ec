#include "evolver/schema/schema.hpp"

#include <doctest/doctest.h>

using namespace evolver;

namespace {

Table table_with_key(Type type) {
    return Table{
        .name = "packages", .columns = {{.name = "id", .type = type, .primary_key = true}}, .primary_key = {"id"}};
}

std::string words_of_key(Table const& table) { return type_words(table, table.columns.front(), Engine::sqlite); }

}  // namespace

TEST_SUITE("schema/schema") {
    TEST_CASE("tables, columns and indexes are found by name in any case") {
        Schema schema{.tables = {{.name = "Packages", .columns = {{.name = "Id", .type = integer()}}}},
                      .indexes = {{.name = "By_Id", .table = "Packages", .parts = {"Id"}}}};
        REQUIRE(schema.find_table("packages") != nullptr);
        CHECK(schema.find_table("packages")->find("ID")->name.text() == "Id");
        CHECK(schema.find_index("by_id") == &schema.indexes.front());
    }

    TEST_CASE("what is not there is null") {
        Schema schema{.tables = {{.name = "packages", .columns = {{.name = "id", .type = integer()}}}}};
        CHECK(schema.find_table("package") == nullptr);
        CHECK(schema.find_index("packages") == nullptr);
        CHECK(schema.tables.front().find("size") == nullptr);
    }

    TEST_CASE("a table found in a schema can be changed in place") {
        Schema schema{.tables = {{.name = "packages", .columns = {}}}};
        schema.find_table("packages")->columns.push_back({.name = "size", .type = text()});
        CHECK(schema.tables.front().find("size") != nullptr);
    }

    TEST_CASE("a key may be declared by the column or by the table") {
        Table const by_column{.name = "t", .columns = {{.name = "id", .type = integer(), .primary_key = true}}};
        CHECK(by_column.key_columns() == std::vector<Name>{"id"});
        Table const by_table{.name = "t",
                             .columns = {{.name = "a", .type = text()}, {.name = "b", .type = text()}},
                             .primary_key = {"b", "a"}};
        CHECK(by_table.key_columns() == std::vector<Name>{"b", "a"});
    }

    TEST_CASE("an integer is BIGINT on SQLite, because SOCI cuts INTEGER to 32 bits") {
        CHECK(type_words(integer(), Engine::sqlite) == "BIGINT");
    }

    TEST_CASE("the rowid key is INTEGER, which only that word makes a rowid") {
        CHECK(words_of_key(table_with_key(integer())) == "INTEGER");
        CHECK(words_of_key(table_with_key(declared("BIGINT"))) == "BIGINT");
    }

    TEST_CASE("a key of a table without rowid, and one of two columns, stay BIGINT") {
        auto without_rowid = table_with_key(integer());
        without_rowid.without_rowid = true;
        CHECK(words_of_key(without_rowid) == "BIGINT");
        auto of_two = table_with_key(integer());
        of_two.columns.push_back({.name = "part", .type = integer()});
        of_two.primary_key = {"id", "part"};
        of_two.columns.front().primary_key = false;
        CHECK(words_of_key(of_two) == "BIGINT");
    }

    TEST_CASE("a STRICT table knows INTEGER only") {
        Table const table{.name = "t", .columns = {{.name = "a", .type = integer()}}, .strict = true};
        CHECK(type_words(table, table.columns.front(), Engine::sqlite) == "INTEGER");
    }

    TEST_CASE("PostgreSQL spells each type in its own words, in a key too") {
        CHECK(type_words(integer(), Engine::postgresql) == "bigint");
        CHECK(type_words(real(), Engine::postgresql) == "double precision");
        CHECK(type_words(blob(), Engine::postgresql) == "bytea");
        CHECK(type_words(timestamp(), Engine::postgresql) == "timestamptz");
        CHECK(type_words(json(), Engine::postgresql) == "jsonb");
        CHECK(type_words(numeric("10,2"), Engine::postgresql) == "numeric(10,2)");
        auto const table = table_with_key(integer());
        CHECK(type_words(table, table.columns.front(), Engine::postgresql) == "bigint");
    }

    TEST_CASE("a declared type is spelled as it is, and may be none at all") {
        CHECK(type_words(declared("VARCHAR(40)"), Engine::sqlite) == "VARCHAR(40)");
        CHECK(type_words(declared(""), Engine::sqlite).empty());
    }

    TEST_CASE("type words are compared without case and white space") {
        CHECK(same_type_words("varchar ( 40 )", "VARCHAR(40)"));
        CHECK(same_type_words("double\n precision", "DOUBLE PRECISION"));
        CHECK(same_type_words("NUMERIC(10, 2)", "numeric(10,2)"));
        CHECK_FALSE(same_type_words("doubleprecision", "double precision"));
        CHECK_FALSE(same_type_words("VARCHAR(40)", "VARCHAR(41)"));
        CHECK_FALSE(same_type_words("INT", "INTEGER"));
    }
}
