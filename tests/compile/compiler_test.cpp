#include "compile/compiler.hpp"

#include "compile/shape_of.hpp"
#include "support/rollout.hpp"
#include "support/rows.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace evolver;
using support::Rollout;
using support::rows;

namespace {

Plan plan(std::vector<std::vector<Operation>> const& migrations) {
    std::vector<Migration> all;
    for (auto const& operations : migrations) {
        auto const number = std::to_string(all.size() + 1);
        all.push_back({.id = "000" + number, .release = number, .operations = operations});
    }
    return Plan{"p", all};
}

CreateTable table() {
    return {.table = "t",
            .columns = {{.name = "id", .type = integer(), .primary_key = true},
                        {.name = "name", .type = text()},
                        {.name = "o", .type = text()}}};
}

ChangeType change() {
    return {
        .table = "t", .from = "o", .to = "n", .type = integer(), .up = "CAST(o AS INTEGER)", .down = "CAST(n AS TEXT)"};
}

std::string steps(Compiled const& compiled) {
    std::string text;
    for (auto const& step : compiled.steps) text += step.what + "\n";
    return text;
}

/// A plan on a database of its own; the first migration is done, and rows are in.
struct Database {
    explicit Database(Plan const& whole,
                      std::string const& data = "INSERT INTO t (id, name, o) VALUES (1, 'a', '5'), (2, 'b', NULL)")
        : rollout{whole, connection} {
        (void)rollout.expand();
        (void)rollout.contract();
        connection.run(data);
    }
    [[nodiscard]] std::string see(std::string const& query = "SELECT * FROM t") const {
        return rows(connection, query);
    }

    sqlite::Connection connection = sqlite::Connection::in_memory();
    Rollout rollout;
};

std::string triggers(sqlite::Connection const& connection) {
    return rows(connection,
                "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name NOT LIKE 'evolver%' ORDER BY name");
}

}  // namespace

TEST_SUITE_BEGIN("compile/compiler");

TEST_CASE("compile: operations of one migration see those before them") {
    Database database{plan(
        {{table()},
         {RenameColumn{.table = "t", .from = "o", .to = "size"},
          ChangeType{.table = "t",
                     .from = "size",
                     .to = "n",
                     .type = integer(),
                     .up = "CAST(size AS INTEGER)",
                     .down = "CAST(n AS TEXT)"},
          ChangeType{
              .table = "t", .from = "n", .to = "z", .type = real(), .up = "n / 2.0", .down = "CAST(z * 2 AS INTEGER)"},
          CreateTable{.table = "u", .columns = {{.name = "a", .type = text()}}},
          AddColumn{.table = "u", .column = {.name = "b", .type = text()}},
          CreateIndex{.name = "by_z", .table = "t", .columns = {"z"}}}})};
    (void)database.rollout.expand();
    database.connection.run("UPDATE t SET o = '7' WHERE id = 2");
    CHECK(database.see("SELECT size, n, z FROM t") == "'5'|NULL|NULL; '7'|7|3.5");
    CHECK(steps(database.rollout.fill()) == "create index by_z\n");
    CHECK(database.see("SELECT size, n, z FROM t") == "'5'|5|2.5; '7'|7|3.5");
    database.connection.run("UPDATE t SET z = 4 WHERE id = 1");
    CHECK(database.see("SELECT o, n FROM t WHERE id = 1") == "'8'|8");
    (void)database.rollout.contract();
    CHECK(database.see() == "1|'a'|4.0; 2|'b'|3.5");
}

