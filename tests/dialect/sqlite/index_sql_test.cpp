#include "dialect/sqlite/index_sql.hpp"

#include "support/golden.hpp"
#include "support/rows.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::sqlite;

namespace {

Connection database(std::string const& script) {
    auto connection = Connection::in_memory();
    connection.run(script);
    return connection;
}

constexpr auto packages =
    "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, size REAL, section TEXT NOT "
    "NULL "
    "DEFAULT 'main', code TEXT UNIQUE); CREATE UNIQUE INDEX by_section ON packages (lower(name), section) WHERE size > "
    "1";

Index index(std::vector<IndexPart> parts, std::optional<Expression> where = {}) {
    return Index{.name = "by_size", .table = "packages", .parts = std::move(parts), .where = std::move(where)};
}

}  // namespace

TEST_SUITE_BEGIN("dialect/sqlite/index_sql");

TEST_CASE("index_sql: what a build consists of, golden") {
    auto const schema = database(packages);
    auto const layout = index_layout(
        schema, index({IndexPart{Expression{"size"}, true, Order::descending}, "name"}, Expression{"size > 0"}));
    std::string text;
    auto const add = [&](std::string const& sql) { text += sql + ";\n"; };
    for (auto const& sql : begin_build(layout)) add(sql);
    text += "\n-- sorting and filling\n";
    add(imposter(layout));
    add(make_sorted(layout));
    add(collect(layout, false));
    add(skip_held(layout));
    add(propose(layout));
    add(fill_holder(layout, Take::until_bound));
    add(move_on(layout, Take::until_bound));
    text += "\n-- settling\n";
    for (auto const& sql : {next_notes(layout), take_out(layout), put_in(layout), forget_notes(layout)}) add(sql);
    text += "\n-- checking\n";
    for (auto const& sql : {digest_table(layout, Range::after_until, true), exclude_noted(layout, Range::after_until),
                            digest_excluded(layout)})
        add(sql);
    for (auto const& range : ranges_after(layout, {false, false, false})) add(digest_holder(layout, range));
    text += "\n-- adopting\n";
    for (auto const& sql : adopt(layout)) add(sql);
    CHECK(text == support::golden("sqlite/index_build.sql", text));
}

TEST_CASE("index_sql: the layout is the engine's: collations, directions, and the row's key at the end") {
    auto const schema = database(packages);
    auto const layout = index_layout(schema, index({"name", IndexPart{Expression{"size"}, true, Order::descending},
                                                    IndexPart{Expression{"id % 7"}, false}}));
    REQUIRE(layout.columns.size() == 4);
    CHECK(layout.parts == 3);
    CHECK(layout.columns[0].collation == "NOCASE");
    CHECK_FALSE(layout.columns[0].nullable);
    CHECK(layout.columns[1].descending);
    CHECK(layout.columns[1].nullable);
    CHECK(layout.columns[1].whole_numbers);
    CHECK(layout.columns[2].nullable);
    CHECK(layout.columns[3].value == "\"id\"");
    CHECK(layout.key_at == std::vector<std::size_t>{3});
    CHECK(schema.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'by_size'") == 0);
}

TEST_CASE("index_sql: of a table WITHOUT ROWID the key's columns stand where the engine puts them") {
    auto const schema =
        database("CREATE TABLE packages (a TEXT COLLATE NOCASE, b TEXT, size REAL, PRIMARY KEY (a, b)) WITHOUT ROWID");
    auto const layout = index_layout(schema, index({"b", "size"}));
    REQUIRE(layout.columns.size() == 3);
    CHECK(layout.key_at == std::vector<std::size_t>{2, 0});
    // With another collation the column stands there twice.
    auto const other = index_layout(schema, index({IndexPart{Expression{"a"}, true, Order::ascending, "BINARY"}}));
    REQUIRE(other.columns.size() == 3);
    CHECK(other.key_at == std::vector<std::size_t>{1, 2});
}

TEST_CASE("index_sql: the entries after one are ranges, also after NULL and backwards") {
    auto const schema = database(packages);
    auto const layout = index_layout(schema, index({IndexPart{Expression{"size"}, true, Order::descending}, "code"}));
    CHECK(ranges_after(layout, {false, true, false}) == std::vector<std::string>{"c1 IS ?1 AND c2 IS ?2 AND c3 > ?3",
                                                                                 "c1 IS ?1 AND c2 IS NOT NULL",
                                                                                 "c1 < ?1", "c1 IS NULL"});
    CHECK(ranges_after(layout, {true, false, false}) ==
          std::vector<std::string>{"c1 IS ?1 AND c2 IS ?2 AND c3 > ?3", "c1 IS ?1 AND c2 > ?2"});
}

TEST_CASE("index_sql: what is in the way of a write is noted by every unique key, with its collation and its default") {
    auto const schema = database(packages);
    schema.run(
        "INSERT INTO packages VALUES (1, 'One', 2, 'main', 'x'), (2, 'two', 1, 'other', 'y'), (3, 'three', 5, 'main', "
        "'z')");
    auto const layout = index_layout(schema, index({"size"}));
    for (auto const& sql : begin_build(layout)) schema.run(sql);
    auto const noted = [&](std::string const& sql) {
        schema.run("DELETE FROM evolver_noted_by_size");
        schema.run("SAVEPOINT s");
        schema.run(sql);
        auto found = support::rows(schema, "SELECT DISTINCT c1, c2 FROM evolver_noted_by_size ORDER BY c2");
        schema.run("ROLLBACK TO s; RELEASE s");
        return found;
    };
    // By the key, by a unique column, and by an expression index with the default in the place of NULL.
    CHECK(noted("INSERT OR REPLACE INTO packages VALUES (3, 'new', 9, 'b', 'y')") == "1|2; 5|3; 9|3");
    CHECK(noted("INSERT OR REPLACE INTO packages VALUES (7, 'ONE', 9, NULL, 'w')") == "2|1; 9|7");
    CHECK(noted("UPDATE OR REPLACE packages SET code = 'z', size = 4 WHERE id = 2") == "1|2; 4|2; 5|3");
    CHECK(noted("DELETE FROM packages WHERE id = 1") == "2|1");
}

TEST_CASE("index_sql: a build that is ended leaves tables that wait to be taken away") {
    auto const schema = database(packages);
    auto const layout = index_layout(schema, index({"size"}));
    for (auto const& sql : begin_build(layout)) schema.run(sql);
    schema.run("CREATE TABLE evolver_trash_6 (a)");
    for (auto const& sql : discard_build(schema, layout.index.name)) schema.run(sql);
    CHECK(support::rows(schema, "SELECT name FROM sqlite_schema WHERE name LIKE 'evolver%' ORDER BY name") ==
          "'evolver_trash_6'; 'evolver_trash_7'; 'evolver_trash_8'");
    CHECK(discard_build(schema, layout.index.name).empty());
}

TEST_SUITE_END();
