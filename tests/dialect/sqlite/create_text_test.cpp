#include "dialect/sqlite/create_text.hpp"

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/parsed_table.hpp"

#include "evolver/schema/diff.hpp"
#include "evolver/schema/tokens.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <array>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

using namespace evolver;
using evolver::sqlite::Connection;
using evolver::sqlite::narrowed_trigger;
using evolver::sqlite::parse_table;
using evolver::sqlite::widened_trigger;
using evolver::sqlite::with_check;
using evolver::sqlite::with_default;
using evolver::sqlite::with_foreign_key;
using evolver::sqlite::with_not_null;
using evolver::sqlite::without_check;
using evolver::sqlite::without_default;
using evolver::sqlite::without_foreign_key;
using evolver::sqlite::without_not_null;

namespace {

/// The schema that SQLite makes of one CREATE TABLE text, by evolver's inspection.
Schema schema_of(std::string const& create_table) {
    auto const connection = Connection::in_memory();
    connection.run(create_table);
    return sqlite::inspect(connection);
}

/// What the edit changed, by name of the object; each edit must change one column's meaning and nothing else.
std::vector<std::string> changed(std::string const& before, std::string const& after) {
    std::vector<std::string> objects;
    for (auto const& difference : diff(schema_of(before), schema_of(after), Engine::sqlite))
        objects.push_back(difference.object);
    return objects;
}

using Words = std::vector<std::string>;

std::string one_of(std::mt19937& random, Words const& choices) {
    return choices[std::uniform_int_distribution<std::size_t>{0, choices.size() - 1}(random)];
}

/// A column definition in SQLite's grammar, with comments, quotes and constraints in any order.
std::string random_column(std::mt19937& random, std::string const& name) {
    std::string text = name + one_of(random, {"", " TEXT", "\"TEXT\"", " VARCHAR ( 40 )", " [not] `null`", "'int'"});
    for (auto count = random() % 5; count > 0; --count) {
        text += one_of(random, {" ", "\n\t", "/* NOT NULL */", " -- NOT NULL,\n", "/**/"});
        text += one_of(random, {"", "", "CONSTRAINT x ", "CONSTRAINT\"not null\"", "CONSTRAINT[)]CONSTRAINT'y' "});
        text += one_of(
            random, {"NOT NULL", "NOT/* ( */NULL ON CONFLICT ABORT", "not\nnull", "UNIQUE", "UNIQUE ON CONFLICT IGNORE",
                     "CHECK(1 NOT NULL)", "CHECK ((',') <> ')')", "DEFAULT 'NOT NULL'", "DEFAULT(NULL)",
                     "DEFAULT -1.5e3", "DEFAULT word", "DEFAULT CURRENT_DATE", "COLLATE nocase", "COLLATE\"binary\"",
                     "REFERENCES t", "REFERENCES\"t\"(a)ON DELETE SET NULL ON UPDATE NO ACTION MATCH full",
                     "REFERENCES t NOT DEFERRABLE INITIALLY IMMEDIATE", "REFERENCES t DEFERRABLE INITIALLY DEFERRED"});
    }
    return text;
}

std::string random_table(std::mt19937& random) {
    std::string text = "CREATE TABLE" + one_of(random, {" t", "\"t\"", " main.[t]", " IF NOT EXISTS 't'"}) + "(";
    for (std::string const name : {"a", "\"b c\"", "[d,e]", "größe"}) text += random_column(random, name) + ", ";
    text += "z" + one_of(random, {"", ", UNIQUE (a)", ",CONSTRAINT q CHECK(a NOT NULL)UNIQUE(a)",
                                  ", FOREIGN KEY (a) REFERENCES t"});
    return text + ")";
}

std::vector<Name> const a_and_b{"a", "say \"hi\""};

/// Is the trigger narrowed to that list, with nothing else changed, and can it be widened again?
void check_narrowed(std::string const& before, std::string const& marker, std::vector<Name> const& columns,
                    std::string const& list) {
    CAPTURE(before);
    auto const at = before.find(marker) + marker.size();
    REQUIRE(at > marker.size());
    auto const after = narrowed_trigger(before, columns);
    // The list comes with comments, by which it is found again.
    CHECK(normalised(after) == normalised(before.substr(0, at) + " OF " + list + " " + before.substr(at)));
    CHECK(after.ends_with(before.substr(at)));
    CHECK(widened_trigger(after) == before);
    CHECK(narrowed_trigger(after, columns) == after);
}

}  // namespace