TEST_CASE("compile: the same chain in migrations of its own, contracted one by one, and undone one by one") {
    auto const whole = plan({{table()},
                             {RenameColumn{.table = "t", .from = "o", .to = "size"}},
                             {ChangeType{.table = "t",
                                         .from = "size",
                                         .to = "n",
                                         .type = integer(),
                                         .up = "CAST(size AS INTEGER)",
                                         .down = "CAST(n AS TEXT)"}},
                             {RenameColumn{.table = "t", .from = "n", .to = "m"}},
                             {ChangeType{.table = "t",
                                         .from = "m",
                                         .to = "z",
                                         .type = real(),
                                         .up = "m / 2.0",
                                         .down = "CAST(z * 2 AS INTEGER)"}}});
    auto const expand_all = [](Database& database) {
        std::vector<std::string> before;
        for (int i = 0; i < 4; ++i) {
            before.push_back(database.rollout.canonical());
            (void)database.rollout.expand();
            (void)database.rollout.fill();
        }
        return before;
    };
    SUBCASE("contract") {
        Database database{whole};
        (void)expand_all(database);
        database.connection.run("UPDATE t SET o = '8' WHERE id = 2");
        CHECK(database.see("SELECT o, size, n, m, z FROM t") == "'5'|'5'|5|5|2.5; '8'|'8'|8|8|4.0");
        (void)database.rollout.contract();
        database.connection.run("UPDATE t SET size = '10' WHERE id = 2");
        CHECK(database.see("SELECT size, n, m, z FROM t WHERE id = 2") == "'10'|10|10|5.0");
        (void)database.rollout.contract();
        database.connection.run("UPDATE t SET n = 12 WHERE id = 2");
        CHECK(database.see("SELECT n, m, z FROM t WHERE id = 2") == "12|12|6.0");
        (void)database.rollout.contract();
        database.connection.run("UPDATE t SET m = 14 WHERE id = 2");
        CHECK(database.see("SELECT m, z FROM t WHERE id = 2") == "14|7.0");
        (void)database.rollout.contract();
        CHECK(database.see() == "1|'a'|2.5; 2|'b'|7.0");
    }
    SUBCASE("undo") {
        Database database{whole};
        auto before = expand_all(database);
        for (; !before.empty(); before.pop_back()) {
            (void)database.rollout.undo();
            CHECK(database.rollout.canonical() == before.back());
        }
        CHECK(database.see() == "1|'a'|'5'; 2|'b'|NULL");
    }
}

TEST_CASE("compile: a rename is contracted while a later name of the same column is open") {
    Database database{plan({{table()},
                            {RenameColumn{.table = "t", .from = "name", .to = "title"}},
                            {RenameColumn{.table = "t", .from = "title", .to = "group"}},
                            {RenameColumn{.table = "t", .from = "group", .to = "last"}}})};
    (void)database.rollout.expand();
    (void)database.rollout.expand();
    (void)database.rollout.expand();
    (void)database.rollout.contract();
    CHECK(database.see("SELECT title, \"group\", last FROM t") == "'a'|'a'|'a'; 'b'|'b'|'b'");
    (void)database.rollout.undo();
    (void)database.rollout.contract();
    CHECK(database.see() == "1|'a'|'5'; 2|'b'|NULL");
    CHECK(database.see("SELECT name FROM pragma_table_xinfo('t')") == "'id'; 'group'; 'o'");
}

TEST_CASE(
    "compile: a mistake in a later operation leaves nothing of the earlier ones, on the clone or in the database") {
    Database database{plan({{table()},
                            {AddColumn{.table = "t", .column = {.name = "extra", .type = text()}},
                             DropColumn{.table = "t", .column = "nmae"}}})};
    auto const before = database.rollout.canonical();
    CHECK_THROWS_WITH_AS((void)database.rollout.expand(), doctest::Contains("did you mean \"name\"?"), PlanError);
    CHECK(database.rollout.canonical() == before);
}

TEST_CASE("compile: a bad expression is refused with the migration and the operation, before anything is written") {
    auto bad = change();
    bad.up = "to_bytes(o)";
    Database database{plan({{table()}, {bad}})};
    auto const before = database.rollout.canonical();
    CHECK_THROWS_WITH_AS((void)database.rollout.expand(),
                         doctest::Contains("Migration \"0002\", ChangeType t.o: `up` = to_bytes(o)"), PlanError);
    CHECK(database.rollout.canonical() == before);
}

