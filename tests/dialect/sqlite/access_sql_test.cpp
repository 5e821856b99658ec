#include "dialect/sqlite/access_sql.hpp"

#include "compile/shape_of.hpp"
#include "evolver/dialect/access_error.hpp"
#include "evolver/schema/tokens.hpp"
#include "support/rollout.hpp"
#include "support/rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace evolver;
using namespace evolver::sqlite;
using support::rows;

namespace {

/// A database part of the way along a plan, and the release that comes after all of it.
class At {
public:
    explicit At(std::vector<Operation> const& before, std::vector<std::vector<Operation>> const& migrations,
                std::string const& data = {})
        : plan_{"p", list(before, migrations)}, rollout_{plan_, database} {
        (void)rollout_.expand();
        (void)rollout_.contract();
        database.run(data);
        stages_.assign(plan_.migrations().size(), Stage::complete);
        for (std::size_t i = 1; i < stages_.size(); ++i) stages_[i] = Stage::off;
    }

    /// Expands migration `position` (from 1), in order, and puts it to `stage`; fills it from `switched` on.
    At& at(std::size_t position, Stage stage) {
        if (rollout_.standing().expanded == position) (void)rollout_.expand();
        if (stage >= Stage::switched) (void)rollout_.fill();
        stages_[position] = stage;
        return *this;
    }

    At& contract() {
        (void)rollout_.contract();
        return *this;
    }

    [[nodiscard]] Shape shape(Name const& table = "t") const {
        return shape_of(plan_, rollout_.standing(), stages_, table, inspect_table(database, table));
    }

    /// Inserts the values under the names of their columns.
    void insert(std::vector<std::pair<std::string, Value>> const& values) const {
        std::vector<Name> columns;
        for (auto const& [column, value] : values) columns.emplace_back(column);
        run(insert_sql(shape(), columns), values);
    }

    /// Updates row 1.
    void update(std::vector<Assignment> const& assignments,
                std::vector<std::pair<std::string, Value>> const& values = {}) const {
        run(update_sql(shape(), assignments) + " WHERE id = 1", values);
    }

    [[nodiscard]] std::string read(std::vector<Name> const& columns, std::string const& rest = "") const {
        return rows(database, select_sql(shape(), columns) + rest);
    }

    [[nodiscard]] std::string see(std::string const& query = "SELECT * FROM t") const { return rows(database, query); }

    [[nodiscard]] std::string plan_of(std::string const& sql) const {
        std::string text;
        auto statement = database.prepare("EXPLAIN QUERY PLAN " + sql);
        while (statement.step()) text += statement.text(3) + "\n";
        return text;
    }

    Connection database = Connection::in_memory();

private:
    static std::vector<Migration> list(std::vector<Operation> const& before,
                                       std::vector<std::vector<Operation>> const& migrations) {
        std::vector<Migration> all{{.id = "0001", .release = "1", .operations = before}};
        for (auto const& operations : migrations) {
            auto const number = std::to_string(all.size() + 1);
            all.push_back({.id = "000" + number, .release = number, .operations = operations});
        }
        return all;
    }

    void run(std::string const& sql, std::vector<std::pair<std::string, Value>> const& values) const {
        CAPTURE(sql);
        auto statement = database.prepare(sql);
        // Placeholders are numbered by their first appearance; a test names them.
        std::vector<std::string> order;
        for (auto const& token : significant_tokens(sql)) {
            if (token.kind != TokenKind::placeholder) continue;
            if (std::find(order.begin(), order.end(), token.text) == order.end()) order.emplace_back(token.text);
        }
        REQUIRE(order.size() == values.size());
        for (auto const& [column, value] : values) {
            auto const found = std::find(order.begin(), order.end(), placeholder(column));
            REQUIRE(found != order.end());
            statement.bind(static_cast<int>(found - order.begin()) + 1, value);
        }
        statement.run();
    }

    Plan plan_;
    support::Rollout rollout_;
    std::vector<Stage> stages_;
};

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

std::string const data = "INSERT INTO t (id, name, o) VALUES (1, 'a', '5'), (2, 'b', NULL)";

Value number(std::int64_t value) { return value; }

}  // namespace

TEST_SUITE_BEGIN("sqlite/access_sql");

