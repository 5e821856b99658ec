// Indexes that are built in small batches, while a program writes in every way that SQLite has, VACUUMs, and the builder is killed.
//
//   evolver_index [--rounds N] [--seed S]
//
// A round is one table of random shape (a rowid key, a hidden one, or WITHOUT ROWID; unique keys in columns, over an expression, over some
// rows; triggers of the application's own; a parent with cascades) and one index of random parts. In the end the file is sound, and the
// index says what the table says.

#include "dialect/sqlite/connection.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/evolver.hpp"
#include "fleet/child.hpp"
#include "support/long_test.hpp"
#include "support/random.hpp"
#include "support/raw_sqlite.hpp"
#include "support/rows.hpp"
#include "support/session.hpp"

#include <fmt/format.h>

#include <array>
#include <iostream>
#include <random>
#include <stdexcept>
#include <thread>

namespace {

using namespace evolver;
using evolver::testing::Random;
using evolver::testing::RawSqlite;
using evolver::testing::Session;
using namespace std::chrono_literals;

/// How often the builder is started while others write.
constexpr int storm = 12;

constexpr std::array tables{
    "CREATE TABLE things (id INTEGER PRIMARY KEY, a TEXT, b REAL, n INTEGER NOT NULL DEFAULT 7, u TEXT UNIQUE, v "
    "INTEGER, "
    "parent INTEGER REFERENCES parents ON DELETE CASCADE ON UPDATE SET NULL)",
    "CREATE TABLE things (id TEXT PRIMARY KEY COLLATE NOCASE, a TEXT COLLATE NOCASE, b REAL, n INTEGER NOT NULL "
    "DEFAULT 7, "
    "u TEXT, v INTEGER, parent INTEGER REFERENCES parents ON DELETE SET NULL)",
    "CREATE TABLE things (id INTEGER NOT NULL, a TEXT, b REAL, n INTEGER NOT NULL DEFAULT 7, u TEXT UNIQUE ON CONFLICT "
    "REPLACE, v INTEGER, parent INTEGER REFERENCES parents ON DELETE CASCADE, PRIMARY KEY (v, id)) WITHOUT ROWID",
    "CREATE TABLE things (id INTEGER, a ANY, b REAL, n INTEGER NOT NULL DEFAULT 7, u TEXT, v INTEGER, parent INTEGER "
    "REFERENCES parents ON DELETE CASCADE, low TEXT GENERATED ALWAYS AS (lower(a)) VIRTUAL)"};

constexpr std::array uniques{
    "", "CREATE UNIQUE INDEX by_u ON things (u COLLATE NOCASE)", "CREATE UNIQUE INDEX by_u ON things (lower(u), n)",
    "CREATE UNIQUE INDEX by_u ON things (v, u) WHERE v > 50", "CREATE UNIQUE INDEX by_n ON things (n)"};

constexpr std::array triggers{
    "", "CREATE TRIGGER rewrite AFTER INSERT ON things BEGIN UPDATE things SET a = a || '!' WHERE id = NEW.id; END",
    "CREATE TRIGGER swap BEFORE UPDATE OF b ON things BEGIN UPDATE things SET a = 'swapped' WHERE id = OLD.id + 1; END",
    "CREATE TRIGGER echo AFTER UPDATE OF a ON things WHEN NEW.a LIKE 's%' BEGIN DELETE FROM things WHERE id = NEW.id - "
    "1; "
    "END",
    "CREATE TRIGGER more BEFORE INSERT ON things WHEN NEW.v > 90 BEGIN INSERT OR REPLACE INTO things (id, a, u, v) "
    "VALUES "
    "(NEW.id + 1, 'more', NEW.u, 3); END"};

struct Round {
    std::size_t table;
    bool wal;
    CreateIndex index;
};

Round round_of(Random& random) {
    Round round{.table = random.below(tables.size()),
                .wal = !random.chance(4),
                .index = {.name = "made", .table = "things", .columns = {}, .lock = Lock::online}};
    std::vector<std::string> columns{"a", "b", "n", "u", "v", "id", "parent"};
    if (round.table == 3) columns.emplace_back("low");
    auto const parts = 1 + random.below(3);
    for (std::size_t i = 0; i < parts; ++i) {
        auto const order = random.chance(3) ? Order::descending : Order::ascending;
        auto const collation = random.chance(3) ? "NOCASE" : random.chance(4) ? "RTRIM" : "";
        if (random.chance(4)) {
            static constexpr std::array expressions{"lower(a) || v", "b * 2", "a COLLATE NOCASE", "coalesce(u, n)",
                                                    "v % 7"};
            round.index.columns.emplace_back(Expression{random.one_of(expressions)}, false, order, collation);
        } else {
            auto const at = random.below(columns.size());
            round.index.columns.emplace_back(Expression{columns[at]}, true, order, collation);
            columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(at));
        }
    }
    if (random.chance(3)) {
        static constexpr std::array conditions{"a IS NOT NULL", "v > 40 -- half", "b < 30 OR u IS NULL"};
        round.index.where = Expression{random.one_of(conditions)};
    }
    return round;
}