TEST_CASE("compile: what DropColumn writes into the old column is checked before anything is written") {
    auto const words = [](std::string const& down) -> std::string {
        Database database{plan({{table()}, {DropColumn{.table = "t", .column = "name", .down = Expression{down}}}})};
        auto const before = database.rollout.canonical();
        try {
            (void)database.rollout.expand();
        } catch (PlanError const& error) {
            CHECK(database.rollout.canonical() == before);
            return error.what();
        }
        return "";
    };
    CHECK(words("'nobody'") == "");
    for (auto const* bad : {"no_such_function()", "hex(randomblob(4))", "nme || ''", "'open"}) {
        CAPTURE(bad);
        CHECK(words(bad).find("Migration \"0002\", DropColumn t.name: `down` = " + std::string{bad}) !=
              std::string::npos);
    }
}

TEST_CASE("compile: dropping a column is estimated by its bytes, too, and a small table of a large file is small") {
    auto const whole =
        plan({{table(), CreateTable{.table = "large",
                                    .columns = {{.name = "a", .type = text()}, {.name = "b", .type = text()}}}},
              {DropColumn{.table = "t", .column = "o"}, DropColumn{.table = "large", .column = "b"}}});
    // 12,000 rows of 1 KB: by the row that would take 8 ms, and by the byte more than the budget.
    Database database{whole,
                      "INSERT INTO t (id, name, o) VALUES (1, 'a', '5'); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
                      "SELECT i + 1 FROM n WHERE i < 12000) INSERT INTO large SELECT i, hex(zeroblob(500)) FROM n"};
    (void)database.rollout.expand();
    auto const contracted = steps(database.rollout.contract());
    CHECK(contracted.find("drop column t.o") != std::string::npos);
    CHECK(contracted.find("rename column large.b to a tombstone") != std::string::npos);
}

TEST_CASE("compile: a name that an open migration has still to free is refused with the migration that holds it") {
    auto const words = [](std::vector<Operation> const& replaces, std::vector<Operation> const& reuses) -> std::string {
        Database database{plan({{table()}, replaces, reuses})};
        (void)database.rollout.expand();
        auto const before = database.rollout.canonical();
        try {
            (void)database.rollout.expand();
        } catch (PlanError const& error) {
            CHECK(database.rollout.canonical() == before);
            return error.what();
        }
        return "";
    };
    AddColumn const again{.table = "t", .column = {.name = "O", .type = text()}};
    for (Operation const& replaces : std::vector<Operation>{change(), DropColumn{.table = "t", .column = "o"},
                                                            RenameColumn{.table = "t", .from = "o", .to = "p"}}) {
        auto const found = words({replaces}, {again});
        CAPTURE(found);
        CHECK(found.find("Migration \"0003\", AddColumn t.O: the name is not free yet: migration \"0002\" has "
                         "replaced it, and is not contracted.") != std::string::npos);
        CHECK(found.find("contract \"0002\" first, with the plan as release 2 knows it") != std::string::npos);
        CHECK(found.find("or choose another name") != std::string::npos);
    }
    CHECK(words({change()}, {RenameColumn{.table = "t", .from = "name", .to = "o"}}).find("\"0002\" has replaced it") !=
          std::string::npos);
    CHECK(words({DropTable{.table = "t"}}, {table()}).find("\"0002\" has replaced it") != std::string::npos);

    // Within one migration, contracting it first is no way out.
    Database database{plan({{table()}, {change(), again}})};
    CHECK_THROWS_WITH_AS((void)database.rollout.expand(), doctest::Contains("choose another name, or move"), PlanError);

    // Once it is contracted, the name is free.
    Database other{plan({{table()}, {change()}, {again}})};
    (void)other.rollout.expand();
    (void)other.rollout.fill();
    (void)other.rollout.contract();
    CHECK_NOTHROW((void)other.rollout.expand());
}

