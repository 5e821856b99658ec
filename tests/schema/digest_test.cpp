#include "evolver/schema/digest.hpp"

#include "evolver/schema/tokens.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace evolver;

namespace {

Schema schema_of(Table table) { return Schema{.tables = {std::move(table)}}; }

Table packages() {
    return Table{.name = "packages",
                 .columns = {{.name = "id", .type = integer(), .primary_key = true},
                             {.name = "name", .type = text(), .nullable = false, .collation = "NOCASE"},
                             {.name = "size", .type = integer(), .default_value = "0"}},
                 .primary_key = {"id"},
                 .unique_keys = {{.columns = {"name", "size"}}},
                 .checks = {{.condition = "size > 0"}},
                 .foreign_keys = {{.columns = {"size"}, .table = "sizes", .on_delete = "CASCADE"}}};
}

Schema whole() {
    auto schema = schema_of(packages());
    schema.tables.push_back(
        {.name = "sizes", .columns = {{.name = "id", .type = integer(), .primary_key = true}}, .primary_key = {"id"}});
    schema.indexes = {{.name = "by_size", .table = "packages", .parts = {"size", "name"}, .where = "size > 10"}};
    schema.views = {{.name = "big", .sql = "CREATE VIEW big AS SELECT id FROM packages WHERE size > 10"}};
    schema.triggers = {{.name = "touch",
                        .table = "packages",
                        .sql = "CREATE TRIGGER touch AFTER UPDATE ON packages BEGIN SELECT 1; END"}};
    return schema;
}

bool same(Schema const& left, Schema const& right, Engine engine = Engine::sqlite) {
    bool const same_text = canonical(left, engine) == canonical(right, engine);
    CHECK(same_text == (digest_of(left, engine) == digest_of(right, engine)));
    return same_text;
}

/// Does a change of the whole schema change its digest?
template <typename Change>
bool counts(Change change) {
    auto changed = whole();
    change(changed);
    return !same(whole(), changed);
}

bool same_column(Column left, Column right) {
    return same(schema_of({.name = "t", .columns = {std::move(left)}}),
                schema_of({.name = "t", .columns = {std::move(right)}}));
}

bool same_default(Expression left, Expression right) {
    return same_column({.name = "a", .type = text(), .default_value = std::move(left)},
                       {.name = "a", .type = text(), .default_value = std::move(right)});
}

}  // namespace