TEST_SUITE("sqlite/create_text") {
    TEST_CASE("NOT NULL is put behind the type, before other constraints") {
        CHECK(with_not_null("CREATE TABLE t (a TEXT, b)", "a") == "CREATE TABLE t (a TEXT NOT NULL, b)");
        CHECK(with_not_null("CREATE TABLE t (a TEXT, b)", "B") == "CREATE TABLE t (a TEXT, b NOT NULL)");
        CHECK(with_not_null("CREATE TABLE t (a VARCHAR(4)DEFAULT 'x')", "a") ==
              "CREATE TABLE t (a VARCHAR(4) NOT NULL DEFAULT 'x')");
        CHECK(with_not_null("CREATE TABLE t (a TEXT -- a note\n, b)", "a") ==
              "CREATE TABLE t (a TEXT NOT NULL -- a note\n, b)");
    }

    TEST_CASE("a column that is NOT NULL already is left alone") {
        for (std::string const text :
             {"CREATE TABLE t (a TEXT NOT NULL)", "CREATE TABLE t (a CONSTRAINT n NOT/**/NULL ON CONFLICT FAIL)"}) {
            CHECK(with_not_null(text, "a") == text);
        }
    }

    TEST_CASE("a bare NULL gives way to NOT NULL") {
        CHECK(with_not_null("CREATE TABLE t (a TEXT NULL DEFAULT NULL)", "a") ==
              "CREATE TABLE t (a TEXT NOT NULL DEFAULT NULL)");
    }

    TEST_CASE("NOT NULL goes with its name and its conflict clause") {
        CHECK(without_not_null("CREATE TABLE t (a TEXT NOT NULL, b NOT NULL)", "a") ==
              "CREATE TABLE t (a TEXT, b NOT NULL)");
        CHECK(without_not_null("CREATE TABLE t (a TEXT CONSTRAINT \"not\" NOT NULL UNIQUE)", "a") ==
              "CREATE TABLE t (a TEXT UNIQUE)");
        CHECK(without_not_null("CREATE TABLE t (a TEXT NOT NULL ON CONFLICT IGNORE UNIQUE)", "a") ==
              "CREATE TABLE t (a TEXT UNIQUE)");
        CHECK(without_not_null("CREATE TABLE t (a NOT NULL CHECK (a NOT NULL) NOT NULL)", "a") ==
              "CREATE TABLE t (a CHECK (a NOT NULL))");
        CHECK(without_not_null("CREATE TABLE t (a INT not /* really */ null)", "A") == "CREATE TABLE t (a INT)");
    }

    TEST_CASE("words in checks, defaults, comments and names are no NOT NULL") {
        for (std::string const text :
             {"CREATE TABLE t (a TEXT CHECK (a IS NOT NULL))", "CREATE TABLE t (a TEXT DEFAULT 'NOT NULL')",
              "CREATE TABLE t (a TEXT /* NOT NULL */)", "CREATE TABLE t (a \"NOT\" \"NULL\")",
              "CREATE TABLE t (a TEXT, CHECK (a NOT NULL))", "CREATE TABLE t (a REFERENCES t NOT DEFERRABLE)",
              "CREATE TABLE t (a TEXT, b NOT NULL)"}) {
            CAPTURE(text);
            CHECK(without_not_null(text, "a") == text);
        }
    }

    TEST_CASE("tokens that stood close together do not become one") {
        CHECK(changed("CREATE TABLE t (\"a\"TEXT DEFAULT'x')",
                      with_not_null("CREATE TABLE t (\"a\"TEXT DEFAULT'x')", "a")) == Words{"column t.a"});
        CHECK(changed("CREATE TABLE t (a NOT NULL/**/UNIQUE)",
                      without_not_null("CREATE TABLE t (a NOT NULL/**/UNIQUE)", "a")) == Words{"column t.a"});
        CHECK(with_default("CREATE TABLE t (a DEFAULT 'x'UNIQUE)", "a", "0") == "CREATE TABLE t (a DEFAULT 0 UNIQUE)");
    }

    TEST_CASE("a comment's line end stays when what follows it goes") {
        std::string const text = "CREATE TABLE t (a TEXT -- a note\n  NOT NULL, b TEXT)";
        CHECK(changed(text, without_not_null(text, "a")) == Words{"column t.a"});
    }

    TEST_CASE("any quoting of a column's name is understood") {
        std::string const text =
            "CREATE TABLE \"(\" (\"a,b\" TEXT, [c)d] TEXT, `e``f` TEXT, 'g' TEXT, Größe TEXT, \"not\" TEXT)";
        for (std::string const name : {"a,b", "c)d", "e`f", "g", "Größe", "not"}) {
            CAPTURE(name);
            auto const tightened = with_not_null(text, name);
            CHECK(changed(text, tightened) == Words{"column (." + name});
            CHECK(without_not_null(tightened, name) == text);
        }
    }

    TEST_CASE("a default is put in, or in place of the one before") {
        CHECK(with_default("CREATE TABLE t (a TEXT)", "a", "'x'") == "CREATE TABLE t (a TEXT DEFAULT 'x')");
        CHECK(with_default("CREATE TABLE t (a INT DEFAULT 1 NOT NULL)", "a", "-2") ==
              "CREATE TABLE t (a INT DEFAULT -2 NOT NULL)");
        CHECK(with_default("CREATE TABLE t (a INT DEFAULT (1 + 2))", "a", "3 + 4") ==
              "CREATE TABLE t (a INT DEFAULT (3 + 4))");
        CHECK(with_default("CREATE TABLE t (a CONSTRAINT d DEFAULT -1.5)", "a", "0") == "CREATE TABLE t (a DEFAULT 0)");
    }

    TEST_CASE("SQLite takes the default that was put in for what it says") {
        for (std::string const value : {"0", "-1", "'it''s'", "x'00'", "NULL", "CURRENT_TIMESTAMP", "1 + 2",
                                        "(1) + (2)", "abs(-3)", "1 -- one", "1 + 2 -- three", "true"}) {
            CAPTURE(value);
            auto const connection = Connection::in_memory();
            connection.run(with_default("CREATE TABLE t (id, a TEXT DEFAULT 'old')", "a", value));
            connection.run("INSERT INTO t (id) VALUES (1)");
            // A blob stays one in a TEXT column; other values become text.
            CHECK(connection.integer("SELECT a IN ((" + value + "\n), CAST((" + value +
                                     "\n) AS TEXT)) OR (a IS NULL AND (" + value + "\n) IS NULL) FROM t") == 1);
        }
    }

    TEST_CASE("an empty default is refused") {
        CHECK_THROWS_AS(static_cast<void>(with_default("CREATE TABLE t (a)", "a", " ")), Error);
    }

    TEST_CASE("a column that is not there is refused by name") {
        try {
            static_cast<void>(with_not_null("CREATE TABLE t (a TEXT, CHECK (b > 0))", "b"));
            FAIL("there is no such column");
        } catch (Error const& error) {
            CHECK(error.object() == "column b");
            CHECK(error.sql().find("CREATE TABLE t") != std::string::npos);
        }
    }

    TEST_CASE("a text that cannot be understood is refused, never half edited") {
        for (std::string const text :
             {"", "CREATE VIEW t AS SELECT a", "CREATE TABLE t AS SELECT 1 AS a", "CREATE TABLE t (a TEXT",
              "CREATE TABLE t ()", "CREATE TABLE t (a TEXT DEFAULT 'x)", "CREATE TABLE t (a TEXT /* )",
              "CREATE TABLE t (a TEXT NOT)", "CREATE TABLE t (a TEXT CHECK a > 0)", "CREATE TABLE t (a TEXT,)",
              "CREATE TABLE t (a TEXT DEFAULT)", "CREATE VIRTUAL TABLE t USING fts5(a)",
              "CREATE TABLE t (a TEXT UNIQUE UNIQUE 7)"}) {
            CAPTURE(text);
            CHECK_THROWS_AS(static_cast<void>(with_not_null(text, "a")), Error);
            CHECK_THROWS_AS(static_cast<void>(without_not_null(text, "a")), Error);
        }
    }

    TEST_CASE("whatever a definition is made of, only the one column's NOT NULL changes") {
        std::mt19937 random{20261120};
        for (int round = 0; round < 80; ++round) {
            auto const text = random_table(random);
            CAPTURE(text);
            auto const schema = schema_of(text);
            for (auto const& column : schema.tables.front().columns) {
                CAPTURE(column.name.text());
                auto const loosened = without_not_null(text, column.name);
                auto const tightened = with_not_null(text, column.name);
                REQUIRE(changed(text, loosened).size() == (column.nullable ? 0U : 1U));
                REQUIRE(changed(text, tightened).size() == (column.nullable ? 1U : 0U));
                REQUIRE(schema_of(loosened).tables.front().find(column.name)->nullable);
                REQUIRE_FALSE(schema_of(tightened).tables.front().find(column.name)->nullable);
            }
        }
    }

    TEST_CASE("in real schemas every column can be tightened and loosened, and nothing else changes") {
        for (std::string const path : {"chinook/Chinook_Sqlite.sqlite", "northwind/northwind.sqlite3.db"}) {
            std::string const file = std::string{EVOLVER_SOURCE_DIR} + "/../shared/data/" + path;
            if (!std::filesystem::exists(file)) {
                MESSAGE("skipped: there is no " << file);
                continue;
            }
            auto const connection = Connection::open(file, SQLITE_OPEN_READONLY);
            auto const schema = sqlite::inspect(connection);
            for (auto const& table : schema.tables) {
                std::array<sqlite::Value, 1> const binds{table.name.text()};
                auto const text = connection.text("SELECT sql FROM sqlite_schema WHERE name = ?1", binds);
                for (auto const& column : table.columns) {
                    CAPTURE(column.name.text());
                    auto const edited =
                        column.nullable ? with_not_null(text, column.name) : without_not_null(text, column.name);
                    CHECK(edited != text);
                    // A rowid key is never NULL, whatever it says.
                    if (is_rowid_key(table, column))
                        CHECK(changed(text, edited).empty());
                    else
                        CHECK(changed(text, edited) == Words{"column " + table.name.text() + "." + column.name.text()});
                }
            }
        }
    }
}