TEST_CASE("compile: an index waits for the backfill of the columns that it reads, and only for those") {
    CreateIndex const on_new{.name = "by_n", .table = "t", .columns = {"n"}};
    CreateIndex const on_expression{
        .name = "by_half", .table = "t", .columns = {IndexPart{Expression{"n / 2"}, false}}};
    CreateIndex const with_condition{.name = "by_some", .table = "t", .columns = {"name"}, .where = "n > 0"};
    CreateIndex const on_old{.name = "by_name", .table = "t", .columns = {"name"}};
    Database database{plan({{table()},
                            {change(), on_new, on_expression, with_condition, on_old},
                            {RenameColumn{.table = "t", .from = "n", .to = "m"},
                             CreateIndex{.name = "by_m", .table = "t", .columns = {"m"}}}})};
    auto const expanded = database.rollout.expand();
    CHECK(expanded.has_filled_steps);
    CHECK(steps(expanded).find("create index by_name") != std::string::npos);
    CHECK(steps(expanded).find("by_n\n") == std::string::npos);
    CHECK(steps(database.rollout.fill()) == "create index by_n\ncreate index by_half\ncreate index by_some\n");
    CHECK(steps(database.rollout.fill()) == "");  // once
    auto const renamed = database.rollout.expand();
    CHECK(renamed.has_filled_steps);  // a second name of a column that is filled
    CHECK(steps(database.rollout.fill()) == "create index by_m\n");
    CHECK(database.see("SELECT sql FROM sqlite_schema WHERE name = 'by_m'") ==
          "'CREATE INDEX \"by_m\" ON \"t\" (\"n\")'");
    (void)database.rollout.contract();
    (void)database.rollout.contract();
    CHECK(database.see("SELECT name FROM pragma_index_info('by_m')") == "'m'");
}

TEST_CASE(
    "compile: a unique index on a column that sync fills waits for contract, so that no old program's write fails") {
    auto lossy = change();
    lossy.up = "length(o)";
    lossy.down = "substr('xxxxxxxx', 1, n)";
    Database database{plan({{table()},
                            {lossy, CreateIndex{.name = "one_n", .table = "t", .columns = {"n"}, .unique = true},
                             CreateIndex{.name = "one_name", .table = "t", .columns = {"name"}, .unique = true}}})};
    auto const expanded = database.rollout.expand();
    CHECK_FALSE(expanded.has_filled_steps);
    CHECK(steps(expanded).find("create index one_name") != std::string::npos);  // nothing computes this one
    CHECK(steps(expanded).find("one_n\n") == std::string::npos);
    CHECK(steps(database.rollout.fill()) == "");
    // Two values of the old program's that `up` makes one of.
    CHECK_NOTHROW(database.connection.run("INSERT INTO t (id, name, o) VALUES (3, 'c', 'ab'), (4, 'd', 'cd')"));
    CHECK_THROWS((void)database.rollout.contract());
    database.connection.run("ROLLBACK");
    database.connection.run("UPDATE t SET o = 'abc' WHERE id = 4");
    CHECK(steps(database.rollout.contract()).find("create index one_n\n") != std::string::npos);
    CHECK_THROWS(database.connection.run("INSERT INTO t (id, name, n) VALUES (5, 'e', 3)"));
}

TEST_CASE("compile: an index over a second name is made over the column, and follows it") {
    Database database{
        plan({{table()},
              {RenameColumn{.table = "t", .from = "name", .to = "title"},
               CreateIndex{
                   .name = "i", .table = "t", .columns = {"title", IndexPart{Expression{"lower(title)"}, false}}}}})};
    CHECK_FALSE(database.rollout.expand().has_filled_steps);
    CHECK(database.see("SELECT sql FROM sqlite_schema WHERE name = 'i'") ==
          "'CREATE INDEX \"i\" ON \"t\" (\"name\", (lower(\"name\")))'");
    (void)database.rollout.contract();
    CHECK(database.see("SELECT sql FROM sqlite_schema WHERE name = 'i'") ==
          "'CREATE INDEX \"i\" ON \"t\" (\"title\", (lower(\"title\")))'");
}