std::string value(Random& random) {
    switch (random.below(8)) {
        case 0: return "NULL";
        case 1: return std::to_string(random.below(60)) + ".5";
        case 2: return std::to_string(random.below(60)) + ".0";
        case 3: return "'Abc" + std::to_string(random.below(30)) + "'";
        case 4: return "'abc" + std::to_string(random.below(30)) + "  '";
        case 5: return "x'00ff" + std::to_string(10 + random.below(20)) + "'";
        default: return "'s" + std::to_string(random.below(400)) + "'";
    }
}

std::string id(Random& random) { return std::to_string(random.below(900)); }

std::string row(Random& random) {
    return "(" + id(random) + ", " + value(random) + ", " + value(random) + ", " +
           (random.chance(6) ? "NULL" : std::to_string(random.below(5000))) + ", 'U" +
           std::to_string(random.below(2000)) + "', " + std::to_string(random.below(100)) + ", " +
           (random.chance(2) ? "NULL" : std::to_string(1 + random.below(9))) + ")";
}

std::string clause(Random& random) {
    static constexpr std::array clauses{"",          " OR REPLACE", " OR IGNORE", " OR FAIL", " OR ROLLBACK",
                                        " OR ABORT", " OR REPLACE"};
    return random.one_of(clauses);
}

/// Whatever happens to it, it happens: a conflict is no failure.
void write(RawSqlite const& database, Random& random) {
    std::string const columns = "(id, a, b, n, u, v, parent) VALUES ";
    auto const attempt = [&](std::string const& sql) {
        try {
            database.connection().run(sql);
        } catch (EngineError const&) {
            return;
        }
    };
    bool const transaction = random.chance(4);
    if (transaction) attempt("BEGIN IMMEDIATE");
    for (std::size_t i = 0, count = transaction ? 1 + random.below(6) : 1; i < count; ++i) {
        switch (random.below(10)) {
            case 0:
            case 1: attempt("INSERT" + clause(random) + " INTO things " + columns + row(random)); break;
            case 2:
                attempt("INSERT" + clause(random) + " INTO things " + columns + row(random) + ", " + row(random) +
                        ", " + row(random));
                break;
            case 3:
                attempt("UPDATE" + clause(random) + " things SET a = " + value(random) + ", u = 'U" +
                        std::to_string(random.below(2000)) + "' WHERE id = " + id(random));
                break;
            case 4:
                attempt("UPDATE" + clause(random) + " things SET id = " + id(random) +
                        ", n = NULL WHERE id = " + id(random));
                break;
            case 5:
                attempt("UPDATE" + clause(random) + " things SET b = " + value(random) +
                        ", v = v + 1 WHERE v = " + std::to_string(random.below(100)));
                break;
            case 6: attempt("DELETE FROM things WHERE id = " + id(random)); break;
            case 7:
                attempt("INSERT INTO things " + columns + row(random) +
                        " ON CONFLICT DO UPDATE SET a = excluded.a, n = excluded.n + 1, v = excluded.v");
                break;
            case 8:
                attempt(random.chance(2) ? "DELETE FROM parents WHERE id = " + std::to_string(1 + random.below(9))
                                         : "UPDATE OR IGNORE parents SET id = " + std::to_string(1 + random.below(9)) +
                                               " WHERE id = " + std::to_string(1 + random.below(9)));
                attempt("INSERT OR IGNORE INTO parents VALUES (" + std::to_string(1 + random.below(9)) + ")");
                break;
            default: attempt("UPDATE things SET a = upper(a) WHERE v = " + std::to_string(random.below(100))); break;
        }
    }
    if (transaction && database.connection().in_transaction()) attempt(random.chance(4) ? "ROLLBACK" : "COMMIT");
}