TEST_CASE("access: at every stage the new release reads its own writes and the old release's") {
    for (auto const stage : {Stage::off, Stage::dual, Stage::switched, Stage::complete}) {
        CAPTURE(name_of(stage));
        At release{{table()}, {{change()}}, data};
        if (stage != Stage::off) release.at(1, stage);
        CHECK(release.read({"id", "n"}, " ORDER BY id") == "1|5; 2|NULL");  // before the backfill, too
        release.insert({{"id", number(3)}, {"n", number(7)}});
        CHECK(release.read({"n"}, " WHERE n > 6") == "7");
        if (stage != Stage::complete) CHECK(release.see("SELECT o FROM t WHERE id = 3") == "'7'");
        release.update({{"n", ":n"}}, {{"n", number(50)}});
        CHECK(release.read({"n"}, " WHERE id = 1") == "50");
        if (stage != Stage::complete) CHECK(release.see("SELECT o FROM t WHERE id = 1") == "'50'");
        release.database.run("UPDATE t SET o = '9' WHERE id = 1");
        CHECK(release.read({"n"}, " WHERE id = 1") == "9");
        if (stage == Stage::off) continue;
        release.contract();
        CHECK(release.read({"n"}, " ORDER BY id") == "9; NULL; 7");
    }
}

TEST_CASE("access: an update by an expression reads by fallback and writes both, on filled and on unfilled rows") {
    for (bool const filled : {false, true}) {
        CAPTURE(filled);
        At release{{table()}, {{change()}}, data};
        release.at(1, filled ? Stage::switched : Stage::dual);
        release.update({{"n", "n + :d"}}, {{"d", number(10)}});
        CHECK(release.see("SELECT o, n FROM t WHERE id = 1") == "'15'|15");
    }
    // What rule 6 of the semantics found with the plain statement: nothing is added, and nobody is told.
    At release{{table()}, {{change()}}, data};
    release.at(1, Stage::dual);
    release.database.run("UPDATE t SET n = n + 10 WHERE id = 1");
    CHECK(release.see("SELECT o, n FROM t WHERE id = 1") == "'5'|NULL");
}

TEST_CASE("access: a condition over the derived table finds rows that are not filled yet") {
    At release{{table()}, {{change()}}, data};
    release.at(1, Stage::dual);
    CHECK(release.read({"id"}, " WHERE n = 5") == "1");
    CHECK(release.see("SELECT id FROM t WHERE n = 5") == "");  // the bare table would lose it
    CHECK(release.see("SELECT p.id FROM " + from_sql(release.shape(), "p") + " WHERE p.n = 5") == "1");
    release.database.run("DELETE FROM t WHERE " + column_sql(release.shape(), "n") + " = 5");
    CHECK(release.see() == "2|'b'|NULL|NULL");
}

TEST_CASE("access, rule 11: a pair that loses something gives the new release what it wrote") {
    auto lossy = change();
    lossy.up = "CAST(o AS INTEGER) * 100";
    lossy.down = "CAST(n / 100 AS TEXT)";
    At release{{table()}, {{lossy}}, data};
    release.at(1, Stage::dual);
    release.insert({{"id", number(3)}, {"n", number(1999)}});
    CHECK(release.read({"n"}, " ORDER BY id") == "500; NULL; 1999");
    CHECK(release.see("SELECT " + lossy.up.text(Engine::sqlite) + " FROM t WHERE id = 3") ==
          "1900");  // what up(old) alone would give
    release.database.run("UPDATE t SET o = '21' WHERE id = 3");
    CHECK(release.read({"n"}, " WHERE id = 3") == "2100");
}

TEST_CASE("access, rule 2: columns without a type keep the kind of a number apart") {
    auto untyped = table();
    untyped.columns[2].type = declared("");
    ChangeType const same_kind{.table = "t", .from = "o", .to = "n", .type = declared(""), .up = "o", .down = "n"};
    At release{{untyped}, {{same_kind}}, "INSERT INTO t (id, o) VALUES (1, 1)"};
    release.at(1, Stage::dual);
    release.database.enable_triggers(false);  // a write that sync did not see
    release.database.run("UPDATE t SET n = 1, o = 1.0");
    CHECK(rows(release.database, "SELECT typeof(n) FROM (" + select_sql(release.shape(), {"n"}) + ")") == "'real'");
}