TEST_CASE(
    "compile: the application's triggers are held to the columns that they were written for, and get their text back") {
    std::string const made =
        "CREATE TABLE log (what); CREATE TRIGGER \"on all\" AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (NEW.id); "
        "END;"
        "CREATE TRIGGER on_name AFTER UPDATE OF name ON t BEGIN SELECT 1; END; CREATE TRIGGER on_insert AFTER INSERT "
        "ON t BEGIN SELECT 1; END;";
    auto const whole =
        plan({{table()}, {change()}, {AddColumn{.table = "t", .column = {.name = "extra", .type = text()}}}});
    SUBCASE("undo") {
        Database database{whole};
        database.connection.run(made);
        auto const before = triggers(database.connection);
        (void)database.rollout.expand();
        CHECK(triggers(database.connection) != before);
        database.connection.run("UPDATE t SET o = '9' WHERE id = 1");
        CHECK(database.see("SELECT count(*) FROM log") == "1");
        (void)database.rollout.undo();
        CHECK(triggers(database.connection) == before);
    }
    SUBCASE("contract") {
        Database database{whole};
        database.connection.run(made);
        auto const before = triggers(database.connection);
        (void)database.rollout.expand();
        (void)database.rollout.fill();
        (void)database.rollout.contract();
        CHECK(triggers(database.connection) == before);
    }
    SUBCASE("a trigger of RawSql that is made while the pair is open") {
        Database database{plan(
            {{table()},
             {change()},
             {RawSql{
                 .expand = made,
                 .undo = "DROP TRIGGER \"on all\"; DROP TRIGGER on_name; DROP TRIGGER on_insert; DROP TABLE log"}}})};
        (void)database.rollout.expand();
        (void)database.rollout.expand();
        database.connection.run("UPDATE t SET o = '9' WHERE id = 1");
        CHECK(database.see("SELECT count(*) FROM log") == "1");
        (void)database.rollout.undo();
        CHECK(triggers(database.connection) == "");
    }
}

TEST_CASE("compile: somebody's own SQL makes a table that later operations alter") {
    auto const whole = plan(
        {{RawSql{.expand = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, o TEXT); CREATE INDEX by_o ON t (o)",
                 .undo = "DROP TABLE t"}},
         {change()},
         {DropColumn{.table = "t", .column = "name"}}});
    Database database{whole};
    (void)database.rollout.expand();
    (void)database.rollout.fill();
    (void)database.rollout.expand();
    (void)database.rollout.contract();
    (void)database.rollout.contract();
    CHECK(database.see() == "1|5; 2|NULL");
    CHECK(database.see("SELECT name FROM pragma_index_info('by_o')") == "'n'");

    SUBCASE("and takes one away in one of its own") {
        Database other{plan({{table()},
                             {change()},
                             {RawSql{.expand = "ALTER TABLE t DROP COLUMN name"},
                              AddColumn{.table = "t", .column = {.name = "name", .type = integer()}}}})};
        (void)other.rollout.expand();
        (void)other.rollout.expand();
        CHECK(other.see("SELECT group_concat(name) FROM pragma_table_info('t')") == "'id,o,n,name'");
    }
}

TEST_CASE("compile: a value that a STRICT table would refuse is NULL, and the old program's statement goes through") {
    auto strict = table();
    strict.strict = true;
    auto bare = change();
    bare.up = "o";
    Database database{plan({{strict}, {bare}})};
    (void)database.rollout.expand();
    CHECK_NOTHROW(database.connection.run("INSERT INTO t (id, o) VALUES (3, '7'), (4, '12 kB'), (5, '7.5')"));
    CHECK_NOTHROW(database.connection.run("UPDATE t SET o = 'much' WHERE id = 3"));
    CHECK_NOTHROW(database.connection.run("UPDATE t SET o = 'much' WHERE id = 1"));
    (void)database.rollout.fill();
    CHECK(database.see("SELECT o, n FROM t") == "'much'|NULL; NULL|NULL; 'much'|NULL; '12 kB'|NULL; '7.5'|NULL");
    database.connection.run("UPDATE t SET o = '8'");
    CHECK(database.see("SELECT DISTINCT n, typeof(n) FROM t") == "8|'integer'");
}