TEST_SUITE("schema/digest") {
    TEST_CASE("a digest of bytes is BLAKE2b of 16 bytes, in hexadecimal") {
        // b2sum -l 128 says the same.
        CHECK(digest_of("") == "cae66941d9efbd404e4d88758ea67670");
        CHECK(digest_of("abc") == "cf4ab791c62b8d2b2109c90275287816");
        CHECK(digest_of(std::string_view{"a\0b", 3}) != digest_of(std::string_view{"a\0c", 3}));
    }

    TEST_CASE("the canonical text is one sorted line per object") {
        CHECK(canonical(whole(), Engine::sqlite) ==
              "check packages ( size > 0 ): check ( size > 0 )\n"
              "column packages.id: integer\n"
              "column packages.name: text not null collate nocase\n"
              "column packages.size: bigint default 0\n"
              "column sizes.id: integer\n"
              "foreign key packages(size): references sizes(id) on delete cascade on update no action\n"
              "index by_size: on packages(size, name collate nocase) where size > 10\n"
              "table packages: primary key (id)\n"
              "table sizes: primary key (id)\n"
              "trigger touch: create trigger touch after update on packages begin select 1 ; end\n"
              "unique key packages(name, size): unique (name, size)\n"
              "view big: create view big as select id from packages where size > 10\n");
    }

    TEST_CASE("the order of tables, columns, constraints, indexes and views does not count") {
        CHECK_FALSE(counts([](Schema& schema) {
            std::reverse(schema.tables.begin(), schema.tables.end());
            for (auto& table : schema.tables) {
                std::reverse(table.columns.begin(), table.columns.end());
                for (auto& key : table.unique_keys) std::reverse(key.columns.begin(), key.columns.end());
            }
        }));
        auto twice = whole();
        twice.indexes.push_back({.name = "a", .table = "packages", .parts = {"id"}});
        auto other = whole();
        other.indexes.insert(other.indexes.begin(), {.name = "a", .table = "packages", .parts = {"id"}});
        CHECK(same(twice, other));
    }

    TEST_CASE("the quoting and case of names, comments and white space do not count") {
        CHECK_FALSE(counts([](Schema& schema) {
            schema.tables[0].name = "PACKAGES";
            schema.tables[0].columns[1].name = "Name";
            schema.tables[0].columns[1].collation = "nocase";
            schema.tables[0].checks[0].condition = "\"SIZE\"/* bytes */>0";
            schema.indexes[0].table = "Packages";
            schema.views[0].sql = "create view [BIG] as\nselect \"id\" -- the key\nfrom Packages where size>10;";
        }));
    }

    TEST_CASE("the names of constraints do not count, because no statement can tell") {
        CHECK_FALSE(counts([](Schema& schema) {
            schema.tables[0].checks[0].name = "positive";
            schema.tables[0].unique_keys[0].name = "one_name";
            schema.tables[0].foreign_keys[0].name = "to_sizes";
        }));
    }

    TEST_CASE("the same constraint twice is the same as once") {
        CHECK_FALSE(counts([](Schema& schema) {
            schema.tables[0].checks.push_back(schema.tables[0].checks[0]);
            schema.tables[0].unique_keys.push_back(schema.tables[0].unique_keys[0]);
        }));
    }

    TEST_CASE("everything that a statement can tell counts") {
        CHECK(counts([](Schema& schema) { schema.tables.pop_back(); }));
        CHECK(counts([](Schema& schema) { schema.tables[0].name = "parcels"; }));
        CHECK(counts([](Schema& schema) { schema.tables[0].columns.pop_back(); }));
        CHECK(counts([](Schema& schema) { schema.tables[0].columns[2].name = "bytes"; }));
        CHECK(counts([](Schema& schema) { schema.tables[0].columns[2].type = text(); }));
        CHECK(counts([](Schema& schema) { schema.tables[0].columns[2].nullable = false; }));
        CHECK(counts([](Schema& schema) { schema.tables[0].columns[2].default_value = "1"; }));
        CHECK(counts([](Schema& schema) { schema.tables[0].columns[2].default_value.reset(); }));
        CHECK(counts([](Schema& schema) { schema.tables[0].columns[2].generated = "id * 2"; }));
        CHECK(counts([](Schema& schema) { schema.tables[0].columns[1].collation = ""; }));
        CHECK(counts([](Schema& schema) { schema.tables[0].unique_keys.clear(); }));
        CHECK(counts([](Schema& schema) { schema.tables[0].checks[0].condition = "size >= 0"; }));
        CHECK(counts([](Schema& schema) { schema.tables[0].foreign_keys[0].on_delete = "RESTRICT"; }));
        CHECK(counts([](Schema& schema) { schema.tables[0].foreign_keys[0].on_update = "CASCADE"; }));
        CHECK(counts([](Schema& schema) { schema.tables[0].foreign_keys[0].deferred = true; }));
        CHECK(counts([](Schema& schema) { schema.tables[0].autoincrement = true; }));
        CHECK(counts([](Schema& schema) { schema.tables[1].strict = true; }));
        CHECK(counts([](Schema& schema) { schema.tables[1].without_rowid = true; }));
        CHECK(counts([](Schema& schema) { schema.indexes[0].unique = true; }));
        CHECK(counts([](Schema& schema) { schema.indexes[0].where.reset(); }));
        CHECK(counts(
            [](Schema& schema) { std::reverse(schema.indexes[0].parts.begin(), schema.indexes[0].parts.end()); }));
        CHECK(counts([](Schema& schema) { schema.indexes[0].parts[0].order = Order::descending; }));
        CHECK(counts([](Schema& schema) { schema.indexes[0].parts[0].collation = "RTRIM"; }));
        CHECK(counts([](Schema& schema) { schema.views.clear(); }));
        CHECK(counts([](Schema& schema) { schema.views[0].sql += " AND id > 1"; }));
        CHECK(counts([](Schema& schema) { schema.triggers.clear(); }));
    }

    TEST_CASE("the order of a primary key counts") {
        Table table{.name = "t",
                    .columns = {{.name = "a", .type = text()}, {.name = "b", .type = text()}},
                    .primary_key = {"a", "b"}};
        auto other = table;
        std::reverse(other.primary_key.begin(), other.primary_key.end());
        CHECK_FALSE(same(schema_of(table), schema_of(other)));
    }

    TEST_CASE("a key declared by its column is the key declared by the table") {
        Table by_column{.name = "t", .columns = {{.name = "id", .type = integer(), .primary_key = true}}};
        Table by_table{.name = "t", .columns = {{.name = "id", .type = integer()}}, .primary_key = {"id"}};
        CHECK(same(schema_of(by_column), schema_of(by_table)));
    }

    TEST_CASE("an abstract type is the same as its words, in any case and spacing") {
        CHECK(same_column({.name = "a", .type = integer()}, {.name = "a", .type = declared("bigint")}));
        CHECK(same_column({.name = "a", .type = numeric("10,2")}, {.name = "a", .type = declared("Numeric( 10, 2 )")}));
        CHECK_FALSE(same_column({.name = "a", .type = integer()}, {.name = "a", .type = declared("INTEGER")}));
        CHECK_FALSE(same_column({.name = "a", .type = text()}, {.name = "a", .type = declared("")}));
    }

    TEST_CASE("what stands for the rowid is INTEGER, and its NOT NULL does not count") {
        Table plan{
            .name = "t", .columns = {{.name = "id", .type = integer(), .primary_key = true}}, .primary_key = {"id"}};
        auto live = plan;
        live.columns[0].type = declared("INTEGER");
        live.columns[0].nullable = false;
        CHECK(same(schema_of(plan), schema_of(live)));
        live.columns[0].type = declared("BIGINT");
        CHECK_FALSE(same(schema_of(plan), schema_of(live)));
    }

    TEST_CASE("NOT NULL counts on a key that admits NULL, and not where the engine implies it") {
        Table nullable{
            .name = "t", .columns = {{.name = "k", .type = text(), .primary_key = true}}, .primary_key = {"k"}};
        auto not_null = nullable;
        not_null.columns[0].nullable = false;
        CHECK_FALSE(same(schema_of(nullable), schema_of(not_null)));
        CHECK(same(schema_of(nullable), schema_of(not_null), Engine::postgresql));
        nullable.without_rowid = not_null.without_rowid = true;
        CHECK(same(schema_of(nullable), schema_of(not_null)));
    }

    TEST_CASE("parentheses around the whole of an expression do not count, those inside do") {
        CHECK(same_default("(1 + 2)", "1+2"));
        CHECK(same_default("((1 + 2))", "(1 + 2)"));
        CHECK_FALSE(same_default("(1) + (2)", "1) + (2"));
        CHECK_FALSE(same_default("(1 + 2) * 3", "1 + 2 * 3"));
    }

    TEST_CASE("DEFAULT NULL is no default, and a text is compared exactly") {
        CHECK(same_column({.name = "a", .type = text(), .default_value = "NULL"}, {.name = "a", .type = text()}));
        CHECK_FALSE(same_default("'a'", "'A'"));
        CHECK_FALSE(
            same_column({.name = "a", .type = text(), .default_value = "'null'"}, {.name = "a", .type = text()}));
    }

    TEST_CASE("the default collation may be written or not") {
        CHECK(same_column({.name = "a", .type = text(), .collation = "binary"}, {.name = "a", .type = text()}));
    }

    TEST_CASE("whether a generated column is stored does not count") {
        CHECK(same_column({.name = "a", .type = text(), .generated = "upper(b)", .stored = true},
                          {.name = "a", .type = text(), .generated = "UPPER(b)"}));
    }

    TEST_CASE("a foreign key to the primary key may name its columns or not") {
        CHECK_FALSE(counts([](Schema& schema) { schema.tables[0].foreign_keys[0].referenced = {"ID"}; }));
        CHECK(counts([](Schema& schema) { schema.tables[0].foreign_keys[0].referenced = {"other"}; }));
    }

    TEST_CASE("an index part may name the collation that its column has") {
        CHECK_FALSE(counts([](Schema& schema) { schema.indexes[0].parts[1].collation = "NoCase"; }));
        CHECK(counts([](Schema& schema) { schema.indexes[0].parts[1].collation = "BINARY"; }));
    }

    TEST_CASE("a collation of an indexed expression is the same inside and beside it") {
        auto with_part = [](IndexPart part) {
            auto schema = whole();
            schema.indexes = {{.name = "i", .table = "packages", .parts = {std::move(part)}}};
            return schema;
        };
        CHECK(same(with_part({"lower(name) COLLATE NOCASE", false}),
                   with_part({"lower(name)", false, Order::ascending, "NOCASE"})));
        CHECK_FALSE(same(with_part({"lower(name)", false}), with_part({"upper(name)", false})));
        CHECK_FALSE(same(with_part({"name", false}), with_part({"name", true})));
    }

    TEST_CASE("tables, columns, triggers and indexes of evolver do not count") {
        CHECK_FALSE(counts([](Schema& schema) {
            schema.tables.push_back({.name = "evolver_state", .columns = {{.name = "a", .type = text()}}});
            schema.tables[0].columns.push_back({.name = "EVOLVER_gone_0001_size", .type = text()});
            schema.triggers.push_back(
                {.name = "evolver_sync", .table = "packages", .sql = "CREATE TRIGGER evolver_sync"});
            schema.indexes.push_back({.name = "i", .table = "evolver_state", .parts = {"a"}});
        }));
    }

    TEST_CASE("SQLite's table options mean nothing to other engines") {
        auto with_options = whole();
        with_options.tables[0].autoincrement = true;
        with_options.tables[1].strict = true;
        CHECK(same(whole(), with_options, Engine::postgresql));
    }

    TEST_CASE("each engine has its own canonical text") {
        CHECK(canonical(whole(), Engine::postgresql).find("column packages.size: bigint default 0\n") !=
              std::string::npos);
        CHECK(canonical(whole(), Engine::postgresql).find("column packages.id: bigint\n") != std::string::npos);
    }

    TEST_CASE("IF NOT EXISTS in a view or trigger does not count, because no catalogue keeps it") {
        CHECK_FALSE(counts([](Schema& schema) {
            schema.views[0].sql = "CREATE VIEW IF NOT EXISTS big AS SELECT id FROM packages WHERE size > 10";
        }));
    }

    TEST_CASE("a name cannot be confused with two names, nor a text with two lines") {
        Table const one{.name = "a.b", .columns = {{.name = "c", .type = text()}}};
        Table const other{.name = "a", .columns = {{.name = "b.c", .type = text()}}};
        CHECK_FALSE(same(schema_of(one), schema_of(other)));
        auto const lines = canonical(
            schema_of({.name = "t", .columns = {{.name = "a", .type = text(), .default_value = "'x\ny\\n'"}}}),
            Engine::sqlite);
        CHECK(std::count(lines.begin(), lines.end(), '\n') == 2);
        CHECK(lines.find("'x\\ny\\\\n'") != std::string::npos);
    }

    TEST_CASE("an empty schema has an empty canonical text") { CHECK(canonical(Schema{}, Engine::sqlite).empty()); }
}