class Test {
public:
    explicit Test(std::uint64_t seed) : seed_{seed} {}

    void round(int number) {
        Random random{seed_ * 1'000'003 + static_cast<std::uint64_t>(number)};
        auto const path = folder_.file("things.db");
        testing::remove_database(path);
        auto const round = round_of(random);
        RawSqlite const writer{path};
        make(writer, round, random);
        Plan const plan{"things", {Migration{.id = "0001", .release = "1.0", .operations = {round.index}}}};
        {
            Session db{path};
            Evolver{db, plan}.expand();
        }
        bool built = false;
        for (int tries = 0; !built; ++tries) {
            if (tries == storm) {
                // A writer who never pauses, and a builder in the smallest of steps, would go on for ever.
                Session db{path};
                Evolver{db, plan}.backfill(Speed::full);
                built = true;
            } else if (random.chance(3)) {
                built = killed(path, plan, writer, random);
            } else {
                built = piecewise(path, plan, writer, random);
            }
        }
        expect(writer, round);
    }

    [[nodiscard]] int kills() const { return kills_; }

private:
    static void make(RawSqlite const& writer, Round const& round, Random& random) {
        if (round.wal) writer.connection().run("PRAGMA journal_mode = WAL");
        writer.connection().run("PRAGMA synchronous = OFF; CREATE TABLE parents (id INTEGER PRIMARY KEY)");
        writer.connection().run(tables[round.table]);
        auto const* unique = random.one_of(uniques);
        writer.connection().run(unique);
        writer.connection().run(
            "BEGIN; INSERT INTO parents VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9); WITH RECURSIVE c(i) AS "
            "(SELECT "
            "1 UNION ALL SELECT i + 1 FROM c WHERE i < 800) INSERT OR IGNORE INTO things (id, a, b, n, u, v, parent) "
            "SELECT "
            "i, CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN 'Abc' || (i % 30) ELSE 's' || (i * 37 % 400) END, i * 7 % 60 + "
            "(i % "
            "2) * 0.5, i, 'U' || (i * 13 % 2000), i % 100, 1 + i % 9 FROM c; COMMIT; ANALYZE");
        auto const* trigger = random.one_of(triggers);
        writer.connection().run(trigger);
        // A table that looks large.
        writer.connection().run(
            "DELETE FROM sqlite_stat1 WHERE tbl = 'things'; INSERT INTO sqlite_stat1 VALUES ('things', NULL, "
            "'9000000')");
        writer.connection().run(std::string{"PRAGMA foreign_keys = "} + (random.chance(3) ? "OFF" : "ON"));
        writer.connection().run(std::string{"PRAGMA recursive_triggers = "} + (random.chance(4) ? "ON" : "OFF"));
    }

    /// Some steps; between them somebody writes. True: it is done.
    static bool piecewise(std::string const& path, Plan const& plan, RawSqlite const& writer, Random& random) {
        Session db{path};
        Evolver evolver{db, plan};
        auto const steps = 1 + random.below(60);
        auto const writes = random.below(12);
        for (std::size_t step = 0; step < steps; ++step) {
            if (!evolver.advance(random.chance(5) ? 20ms : 500us)) return true;
            for (std::size_t i = 0; i < writes; ++i) write(writer, random);
            if (random.chance(40)) writer.connection().run("VACUUM");
            if (random.chance(40)) writer.connection().run("CREATE TABLE other (a); DROP TABLE other");
            if (random.chance(30))
                writer.connection().run("ANALYZE; UPDATE sqlite_stat1 SET stat = '9000000' WHERE tbl = 'things'");
        }
        return false;
    }