TEST_CASE("compile: contract refuses a column that becomes NOT NULL while rows are NULL in it") {
    CreateTable strictly = table();
    strictly.columns[2].nullable = false;
    Database database{plan({{strictly}, {change()}}), "INSERT INTO t (id, o) VALUES (1, '5')"};
    (void)database.rollout.expand();
    CHECK_THROWS_WITH_AS((void)database.rollout.contract(), doctest::Contains("column t.n is going to be NOT NULL"),
                         Error);
    CHECK(database.see("SELECT o FROM t") == "'5'");
    (void)database.rollout.fill();
    (void)database.rollout.contract();
    CHECK_THROWS((void)database.connection.run("INSERT INTO t (id) VALUES (2)"));
}

TEST_CASE(
    "compile: views and triggers that read what contract takes away stop it, in words, before anything is written") {
    Database database{plan({{table()}, {change()}})};
    database.connection.run("CREATE VIEW v AS SELECT o FROM t");
    (void)database.rollout.expand();
    (void)database.rollout.fill();
    auto const before = database.rollout.canonical();
    CHECK_THROWS_WITH_AS((void)database.rollout.contract(), doctest::Contains("view v"), PlanError);
    CHECK(database.rollout.canonical() == before);
}

TEST_CASE("compile: functions and collations of the application's own do not stand in the way") {
    Database database{plan({{table()}, {change()}})};
    database.connection.run("CREATE TABLE log (x)");
    database.connection.run("CREATE TRIGGER calls AFTER INSERT ON log BEGIN SELECT my_own_function(NEW.x); END");
    Compiler const compiler{plan({{table()}, {change()}}), {1, 1}, database.connection};
    CHECK(compiler.left_out().empty());
    CHECK(compiler.tables(0).empty());
    CHECK_NOTHROW((void)database.rollout.expand());
}

TEST_CASE("compile: pairs are over the columns that the database has") {
    Database database{plan({{table()},
                            {RenameColumn{.table = "t", .from = "o", .to = "size"}},
                            {ChangeType{.table = "t",
                                        .from = "size",
                                        .to = "n",
                                        .type = integer(),
                                        .up = "CAST(size AS INTEGER)",
                                        .down = "CAST(n AS TEXT)"}}})};
    (void)database.rollout.expand();
    (void)database.rollout.expand();
    Compiler const compiler{plan({{table()},
                                  {RenameColumn{.table = "t", .from = "o", .to = "size"}},
                                  {ChangeType{.table = "t",
                                              .from = "size",
                                              .to = "n",
                                              .type = integer(),
                                              .up = "CAST(size AS INTEGER)",
                                              .down = "CAST(n AS TEXT)"}}}),
                            {1, 3},
                            database.connection};
    auto const pairs = compiler.pairs();
    REQUIRE(pairs.size() == 1);
    CHECK(pairs[0].position == 2);
    CHECK(pairs[0].pair.from[0].column.text() == "o");
    CHECK(pairs[0].pair.from[0].affinity == sqlite::Affinity::text);
    CHECK(pairs[0].pair.up[0] == "CAST(\"o\" AS INTEGER)");
    CHECK(compiler.pairs(1).empty());
    CHECK(compiler.removes(1));
    CHECK(compiler.removes(2));
}

TEST_CASE("compile: a plan that builds on tables of others has no expected schema, its own has one") {
    CHECK_FALSE(expected_schema(plan({{AddColumn{.table = "t", .column = {.name = "a", .type = text()}}}}), {0, 1}));
    auto const schema = expected_schema(plan({{table()}, {change()}}), {2, 2});
    REQUIRE(schema);
    CHECK(schema->find_table("t")->find("o") == nullptr);
}

