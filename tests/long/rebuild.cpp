// Rebuilds: a contract that makes a table anew in batches is killed at random moments and called again until it is done, while four programs
// write into the table in every way that there is. In the end nobody can tell.
//
//   evolver_rebuild [--rounds N] [--seed S]
//
// Each writer has a fixed list of statements over rows of its own, and notes in the transaction of each that it is done, so the final rows do
// not depend on who was quick: they must equal those of a calm run, in which the writers come first and the rebuild afterwards. It goes on
// until there were N rounds and N kills that hit a running operator.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "evolver/evolver.hpp"
#include "evolver/schema/digest.hpp"
#include "support/long_test.hpp"
#include "support/process.hpp"
#include "support/raw_sqlite.hpp"
#include "support/rows.hpp"
#include "support/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using evolver::testing::contents;
using evolver::testing::first_difference;
using evolver::testing::Process;
using evolver::testing::RawSqlite;
using evolver::testing::Session;

constexpr int rows = 2000;
constexpr int apart =
    100;  // SQLite's estimate of the rows is the span of their keys: so a small table is rebuilt in batches
constexpr int writers = 4;
constexpr int statements = 150;
constexpr auto patience = 120s;

/// Two tables: one with an INTEGER PRIMARY KEY, one with hidden rowids. Both lose a UNIQUE and a column.
evolver::Plan plan() {
    using namespace evolver;
    auto const columns = [](bool keyed) {
        std::vector<Column> all{{.name = "id", .type = integer(), .primary_key = keyed},
                                {.name = "code", .type = text(), .nullable = false},
                                {.name = "name", .type = text()},
                                {.name = "size", .type = integer()},
                                {.name = "note", .type = text()},
                                {.name = "touched", .type = integer(), .nullable = false, .default_value = "0"}};
        return all;
    };
    auto const table = [&](char const* name, bool keyed) {
        return CreateTable{.table = name,
                           .columns = columns(keyed),
                           .unique_keys = {{.columns = {"code"}}, {.columns = {"name", "size"}}}};
    };
    CreateTable const child{
        .table = "parts",
        .columns = {{.name = "item", .type = integer()}, {.name = "part", .type = integer()}},
        .foreign_keys = {{.columns = {"item"}, .table = "items", .on_delete = "CASCADE", .on_update = "CASCADE"}}};
    return Plan{
        "rebuild",
        {Migration{.id = "0001-items",
                   .release = "1.0",
                   .operations = {table("items", true), table("loose", false), child,
                                  CreateIndex{.name = "items_size", .table = "items", .columns = {"size"}},
                                  CreateIndex{.name = "parts_item", .table = "parts", .columns = {"item"}}}},
         Migration{.id = "0002-change",
                   .release = "2.0",
                   .operations = {DropUnique{.table = "items", .columns = {"name", "size"}, .lock = Lock::online},
                                  DropColumn{.table = "items", .column = "note", .lock = Lock::online},
                                  DropUnique{.table = "loose", .columns = {"name", "size"}, .lock = Lock::online},
                                  DropColumn{.table = "loose", .column = "note", .lock = Lock::online}}}}};
}