    /// A process of its own, killed at a random moment, while somebody writes.
    bool killed(std::string const& path, Plan const& plan, RawSqlite const& writer, Random& random) {
        tests::Child operator_process{[&](tests::Line) {
            Session db{path};
            Evolver evolver{db, plan};
            evolver.backfill(random.chance(2) ? Speed::full : Speed::polite);
            return 0;
        }};
        auto const end = std::chrono::steady_clock::now() + std::chrono::microseconds{random.below(150'000)};
        while (std::chrono::steady_clock::now() < end) write(writer, random);
        operator_process.kill();
        ++kills_;
        return writer.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = 'made'") == 1;
    }

    static void expect(RawSqlite const& database, Round const& round) {
        auto const& connection = database.connection();
        auto const text = connection.text("SELECT sql FROM sqlite_schema WHERE name = 'made'");
        auto const fail = [&](std::string const& what) { throw std::runtime_error{what + "\n" + text}; };
        if (text.empty()) fail("there is no index");
        // What an earlier try has left, for the sweep, holds NULLs where SQLite expects none.
        bool const swept =
            connection.integer("SELECT count(*) FROM sqlite_schema WHERE name GLOB 'evolver_trash_*'") == 0;
        std::string const check = swept ? "PRAGMA integrity_check" : "PRAGMA integrity_check(things)";
        auto const sound = support::rows(connection, check);
        if (sound != "'ok'") fail("integrity_check: " + sound);
        std::string values;
        for (auto const& part : round.index.columns)
            values += (values.empty() ? "" : ", ") + std::string{"("} + part.expression.text(Engine::sqlite) + ")";
        std::string const where = round.index.where ? " WHERE " + round.index.where->text(Engine::sqlite) + "\n" : "";
        auto const found = [&](std::string const& how) {
            return support::rows(connection, "SELECT hex(quote(x1)) || ' ' || count(*) FROM (SELECT " + values +
                                                 " AS x1 FROM things " + how + where +
                                                 ") GROUP BY quote(x1) ORDER BY 1");
        };
        if (round.index.columns.size() == 1 && found("INDEXED BY made") != found("NOT INDEXED"))
            fail("the index says something else than the table");
        auto const left = support::rows(
            connection,
            "SELECT name FROM sqlite_schema WHERE name LIKE 'evolver_index_%' OR name LIKE 'evolver_noted_%'");
        if (!left.empty()) fail("left behind: " + left);
        connection.run(
            "INSERT OR REPLACE INTO things (id, a, b, n, u, v) VALUES (3, 'last', 1, 1, 'U1', 3); DELETE FROM things "
            "WHERE v < 30");
        auto const after = support::rows(connection, check);
        if (after != "'ok'") fail("integrity_check after more writes: " + after);
    }

    testing::Folder folder_{"evolver-index"};
    std::uint64_t seed_;
    int kills_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    auto const rounds = static_cast<int>(evolver::testing::option(argc, argv, "--rounds").value_or(40));
    auto const first = static_cast<int>(evolver::testing::option(argc, argv, "--first").value_or(0));
    auto const seed = evolver::testing::option(argc, argv, "--seed").value_or(std::random_device{}());
    std::cout << "seed " << seed << std::endl;
    Test test{seed};
    for (int number = first; number < first + rounds; ++number) {
        try {
            test.round(number);
        } catch (std::exception const& error) {
            std::cout << fmt::format("FAILED with --seed {} --first {} --rounds 1\n{}", seed, number, error.what())
                      << std::endl;
            return 1;
        }
    }
    std::cout << fmt::format("{} rounds, {} kills\n1 passed, 0 failed", rounds, test.kills()) << std::endl;
}