TEST_CASE("compile: the counter of legacy writes differs by plan, migration and table, and is the same everywhere") {
    CHECK(legacy_id("p", "m", "t") == legacy_id("p", "m", "t"));
    CHECK(legacy_id("p", "m", "t") != legacy_id("q", "m", "t"));
    CHECK(legacy_id("p", "m", "t") != legacy_id("p", "n", "t"));
    CHECK(legacy_id("p", "m", "t") != legacy_id("p", "m", "u"));
    CHECK(legacy_id("p", "mt", "") != legacy_id("p", "m", "t"));
    CHECK(legacy_id("p", "m", "t") > 0);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("compile/shape_of");

TEST_CASE("shape_of: what a release sees of a table, at each standing") {
    auto const whole =
        plan({{table()}, {change()}, {AddColumn{.table = "t", .column = {.name = "extra", .type = text()}}}});
    auto const names = [](std::vector<Name> const& list) {
        std::string text;
        for (auto const& name : list) text += (text.empty() ? "" : ",") + name.text();
        return text;
    };
    auto const none = shape_of(whole, {0, 0}, {Stage::off, Stage::off, Stage::off}, "t", std::nullopt);
    CHECK(names(none.columns) == "id,name,n,extra");
    CHECK(names(none.absent) == "id,name,extra");  // n stands on o, of which nothing is there either

    Database database{whole};
    auto const at = [&](Standing standing) {
        return shape_of(whole, standing, {Stage::complete, Stage::dual, Stage::dual}, "T",
                        sqlite::inspect_table(database.connection, "t"));
    };
    auto const before = at({1, 1});
    CHECK(names(before.columns) == "id,name,n,extra");
    CHECK(names(before.absent) == "extra");
    REQUIRE(before.pairs.size() == 1);
    CHECK(before.pairs[0].stage == Stage::off);
    (void)database.rollout.expand();
    CHECK(at({1, 2}).pairs[0].stage == Stage::dual);
    (void)database.rollout.fill();
    (void)database.rollout.contract();
    CHECK(at({2, 2}).pairs.empty());
    CHECK(names(at({2, 2}).columns) == "id,name,n,extra");
    CHECK(shape_of(whole, {0, 0}, {}, "unknown", std::nullopt).columns.empty());
}

TEST_CASE("compiler: SQL that breaks what older releases may do warns of it and names the statements once") {
    auto const live = sqlite::Connection::in_memory();
    live.run("CREATE TABLE t (a, b)");
    Plan const plan{"p",
                    {Migration{.id = "1", .release = "1.0", .operations = {RawSql{.expand = "CREATE TABLE u (c)"}}},
                     Migration{.id = "2",
                               .release = "1.0",
                               .operations = {RawSql{.expand = "ALTER TABLE t DROP COLUMN b; DROP TABLE u"}}},
                     Migration{.id = "3", .release = "1.0", .operations = {RawSql{.expand = "CREATE TABLE w (c)"}}}}};
    Compiler compiler{plan, {}, live};
    compiler.watch_statements();
    CHECK(compiler.expand().warnings.empty());
    auto const broken = compiler.expand().warnings;  // u was in nobody's use
    REQUIRE(broken.size() == 1);
    CHECK(
        broken.front() ==
        "migration \"2\" breaks older releases at expand: reading t (no such column: b); inserting into t (table t has "
        "no column named b); stop them first, or let both live: an operation, or SQL in phases");
    CHECK(compiler.expand().warnings.empty());
}

TEST_CASE("compiler: nobody is warned who did not ask for it") {
    auto const live = sqlite::Connection::in_memory();
    live.run("CREATE TABLE t (a)");
    Plan const plan{"p", {Migration{.id = "1", .release = "1.0", .operations = {RawSql{.expand = "DROP TABLE t"}}}}};
    Compiler compiler{plan, {}, live};
    CHECK(compiler.expand().warnings.empty());
}

TEST_SUITE_END();