TEST_CASE("access: a chain is read and written through all its links, at every pair of stages") {
    ChangeType const second{
        .table = "t", .from = "n", .to = "z", .type = real(), .up = "n / 2.0", .down = "CAST(z * 2 AS INTEGER)"};
    for (auto const first_stage : {Stage::off, Stage::dual, Stage::switched}) {
        for (auto const second_stage : {Stage::off, Stage::dual, Stage::switched}) {
            if (second_stage > first_stage) continue;
            CAPTURE(name_of(first_stage));
            CAPTURE(name_of(second_stage));
            At release{{table()}, {{change()}, {second}}, data};
            if (first_stage != Stage::off) release.at(1, first_stage);
            if (second_stage != Stage::off) release.at(2, second_stage);
            CHECK(release.read({"z"}, " ORDER BY id") == "2.5; NULL");
            release.insert({{"id", number(3)}, {"z", 3.5}});
            release.update({{"z", "z + :d"}}, {{"d", 1.0}});
            CHECK(release.read({"z"}, " ORDER BY id") == "3.5; NULL; 3.5");
            CHECK(release.see("SELECT o FROM t ORDER BY id") == "'7'; NULL; '7'");
            release.database.run("UPDATE t SET o = '9' WHERE id = 1");
            CHECK(release.read({"z"}, " WHERE id = 1") == "4.5");
        }
    }
}

TEST_CASE("access: in a chain whose links lose something the newest value is read back") {
    auto first = change();
    first.up = "CAST(o AS INTEGER) / 100";
    first.down = "CAST(n * 100 AS TEXT)";
    ChangeType const second{
        .table = "t", .from = "n", .to = "z", .type = text(), .up = "CAST(n AS TEXT)", .down = "substr(z, 1, 2)"};
    At release{{table()}, {{first}, {second}}, "INSERT INTO t (id, o) VALUES (1, '1999')"};
    release.at(1, Stage::dual).at(2, Stage::dual);
    CHECK(release.read({"z"}) == "'19'");
    release.database.run("UPDATE t SET n = 19");
    release.database.run("UPDATE t SET z = '19 and more'");  // n is a number, down(z) a text
    CHECK(release.read({"z"}) == "'19 and more'");
}

TEST_CASE("access: a renamed column is read and written under its new name, and an index on it serves") {
    CreateIndex const index{.name = "by_name", .table = "t", .columns = {"name"}};
    for (auto const stage : {Stage::off, Stage::dual, Stage::switched}) {
        CAPTURE(name_of(stage));
        At release{{table(), index},
                   {{RenameColumn{.table = "t", .from = "name", .to = "title"}},
                    {RenameColumn{.table = "t", .from = "title", .to = "head line"}}},
                   data};
        if (stage != Stage::off) release.at(1, stage).at(2, stage);
        release.insert({{"id", number(3)}, {"head line", std::string{"c"}}});
        release.update({{"head line", "\"head line\" || :head_line"}}, {{"head line", std::string{"!"}}});
        CHECK(release.read({"head line"}, " ORDER BY id") == "'a!'; 'b'; 'c'");
        CHECK(release.see("SELECT name FROM t WHERE id = 3") == "'c'");
        auto const plan = release.plan_of(select_sql(release.shape(), {"id"}) + " WHERE \"head line\" = 'b'");
        CAPTURE(plan);
        CHECK(plan.find("SEARCH t USING") != std::string::npos);
        CHECK_THROWS_AS((void)select_sql(release.shape(), {"name"}), AccessError);
    }
    At release{{table(), index}, {{RenameColumn{.table = "t", .from = "name", .to = "title"}}}, data};
    release.at(1, Stage::dual).contract();
    CHECK(release.read({"title"}) == "'a'; 'b'");
    CHECK(from_sql(release.shape(), "t") == "\"t\" AS \"t\"");
}

TEST_CASE("access, rule 12: from switched on, an index on the new column serves") {
    for (auto const stage : {Stage::dual, Stage::switched, Stage::complete}) {
        CAPTURE(name_of(stage));
        At release{{table()}, {{change(), CreateIndex{.name = "by_n", .table = "t", .columns = {"n"}}}}, data};
        release.at(1, Stage::switched).at(1, stage);
        auto const plan = release.plan_of(select_sql(release.shape(), {"id"}) + " WHERE n = 5");
        CAPTURE(plan);
        CHECK((plan.find("SEARCH") != std::string::npos) == (stage != Stage::dual));
    }
}

TEST_CASE("access, rule 12: from switched on, an index on a column that comes from another table serves") {
    CreateTable const target{
        .table = "u",
        .columns = {{.name = "id", .type = integer(), .primary_key = true}, {.name = "t_id", .type = integer()}},
        .unique_keys = {{.columns = {"t_id"}}}};
    MoveColumn const move{.from = "t", .column = "o", .to = "u", .from_key = {"id"}, .to_key = {"t_id"}};
    for (auto const stage : {Stage::dual, Stage::switched}) {
        CAPTURE(name_of(stage));
        At release{{table(), target}, {{move, CreateIndex{.name = "by_o", .table = "u", .columns = {"o"}}}}};
        release.at(1, Stage::switched).at(1, stage);
        auto const plan = release.plan_of(select_sql(release.shape("u"), {"id"}) + " WHERE o = '5'");
        CAPTURE(plan);
        CHECK((plan.find("by_o") != std::string::npos) == (stage == Stage::switched));
    }
}