TEST_SUITE("sqlite/narrowed_trigger") {
    TEST_CASE("an UPDATE trigger without a list gets one, whatever its timing") {
        for (std::string const timing : {"", "BEFORE ", "AFTER ", "INSTEAD OF ", "after /* all */ "}) {
            check_narrowed("CREATE TRIGGER x " + timing + "UPDATE ON t BEGIN SELECT 1; END", "UPDATE", a_and_b,
                           "\"a\", \"say \"\"hi\"\"\"");
        }
    }

    TEST_CASE("triggers of INSERT and DELETE, and those that have a list, stay as they are") {
        for (std::string const text : {"CREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET a = 1; END",
                                       "CREATE TRIGGER x DELETE ON t BEGIN UPDATE t SET a = 1; END",
                                       "CREATE TRIGGER x AFTER UPDATE OF a ON t BEGIN SELECT 1; END",
                                       "CREATE TRIGGER x UPDATE/**/of a ON t BEGIN SELECT 1; END"}) {
            CAPTURE(text);
            CHECK(narrowed_trigger(text, a_and_b) == text);
            CHECK(widened_trigger(text) == text);
        }
    }

    TEST_CASE("a trigger named like a keyword, in any quoting, is not mistaken") {
        for (std::string const name :
             {"\"update\"", "[update on]", "`insert`", "'update'", "before", "\"x\"\"y\"", "main.x"}) {
            std::string const text = "CREATE TRIGGER " + name + " UPDATE ON t BEGIN SELECT 1; END";
            check_narrowed(text, " UPDATE", {"a"}, "a");
            if (name == "main.x") continue;
            auto const connection = Connection::in_memory();
            connection.run("CREATE TABLE t (a, b);" + text);
            connection.run("DROP TRIGGER " + name + ";" + narrowed_trigger(text, {"a"}));
        }
    }

    TEST_CASE("TEMP, IF NOT EXISTS and comments are no obstacle") {
        check_narrowed("create temp trigger if not exists x/*UPDATE ON*/after--\nupdate\non t begin select 1; end",
                       "update", {"a"}, "a");
        check_narrowed("CREATE TEMPORARY TRIGGER x UPDATE ON t BEGIN SELECT 1; END", "UPDATE", {"a"}, "a");
    }

    TEST_CASE("a narrowed trigger fires for its columns only") {
        auto const connection = Connection::in_memory();
        connection.run(
            "CREATE TABLE t (a, b); CREATE TABLE fired (n); INSERT INTO t VALUES (1, 1);" +
            narrowed_trigger("CREATE TRIGGER x AFTER UPDATE ON t BEGIN INSERT INTO fired VALUES (1); END", {"a"}));
        connection.run("UPDATE t SET b = 2");
        CHECK(connection.integer("SELECT count(*) FROM fired") == 0);
        connection.run("UPDATE t SET a = 2");
        CHECK(connection.integer("SELECT count(*) FROM fired") == 1);
    }

    TEST_CASE("a narrowed trigger can be widened after a column in its list was renamed") {
        auto const connection = Connection::in_memory();
        std::string const before = "CREATE TRIGGER x AFTER UPDATE ON t BEGIN SELECT 1; END";
        connection.run("CREATE TABLE t (a, b);" + narrowed_trigger(before, {"a", "b"}));
        connection.run("ALTER TABLE t RENAME COLUMN a TO \"the a\"");
        auto const after = connection.text("SELECT sql FROM sqlite_schema WHERE name = 'x'");
        CHECK(after.find("the a") != std::string::npos);
        CHECK(widened_trigger(after) == before);
    }

    TEST_CASE("what is no trigger, and a list of no columns, are refused") {
        CHECK_THROWS_AS(static_cast<void>(narrowed_trigger("CREATE TABLE t (a)", {"a"})), Error);
        CHECK_THROWS_AS(static_cast<void>(narrowed_trigger("CREATE TRIGGER x AFTER UPDATE", {"a"})), Error);
        CHECK_THROWS_AS(static_cast<void>(narrowed_trigger("CREATE TRIGGER x UPDATE ON t BEGIN SELECT 'a; END", {"a"})),
                        Error);
        CHECK_THROWS_AS(static_cast<void>(narrowed_trigger("CREATE TRIGGER x UPDATE ON t BEGIN SELECT 1; END", {})),
                        Error);
    }

    TEST_CASE("a check and a foreign key that are added and taken away leave the text as it was") {
        ForeignKey const key{.name = "up", .columns = {"a b"}, .table = "t", .referenced = {"id"}};
        Check const check{.name = "it's", .condition = "\"a b\" <> ')' -- end"};
        for (std::string const text :
             {"CREATE TABLE t (id INTEGER PRIMARY KEY, \"a b\" INT)",
              "CREATE TABLE t (id INTEGER PRIMARY KEY, [a b] -- last\n)",
              "CREATE TABLE t (id INTEGER PRIMARY KEY, 'a b' CHECK (1) CHECK (id > 0), CHECK (2) CHECK (3)) STRICT, "
              "WITHOUT ROWID",
              "CREATE TABLE t(id PRIMARY KEY,`a b`,CONSTRAINT x UNIQUE(`a b`)/* ) */)WITHOUT ROWID"}) {
            CAPTURE(text);
            auto const checked = with_check(text, check);
            CHECK(parse_table(checked).constraints.size() == parse_table(text).constraints.size() + 1);
            CHECK(normalised(without_check(checked, check)) == normalised(text));
            auto const referring = with_foreign_key(checked, key);
            CHECK(normalised(without_foreign_key(referring, key)) == normalised(checked));
            CHECK(normalised(without_check(referring, check)) == normalised(with_foreign_key(text, key)));
            if (text.find("STRICT") == std::string::npos)
                CHECK(schema_of(referring).tables.front().foreign_keys.size() == 1);
        }
    }

    TEST_CASE("a check that goes leaves its neighbours where they were, with commas between them or without") {
        auto const without_one = [](std::string const& text) {
            return without_check(text, {.name = "one", .condition = "1"});
        };
        CHECK(without_one("CREATE TABLE t (a, CONSTRAINT one CHECK (1))") == "CREATE TABLE t (a)");
        CHECK(without_one("CREATE TABLE t (a, CONSTRAINT one CHECK (1), CHECK (2))") ==
              "CREATE TABLE t (a, CHECK (2))");
        CHECK(without_one("CREATE TABLE t (a, CONSTRAINT one CHECK (1) CHECK (2))") == "CREATE TABLE t (a, CHECK (2))");
        CHECK(without_one("CREATE TABLE t (a, CHECK (2) CONSTRAINT one CHECK (1))") == "CREATE TABLE t (a, CHECK (2))");
        CHECK(without_one("CREATE TABLE t (a CONSTRAINT one CHECK (1) NOT NULL, b)") ==
              "CREATE TABLE t (a NOT NULL, b)");
        CHECK(without_one("CREATE TABLE t (a CHECK (1))") == "CREATE TABLE t (a CHECK (1))");
        CHECK(without_check("CREATE TABLE t (a CHECK ( A>0 ))", {.condition = "a > 0"}) == "CREATE TABLE t (a)");
    }

    TEST_CASE("a default goes and nothing else does") {
        CHECK(without_default("CREATE TABLE t (a INT DEFAULT (1 + 2) NOT NULL, b DEFAULT 1)", "A") ==
              "CREATE TABLE t (a INT NOT NULL, b DEFAULT 1)");
        CHECK(without_default("CREATE TABLE t (a INT)", "a") == "CREATE TABLE t (a INT)");
    }
}
