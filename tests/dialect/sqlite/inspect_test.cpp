#include "dialect/sqlite/inspect.hpp"

#include "evolver/schema/digest.hpp"
#include "evolver/schema/tokens.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <stdlib.h>  // mkdtemp

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace evolver;
using evolver::sqlite::Connection;
using evolver::sqlite::estimated_rows;
using evolver::sqlite::inspect;
using evolver::sqlite::inspect_table;
using evolver::sqlite::row_key;
using evolver::sqlite::Value;

namespace {

Connection database(std::string_view script) {
    auto connection = Connection::in_memory();
    connection.run(script);
    return connection;
}

Table only_table(std::string_view create_table) {
    auto const schema = inspect(database(create_table));
    REQUIRE(schema.tables.size() == 1);
    return schema.tables.front();
}

Column only_column(std::string const& definition) {
    auto const table = only_table("CREATE TABLE t (" + definition + ")");
    REQUIRE(table.columns.size() == 1);
    return table.columns.front();
}

std::string default_of(std::string const& text) {
    auto const column = only_column("a DEFAULT " + text);
    return column.default_value ? column.default_value->text(Engine::sqlite) : "none";
}

std::vector<std::string> names(auto const& objects) {
    std::vector<std::string> result;
    for (auto const& object : objects) result.push_back(object.name.text());
    return result;
}

std::vector<std::string> texts(std::vector<Name> const& list) {
    std::vector<std::string> result;
    for (auto const& name : list) result.push_back(name.text());
    return result;
}

using Words = std::vector<std::string>;

/// A database of ../shared/data, or none, which the caller says.
std::optional<Connection> real_database(std::string const& path) {
    std::string const file = std::string{EVOLVER_SOURCE_DIR} + "/../shared/data/" + path;
    if (!std::filesystem::exists(file)) {
        MESSAGE("skipped: there is no " << file);
        return std::nullopt;
    }
    return Connection::open(file, SQLITE_OPEN_READONLY);
}

/// Another connection, which replaces a table at one moment of the reader's work.
struct Interference {
    Connection connection;
    int calls_left = 0;
    int changes = 0;
};

int interfere(void* argument) {
    auto& other = *static_cast<Interference*>(argument);
    if (--other.calls_left != 0) return 0;
    ++other.changes;
    bool const odd = other.changes % 2 == 1;
    other.connection.run(odd ? "BEGIN; DROP TABLE b; CREATE TABLE d (v); COMMIT"
                             : "BEGIN; DROP TABLE d; CREATE TABLE b (y); COMMIT");
    return 0;
}

/// The same foreign keys in two forms: as the text was understood, and as SQLite understands it.
void check_foreign_keys(Connection const& connection, Table const& table) {
    std::multiset<std::string> understood;
    for (auto const& key : table.foreign_keys) {
        for (std::size_t i = 0; i < key.columns.size(); ++i) {
            understood.insert(key.table.text() + "|" + key.columns[i].text() + "|" +
                              (key.referenced.empty() ? "" : key.referenced[i].text()) + "|" + key.on_update + "|" +
                              key.on_delete);
        }
    }
    std::multiset<std::string> expected;
    auto statement = connection.prepare(
        "SELECT \"table\" || '|' || \"from\" || '|' || coalesce(\"to\", '') || '|' || on_update || '|' || on_delete "
        "FROM pragma_foreign_key_list(?1)");
    statement.bind(1, Value{table.name.text()});
    while (statement.step()) expected.insert(statement.text(0));
    CHECK(understood == expected);
}

/// An index on a column takes the column's collation, and says which.
void check_collations(Table const& table, std::string const& create_table) {
    auto const connection = database(create_table);
    for (auto const& column : table.columns) {
        CAPTURE(column.name.text());
        connection.run("CREATE INDEX probe ON " + sqlite::quoted(table.name.text()) + " (" +
                       sqlite::quoted(column.name.text()) + ")");
        auto const collation = connection.text("SELECT coll FROM pragma_index_xinfo('probe') WHERE \"key\" = 1");
        CHECK(same_identifier(collation, column.collation.empty() ? "BINARY" : column.collation));
        connection.run("DROP INDEX probe");
    }
}

}  // namespace