TEST_CASE("access, rule 29: one bind fills both columns, also an old one that must not be NULL") {
    auto strict = table();
    strict.columns[2].nullable = false;
    for (auto const stage : {Stage::off, Stage::dual, Stage::switched}) {
        CAPTURE(name_of(stage));
        At release{{strict}, {{change()}}};
        if (stage != Stage::off) release.at(1, stage);
        release.insert({{"id", number(1)}, {"n", number(7)}});
        CHECK(release.see("SELECT o FROM t") == "'7'");
        CHECK(release.read({"n"}) == "7");
    }
}

TEST_CASE("access: a renamed column may change its type in the next migration") {
    ChangeType const second{.table = "t",
                            .from = "bytes",
                            .to = "n",
                            .type = integer(),
                            .up = "CAST(bytes AS INTEGER)",
                            .down = "CAST(n AS TEXT)"};
    for (auto const stage : {Stage::off, Stage::dual, Stage::switched}) {
        CAPTURE(name_of(stage));
        At release{{table()}, {{RenameColumn{.table = "t", .from = "o", .to = "bytes"}}, {second}}, data};
        if (stage != Stage::off) release.at(1, stage).at(2, stage);
        release.update({{"n", "n + 1"}});
        release.insert({{"id", number(3)}, {"n", number(7)}});
        CHECK(release.read({"n"}, " ORDER BY id") == "6; NULL; 7");
        CHECK(release.see("SELECT o FROM t ORDER BY id") == "'6'; NULL; '7'");
    }
}

TEST_CASE("access: a split is written as a whole") {
    auto people = table();
    people.columns.push_back({.name = "m", .type = text(), .nullable = false, .default_value = "''"});
    SplitColumn const split{
        .table = "t",
        .from = "m",
        .into = {{.name = "first", .type = text(), .up = "NULLIF(substr(m, 1, instr(m, '/') - 1), '')"},
                 {.name = "last", .type = text(), .up = "NULLIF(substr(m, instr(m, '/') + 1), '')"}},
        .down = "COALESCE(first, '') || '/' || COALESCE(last, '')"};
    for (auto const stage : {Stage::off, Stage::dual, Stage::switched}) {
        CAPTURE(name_of(stage));
        At release{{people}, {{split}}, "INSERT INTO t (id, m) VALUES (1, 'Ann/Lee')"};
        if (stage != Stage::off) release.at(1, stage);
        release.update({{"last", ":last"}}, {{"last", std::string{"Poe"}}});
        CHECK(release.read({"first", "last"}) == "'Ann'|'Poe'");
        CHECK(release.see("SELECT m FROM t") == "'Ann/Poe'");
        release.insert({{"id", number(2)}, {"first", std::string{"Bo"}}, {"last", Null{}}});
        CHECK(release.read({"first", "last"}, " WHERE id = 2") == "'Bo'|NULL");
        CHECK(release.see("SELECT m FROM t WHERE id = 2") == "'Bo/'");
        CHECK_THROWS_WITH_AS((void)insert_sql(release.shape(), {"id", "first"}),
                             doctest::Contains("lacks the column \"last\""), AccessError);
        CHECK_THROWS_WITH_AS((void)insert_sql(release.shape(), {"id", "first"}),
                             doctest::Contains("name all of first, last"), AccessError);
        release.insert({{"id", number(3)}});  // neither: the row has the old default
        CHECK(release.see("SELECT m FROM t WHERE id = 3") == "''");
    }
}

TEST_CASE("access: an insert that does not name the new column gives it the new default, and is no legacy write") {
    auto with_default = table();
    with_default.columns[2].default_value = "'1'";
    auto changed = change();
    changed.default_value = "2";
    for (auto const stage : {Stage::off, Stage::dual, Stage::switched, Stage::complete}) {
        CAPTURE(name_of(stage));
        At release{{with_default}, {{changed}}};
        if (stage != Stage::off) release.at(1, stage);
        release.insert({{"id", number(1)}});
        CHECK(release.read({"n"}) == "2");
        if (stage != Stage::off) CHECK(release.see("SELECT sum(writes) FROM evolver_legacy") == "0");
        if (stage != Stage::off) {
            release.contract();
            release.insert({{"id", number(2)}});
            CHECK(release.read({"n"}) == "2; 2");
        }
    }
}