std::uint64_t mixed(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

struct Setting {
    std::uint64_t seed = 0;
    std::string path;
};

/// Release 1.0's database, with views and triggers of the application's own; expanded and compared by 2.0.
void make(Setting const& setting) {
    {
        Session session{setting.path};
        session << "PRAGMA journal_mode = WAL";
        evolver::Evolver{session, plan().until("1.0"), {.release = "1.0"}}.expand();
    }
    RawSqlite const database{setting.path};
    std::string script =
        "PRAGMA synchronous = OFF; BEGIN;"
        "CREATE TABLE progress (writer INTEGER PRIMARY KEY, done INTEGER NOT NULL);"
        "CREATE TABLE tally (what TEXT PRIMARY KEY, count INTEGER NOT NULL);"
        "INSERT INTO tally VALUES ('updates', 0), ('deletes', 0);"
        "CREATE VIEW sizes AS SELECT code, size FROM items;";
    for (int writer = 0; writer < writers; ++writer)
        script += fmt::format("INSERT INTO progress VALUES ({}, 0);", writer);
    for (std::string const table : {"items", "loose"}) {
        script += fmt::format(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {1}) INSERT INTO {0} (rowid, "
            "id, code, "
            "name, size, note) SELECT i * {2}, i * {2}, 'c' || i, 'n' || i, i % 50, printf('%0100d', i) FROM n;"
            "CREATE TRIGGER {0}_count AFTER UPDATE OF size ON {0} BEGIN UPDATE tally SET count = count + 1 WHERE what "
            "= "
            "'updates'; END;"
            "CREATE TRIGGER {0}_gone AFTER DELETE ON {0} BEGIN UPDATE tally SET count = count + 1 WHERE what = "
            "'deletes'; "
            "END;"
            "CREATE TRIGGER {0}_stamp AFTER INSERT ON {0} BEGIN UPDATE {0} SET touched = touched + 1 WHERE code = "
            "NEW.code; END;",
            table, rows, apart);
    }
    script += fmt::format(
        "INSERT INTO parts SELECT id, 1 FROM items UNION ALL SELECT id, 2 FROM items WHERE id % {} = 0; COMMIT;",
        3 * apart);
    database.connection().run(script);
    Session session{setting.path};
    evolver::Evolver evolver{session, plan(), {.release = "2.0", .wait = 30s}};
    evolver.expand();
    evolver.backfill(evolver::Speed::full);
    evolver.reconcile();
}

/// One statement of a writer's list, over rows of its own: keys, codes and names are told apart by the writer.
std::string statement(Setting const& setting, int writer, int position) {
    auto const number = mixed(setting.seed * 104729 + static_cast<std::uint64_t>(writer * 100'000 + position));
    std::string const table = number % 2 == 0 ? "items" : "loose";
    auto const own = [&](std::uint64_t shift) {
        return 1 + writer + writers * static_cast<long long>((number >> shift) % (rows / writers));
    };
    auto const one = own(8);
    auto const other = own(24);
    auto const size = (number >> 40) % 60;
    auto const key = [&](long long row) { return std::to_string(row * apart); };
    auto const code = [](long long row) { return "'c" + std::to_string(row) + "'"; };
    // No two rows have one name: whether (name, size) is unique still must not matter.
    auto const values = [&](long long id, long long by) {
        return fmt::format("({}, {}, 'w{}-{}-{}', {})", key(id), code(by), writer, position, by, size);
    };
    std::string const into = table + " (id, code, name, size) VALUES ";
    switch ((number >> 1) % 14) {
        case 0: return "INSERT OR REPLACE INTO " + into + values(one, other);  // may eat two rows
        case 1: return "REPLACE INTO " + into + values(one, one);
        case 2: return "INSERT OR IGNORE INTO " + into + values(one, other);
        case 3:
            return "INSERT INTO " + into + values(one, other) +
                   " ON CONFLICT (code) DO UPDATE SET size = excluded.size, name = excluded.name ON CONFLICT DO "
                   "NOTHING";
        case 4: return fmt::format("UPDATE {} SET size = {} WHERE code = {}", table, size, code(one));
        case 5: return fmt::format("UPDATE OR REPLACE {} SET code = {} WHERE code = {}", table, code(other), code(one));
        case 6: return fmt::format("UPDATE OR IGNORE {} SET code = {} WHERE code = {}", table, code(other), code(one));
        case 7: return fmt::format("DELETE FROM {} WHERE code = {}", table, code(one));
        case 8:  // the key moves, far behind or before the checkpoint
            return fmt::format("UPDATE OR IGNORE {} SET id = {} WHERE code = {}", table, key(other), code(one));
        case 9: return fmt::format("UPDATE {} SET name = 'r{}-{}' WHERE code = {}", table, writer, position, code(one));
        case 10:
            return fmt::format("UPDATE {} SET size = size + 1, name = name || '+' WHERE code IN ({}, {})", table,
                               code(one), code(other));
        case 11: return "INSERT OR IGNORE INTO " + into + values(one, one) + ", " + values(other, other);
        case 12: return fmt::format("UPDATE {} SET touched = touched + 10 WHERE code = {}", table, code(one));
        default:
            return fmt::format("INSERT INTO {} (code, name, size) VALUES ({}, 'm{}-{}', {}) ON CONFLICT DO NOTHING",
                               "loose", code(one), writer, position, size);
    }
}

/// Goes on where its last life ended.
void write_all(Setting const& setting, int writer, std::chrono::milliseconds pace) {
    RawSqlite const database{setting.path};
    database.run("PRAGMA synchronous = OFF");
    database.run("PRAGMA foreign_keys = ON");
    auto const from =
        static_cast<int>(database.integer("SELECT done FROM progress WHERE writer = " + std::to_string(writer)));
    for (int position = from; position < statements; ++position) {
        database.run("BEGIN IMMEDIATE");
        database.run(statement(setting, writer, position));
        database.run(fmt::format("UPDATE progress SET done = {} WHERE writer = {}", position + 1, writer));
        database.run("COMMIT");
        if (pace > 0ms) std::this_thread::sleep_for(pace);
    }
}

void contract(Setting const& setting) {
    Session db{setting.path};
    evolver::Evolver evolver{db, plan(), {.release = "2.0", .actor = "operator", .wait = 30s, .soak = 0s}};
    evolver.contract({.override_gates = {{"processes", "the writers name the columns that stay"}}});
    while (evolver.advance(8ms)) {  // what a contract that was killed behind the swap has left
    }
}

/// Everything that must be the same however it came about. Rows are told by their code: where ids and hidden rowids come from the order of
/// events, they are held against their indexes by integrity_check alone.
std::string final_state(Setting const& setting) {
    RawSqlite const database{setting.path};
    auto const& connection = database.connection();
    std::string text = "integrity " + connection.text("PRAGMA integrity_check") + "\n";
    text += "orphans " + evolver::support::rows(connection, "PRAGMA foreign_key_check") + "\n";
    text += evolver::canonical(evolver::sqlite::inspect(connection), evolver::Engine::sqlite) + "\n";
    for (auto const* query :
         {"SELECT code, id, name, size, touched FROM items ORDER BY code",
          "SELECT code, id, name, size, touched FROM loose ORDER BY code", "SELECT item, part FROM parts ORDER BY 1, 2",
          "SELECT * FROM tally ORDER BY 1", "SELECT code, size FROM sizes ORDER BY code", "SELECT * FROM progress",
          "SELECT id, phase FROM evolver_migration ORDER BY position",
          "SELECT type, name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*' AND name NOT GLOB 'evolver_*' "
          "ORDER BY name",
          "SELECT 'left over', name FROM sqlite_schema WHERE name GLOB 'evolver_shadow*' OR name GLOB 'evolver_trash*' "
          "OR "
          "name GLOB 'evolver_ghosts*' OR name GLOB 'evolver_rebuild_*_items' OR name GLOB 'evolver_rebuild_*_loose'",
          "SELECT 'left over', table_name FROM evolver_rebuild"}) {
        for (auto const& row : database.rows(query)) {
            for (auto const& value : row) text += evolver::sqlite::to_text(value) + ' ';
            text += '\n';
        }
    }
    return text;
}

class Test {
public:
    Test(fs::path folder, std::uint64_t seed) : folder_{std::move(folder)}, seed_{seed}, random_{seed} {
        complaints_ = (folder_ / "complaints").string();
        run_alone([&] { make({seed_, template_path()}); });
        auto const calm = fresh();
        run_alone([&] {
            for (int writer = 0; writer < writers; ++writer) write_all(calm, writer, 0ms);
            contract(calm);
        });
        expected_ = final_state(calm);
    }

    void round(int kills) {
        ++rounds_;
        auto const setting = fresh();
        auto const operating = [&] { return Process{complaints_, [&] { contract(setting); }}; };
        auto process = operating();
        std::vector<Process> writing;
        for (int number = 0; number < writers; ++number)
            writing.emplace_back(complaints_, [&, number] { write_all(setting, number, 1ms); });
        for (; kills > 0; --kills) {
            if (process.wait(std::chrono::microseconds{1000 + random_() % 400'000})) break;
            if (!process.kill()) break;
            ++kills_;
            process = operating();
        }
        finish(process, "the operator");
        for (auto& one : writing) finish(one, "a writer");
        run_alone([&] { contract(setting); });  // nothing is left to do, but perhaps to sweep
        auto const found = final_state(setting);
        if (found != expected_)
            throw std::runtime_error{"the database differs from that of a calm run:" +
                                     first_difference(expected_, found)};
    }

    std::uint64_t random() { return random_(); }
    [[nodiscard]] int rounds() const { return rounds_; }
    [[nodiscard]] int kills() const { return kills_; }

private:
    [[nodiscard]] std::string template_path() const { return (folder_ / "template.db").string(); }

    [[nodiscard]] Setting fresh() {
        auto const path = (folder_ / "items.db").string();
        evolver::testing::remove_database(path);
        fs::copy_file(template_path(), path);
        return {seed_, path};
    }

    void run_alone(std::function<void()> const& body) {
        Process process{complaints_, body};
        finish(process, "the calm run");
    }

    void finish(Process& process, std::string const& who) const {
        if (!process.wait(patience)) throw std::runtime_error{who + " hangs"};
        if (!process.succeeded())
            throw std::runtime_error{who + " ended by " + process.end() + ": " + contents(complaints_)};
    }

    fs::path folder_;
    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::string complaints_;
    std::string expected_;
    int rounds_ = 0;
    int kills_ = 0;
};

int run(int rounds_wanted, std::uint64_t seed) {
    evolver::testing::Folder const folder{"evolver-rebuild"};
    std::cout << "seed " << seed << std::endl;
    try {
        Test test{folder.path(), seed};
        while (test.rounds() < rounds_wanted || test.kills() < rounds_wanted) {
            try {
                test.round(1 + static_cast<int>(test.random() % 3));
            } catch (std::exception const& error) {
                throw std::runtime_error{fmt::format("round {}: {}", test.rounds(), error.what())};
            }
        }
        std::cout << fmt::format(
                         "{} rounds, {} kills of the operator: every database equals that of a calm run\n1 passed, 0 "
                         "failed",
                         test.rounds(), test.kills())
                  << std::endl;
        return 0;
    } catch (std::exception const& error) {
        std::cout << "FAILED with --seed " << seed << "\n" << error.what() << std::endl;
        return 1;
    }
}

}  // namespace

int main(int argc, char** argv) {
    auto const rounds_wanted = evolver::testing::option(argc, argv, "--rounds").value_or(50);
    auto const seed = evolver::testing::option(argc, argv, "--seed").value_or(std::random_device{}());
    return run(static_cast<int>(rounds_wanted), seed);
}