TEST_SUITE("sqlite/inspect") {
    TEST_CASE("an empty database has an empty schema") {
        auto const schema = inspect(Connection::in_memory());
        CHECK(schema.tables.empty());
        CHECK(schema.indexes.empty());
        CHECK(schema.views.empty());
        CHECK(schema.triggers.empty());
    }

    TEST_CASE("the words that evolver writes for a type are read as that type") {
        struct Example {
            char const* words;
            Type type;
        };
        for (auto const& example : std::initializer_list<Example>{{"BIGINT", integer()},
                                                                  {"bigint", integer()},
                                                                  {"REAL", real()},
                                                                  {"TEXT", text()},
                                                                  {"BLOB", blob()},
                                                                  {"BOOLEAN", boolean()},
                                                                  {"NUMERIC", numeric()},
                                                                  {"NUMERIC(10,2)", numeric("10,2")},
                                                                  {"NUMERIC ( 10 , 2 )", numeric("10,2")},
                                                                  {"DATE", date()},
                                                                  {"TIMESTAMP", timestamp()}}) {
            CAPTURE(example.words);
            CHECK(only_column("a " + std::string{example.words}).type == example.type);
        }
    }

    TEST_CASE("any other words are the type that was declared") {
        for (std::string const words : {"INTEGER", "INT", "VARCHAR(40)", "DOUBLE PRECISION", "GENERATED",
                                        "generated always int", "TINYINT(1)", "DATETIME"}) {
            CAPTURE(words);
            CHECK(only_column("a " + words).type == declared(words));
        }
    }

    TEST_CASE("a column without a type is declared with none") { CHECK(only_column("a").type == declared("")); }

    TEST_CASE("INTEGER is integer() as the rowid key and in a STRICT table, and only there") {
        CHECK(only_column("id INTEGER PRIMARY KEY").type == integer());
        CHECK(only_table("CREATE TABLE t (id INTEGER, PRIMARY KEY (id))").columns.front().type == integer());
        CHECK(only_table("CREATE TABLE t (a INTEGER) STRICT").columns.front().type == integer());
        CHECK(only_table("CREATE TABLE t (id INTEGER PRIMARY KEY) WITHOUT ROWID").columns.front().type ==
              declared("INTEGER"));
        CHECK(only_table("CREATE TABLE t (a INTEGER, b TEXT, PRIMARY KEY (a, b))").columns.front().type ==
              declared("INTEGER"));
    }

    TEST_CASE("a BIGINT key is no rowid, and is not taken for one") {
        CHECK(only_column("id BIGINT PRIMARY KEY").type == declared("BIGINT"));
        CHECK(row_key(database("CREATE TABLE t (id BIGINT PRIMARY KEY)"), "t").hidden_rowid);
    }

    TEST_CASE("NOT NULL is read, and its absence") {
        CHECK_FALSE(only_column("a TEXT NOT NULL").nullable);
        CHECK_FALSE(only_column("a TEXT CONSTRAINT needed NOT NULL ON CONFLICT IGNORE").nullable);
        CHECK(only_column("a TEXT NULL").nullable);
        CHECK(only_column("a TEXT").nullable);
    }

    TEST_CASE("a default is the SQL of a value, as it was written") {
        CHECK(default_of("0") == "0");
        CHECK(default_of("-1.5") == "-1.5");
        CHECK(default_of("'it''s'") == "'it''s'");
        CHECK(default_of("x'00'") == "x'00'");
        CHECK(default_of("(1 + 2)") == "1 + 2");
        CHECK(default_of("CURRENT_TIMESTAMP") == "CURRENT_TIMESTAMP");
        CHECK(default_of("NULL") == "NULL");
        CHECK(default_of("true") == "true");
        CHECK_FALSE(only_column("a TEXT").default_value.has_value());
    }

    TEST_CASE("a bare or double-quoted word as a default is the text that SQLite takes it for") {
        CHECK(default_of("unknown") == "'unknown'");
        CHECK(default_of("\"it's\"") == "'it''s'");
        auto const connection = database("CREATE TABLE t (id, a DEFAULT unknown); INSERT INTO t (id) VALUES (1)");
        CHECK(connection.text("SELECT a FROM t") == "unknown");
    }

    TEST_CASE("the collation is found behind other constraints and comments, in any quoting") {
        CHECK(only_column("a TEXT COLLATE NOCASE").collation == "NOCASE");
        CHECK(only_column("a TEXT NOT NULL DEFAULT 'COLLATE x' -- COLLATE y\n COLLATE \"RTRIM\"").collation == "RTRIM");
        CHECK(only_column("a TEXT CHECK (a = 'x' COLLATE NOCASE)").collation.empty());
        CHECK(only_column("a TEXT COLLATE NOCASE COLLATE RTRIM").collation == "RTRIM");
    }

    TEST_CASE("a generated column has its expression, and whether it is stored") {
        auto const table = only_table(
            "CREATE TABLE t (a TEXT, b TEXT GENERATED ALWAYS AS (upper(a) || ')') STORED NOT NULL, c AS (a || 'x') "
            "UNIQUE)");
        REQUIRE(table.columns.size() == 3);
        CHECK_FALSE(table.columns[0].generated.has_value());
        CHECK(table.columns[1].generated->text(Engine::sqlite) == "upper(a) || ')'");
        CHECK(table.columns[1].stored);
        CHECK_FALSE(table.columns[1].nullable);
        CHECK(table.columns[2].generated->text(Engine::sqlite) == "a || 'x'");
        CHECK_FALSE(table.columns[2].stored);
        CHECK(table.unique_keys.size() == 1);
    }

    TEST_CASE("the primary key is in the order of the key, not of the columns") {
        auto const table = only_table("CREATE TABLE t (a TEXT, b TEXT, c TEXT, PRIMARY KEY (c, a))");
        CHECK(texts(table.primary_key) == Words{"c", "a"});
        CHECK_FALSE(table.columns[0].primary_key);
        CHECK(only_column("id TEXT PRIMARY KEY").primary_key);
    }

    TEST_CASE("unique constraints are unique keys, of the column and of the table, and no indexes") {
        auto const schema = inspect(database(
            "CREATE TABLE t (a TEXT UNIQUE, b TEXT, CONSTRAINT \"b and a\" UNIQUE (b COLLATE NOCASE DESC, a))"));
        auto const& keys = schema.tables.front().unique_keys;
        REQUIRE(keys.size() == 2);
        CHECK(texts(keys[0].columns) == Words{"a"});
        CHECK(keys[0].name.empty());
        CHECK(texts(keys[1].columns) == Words{"b", "a"});
        CHECK(keys[1].name == "b and a");
        CHECK(schema.indexes.empty());
    }

    TEST_CASE("checks are read with their names, from columns and from the table") {
        auto const table = only_table(
            "CREATE TABLE t (a TEXT CONSTRAINT short CHECK (length(a) < 9 /* ) */), b INT, CHECK (b IN (1, 2) OR a = "
            "')'))");
        REQUIRE(table.checks.size() == 2);
        CHECK(table.checks[0].name == "short");
        CHECK(normalised(table.checks[0].condition.text(Engine::sqlite)) == "length ( a ) < 9");
        CHECK(table.checks[1].name.empty());
        CHECK(table.checks[1].condition.text(Engine::sqlite) == "b IN (1, 2) OR a = ')'");
    }

    TEST_CASE("foreign keys are read with names, actions and deferral") {
        auto const schema = inspect(
            database("CREATE TABLE p (a, b, PRIMARY KEY (a, b));"
                     "CREATE TABLE t (a REFERENCES p ON DELETE SET NULL NOT NULL ON CONFLICT FAIL, b CONSTRAINT \"to "
                     "p\" REFERENCES p "
                     "(b) MATCH FULL ON UPDATE CASCADE ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED CHECK (b > 0),"
                     "CONSTRAINT both FOREIGN KEY (a, b) REFERENCES p (a, b) ON DELETE RESTRICT NOT DEFERRABLE "
                     "INITIALLY DEFERRED)"));
        auto const& keys = schema.find_table("t")->foreign_keys;
        REQUIRE(keys.size() == 3);
        CHECK(keys[0].on_delete == "SET NULL");
        CHECK(keys[0].referenced.empty());
        CHECK_FALSE(keys[0].deferred);
        CHECK(keys[1].name == "to p");
        CHECK(keys[1].on_update == "CASCADE");
        CHECK(keys[1].on_delete == "NO ACTION");
        CHECK(keys[1].deferred);
        CHECK(keys[2].name == "both");
        CHECK(texts(keys[2].referenced) == Words{"a", "b"});
        CHECK(keys[2].on_delete == "RESTRICT");
        CHECK_FALSE(keys[2].deferred);
        CHECK_FALSE(schema.find_table("t")->columns[0].nullable);
        CHECK(schema.find_table("t")->checks.size() == 1);
    }

    TEST_CASE("the options of a table are read") {
        CHECK(only_table("CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID").without_rowid);
        CHECK(only_table("CREATE TABLE t (a TEXT) STRICT").strict);
        CHECK(only_table("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)").autoincrement);
        CHECK(only_table("CREATE TABLE t (id INTEGER, PRIMARY KEY (id AUTOINCREMENT))").autoincrement);
        CHECK_FALSE(only_table("CREATE TABLE t (id INTEGER PRIMARY KEY, \"autoincrement\" TEXT)").autoincrement);
    }

    TEST_CASE("SQLite's liberties are understood: no commas between constraints, names as strings, odd types") {
        auto const table = only_table(
            "CREATE TABLE IF NOT EXISTS main . 't x' ('a' 'long text', [b] UNSIGNED \"big\" INT(10, -2), c CONSTRAINT "
            "idle,"
            " UNIQUE (a) CHECK (a <> b) CONSTRAINT k FOREIGN KEY ('b') REFERENCES \"t x\"(a))");
        CHECK(table.name == "t x");
        CHECK(names(table.columns) == Words{"a", "b", "c"});
        CHECK(table.unique_keys.size() == 1);
        CHECK(table.checks.size() == 1);
        REQUIRE(table.foreign_keys.size() == 1);
        CHECK(table.foreign_keys.front().name == "k");
    }

    TEST_CASE("reserved words, quotes, mixed case, other alphabets and comments in names and between tokens") {
        auto const schema = inspect(database(
            "CREATE TABLE \"select\" (\"group\" TEXT /* , x */ , -- y TEXT,\n `a``b` TEXT, \"say \"\"hi\"\"\" TEXT,"
            "[it's] TEXT, Größe TEXT COLLATE/**/NOCASE, \"ORDER by\" TEXT CHECK(\"ORDER by\">''));"
            "CREATE INDEX \"from\" ON \"select\"(\"say \"\"hi\"\"\" COLLATE/**/RTRIM desc , [it's])"));
        CHECK(names(schema.tables.front().columns) == Words{"group", "a`b", "say \"hi\"", "it's", "Größe", "ORDER by"});
        CHECK(schema.tables.front().find("Größe")->collation == "NOCASE");
        REQUIRE(schema.indexes.size() == 1);
        CHECK(schema.indexes.front().parts[0].expression.text(Engine::sqlite) == "say \"hi\"");
        CHECK(schema.indexes.front().parts[0].collation == "RTRIM");
        CHECK(schema.indexes.front().parts[1].expression.text(Engine::sqlite) == "it's");
    }

    TEST_CASE("what ALTER TABLE made of a text is understood") {
        auto const connection = database(
            "CREATE TABLE t (a TEXT, b TEXT, CHECK (a <> 'b')); ALTER TABLE t ADD COLUMN c INT NOT NULL DEFAULT 3 "
            "CHECK (c > 0);"
            "ALTER TABLE t RENAME COLUMN a TO \"the a\"; ALTER TABLE t DROP COLUMN b; ALTER TABLE t RENAME TO \"a t\"");
        auto const table = inspect_table(connection, "A T");
        REQUIRE(table.has_value());
        CHECK(names(table->columns) == Words{"the a", "c"});
        CHECK(table->checks.size() == 2);
        CHECK(table->columns[1].default_value->text(Engine::sqlite) == "3");
    }

    TEST_CASE("a table made by CREATE TABLE AS is understood") {
        auto const connection =
            database("CREATE TABLE s (a TEXT, b INT); CREATE TABLE t AS SELECT a, b AS \"b c\" FROM s");
        CHECK(names(inspect_table(connection, "t")->columns) == Words{"a", "b c"});
    }

    TEST_CASE("indexes have their parts, order, collation, condition and uniqueness") {
        auto const schema = inspect(database(
            "CREATE TABLE t (a TEXT COLLATE NOCASE, b TEXT, c INT);"
            "CREATE UNIQUE INDEX one ON t (a, b COLLATE NOCASE DESC, lower(a || ',(') ASC) WHERE c > 0 AND a <> ')';"
            "CREATE INDEX IF NOT EXISTS main.two ON t (c)"));
        REQUIRE(schema.indexes.size() == 2);
        auto const& one = schema.indexes[0];
        CHECK(one.name == "one");
        CHECK(one.table == "t");
        CHECK(one.unique);
        CHECK(one.where->text(Engine::sqlite) == "c > 0 AND a <> ')'");
        REQUIRE(one.parts.size() == 3);
        CHECK(one.parts[0].column);
        CHECK(one.parts[0].collation.empty());
        CHECK(one.parts[0].order == Order::ascending);
        CHECK(one.parts[1].collation == "NOCASE");
        CHECK(one.parts[1].order == Order::descending);
        CHECK_FALSE(one.parts[2].column);
        CHECK(one.parts[2].expression.text(Engine::sqlite) == "lower(a || ',(')");
        CHECK_FALSE(schema.indexes[1].unique);
        CHECK_FALSE(schema.indexes[1].where.has_value());
    }

    TEST_CASE("a collation inside an indexed expression stays inside") {
        auto const schema =
            inspect(database("CREATE TABLE t (a, b); CREATE INDEX i ON t (a || b COLLATE NOCASE DESC)"));
        auto const& part = schema.indexes.front().parts.front();
        CHECK(part.expression.text(Engine::sqlite) == "a || b COLLATE NOCASE");
        CHECK(part.collation.empty());
        CHECK(part.order == Order::descending);
    }

    TEST_CASE("views and the application's triggers are part of a schema") {
        auto const schema =
            inspect(database("CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER w INSTEAD OF INSERT "
                             "ON v BEGIN SELECT 1; END;"
                             "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END"));
        REQUIRE(schema.views.size() == 1);
        CHECK(schema.views.front().sql == "CREATE VIEW v AS SELECT a FROM t");
        CHECK(names(schema.triggers) == Words{"w", "x"});
        CHECK(schema.triggers[0].table == "v");
    }

    TEST_CASE("what belongs to evolver is no part of a schema, in any case") {
        auto const schema = inspect(
            database("CREATE TABLE t (a, evolver_gone_1_b TEXT CHECK (evolver_gone_1_b > 0), EVOLVER_GONE_c);"
                     "CREATE TABLE evolver_state (a); CREATE TABLE Evolver_trail (a); CREATE TABLE evolverish (a);"
                     "CREATE TRIGGER evolver_sync_t AFTER INSERT ON t BEGIN SELECT 1; END;"
                     "CREATE VIEW evolver_view AS SELECT 1; CREATE INDEX evolver_index ON t (a); CREATE INDEX i ON "
                     "evolver_state (a)"));
        CHECK(names(schema.tables) == Words{"t", "evolverish"});
        CHECK(names(schema.tables.front().columns) == Words{"a"});
        CHECK(schema.tables.front().checks.empty());
        CHECK(schema.triggers.empty());
        CHECK(schema.views.empty());
        CHECK(schema.indexes.empty());
    }

    TEST_CASE("SQLite's own tables, virtual tables and the tables behind them are no part of a schema") {
        auto const connection = database(
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO t (a) VALUES (1); CREATE INDEX i ON "
            "t (a);"
            "ANALYZE; CREATE VIRTUAL TABLE f USING fts5(body); CREATE TABLE f_x (a)");
        CHECK(names(inspect(connection).tables) == Words{"t", "f_x"});
    }

    TEST_CASE("a temporary table of the same name is not taken for the real one") {
        auto const connection = database("CREATE TABLE t (a); CREATE TEMP TABLE t (b, c); CREATE TEMP TABLE u (d)");
        auto const schema = inspect(connection);
        REQUIRE(schema.tables.size() == 1);
        CHECK(names(schema.tables.front().columns) == Words{"a"});
        CHECK_FALSE(inspect_table(connection, "u").has_value());
    }

    TEST_CASE("an attached database is not inspected") {
        auto const connection = database(
            "CREATE TABLE t (a); ATTACH ':memory:' AS other; CREATE TABLE other.t (b); CREATE TABLE other.u (c)");
        auto const schema = inspect(connection);
        CHECK(names(schema.tables) == Words{"t"});
        CHECK(names(schema.tables.front().columns) == Words{"a"});
    }

    TEST_CASE("an application's setting for LIKE does not hide evolver's tables from evolver") {
        auto const connection =
            database("PRAGMA case_sensitive_like = ON; CREATE TABLE t (a); CREATE TABLE EVOLVER_state (a)");
        CHECK(names(inspect(connection).tables) == Words{"t"});
    }

    TEST_CASE("an inspection sees one state of the schema, also while another connection changes it") {
        auto folder = (std::filesystem::temp_directory_path() / "evolver-inspect-XXXXXX").string();
        REQUIRE(mkdtemp(folder.data()) != nullptr);
        auto const path = folder + "/live.db";
        {
            constexpr int open_or_create = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
            auto const reader = Connection::open(path, open_or_create);
            Interference other{.connection = Connection::open(path, open_or_create)};
            other.connection.run(
                "PRAGMA journal_mode = WAL; CREATE TABLE a (x); CREATE TABLE b (y); CREATE TABLE c (z)");
            for (int moment = 1; moment < 60; ++moment) {
                CAPTURE(moment);
                other.calls_left = moment;
                sqlite3_progress_handler(reader.handle(), 5, interfere, &other);
                auto const schema = inspect(reader);
                sqlite3_progress_handler(reader.handle(), 0, nullptr, nullptr);
                REQUIRE(schema.tables.size() == 3);
                for (auto const& table : schema.tables) REQUIRE(table.columns.size() == 1);
            }
            CHECK(other.changes > 20);
            CHECK_FALSE(reader.in_transaction());
        }
        std::filesystem::remove_all(folder);
    }

    TEST_CASE("an inspection inside a transaction sees what the transaction made, and leaves it open") {
        auto const connection = database("BEGIN; CREATE TABLE t (a)");
        CHECK(names(inspect(connection).tables) == Words{"t"});
        CHECK(connection.in_transaction());
        connection.run("ROLLBACK");
        CHECK(inspect(connection).tables.empty());
    }

    TEST_CASE("an inspection does not end a query that the application still reads from") {
        auto const connection = database("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
        auto statement = connection.prepare("SELECT a FROM t ORDER BY a");
        REQUIRE(statement.step());
        CHECK(inspect(connection).tables.size() == 1);
        REQUIRE(statement.step());
        CHECK(statement.integer(0) == 2);
    }

    TEST_CASE("the work grows with the schema, not with its square") {
        auto steps_for = [](int tables) {
            auto const connection = Connection::in_memory();
            for (int table = 0; table < tables; ++table) {
                auto const number = std::to_string(table);
                connection.run("CREATE TABLE t" + number + " (a, b); CREATE INDEX i" + number + " ON t" + number +
                               " (a)");
            }
            int steps = 0;
            sqlite3_progress_handler(
                connection.handle(), 10, [](void* count) { return ++*static_cast<int*>(count), 0; }, &steps);
            CHECK(inspect(connection).tables.size() == static_cast<std::size_t>(tables));
            sqlite3_progress_handler(connection.handle(), 0, nullptr, nullptr);
            return steps;
        };
        CHECK(steps_for(200) < 3 * steps_for(100));
    }

    TEST_CASE("one table is found by name in any case, and a view or nothing is none") {
        auto const connection =
            database("CREATE TABLE Packages (a); CREATE VIEW v AS SELECT 1; CREATE TABLE evolver_state (a)");
        CHECK(inspect_table(connection, "packages")->name.text() == "Packages");
        CHECK(inspect_table(connection, "evolver_state").has_value());
        CHECK_FALSE(inspect_table(connection, "v").has_value());
        CHECK_FALSE(inspect_table(connection, "package").has_value());
    }

    TEST_CASE("foreign keys, collations and unique keys are what SQLite takes them for") {
        for (std::string const sql :
             {"CREATE TABLE t (a REFERENCES p, b REFERENCES p(x) ON UPDATE SET DEFAULT, c TEXT COLLATE nocase UNIQUE)",
              "CREATE TABLE t (a COLLATE rtrim COLLATE nocase, b, FOREIGN KEY (a, b) REFERENCES p (x, y) ON DELETE "
              "CASCADE)",
              "CREATE TABLE t (a CONSTRAINT x CONSTRAINT y REFERENCES p(b) ON DELETE SET NULL COLLATE binary, "
              "UNIQUE(a))",
              "CREATE TABLE t (a, CONSTRAINT x UNIQUE (a) CONSTRAINT y FOREIGN KEY (a) REFERENCES \"p q\" UNIQUE "
              "(a))"}) {
            CAPTURE(sql);
            auto const connection = database(sql);
            auto const table = *inspect_table(connection, "t");
            check_foreign_keys(connection, table);
            check_collations(table, sql);
        }
    }

    TEST_CASE("Chinook is read as it is") {
        auto const connection = real_database("chinook/Chinook_Sqlite.sqlite");
        if (!connection) return;
        auto const schema = inspect(*connection);
        CHECK(schema.tables.size() == 11);
        CHECK(schema.indexes.size() == 11);
        CHECK(schema.views.empty());
        std::size_t foreign_keys = 0;
        for (auto const& table : schema.tables) {
            CAPTURE(table.name.text());
            foreign_keys += table.foreign_keys.size();
            check_foreign_keys(*connection, table);
        }
        CHECK(foreign_keys == 11);
        CHECK(texts(schema.find_table("PlaylistTrack")->primary_key) == Words{"PlaylistId", "TrackId"});
        CHECK(schema.find_table("Track")->find("Name")->type == declared("NVARCHAR(200)"));
        CHECK(schema.find_table("Track")->find("TrackId")->type == integer());
        CHECK_FALSE(schema.find_table("Track")->find("Name")->nullable);
    }

    TEST_CASE("Northwind is read as it is") {
        auto const connection = real_database("northwind/northwind.sqlite3.db");
        if (!connection) return;
        auto const schema = inspect(*connection);
        CHECK(schema.tables.size() == 13);
        CHECK(schema.views.size() == 17);
        REQUIRE(schema.find_table("Order Details") != nullptr);
        for (auto const& table : schema.tables) {
            CAPTURE(table.name.text());
            check_foreign_keys(*connection, table);
            CHECK(estimated_rows(*connection, table.name) >=
                  connection->integer("SELECT count(*) FROM " + sqlite::quoted(table.name.text())));
        }
    }

    TEST_CASE("a database made anew from its own texts has the same digest") {
        for (std::string const path : {"chinook/Chinook_Sqlite.sqlite", "northwind/northwind.sqlite3.db"}) {
            auto const connection = real_database(path);
            if (!connection) continue;
            auto const copy = Connection::in_memory();
            auto statement = connection->prepare(
                "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type = "
                "'table' DESC, name");
            while (statement.step()) copy.run(statement.text(0));
            CHECK(digest_of(inspect(copy), Engine::sqlite) == digest_of(inspect(*connection), Engine::sqlite));
        }
    }
}

TEST_SUITE("sqlite/row_key") {
    TEST_CASE("rows are addressed by an INTEGER PRIMARY KEY, also one that the table declares") {
        for (std::string const sql :
             {"CREATE TABLE t (a, id INTEGER PRIMARY KEY)", "CREATE TABLE t (a, id integer, PRIMARY KEY (id DESC))"}) {
            auto const key = row_key(database(sql), "T");
            CHECK(texts(key.columns) == Words{"id"});
            CHECK_FALSE(key.hidden_rowid);
            CHECK(key.rowid_alias == "rowid");
        }
    }

    TEST_CASE("INTEGER PRIMARY KEY DESC on a column is no rowid, as SQLite has it") {
        auto const connection = database("CREATE TABLE t (id INTEGER PRIMARY KEY DESC); INSERT INTO t VALUES (50)");
        CHECK(connection.integer("SELECT rowid FROM t") == 1);
        CHECK(row_key(connection, "t").hidden_rowid);
    }

    TEST_CASE("rows of a table WITHOUT ROWID are addressed by its key, in the order of the key") {
        auto const key = row_key(database("CREATE TABLE t (a, b, c, PRIMARY KEY (c, a)) WITHOUT ROWID"), "t");
        CHECK(texts(key.columns) == Words{"c", "a"});
        CHECK_FALSE(key.hidden_rowid);
        CHECK(key.rowid_alias.empty());
    }

    TEST_CASE("other rows are addressed by the hidden rowid, by whichever word no column hides") {
        CHECK(texts(row_key(database("CREATE TABLE t (a TEXT PRIMARY KEY)"), "t").columns) == Words{"rowid"});
        CHECK(texts(row_key(database("CREATE TABLE t (RowId TEXT)"), "t").columns) == Words{"_rowid_"});
        auto const key = row_key(database("CREATE TABLE t (rowid TEXT, _ROWID_ TEXT)"), "t");
        CHECK(texts(key.columns) == Words{"oid"});
        CHECK(key.hidden_rowid);
        CHECK(key.rowid_alias == "oid");
    }

    TEST_CASE("a generated column hides the rowid as any other does") {
        CHECK(row_key(database("CREATE TABLE t (a, rowid AS (a + 1))"), "t").rowid_alias == "_rowid_");
    }

    TEST_CASE("a table whose columns hide the rowid under all three names is refused, unless it has an integer key") {
        try {
            static_cast<void>(row_key(database("CREATE TABLE t (rowid, _rowid_, oid)"), "t"));
            FAIL("its rows cannot be addressed");
        } catch (Error const& error) {
            CHECK(std::string{error.what()}.find("hide the rowid") != std::string::npos);
            CHECK(error.object() == "table t");
            CHECK_FALSE(error.instead().empty());
        }
        auto const key = row_key(database("CREATE TABLE t (rowid INTEGER PRIMARY KEY, _rowid_, oid)"), "t");
        CHECK(texts(key.columns) == Words{"rowid"});
        CHECK(key.rowid_alias.empty());
    }

    TEST_CASE("a table that is not there, and a view, have no row key") {
        auto const connection = database("CREATE VIEW v AS SELECT 1");
        CHECK_THROWS_AS(static_cast<void>(row_key(connection, "v")), Error);
        CHECK_THROWS_AS(static_cast<void>(row_key(connection, "t")), Error);
    }
}

TEST_SUITE("sqlite/estimated_rows") {
    TEST_CASE("without ANALYZE the span of the rowids is the estimate") {
        auto const connection = database("CREATE TABLE t (a); CREATE TABLE u (id INTEGER PRIMARY KEY)");
        CHECK(estimated_rows(connection, "t") == 0);
        connection.run(
            "INSERT INTO t VALUES (1), (2), (3), (4); DELETE FROM t WHERE a = 2; INSERT INTO u VALUES (-9), (1000)");
        CHECK(estimated_rows(connection, "t") == 4);
        CHECK(estimated_rows(connection, "u") == 1010);
    }

    TEST_CASE("after ANALYZE its count is the estimate, also where a partial index has fewer entries") {
        auto const connection = database(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1), (1000, 2), (2000, 3);"
            "CREATE INDEX i ON t (a); CREATE INDEX p ON t (a) WHERE a > 2; ANALYZE");
        CHECK(estimated_rows(connection, "T") == 3);
    }

    TEST_CASE("an analysed database still estimates a table that was not analysed") {
        auto const connection = database(
            "CREATE TABLE t (a); INSERT INTO t VALUES (1); CREATE INDEX i ON t (a); ANALYZE; CREATE TABLE u (a); "
            "INSERT INTO u VALUES (1), (2)");
        CHECK(estimated_rows(connection, "u") == 2);
    }

    TEST_CASE("the span of rowids that are far apart is cut off at what the file has room for") {
        auto const connection = database(
            "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (-9223372036854775807), "
            "(9223372036854775807)");
        CHECK(estimated_rows(connection, "t") >= 2);
        CHECK(estimated_rows(connection, "t") < 10'000);
    }

    TEST_CASE("a table WITHOUT ROWID is counted, up to a limit") {
        auto const connection = database(
            "CREATE TABLE t (k INTEGER PRIMARY KEY) WITHOUT ROWID; INSERT INTO t VALUES (5), (900);"
            "CREATE TABLE u (k INTEGER PRIMARY KEY) WITHOUT ROWID;"
            "WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 100500) INSERT INTO u SELECT k "
            "FROM n");
        CHECK(estimated_rows(connection, "t") == 2);
        CHECK(estimated_rows(connection, "u") == 100001);
    }

    TEST_CASE("a table is never scanned for the estimate") {
        auto const connection = database(
            "CREATE TABLE t (a);"
            "WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 200000) INSERT INTO t SELECT k "
            "FROM n");
        int steps = 0;
        sqlite3_progress_handler(
            connection.handle(), 1000, [](void* count) { return ++*static_cast<int*>(count), 0; }, &steps);
        CHECK(estimated_rows(connection, "t") == 200000);
        sqlite3_progress_handler(connection.handle(), 0, nullptr, nullptr);
        CHECK(steps < 20);
    }
}