TEST_CASE("access: a dropped column is filled by `down` for older releases, from columns that the insert names") {
    auto with_old = table();
    with_old.columns.push_back({.name = "gone", .type = text(), .nullable = false});
    At release{{with_old}, {{DropColumn{.table = "t", .column = "gone", .down = "upper(name)"}}}};
    release.at(1, Stage::dual);
    release.insert({{"id", number(1)}, {"name", std::string{"a"}}});
    CHECK(release.see() == "1|'a'|NULL|'A'");
    CHECK_THROWS_WITH_AS((void)insert_sql(release.shape(), {"id"}),
                         doctest::Contains("lacks the column \"name\", from which older releases' column \"gone\""),
                         AccessError);
    CHECK_THROWS_WITH_AS((void)select_sql(release.shape(), {"gone"}),
                         doctest::Contains("no column \"gone\" in this release"), AccessError);
    release.update({{"name", ":name"}}, {{"name", std::string{"b"}}});
    release.contract();
    release.insert({{"id", number(2)}, {"name", std::string{"c"}}});
    CHECK(release.see() == "1|'b'|NULL; 2|'c'|NULL");
}

TEST_CASE("access: what the database does not have yet is refused in words") {
    At release{{table()},
               {{AddColumn{.table = "t", .column = {.name = "extra", .type = text()}},
                 CreateTable{.table = "u", .columns = {{.name = "a", .type = text()}}}}},
               data};
    CHECK_THROWS_WITH_AS((void)insert_sql(release.shape(), {"id", "extra"}),
                         doctest::Contains("The database has no column \"extra\" in \"t\" yet"), AccessError);
    CHECK_THROWS_WITH_AS((void)select_sql(release.shape(), {"extra"}), doctest::Contains("call expand() first"),
                         AccessError);
    CHECK_THROWS_WITH_AS((void)update_sql(release.shape(), {{"name", "extra"}}),
                         doctest::Contains("no column \"extra\""), AccessError);
    CHECK_THROWS_AS((void)select_sql(release.shape("u"), {"a"}), AccessError);
    CHECK(release.read({"id", "name"}) == "1|'a'; 2|'b'");
    release.at(1, Stage::dual);
    CHECK(release.read({"extra"}) == "NULL; NULL");
}

TEST_CASE("access: unknown columns, columns written twice and placeholders that collide are refused") {
    At const release{{table()}, {}, data};
    CHECK_THROWS_WITH_AS((void)select_sql(release.shape(), {"nmae"}), doctest::Contains("the columns are id, name, o"),
                         AccessError);
    CHECK_THROWS_WITH_AS((void)insert_sql(release.shape(), {"id", "ID"}), doctest::Contains("written twice"),
                         AccessError);
    At const awkward{
        {CreateTable{.table = "t", .columns = {{.name = "a b", .type = text()}, {.name = "a_b", .type = text()}}}}, {}};
    CHECK_THROWS_WITH_AS((void)insert_sql(awkward.shape(), {"a b", "a_b"}),
                         doctest::Contains("have the placeholder :a_b"), AccessError);
}

TEST_CASE("access: names of any letters work") {
    CreateTable const awkward{.table = "t",
                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                          {.name = "order", .type = text()},
                                          {.name = "Größe \"o\"", .type = text()}}};
    ChangeType const changed{.table = "t",
                             .from = "Größe \"o\"",
                             .to = "select",
                             .type = integer(),
                             .up = R"(CAST("Größe ""o""" AS INTEGER))",
                             .down = "CAST(\"select\" AS TEXT)"};
    for (auto const stage : {Stage::off, Stage::dual, Stage::switched}) {
        CAPTURE(name_of(stage));
        At release{{awkward}, {{changed}}, "INSERT INTO t VALUES (1, 'x', '5')"};
        if (stage != Stage::off) release.at(1, stage);
        release.insert({{"id", number(2)}, {"order", std::string{"y"}}, {"select", number(6)}});
        release.update({{"select", "\"select\" + 1"}});
        CHECK(release.read({"order", "select"}, " WHERE \"select\" > 0 ORDER BY \"select\", id") == "'x'|6; 'y'|6");
    }
}

TEST_CASE("access: an insert without columns is an insert of defaults") {
    At const release{{table()}, {}};
    CHECK(insert_sql(release.shape(), {}) == "INSERT INTO \"t\" DEFAULT VALUES");
    release.insert({});
    CHECK(release.see() == "1|NULL|NULL");
}

TEST_SUITE_END();
