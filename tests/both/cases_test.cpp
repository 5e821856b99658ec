// The cases of tests/cases.md that no other test has: each with statements of both releases, through every phase.

#include "both/case.hpp"

#include <algorithm>

using namespace evolver;
using namespace evolver::testing;

namespace {

CreateTable people() {
    return {.table = "people",
            .columns = {{.name = "id", .type = integer(), .primary_key = true},
                        {.name = "name", .type = text()},
                        {.name = "age", .type = text()}}};
}

std::string const three =
    "INSERT INTO people (id, name, age) VALUES (1, 'ada', '36'), (2, 'bob', NULL), (3, 'eve', '20')";

CreateTable teams() {
    return {.table = "teams",
            .columns = {{.name = "id", .type = integer(), .primary_key = true}, {.name = "title", .type = text()}}};
}

CreateTable members(std::string on_delete) {
    return {.table = "members",
            .columns = {{.name = "id", .type = integer(), .primary_key = true}, {.name = "team", .type = integer()}},
            .foreign_keys = {
                {.name = "member_team", .columns = {"team"}, .table = "teams", .on_delete = std::move(on_delete)}}};
}

}  // namespace

TEST_SUITE("both/cases") {
    TEST_CASE("case TB1: a new table is used by the new release, gone after rollback, and there after contract") {
        auto const use = [](New const& fresh) {
            fresh.insert("teams", {{"id", "1"}, {"title", "'red'"}});
            CHECK(fresh.rows("teams", {"title"}) == "'red'");
        };
        play({.before = {people()},
              .rows = three,
              .change = {teams()},
              .both = [&](Old const&, New const& fresh) { use(fresh); },
              .after = use});
    }

    TEST_CASE(
        "cases TB2, TB6, TB7: the key of two columns, checks and unique keys of a new table hold before and after "
        "contract") {
        auto const use = [](New const& fresh) {
            fresh.insert("seats", {{"row", "1"}, {"seat", "1"}, {"guest", "'a'"}, {"price", "5"}});
            CHECK(fresh.refuses_insert("seats", {{"row", "1"}, {"seat", "1"}, {"guest", "'b'"}, {"price", "5"}}));
            CHECK(fresh.refuses_insert("seats", {{"row", "1"}, {"seat", "2"}, {"guest", "'a'"}, {"price", "5"}}));
            CHECK(fresh.refuses_insert("seats", {{"row", "1"}, {"seat", "3"}, {"guest", "'c'"}, {"price", "-5"}}));
            fresh.insert("seats", {{"row", "2"}, {"seat", "1"}, {"guest", "'d'"}, {"price", "0"}});
        };
        play({.before = {people()},
              .rows = three,
              .change = {CreateTable{.table = "seats",
                                     .columns = {{.name = "row", .type = integer()},
                                                 {.name = "seat", .type = integer()},
                                                 {.name = "guest", .type = text()},
                                                 {.name = "price", .type = integer()}},
                                     .primary_key = {"row", "seat"},
                                     .unique_keys = {{.columns = {"guest"}}},
                                     .checks = {{.condition = "price >= 0"}}}},
              .both = [&](Old const&, New const& fresh) { use(fresh); },
              .after = use});
    }

    TEST_CASE("cases TB3, TB4, FK2: a new table's foreign key refuses orphans, and deletes as it says") {
        for (std::string const action : {"NO ACTION", "CASCADE", "SET NULL", "SET DEFAULT"}) {
            CAPTURE(action);
            auto table = members(action);
            table.columns[1].default_value = "2";
            auto const use = [&](New const& fresh) {
                fresh.insert("members", {{"id", "1"}, {"team", "1"}});
                CHECK(fresh.refuses_insert("members", {{"id", "2"}, {"team", "9"}}));
                if (action == "NO ACTION") {
                    CHECK(fresh.refuses_remove("teams", "id = 1"));
                    return;
                }
                fresh.remove("teams", "id = 1");
                CHECK(fresh.rows("members", {"id", "team"}) == (action == "CASCADE"    ? ""
                                                                : action == "SET NULL" ? "1|NULL"
                                                                                       : "1|2"));
            };
            play({.before = {teams()},
                  .rows = "INSERT INTO teams VALUES (1, 'red'), (2, 'blue')",
                  .change = {table},
                  .both = [&](Old const&, New const& fresh) { use(fresh); },
                  .after = use});
        }
    }

    TEST_CASE("case TB5: a changed key reaches the children of a new table") {
        auto table = members("NO ACTION");
        table.foreign_keys[0].on_update = "CASCADE";
        auto const use = [](New const& fresh) {
            fresh.insert("members", {{"id", "1"}, {"team", "1"}});
            fresh.update("teams", "id", "7", "id = 1");
            CHECK(fresh.rows("members", {"team"}) == "7");
        };
        play({.before = {teams()},
              .rows = "INSERT INTO teams VALUES (1, 'red')",
              .change = {table},
              .both = [&](Old const&, New const& fresh) { use(fresh); },
              .after = use});
    }

    TEST_CASE("case TB11: a table with a generated column does not stand in the way of a later change") {
        auto table = people();
        table.columns.push_back({.name = "loud", .type = text(), .generated = "upper(name)"});
        play({.before = {table},
              .rows = "INSERT INTO people (id, name, age) VALUES (1, 'ada', '36')",
              .change = {ChangeType{.table = "people",
                                    .from = "age",
                                    .to = "years",
                                    .type = integer(),
                                    .up = "CAST(age AS INTEGER)",
                                    .down = "CAST(years AS TEXT)"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      old.run("INSERT INTO people (id, name, age) VALUES (2, 'bob', '9')");
                      CHECK(fresh.rows("people", {"loud", "years"}) == "'ADA'|36; 'BOB'|9");
                  },
              .after =
                  [](New const& fresh) {
                      CHECK(fresh.rows("people", {"loud", "years"}) == "'ADA'|36");
                  }});
    }

    TEST_CASE("case TB14: each release has its own name of a table, and sees the rows of the other") {
        play({
            .before = {people()},
            .rows = three,
            .change = {RenameTable{.from = "people", .to = "persons"}},
            .both =
                [](Old const& old, New const& fresh) {
                    old.run("INSERT INTO people (id, name, age) VALUES (4, 'old', '1')");
                    fresh.insert("persons", {{"id", "5"}, {"name", "'new'"}});
                    CHECK(fresh.rows("persons", {"name"}, "WHERE id > 3 ORDER BY id") == "'old'; 'new'");
                    CHECK(old.rows("SELECT name FROM people WHERE id > 3 ORDER BY id") == "'old'; 'new'");
                    CHECK_FALSE(fresh.knows("people", "name"));
                },
            .after =
                [](New const& fresh) {
                    CHECK(fresh.rows("persons", {"id"}, "ORDER BY id") == "1; 2; 3");
                    CHECK(fresh.plain().refuses("SELECT 1 FROM people"));
                },
            .back = [](Old const& old) { CHECK(old.refuses("SELECT 1 FROM persons")); },
        });
    }

    TEST_CASE("case TB16: a dropped table serves the old release until contract") {
        play({.before = {people(), teams()},
              .rows = three + "; INSERT INTO teams VALUES (1, 'red')",
              .change = {DropTable{.table = "teams"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      CHECK_FALSE(fresh.knows("teams", "title"));
                      old.run("INSERT INTO teams VALUES (2, 'blue')");
                      CHECK(old.rows("SELECT title FROM teams") == "'red'; 'blue'");
                  },
              .after = [](New const& fresh) { CHECK(fresh.plain().refuses("SELECT 1 FROM teams")); },
              .back = [](Old const& old) { CHECK(old.rows("SELECT title FROM teams") == "'red'"); }});
    }

    TEST_CASE("cases AC1, AC2: a new column is the new release's own, also without a key") {
        auto const table = CreateTable{.table = "log", .columns = {{.name = "line", .type = text()}}};
        play({.before = {table},
              .rows = "INSERT INTO log (line) VALUES ('a'), ('b')",
              .change = {AddColumn{.table = "log",
                                   .column = {.name = "level", .type = integer(), .default_value = "1"}}},
              .both =
                  [](Old const& old, New const& fresh) {
                      old.run("INSERT INTO log (line) VALUES ('old')");
                      fresh.insert("log", {{"line", "'new'"}, {"level", "5"}});
                      CHECK(fresh.rows("log", {"line", "level"}) == "'a'|1; 'b'|1; 'old'|1; 'new'|5");
                      CHECK(old.rows("SELECT line FROM log") == "'a'; 'b'; 'old'; 'new'");
                  },
              .after =
                  [](New const& fresh) {
                      CHECK(fresh.rows("log", {"line", "level"}) == "'a'|1; 'b'|1");
                  },
              .back = [](Old const& old) { CHECK(old.refuses("SELECT level FROM log")); }});
    }

    TEST_CASE("cases AC9, AC10: a column that is NOT NULL has a constant default, and takes no NULL") {
        auto const refusal = refusal_of(
            {people()},
            {AddColumn{.table = "people", .column = {.name = "level", .type = integer(), .nullable = false}}});
        CHECK(has(refusal, "default"));
        auto const use = [](New const& fresh) {
            CHECK(fresh.refuses_insert("people", {{"id", "9"}, {"level", "NULL"}}));
            fresh.insert("people", {{"id", "8"}});
            CHECK(fresh.rows("people", {"level"}, "WHERE id IN (1, 8)") == "7; 7");
        };
        play({.before = {people()},
              .rows = three,
              .change = {AddColumn{
                  .table = "people",
                  .column = {.name = "level", .type = integer(), .nullable = false, .default_value = "7"}}},
              .both =
                  [&](Old const& old, New const& fresh) {
                      old.run("INSERT INTO people (id, name, age) VALUES (4, 'old', NULL)");
                      CHECK(fresh.rows("people", {"level"}, "WHERE id = 4") == "7");
                      use(fresh);
                  },
              .after = use});
    }

    TEST_CASE(
        "cases AC13 to AC16: a new column with a foreign key or a check is held to it from contract on, and by the new "
        "release at once") {
        auto const use = [](New const& fresh) {
            fresh.insert("people", {{"id", "8"}, {"team", "1"}});
            CHECK(fresh.refuses_insert("people", {{"id", "9"}, {"team", "5"}}));
        };
        play({.before = {teams(), people()},
              .rows = "INSERT INTO teams VALUES (1, 'red'); " + three,
              .change =
                  {AddColumn{.table = "people", .column = {.name = "team", .type = integer()}},
                   AddForeignKey{
                       .table = "people",
                       .key = {.name = "person_team", .columns = {"team"}, .table = "teams", .on_delete = "CASCADE"}}},
              .both =
                  [&](Old const& old, New const& fresh) {
                      old.run("INSERT INTO people (id, name, age) VALUES (4, 'old', NULL)");
                      use(fresh);
                  },
              .after =
                  [&](New const& fresh) {
                      use(fresh);
                      CHECK(fresh.plain().refuses("INSERT INTO people (id, team) VALUES (10, 5)"));
                      fresh.remove("teams", "id = 1");
                      CHECK(fresh.rows("people", {"id"}, "ORDER BY id") == "1; 2; 3");
                  }});
        play({.before = {people()},
              .rows = three,
              .change = {AddColumn{.table = "people", .column = {.name = "level", .type = integer()}},
                         AddCheck{.table = "people", .name = "level_range", .condition = "level BETWEEN 0 AND 9"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      old.run("INSERT INTO people (id, name, age) VALUES (4, 'old', NULL)");
                      fresh.insert("people", {{"id", "8"}, {"level", "9"}});
                      CHECK(fresh.refuses_insert("people", {{"id", "9"}, {"level", "10"}}));
                  },
              .after =
                  [](New const& fresh) {
                      CHECK(fresh.plain().refuses("INSERT INTO people (id, level) VALUES (9, 10)"));
                      fresh.insert("people", {{"id", "8"}, {"level", "9"}});
                  }});
    }

    TEST_CASE(
        "cases AC18, AC19, IX2: a table, its column and its index are made, renamed and extended in one migration") {
        play({
            .before = {people()},
            .rows = three,
            .change = {teams(), AddColumn{.table = "teams", .column = {.name = "motto", .type = text()}},
                       CreateIndex{.name = "by_motto", .table = "teams", .columns = {"motto"}},
                       RenameTable{.from = "people", .to = "persons"},
                       AddColumn{.table = "persons", .column = {.name = "note", .type = text()}}},
            .both =
                [](Old const& old, New const& fresh) {
                    fresh.insert("teams", {{"id", "1"}, {"motto", "'go'"}});
                    CHECK(fresh.plain().database().indexes("teams") == "by_motto");
                    fresh.insert("persons", {{"id", "5"}, {"note", "'n'"}});
                    old.run("INSERT INTO people (id, name, age) VALUES (6, 'old', NULL)");
                    CHECK(fresh.rows("persons", {"note"}, "WHERE id > 4 ORDER BY id") == "'n'; NULL");
                    CHECK_FALSE(fresh.knows("people", "note"));
                },
            .after =
                [](New const& fresh) {
                    fresh.insert("persons", {{"id", "5"}, {"note", "'n'"}});
                    CHECK(fresh.plain().database().indexes("teams") == "by_motto");
                },
            .back = [](Old const& old) { old.run("INSERT INTO people (id, name, age) VALUES (7, 'old', NULL)"); },
        });
    }

    TEST_CASE("case RC1: each release has its own name of a column") {
        play({.before = {people()},
              .rows = three,
              .change = {RenameColumn{.table = "people", .from = "name", .to = "title"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      old.run("INSERT INTO people (id, name, age) VALUES (4, 'old', NULL)");
                      fresh.insert("people", {{"id", "5"}, {"title", "'new'"}});
                      CHECK(fresh.rows("people", {"title"}, "WHERE id > 3 ORDER BY id") == "'old'; 'new'");
                      CHECK(old.rows("SELECT name FROM people WHERE id > 3 ORDER BY id") == "'old'; 'new'");
                  },
              .after = [](New const& fresh) { CHECK(fresh.plain().refuses("SELECT name FROM people")); },
              .back = [](Old const& old) { CHECK(old.refuses("SELECT title FROM people")); }});
    }

    TEST_CASE("case RC2: a numbered key goes on numbering under its new name") {
        auto table = people();
        table.autoincrement = true;
        auto const use = [](New const& fresh) {
            fresh.insert("people", {{"name", "'new'"}});
            CHECK(fresh.rows("people", {"name"}, "WHERE number > 3 ORDER BY number DESC LIMIT 1") == "'new'");
        };
        play({.before = {table},
              .rows = three,
              .change = {RenameColumn{.table = "people", .from = "id", .to = "number"}},
              .both =
                  [&](Old const& old, New const& fresh) {
                      old.run("INSERT INTO people (name) VALUES ('old')");
                      use(fresh);
                  },
              .after = use,
              .numbered = "people"});
    }

    TEST_CASE("case RC3: a column that is added and renamed in one migration has its last name only") {
        play({.before = {people()},
              .rows = three,
              .change = {AddColumn{.table = "people", .column = {.name = "note", .type = text()}},
                         RenameColumn{.table = "people", .from = "note", .to = "remark"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      CHECK_FALSE(fresh.knows("people", "note"));
                      fresh.insert("people", {{"id", "5"}, {"remark", "'r'"}});
                      old.run("INSERT INTO people (id, name, age) VALUES (6, 'old', NULL)");
                      CHECK(fresh.rows("people", {"remark"}, "WHERE id > 3 ORDER BY id") == "'r'; NULL");
                  },
              .after =
                  [](New const& fresh) {
                      fresh.insert("people", {{"id", "5"}, {"remark", "'r'"}});
                  }});
    }

    TEST_CASE("cases RC4, AT6: table, column and type change together") {
        auto const look = "ORDER BY id";
        play({
            .before = {people()},
            .rows = three,
            .change = {RenameTable{.from = "people", .to = "persons"},
                       RenameColumn{.table = "persons", .from = "name", .to = "title"},
                       ChangeType{.table = "persons",
                                  .from = "age",
                                  .to = "years",
                                  .type = integer(),
                                  .up = "CAST(age AS INTEGER)",
                                  .down = "CAST(years AS TEXT)"}},
            .both =
                [&](Old const& old, New const& fresh) {
                    old.run("INSERT INTO people (id, name, age) VALUES (4, 'old', '40')");
                    fresh.insert("persons", {{"id", "5"}, {"title", "'new'"}, {"years", "50"}});
                    CHECK(fresh.rows("persons", {"title", "years"}, look) ==
                          "'ada'|36; 'bob'|NULL; 'eve'|20; 'old'|40; 'new'|50");
                    CHECK(old.rows("SELECT name, age FROM people WHERE id > 3 ORDER BY id") ==
                          "'old'|'40'; 'new'|'50'");
                    fresh.update("persons", "years", "years + 1", "id = 4");
                    CHECK(old.rows("SELECT age FROM people WHERE id = 4") == "'41'");
                },
            .after =
                [&](New const& fresh) {
                    CHECK(fresh.rows("persons", {"title", "years"}, look) == "'ada'|36; 'bob'|NULL; 'eve'|20");
                    CHECK(fresh.plain().refuses("SELECT name FROM persons"));
                },
            .back = [](Old const& old) { old.run("INSERT INTO people (id, name, age) VALUES (7, 'old', NULL)"); },
        });
    }

    TEST_CASE("case DC1: what the new release inserts has the dropped column's `down` for the old one") {
        play({.before = {CreateTable{.table = "users",
                                     .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                 {.name = "email", .type = text()},
                                                 {.name = "key", .type = text(), .nullable = false}}}},
              .rows = "INSERT INTO users VALUES (1, 'a@b', 'A@B')",
              .change = {DropColumn{.table = "users", .column = "key", .down = "upper(email)"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      fresh.insert("users", {{"id", "2"}, {"email", "'c@d'"}});
                      CHECK_FALSE(fresh.knows("users", "key"));
                      CHECK(old.rows("SELECT key FROM users") == "'A@B'; 'C@D'");
                      old.run("INSERT INTO users VALUES (3, 'e', 'own')");
                  },
              .after =
                  [](New const& fresh) {
                      fresh.insert("users", {{"id", "2"}, {"email", "'c@d'"}});
                      CHECK(fresh.plain().refuses("SELECT key FROM users"));
                  },
              .back = [](Old const& old) { CHECK(old.refuses("INSERT INTO users (id, email) VALUES (4, 'x')")); }});
    }

    TEST_CASE("case DC2: a column and a table with reserved names go and stay like others") {
        play({.before = {CreateTable{.table = "order",
                                     .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                 {.name = "group", .type = text()},
                                                 {.name = "select", .type = text()}}}},
              .rows = "INSERT INTO \"order\" VALUES (1, 'g', 's')",
              .change = {DropColumn{.table = "order", .column = "group"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      old.run("INSERT INTO \"order\" VALUES (2, 'h', 't')");
                      CHECK(fresh.rows("order", {"select"}) == "'s'; 't'");
                  },
              .after = [](New const& fresh) { CHECK(fresh.rows("order", {"select"}) == "'s'"); }});
    }

    TEST_CASE("case DC3: a table gets a name and loses a column in one migration") {
        play({
            .before = {people()},
            .rows = three,
            .change = {RenameTable{.from = "people", .to = "persons"}, DropColumn{.table = "persons", .column = "age"}},
            .both =
                [](Old const& old, New const& fresh) {
                    fresh.insert("persons", {{"id", "5"}, {"name", "'new'"}});
                    CHECK_FALSE(fresh.knows("persons", "age"));
                    CHECK_FALSE(fresh.knows("people", "name"));
                    old.run("INSERT INTO people (id, name, age) VALUES (4, 'old', '40')");
                    CHECK(old.rows("SELECT name, age FROM people WHERE id > 3 ORDER BY id") ==
                          "'old'|'40'; 'new'|NULL");
                },
            .after = [](New const& fresh) { CHECK(fresh.plain().refuses("SELECT age FROM persons")); },
            .back = [](Old const& old) { old.run("INSERT INTO people (id, name, age) VALUES (7, 'old', '9')"); },
        });
    }

    TEST_CASE("case AT3: the column of the new type keeps default, index and NOT NULL") {
        play({.before = {CreateTable{
                             .table = "goods",
                             .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                         {.name = "size", .type = text(), .nullable = false, .default_value = "'1'"}}},
                         CreateIndex{.name = "by_size", .table = "goods", .columns = {"size"}}},
              .rows = "INSERT INTO goods (id, size) VALUES (1, '5'), (2, '6')",
              .change = {ChangeType{.table = "goods",
                                    .from = "size",
                                    .to = "bytes",
                                    .type = integer(),
                                    .up = "CAST(size AS INTEGER)",
                                    .down = "CAST(bytes AS TEXT)",
                                    .default_value = "1"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      old.run("INSERT INTO goods (id) VALUES (3)");
                      fresh.insert("goods", {{"id", "4"}});
                      CHECK(fresh.rows("goods", {"bytes"}, "ORDER BY id") == "5; 6; 1; 1");
                      CHECK(old.rows("SELECT size FROM goods WHERE id > 2") == "'1'; '1'");
                  },
              .after =
                  [](New const& fresh) {
                      fresh.insert("goods", {{"id", "4"}});
                      CHECK(fresh.rows("goods", {"bytes"}, "WHERE id = 4") == "1");
                      CHECK(fresh.refuses_insert("goods", {{"id", "5"}, {"bytes", "NULL"}}));
                      CHECK(fresh.plain().database().indexes("goods") == "by_size");
                  }});
    }

    TEST_CASE("case AT5: names of any letters cross the types") {
        play({.before = {CreateTable{.table = "MiXed Ä",
                                     .columns = {{.name = "Id", .type = integer(), .primary_key = true},
                                                 {.name = "Größe", .type = text()}}}},
              .rows = "INSERT INTO \"MiXed Ä\" (\"Id\", \"Größe\") VALUES (1, '5')",
              .change = {ChangeType{.table = "MiXed Ä",
                                    .from = "Größe",
                                    .to = "Bytes Ü",
                                    .type = integer(),
                                    .up = "CAST(\"Größe\" AS INTEGER)",
                                    .down = "CAST(\"Bytes Ü\" AS TEXT)"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      old.run("INSERT INTO \"MiXed Ä\" (\"Id\", \"Größe\") VALUES (2, '7')");
                      CHECK(fresh.rows("MiXed Ä", {"Bytes Ü"}) == "5; 7");
                  },
              .after = [](New const& fresh) { CHECK(fresh.rows("MiXed Ä", {"Bytes Ü"}) == "5"); }});
    }

    TEST_CASE("case NN1: NULL is the old release's until contract, and the new one reads it clean") {
        play({.before = {people()},
              .rows = three,
              .change = {SetNotNull{.table = "people", .column = "age", .clean = "'0'"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      CHECK(fresh.refuses_insert("people", {{"id", "9"}, {"age", "NULL"}}));
                      CHECK(fresh.refuses_update("people", "age", "NULL", "id = 1"));
                      old.run("INSERT INTO people (id, name, age) VALUES (4, 'old', NULL), (5, 'old', '9')");
                      CHECK(fresh.rows("people", {"age"}, "ORDER BY id") == "'36'; '0'; '20'; '0'; '9'");
                      CHECK(old.rows("SELECT age FROM people WHERE id = 2") == "NULL");
                  },
              .after =
                  [](New const& fresh) {
                      CHECK(fresh.rows("people", {"age"}, "ORDER BY id") == "'36'; '0'; '20'");
                      CHECK(fresh.plain().refuses("INSERT INTO people (id) VALUES (9)"));
                  },
              .back = [](Old const& old) { CHECK(old.rows("SELECT age FROM people WHERE id = 2") == "NULL"); }});
    }

    TEST_CASE("cases NN4, TB17: what one migration makes and changes is only its end") {
        auto const use = [](New const& fresh) {
            CHECK(fresh.refuses_insert("teams", {{"id", "1"}, {"title", "NULL"}}));
            fresh.insert("teams", {{"id", "1"}, {"title", "'red'"}});
        };
        play({.before = {people()},
              .rows = three,
              .change = {teams(), SetNotNull{.table = "teams", .column = "title"}},
              .both = [&](Old const&, New const& fresh) { use(fresh); },
              .after = use,
              .back = [](Old const& old) { CHECK(old.refuses("SELECT 1 FROM teams")); }});
    }

    TEST_CASE("case NN5: a NULL of the new release's is refused until old programs are gone") {
        play({.before = {CreateTable{.table = "goods",
                                     .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                 {.name = "size", .type = text(), .nullable = false}}}},
              .rows = "INSERT INTO goods (id, size) VALUES (1, '5')",
              .change = {DropNotNull{.table = "goods", .column = "size"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      CHECK(old.refuses("INSERT INTO goods (id) VALUES (2)"));
                      CHECK(fresh.refuses_insert("goods", {{"id", "2"}, {"size", "NULL"}}));
                  },
              .after =
                  [](New const& fresh) {
                      fresh.insert("goods", {{"id", "2"}, {"size", "NULL"}});
                  },
              .back = [](Old const& old) { CHECK(old.refuses("INSERT INTO goods (id) VALUES (2)")); }});
    }

    TEST_CASE("cases DF1, DF4: a default is the new release's own, and gone after a rollback") {
        play({.before = {people()},
              .rows = three,
              .change = {SetDefault{.table = "people", .column = "age", .value = "'7'"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      fresh.insert("people", {{"id", "5"}});
                      old.run("INSERT INTO people (id) VALUES (6)");
                      CHECK(fresh.rows("people", {"age"}, "WHERE id > 4 ORDER BY id") == "'7'; NULL");
                      CHECK(old.rows("SELECT age FROM people WHERE id > 4 ORDER BY id") == "'7'; NULL");
                  },
              .after =
                  [](New const& fresh) {
                      fresh.plain().run("INSERT INTO people (id) VALUES (6)");
                      CHECK(fresh.rows("people", {"age"}, "WHERE id = 6") == "'7'");
                  },
              .back =
                  [](Old const& old) {
                      old.run("INSERT INTO people (id) VALUES (6)");
                      CHECK(old.rows("SELECT age FROM people WHERE id = 6") == "NULL");
                  }});
    }

    TEST_CASE("case DF3: a default that goes stays the old release's") {
        play({.before = {CreateTable{.table = "goods",
                                     .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                 {.name = "size", .type = text(), .default_value = "'1'"}}}},
              .rows = "INSERT INTO goods (id) VALUES (1)",
              .change = {DropDefault{.table = "goods", .column = "size"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      fresh.insert("goods", {{"id", "5"}});
                      old.run("INSERT INTO goods (id) VALUES (6)");
                      CHECK(fresh.rows("goods", {"size"}, "WHERE id > 4 ORDER BY id") == "NULL; '1'");
                  },
              .after =
                  [](New const& fresh) {
                      fresh.plain().run("INSERT INTO goods (id) VALUES (6)");
                      CHECK(fresh.rows("goods", {"size"}, "WHERE id = 6") == "NULL");
                  }});
    }

    TEST_CASE(
        "cases CK1, CO2: the new release keeps a check over several columns, the old one may break it, and its rows "
        "are read clean") {
        play({.before = {CreateTable{.table = "spans",
                                     .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                 {.name = "low", .type = integer()},
                                                 {.name = "high", .type = integer()}}}},
              .rows = "INSERT INTO spans VALUES (1, 1, 2), (2, 5, 3)",
              .change = {AddCheck{
                  .table = "spans", .name = "ordered", .condition = "low <= high", .clean = {{"high", "low"}}}},
              .both =
                  [](Old const& old, New const& fresh) {
                      CHECK(fresh.refuses_insert("spans", {{"id", "3"}, {"low", "9"}, {"high", "1"}}));
                      CHECK(fresh.refuses_update("spans", "high", "0", "id = 1"));
                      old.run("INSERT INTO spans VALUES (4, 8, 1)");
                      CHECK(fresh.rows("spans", {"low", "high"}, "ORDER BY id") == "1|2; 5|5; 8|8");
                  },
              .after =
                  [](New const& fresh) {
                      CHECK(fresh.rows("spans", {"low", "high"}, "ORDER BY id") == "1|2; 5|5");
                      CHECK(fresh.plain().refuses("INSERT INTO spans VALUES (3, 9, 1)"));
                  },
              .back = [](Old const& old) { CHECK(old.rows("SELECT high FROM spans WHERE id = 2") == "3"); }});
    }

    TEST_CASE("cases UQ1, CO1: the old release may repeat what is unique for the new one") {
        play({.before = {people()},
              .rows = three,
              .change = {AddUnique{.table = "people",
                                   .name = "one_name",
                                   .columns = {"name", "age"},
                                   .clean = {{"name", "name || '-' || id"}}}},
              .both =
                  [](Old const& old, New const& fresh) {
                      CHECK(fresh.refuses_insert("people", {{"id", "9"}, {"name", "'ada'"}, {"age", "'36'"}}));
                      fresh.insert("people", {{"id", "8"}, {"name", "'ada'"}, {"age", "'37'"}});
                      old.run("INSERT INTO people (id, name, age) VALUES (4, 'ada', '36')");
                      CHECK(fresh.rows("people", {"name"}, "WHERE id IN (1, 4) ORDER BY id") == "'ada'; 'ada-4'");
                  },
              .after =
                  [](New const& fresh) {
                      CHECK(fresh.plain().refuses("INSERT INTO people (id, name, age) VALUES (4, 'ada', '36')"));
                  },
              .back = [](Old const& old) { old.run("INSERT INTO people (id, name, age) VALUES (4, 'ada', '36')"); }});
    }

    TEST_CASE("cases FK1, CO3: the old release may write orphans, which the new one reads clean and cannot write") {
        auto table = members("CASCADE");
        table.foreign_keys.clear();
        play({.before = {teams(), table},
              .rows = "INSERT INTO teams VALUES (1, 'red'); INSERT INTO members VALUES (1, 1), (2, NULL)",
              .change = {AddForeignKey{
                  .table = "members",
                  .key = {.name = "member_team", .columns = {"team"}, .table = "teams", .on_delete = "CASCADE"},
                  .clean = {{"team", "NULL"}}}},
              .both =
                  [](Old const& old, New const& fresh) {
                      CHECK(fresh.refuses_insert("members", {{"id", "3"}, {"team", "9"}}));
                      old.run("INSERT INTO members VALUES (4, 9)");
                      CHECK(fresh.rows("members", {"team"}, "ORDER BY id") == "1; NULL; NULL");
                  },
              .after =
                  [](New const& fresh) {
                      CHECK(fresh.plain().refuses("INSERT INTO members VALUES (4, 9)"));
                      fresh.remove("teams", "id = 1");
                      CHECK(fresh.rows("members", {"id"}) == "2");
                  }});
    }

    TEST_CASE("cases AX1, AX2, AX4: several rules of one column hold together with its new type and name") {
        play({.before = {people()},
              .rows = three,
              .change = {ChangeType{.table = "people",
                                    .from = "age",
                                    .to = "years",
                                    .type = integer(),
                                    .up = "CAST(age AS INTEGER)",
                                    .down = "CAST(years AS TEXT)"},
                         SetNotNull{.table = "people", .column = "years", .clean = "0"},
                         SetDefault{.table = "people", .column = "years", .value = "18"},
                         AddCheck{.table = "people",
                                  .name = "grown",
                                  .condition = "years < 200",
                                  .clean = {{"years", "199"}}}},
              .both =
                  [](Old const& old, New const& fresh) {
                      CHECK(fresh.refuses_insert("people", {{"id", "9"}, {"years", "NULL"}}));
                      CHECK(fresh.refuses_insert("people", {{"id", "9"}, {"years", "200"}}));
                      fresh.insert("people", {{"id", "8"}});
                      old.run(
                          "INSERT INTO people (id, name, age) VALUES (4, 'old', NULL), (5, 'old', '900'), (6, 'old', "
                          "'9')");
                      CHECK(fresh.rows("people", {"years"}, "ORDER BY id") == "36; 0; 20; 0; 199; 9; 18");
                  },
              .after =
                  [](New const& fresh) {
                      CHECK(fresh.rows("people", {"years"}, "ORDER BY id") == "36; 0; 20");
                      CHECK(fresh.plain().refuses("INSERT INTO people (id, years) VALUES (9, NULL)"));
                      CHECK(fresh.plain().refuses("INSERT INTO people (id, years) VALUES (9, 200)"));
                  }});
    }

    TEST_CASE("cases CO9, CO10, CO12: what is dropped holds for the old release until contract, and only that goes") {
        play({.before = {CreateTable{
                             .table = "spans",
                             .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                         {.name = "low", .type = integer(), .nullable = false, .default_value = "1"},
                                         {.name = "high", .type = integer()}},
                             .checks = {{.name = "ordered", .condition = "low <= high"},
                                        {.name = "positive", .condition = "low > 0"}}},
                         CreateIndex{.name = "one_high", .table = "spans", .columns = {"high"}, .unique = true}},
              .rows = "INSERT INTO spans VALUES (1, 1, 2)",
              .change = {DropCheck{.table = "spans", .name = "ordered"},
                         DropUnique{.table = "spans", .columns = {"high"}}},
              .both =
                  [](Old const& old, New const& fresh) {
                      CHECK(old.refuses("INSERT INTO spans VALUES (2, 9, 8)"));
                      CHECK(old.refuses("INSERT INTO spans VALUES (2, 1, 2)"));
                      CHECK(fresh.refuses_insert("spans", {{"id", "2"}, {"low", "9"}, {"high", "8"}}));
                  },
              .after =
                  [](New const& fresh) {
                      fresh.insert("spans", {{"id", "2"}, {"low", "9"}, {"high", "2"}});
                      CHECK(fresh.refuses_insert("spans", {{"id", "3"}, {"low", "0"}, {"high", "8"}}));
                      fresh.insert("spans", {{"id", "4"}, {"high", "3"}});
                      CHECK(fresh.rows("spans", {"low"}, "WHERE id = 4") == "1");
                  }});
    }

    TEST_CASE(
        "cases CO4, AT7: another primary key is kept by the new release at once, and by the table after contract") {
        play({.before = {CreateTable{.table = "seats",
                                     .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                 {.name = "row", .type = integer(), .nullable = false},
                                                 {.name = "seat", .type = integer(), .nullable = false}}}},
              .rows = "INSERT INTO seats VALUES (1, 1, 1), (2, 1, 2)",
              .change = {ChangePrimaryKey{.table = "seats", .name = "seats_key", .columns = {"row", "seat"}}},
              .both =
                  [](Old const& old, New const& fresh) {
                      CHECK(fresh.refuses_insert("seats", {{"id", "3"}, {"row", "1"}, {"seat", "2"}}));
                      fresh.insert("seats", {{"id", "3"}, {"row", "2"}, {"seat", "2"}});
                      CHECK(old.rows("SELECT count(*) FROM seats") == "3");
                  },
              .after = [](New const& fresh) { CHECK(fresh.plain().refuses("INSERT INTO seats VALUES (9, 1, 2)")); }});
    }

    TEST_CASE("cases IX1, IX3, IX4: indexes of every kind come at expand, and go at contract") {
        play(
            {.before = {people(), CreateIndex{.name = "by_age", .table = "people", .columns = {"age"}}},
             .rows = three,
             .change = {CreateIndex{.name = "By Name",
                                    .table = "people",
                                    .columns = {IndexPart{"name", true, Order::descending}, "age"}},
                        CreateIndex{.name = "named",
                                    .table = "people",
                                    .columns = {"name"},
                                    .unique = true,
                                    .where = "name IS NOT NULL"},
                        DropIndex{.name = "by_age"}},
             .both = [](Old const& old,
                        New const&) { CHECK(old.database().indexes("people") == "By Name; by_age; named unique"); },
             .after =
                 [](New const& fresh) { CHECK(fresh.plain().database().indexes("people") == "By Name; named unique"); },
             .back = [](Old const& old) { CHECK(old.database().indexes("people") == "by_age"); }});
        auto const taken =
            refusal_of({people(), teams(), CreateIndex{.name = "one", .table = "teams", .columns = {"title"}}},
                       {CreateIndex{.name = "ONE", .table = "people", .columns = {"name"}}});
        CHECK(has(taken, "there is an index \"ONE\" already"));
        CHECK(has(refusal_of({people()}, {DropIndex{.name = "nothing"}}), "nothing"));
    }

    TEST_CASE("cases RW1, RW2, RW4: SQL of one's own runs in its phase, and later operations build on it") {
        play({.before = {people()},
              .rows = three,
              .change = {RawSql{.expand = "CREATE TABLE raw (id INTEGER PRIMARY KEY)",
                                .contract = "CREATE TABLE late (id INTEGER PRIMARY KEY)",
                                .undo = "DROP TABLE raw"},
                         AddColumn{.table = "raw", .column = {.name = "note", .type = text()}}},
              .both =
                  [](Old const& old, New const& fresh) {
                      fresh.insert("raw", {{"id", "1"}, {"note", "'n'"}});
                      CHECK(old.refuses("SELECT 1 FROM late"));
                  },
              .after = [](New const& fresh) { CHECK(fresh.plain().rows("SELECT count(*) FROM late") == "0"); },
              .back = [](Old const& old) { CHECK(old.refuses("SELECT 1 FROM raw")); },
              .refused_on_postgresql = "what RawSql makes is known from the next migration on"});
    }

    TEST_CASE("case LC18: a later operation sees what the earlier ones of its migration did") {
        AddColumn const add{.table = "people", .column = {.name = "note", .type = text()}};
        CHECK(has(refusal_of({people()}, {add, add}), "note"));
        DropColumn const drop{.table = "people", .column = "age"};
        CHECK(has(refusal_of({people()}, {drop, drop}), "age"));
        CHECK(
            has(refusal_of({people()}, {drop, RenameColumn{.table = "people", .from = "age", .to = "years"}}), "age"));
        CHECK(
            has(refusal_of({people(), teams()}, {DropTable{.table = "teams"}, DropTable{.table = "teams"}}), "teams"));
    }

    TEST_CASE("case TB17: a table that is made and dropped in one migration leaves nothing") {
        play({
            .before = {people()},
            .rows = three,
            .change = {teams(), RenameTable{.from = "teams", .to = "groups"}, DropTable{.table = "groups"}},
            .both =
                [](Old const& old, New const& fresh) {
                    CHECK_FALSE(fresh.knows("teams", "title"));
                    CHECK_FALSE(fresh.knows("groups", "title"));
                    old.run("INSERT INTO people (id) VALUES (4)");
                },
            .after =
                [](New const& fresh) {
                    CHECK(fresh.plain().database().tables() == std::vector<std::string>{"people"});
                },
        });
    }

    TEST_CASE(
        "case TB18: a table that is dropped and made again in one migration is refused, since both releases would mean "
        "it by one name") {
        auto const words = refusal_of({people(), teams()},
                                      {DropTable{.table = "teams"},
                                       CreateTable{.table = "teams", .columns = {{.name = "name", .type = text()}}}});
        CHECK(has(words, "teams"));
    }

    TEST_CASE("case RC5: a column that is renamed and dropped in one migration is the old release's until contract") {
        play({.before = {people()},
              .rows = three,
              .change = {RenameColumn{.table = "people", .from = "age", .to = "years"},
                         DropColumn{.table = "people", .column = "years"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      CHECK_FALSE(fresh.knows("people", "age"));
                      CHECK_FALSE(fresh.knows("people", "years"));
                      old.run("INSERT INTO people (id, name, age) VALUES (4, 'old', '40')");
                      CHECK(old.rows("SELECT age FROM people WHERE id = 4") == "'40'");
                  },
              .after =
                  [](New const& fresh) {
                      CHECK(fresh.plain().refuses("SELECT age FROM people"));
                      CHECK(fresh.plain().refuses("SELECT years FROM people"));
                  },
              .back = [](Old const& old) { old.run("INSERT INTO people (id, name, age) VALUES (4, 'old', '40')"); }});
    }

    TEST_CASE("case DC4: a column that is added and dropped in one migration is never seen") {
        play({.before = {people()},
              .rows = three,
              .change = {AddColumn{.table = "people", .column = {.name = "note", .type = text()}},
                         DropColumn{.table = "people", .column = "note"}},
              .both = [](Old const&, New const& fresh) { CHECK_FALSE(fresh.knows("people", "note")); },
              .after = [](New const& fresh) { CHECK(fresh.plain().refuses("SELECT note FROM people")); }});
    }

    TEST_CASE("case AC8: an expression may stand in parentheses, and a query in them") {
        for (std::string const up : {"CAST(age AS INTEGER)", "(CAST(age AS INTEGER))"}) {
            CAPTURE(up);
            play({.before = {people()},
                  .rows = three,
                  .change = {ChangeType{.table = "people",
                                        .from = "age",
                                        .to = "years",
                                        .type = integer(),
                                        .up = up,
                                        .down = "CAST(years AS TEXT)"}},
                  .both =
                      [](Old const&, New const& fresh) {
                          CHECK(fresh.rows("people", {"years"}, "ORDER BY id") == "36; NULL; 20");
                      },
                  .after =
                      [](New const& fresh) {
                          CHECK(fresh.rows("people", {"years"}, "ORDER BY id") == "36; NULL; 20");
                      }});
        }
        ChangeType const query{.table = "people",
                               .from = "age",
                               .to = "years",
                               .type = integer(),
                               .up = "SELECT CAST(age AS INTEGER)",
                               .down = "CAST(years AS TEXT)"};
        // PostgreSQL takes a query that stands in parentheses for a value, and evolver puts them there.
        CHECK(has(refusal_of({people()}, {query}), "up") == (Database::engine() == Engine::sqlite));
    }

    TEST_CASE(
        "cases AT7, AT8: a key column's type is not changed beside old programs, and the refusal says what to do") {
        CreateTable const table{.table = "pairs",
                                .columns = {{.name = "a", .type = integer(), .nullable = false},
                                            {.name = "b", .type = integer(), .nullable = false}},
                                .primary_key = {"a", "b"}};
        auto const change = [](char const* name) {
            return ChangeType{.table = name,
                              .from = std::string{name} == "pairs" ? "a" : "id",
                              .to = "big",
                              .type = text(),
                              .up = "CAST(id AS TEXT)",
                              .down = "CAST(big AS INTEGER)"};
        };
        CHECK(has(refusal_of({people()}, {change("people")}), "key"));
        CHECK(has(refusal_of({table}, {change("pairs")}), "key"));
    }

    TEST_CASE(
        "cases AX3, FK3, NN3: a foreign key and NOT NULL of one column hold together, and keep what else there is") {
        CreateTable const table{.table = "members",
                                .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                            {.name = "team", .type = integer(), .default_value = "1"},
                                            {.name = "nick", .type = text(), .nullable = false}},
                                .unique_keys = {{.columns = {"nick"}}},
                                .checks = {{.name = "short", .condition = "length(nick) < 9"}}};
        play({.before = {teams(), table},
              .rows = "INSERT INTO teams VALUES (1, 'red'); INSERT INTO members VALUES (1, 1, 'a'), (2, NULL, 'b')",
              .change = {SetNotNull{.table = "members", .column = "team", .clean = "1"},
                         AddForeignKey{.table = "members",
                                       .key = {.name = "member_team", .columns = {"team"}, .table = "teams"},
                                       .clean = {{"team", "1"}}}},
              .both =
                  [](Old const& old, New const& fresh) {
                      CHECK(fresh.refuses_insert("members", {{"id", "3"}, {"team", "NULL"}, {"nick", "'c'"}}));
                      CHECK(fresh.refuses_insert("members", {{"id", "3"}, {"team", "9"}, {"nick", "'c'"}}));
                      old.run("INSERT INTO members VALUES (4, NULL, 'd'), (5, 9, 'e')");
                      CHECK(fresh.rows("members", {"team"}, "ORDER BY id") == "1; 1; 1; 1");
                  },
              .after =
                  [](New const& fresh) {
                      auto const& plain = fresh.plain();
                      CHECK(plain.refuses("INSERT INTO members VALUES (4, NULL, 'd')"));
                      CHECK(plain.refuses("INSERT INTO members VALUES (4, 9, 'd')"));
                      CHECK(plain.refuses("INSERT INTO members VALUES (4, 1, 'a')"));
                      CHECK(plain.refuses("INSERT INTO members VALUES (4, 1, '123456789')"));
                      plain.run("INSERT INTO members (id, nick) VALUES (4, 'd')");
                      CHECK(fresh.rows("members", {"team"}, "WHERE id = 4") == "1");
                  }});
    }

    TEST_CASE("case DF2: a default of a changed column lands in the old one by `down`") {
        play({.before = {people()},
              .rows = three,
              .change = {ChangeType{.table = "people",
                                    .from = "age",
                                    .to = "years",
                                    .type = integer(),
                                    .up = "CAST(age AS INTEGER)",
                                    .down = "CAST(years AS TEXT)"},
                         SetDefault{.table = "people", .column = "years", .value = "18"}},
              .both =
                  [](Old const& old, New const& fresh) {
                      fresh.insert("people", {{"id", "5"}});
                      old.run("INSERT INTO people (id) VALUES (6)");
                      CHECK(fresh.rows("people", {"years"}, "WHERE id > 4 ORDER BY id") == "18; NULL");
                      CHECK(old.rows("SELECT age FROM people WHERE id > 4 ORDER BY id") == "'18'; NULL");
                  },
              .after =
                  [](New const& fresh) {
                      fresh.plain().run("INSERT INTO people (id) VALUES (6)");
                      CHECK(fresh.rows("people", {"years"}, "WHERE id = 6") == "18");
                  }});
    }

    TEST_CASE("cases CO5, CO6: a unique rule over a numbered key and another unique column holds beside theirs") {
        play({.before = {CreateTable{.table = "people",
                                     .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                 {.name = "name", .type = text()},
                                                 {.name = "age", .type = text()}},
                                     .unique_keys = {{.columns = {"name"}}},
                                     .autoincrement = true}},
              .rows = three,
              .change = {AddUnique{.table = "people", .name = "both", .columns = {"name", "age"}}},
              .both =
                  [](Old const& old, New const& fresh) {
                      CHECK(fresh.refuses_insert("people", {{"name", "'ada'"}, {"age", "'1'"}}));
                      fresh.insert("people", {{"name", "'zoe'"}, {"age", "'1'"}});
                      old.run("INSERT INTO people (name) VALUES ('old')");
                      CHECK(old.rows("SELECT count(*) FROM people WHERE id > 3") == "2");
                  },
              .after =
                  [](New const& fresh) {
                      fresh.insert("people", {{"name", "'zoe'"}, {"age", "'1'"}});
                      CHECK(fresh.plain().refuses("INSERT INTO people (name, age) VALUES ('zoe', '2')"));
                  },
              .numbered = "people"});
    }

    TEST_CASE("cases FK5, IX2: a foreign key and an index follow what is renamed in the same migration") {
        auto table = members("NO ACTION");
        table.foreign_keys.clear();
        play({
            .before = {teams(), table},
            .rows = "INSERT INTO teams VALUES (1, 'red'); INSERT INTO members VALUES (1, 1)",
            .change = {RenameTable{.from = "teams", .to = "groups"},
                       RenameColumn{.table = "groups", .from = "id", .to = "number"},
                       RenameColumn{.table = "members", .from = "team", .to = "group_id"},
                       AddForeignKey{.table = "members",
                                     .key = {.name = "member_group", .columns = {"group_id"}, .table = "groups"},
                                     .clean = {{"group_id", "NULL"}}},
                       CreateIndex{.name = "by_group", .table = "members", .columns = {"group_id"}}},
            .both =
                [](Old const& old, New const& fresh) {
                    fresh.insert("members", {{"id", "2"}, {"group_id", "1"}});
                    CHECK(fresh.refuses_insert("members", {{"id", "3"}, {"group_id", "9"}}));
                    old.run("INSERT INTO members VALUES (4, 1)");
                    CHECK(old.database().indexes("members") == "by_group");
                },
            .after =
                [](New const& fresh) {
                    CHECK(fresh.plain().refuses("INSERT INTO members VALUES (4, 9)"));
                    CHECK(fresh.plain().database().indexes("members") == "by_group");
                },
        });
    }

    TEST_CASE("case RS4: indexes of a changed column keep their names and kinds, and the old ones come back") {
        play({.before = {people(), CreateIndex{.name = "plain", .table = "people", .columns = {"age"}},
                         CreateIndex{.name = "single", .table = "people", .columns = {"age", "name"}, .unique = true}},
              .rows = three,
              .change = {ChangeType{.table = "people",
                                    .from = "age",
                                    .to = "years",
                                    .type = integer(),
                                    .up = "CAST(age AS INTEGER)",
                                    .down = "CAST(years AS TEXT)"}},
              .both =
                  [](Old const&, New const& fresh) {
                      fresh.insert("people", {{"id", "5"}, {"years", "1"}});
                  },
              .after =
                  [](New const& fresh) { CHECK(fresh.plain().database().indexes("people") == "plain; single unique"); },
              .back = [](Old const& old) { CHECK(old.database().indexes("people") == "plain; single unique"); },
              .refused_on_postgresql = "the column has the unique index"});
    }

    TEST_CASE("case LC10: over tables that the plan did not make, rules of a table that is renamed are no drift") {
        std::vector<Operation> const changes{AddCheck{.table = "persons", .name = "grown", .condition = "id > 0"},
                                             DropForeignKey{.table = "persons", .columns = {"team"}},
                                             DropTable{.table = "persons"}};
        for (auto const& change : changes) {
            Database const database;
            Asked release{database};
            release.run("CREATE TABLE teams (id INTEGER PRIMARY KEY)");
            release.run("CREATE TABLE people (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams)");
            Plan const plan{"cases",
                            {Migration{.id = "0001-here",
                                       .release = "1.0",
                                       .operations = {RawSql{.expand = "SELECT 1", .undo = "SELECT 1"}}},
                             Migration{.id = "0002-change",
                                       .release = "2.0",
                                       .operations = {RenameTable{.from = "people", .to = "persons"}, change}}}};
            Evolver evolver{release.db, plan, {.release = "2.0"}};
            evolver.expand();
            evolver.rollback({.migration = "0002-change"});
            evolver.expand();
            evolver.backfill(Speed::full);
            end_release_one(evolver);
            bool const dropped = std::holds_alternative<DropTable>(change);
            auto const tables = database.tables();
            CHECK((std::ranges::find(tables, "persons") == tables.end()) == dropped);
            CHECK(std::ranges::find(tables, "people") == tables.end());
        }
    }
}
