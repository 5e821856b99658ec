// Crashes: an operator's process is killed at random moments and started again until the whole plan is done, while programs of the old
// and of the new release write; some of those are killed, too. In the end nobody can tell.
//
//   evolver_crash [--rounds N] [--seed S]
//
// Each writer has a fixed list of statements over rows of its own, and notes in the transaction of each statement that it is done. So the
// final database does not depend on who was quick: it must equal that of a calm run, in which the old release writes first, then the plan
// is carried out, and then the new release writes. A round is one database, from release 1.0 to contract. It goes on until there
// were N rounds and N kills that hit a running operator.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "evolver/access/live_statement.hpp"
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
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using evolver::testing::contents;
using evolver::testing::first_difference;
using evolver::testing::Process;
using evolver::testing::RawSqlite;
using evolver::testing::Session;

constexpr int rows = 3000;
constexpr int old_writers = 1;
constexpr int writers = 3;
constexpr std::array<int, writers> statements{40, 120, 120};
constexpr auto patience = 120s;  // longer than any round takes: whoever is not done by then hangs

evolver::Plan plan() {
    using namespace evolver;
    return Plan{
        "crash",
        {Migration{.id = "0001-packages",
                   .release = "1.0",
                   .operations = {CreateTable{
                       .table = "packages",
                       .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                   {.name = "name", .type = text(), .nullable = false},
                                   {.name = "size", .type = text()},
                                   {.name = "maintainer", .type = text()},
                                   {.name = "origin", .type = text()},
                                   {.name = "section", .type = text(), .nullable = false, .default_value = "'main'"},
                                   {.name = "touched", .type = integer(), .nullable = false, .default_value = "0"}}}}},
         Migration{
             .id = "0002-size",
             .release = "2.0",
             .operations = {ChangeType{.table = "packages",
                                       .from = "size",
                                       .to = "size_bytes",
                                       .type = integer(),
                                       .up = "CASE WHEN size GLOB '[0-9]*' THEN CAST(size AS INTEGER) END",
                                       .down = "CAST(size_bytes AS TEXT)"},
                            CreateIndex{.name = "packages_size", .table = "packages", .columns = {"size_bytes"}}}},
         Migration{.id = "0003-maintainer",
                   .release = "2.0",
                   .operations = {SplitColumn{
                       .table = "packages",
                       .from = "maintainer",
                       .into = {{.name = "maintainer_name",
                                 .type = text(),
                                 .up = "CASE WHEN instr(maintainer, ' <') > 0 THEN substr(maintainer, 1, "
                                       "instr(maintainer, ' <') - 1) ELSE maintainer END"},
                                {.name = "maintainer_email",
                                 .type = text(),
                                 .up = "CASE WHEN instr(maintainer, ' <') > 0 THEN rtrim(substr(maintainer, "
                                       "instr(maintainer, ' <') + 2), '>') END"}},
                       .down = "CASE WHEN maintainer_email IS NULL THEN maintainer_name ELSE maintainer_name || ' <' "
                               "|| maintainer_email || '>' END"}}},
         Migration{.id = "0004-tidy",
                   .release = "2.0",
                   .operations = {RenameColumn{.table = "packages", .from = "name", .to = "title"},
                                  DropColumn{.table = "packages", .column = "origin"}}}}};
}

std::uint64_t mixed(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

/// What the old release finds and writes: some of it the new shape cannot hold.
std::string size_of(std::uint64_t number) {
    static constexpr std::array texts{"12 kB", "abc", "", "007", "1e3"};
    return number % 6 == 0 ? texts[(number / 6) % texts.size()] : std::to_string(number % 100'000);
}

std::string maintainer_of(std::uint64_t number) {
    auto const name = "Person " + std::to_string(number % 40);
    switch (number % 7) {
        case 0: return name;
        case 1: return name + " <p" + std::to_string(number % 40) + "@example.org> (retired)";
        default: return name + " <p" + std::to_string(number % 40) + "@example.org>";
    }
}

struct Setting {
    std::uint64_t seed = 0;
    std::string path;
};

/// A database as release 1.0 left it, with triggers of the application's own.
void make(Setting const& setting, bool wal) {
    {
        Session session{setting.path};
        evolver::Evolver{session, plan().until("1.0"), {.release = "1.0"}}.expand();
    }
    RawSqlite const database{setting.path};
    if (wal) database.run("PRAGMA journal_mode = WAL");
    database.connection().run(
        "PRAGMA synchronous = OFF; BEGIN;"
        "CREATE TABLE progress (writer INTEGER PRIMARY KEY, done INTEGER NOT NULL);"
        "CREATE TABLE tally (updates INTEGER NOT NULL); INSERT INTO tally VALUES (0);"
        "CREATE TABLE story (rollbacks INTEGER NOT NULL); INSERT INTO story VALUES (0);");
    for (int writer = 0; writer < writers; ++writer)
        database.run("INSERT INTO progress VALUES (?, 0)", {std::int64_t{writer}});
    for (int id = 1; id <= rows; ++id) {
        auto const number = mixed(setting.seed * 7919 + static_cast<std::uint64_t>(id));
        bool const null = number % 11 == 0;
        database.run("INSERT INTO packages (id, name, size, maintainer, origin) VALUES (?, ?, ?, ?, 'debian')",
                     {std::int64_t{id}, "package-" + std::to_string(id),
                      null ? evolver::sqlite::Value{} : evolver::sqlite::Value{size_of(number >> 8)},
                      null ? evolver::sqlite::Value{} : evolver::sqlite::Value{maintainer_of(number >> 16)}});
    }
    database.connection().run(
        "CREATE TRIGGER count_updates AFTER UPDATE ON packages BEGIN UPDATE tally SET updates = updates + 1; END;"
        "CREATE TRIGGER stamp AFTER INSERT ON packages BEGIN UPDATE packages SET touched = touched + 1 WHERE id = "
        "NEW.id; END;"
        "COMMIT;");
}

// ---- the writers

/// One statement of a writer's list: what, on which row, with which values.
struct Task {
    unsigned kind;
    long long id;
    std::uint64_t number;
};

Task task(Setting const& setting, int writer, int position) {
    auto const number = mixed(setting.seed * 104729 + static_cast<std::uint64_t>(writer * 100'000 + position));
    auto const kind = static_cast<unsigned>(number % 10);
    auto const share = static_cast<std::uint64_t>(rows / writers);
    long long const own = 1 + writer + writers * static_cast<long long>((number >> 8) % share);
    long long const made =
        rows + 1000LL * (writer + 1) + position;  // close together: SQLite's estimate of the rows is their span
    return {kind, kind < 2 ? made : own, number >> 20};
}

/// A program of release 1.0: plain SQL.
void write_old(Setting const& setting, RawSqlite const& database, int writer, int position) {
    auto const [kind, id, number] = task(setting, writer, position);
    database.run("BEGIN IMMEDIATE");
    switch (kind) {
        case 0:
        case 1:
            database.run("INSERT INTO packages (id, name, size, maintainer, origin) VALUES (?, ?, ?, ?, 'own')",
                         {std::int64_t{id}, "old-" + std::to_string(id), size_of(number), maintainer_of(number)});
            break;
        case 2:
        case 3: database.run("UPDATE packages SET size = ? WHERE id = ?", {size_of(number), std::int64_t{id}}); break;
        case 4: database.run("UPDATE packages SET size = size || '1' WHERE id = ?", {std::int64_t{id}}); break;
        case 5:
            database.run("UPDATE packages SET maintainer = ?, size = NULL WHERE id = ?",
                         {maintainer_of(number), std::int64_t{id}});
            break;
        case 6: database.run("UPDATE packages SET section = 'old' WHERE id = ?", {std::int64_t{id}}); break;
        case 7:
            database.run("UPDATE packages SET name = ? WHERE id = ?",
                         {"old-" + std::to_string(number % 1000), std::int64_t{id}});
            break;
        case 8: database.run("UPDATE packages SET id = id + 20000 WHERE id = ?", {std::int64_t{id}}); break;
        default: database.run("DELETE FROM packages WHERE id = ?", {std::int64_t{id}}); break;
    }
    database.run("UPDATE progress SET done = ? WHERE writer = ?", {std::int64_t{position} + 1, std::int64_t{writer}});
    database.run("COMMIT");
}

/// A program of release 2.0: LiveTable by `db <<` where `streamed`, else by prepared LiveStatements.
class NewWriter {
public:
    NewWriter(Setting const& setting, int writer)
        : setting_{setting},
          writer_{writer},
          streamed_{writer % 2 == 0},
          db_{setting.path},
          evolver_{db_, plan(), {.release = "2.0"}},
          packages_{evolver_.table("packages")},
          insert_{db_, packages_.insert({"id", "title", "size_bytes", "maintainer_name", "maintainer_email"})},
          resize_{db_, packages_.update({"size_bytes"}) + " WHERE id = :id"},
          grow_{db_, packages_.update({{"size_bytes", "size_bytes + :delta"}}) + " WHERE id = :id"},
          read_{db_, packages_.select({"size_bytes"}) + " WHERE id = :id"} {
        insert_.use(id_, "id")
            .use(title_, "title")
            .use(bytes_, "size_bytes")
            .use(person_, "maintainer_name")
            .use(email_, "maintainer_email");
        resize_.use(bytes_, "size_bytes").use(id_, "id");
        grow_.use(delta_, "delta").use(id_, "id");
        read_.into(found_, indicator_).use(id_, "id");
    }

    void write(int position) {
        using soci::use;
        auto const [kind, id, number] = task(setting_, writer_, position);
        id_ = id;
        bytes_ = static_cast<long long>(number % 90'000);
        delta_ = static_cast<long long>(number % 100);
        person_ = "New " + std::to_string(number % 30);
        email_ = "n" + std::to_string(number % 30) + "@example.org";
        title_ = "new-" + std::to_string(number % 1000);
        std::string const where = " WHERE id = :id";
        db_ << "BEGIN IMMEDIATE";
        switch (kind) {
            case 0:
            case 1:
                if (!streamed_) {
                    insert_.execute();
                } else {
                    db_ << packages_.insert({"id", "title", "size_bytes", "maintainer_name", "maintainer_email"}),
                        use(id_, "id"), use(title_, "title"), use(bytes_, "size_bytes"),
                        use(person_, "maintainer_name"), use(email_, "maintainer_email");
                }
                expect(bytes_);
                break;
            case 2:
            case 3: {
                bool const there = read();
                if (streamed_) {
                    db_ << packages_.update({"size_bytes"}) + where, use(bytes_, "size_bytes"), use(id_, "id");
                } else {
                    resize_.execute();
                }
                if (there) expect(bytes_);
                break;
            }
            case 4:
            case 5: {
                bool const filled = read() && indicator_ == soci::i_ok;
                auto const expected = found_ + delta_;
                if (streamed_) {
                    db_ << packages_.update({{"size_bytes", "size_bytes + :delta"}}) + where, use(delta_, "delta"),
                        use(id_, "id");
                } else {
                    grow_.execute();
                }
                if (filled) expect(expected);
                break;
            }
            case 6:
                db_ << packages_.update({"maintainer_name"}) + where, use(person_, "maintainer_name"), use(id_, "id");
                break;
            case 7:
                db_ << packages_.update({"title", {"section", "'new'"}}) + where, use(title_, "title"), use(id_, "id");
                break;
            case 8:
                db_ << packages_.update({"maintainer_name", "maintainer_email"}) + where,
                    use(person_, "maintainer_name"), use(email_, "maintainer_email"), use(id_, "id");
                break;
            default: db_ << "DELETE FROM packages WHERE id = :id", use(id_, "id"); break;
        }
        int const done = position + 1;
        db_ << "UPDATE progress SET done = :done WHERE writer = :writer", use(done, "done"), use(writer_, "writer");
        db_ << "COMMIT";
    }

private:
    /// The size as release 2.0 reads it. False: no such row.
    bool read() {
        if (!streamed_) return read_.execute();
        db_ << packages_.select({"size_bytes"}) + " WHERE id = :id", soci::into(found_, indicator_),
            soci::use(id_, "id");
        return db_.got_data();
    }

    void expect(long long bytes) {
        if (read() && indicator_ == soci::i_ok && found_ == bytes) return;
        throw std::runtime_error{fmt::format("row {}: {} was written, {} is read", id_, bytes, found_)};
    }

    Setting const& setting_;
    int writer_;
    bool streamed_;
    Session db_;
    evolver::Evolver evolver_;
    evolver::LiveTable packages_;
    evolver::LiveStatement insert_, resize_, grow_, read_;
    long long id_ = 0;
    long long bytes_ = 0;
    long long delta_ = 0;
    long long found_ = 0;
    soci::indicator indicator_ = soci::i_ok;
    std::string person_, email_, title_;
};

int done_of(RawSqlite const& database, int writer) {
    return static_cast<int>(database.integer("SELECT done FROM progress WHERE writer = " + std::to_string(writer)));
}

/// Goes on where its last life ended. `pace`: between two statements, so that writers are there during the whole run.
void write_all(Setting const& setting, int writer, std::chrono::milliseconds pace) {
    auto const raw = std::make_unique<RawSqlite>(setting.path);
    raw->run("PRAGMA synchronous = OFF");
    std::unique_ptr<NewWriter> newer;
    if (writer >= old_writers) newer = std::make_unique<NewWriter>(setting, writer);
    for (int position = done_of(*raw, writer); position < statements[static_cast<std::size_t>(writer)]; ++position) {
        if (newer) {
            newer->write(position);
        } else {
            write_old(setting, *raw, writer, position);
        }
        if (pace > 0ms) std::this_thread::sleep_for(pace);
    }
}

// ---- the operator

/// Takes the plan through everything. `rollbacks` times it goes back by one migration, with the backfill at different points, and forward again.
void operate(Setting const& setting, int rollbacks) {
    Session db{setting.path};
    evolver::Evolver evolver{db, plan(), {.release = "2.0", .actor = "operator", .wait = 30s, .soak = 0s}};
    RawSqlite const raw{setting.path};
    raw.run("PRAGMA synchronous = OFF");
    bool contracted = evolver.status().floor_release == "2.0";
    while (!contracted) {
        auto const gone_back = raw.integer("SELECT rollbacks FROM story");
        if (gone_back >= rollbacks) break;
        evolver.expand();
        for (int i = 0; i < 3 * gone_back; ++i) (void)evolver.advance(500us);
        auto const whole = plan();
        auto const migrations = whole.migrations();
        for (auto i = std::int64_t{0}; i <= gone_back; ++i) {
            evolver.rollback({.migration = migrations[migrations.size() - 1 - static_cast<std::size_t>(i)].id.text()});
        }
        raw.run("UPDATE story SET rollbacks = rollbacks + 1");
    }
    evolver.expand();
    for (;;) {
        while (evolver.advance(4ms)) {
        }
        evolver.reconcile();
        bool waiting = false;
        for (int writer = 0; writer < old_writers; ++writer)
            waiting = waiting || done_of(raw, writer) < statements[static_cast<std::size_t>(writer)];
        if (!waiting) {
            try {
                evolver.contract(
                    {.override_gates = {{"soak", "a test"}, {"processes", "old writers have ended"}},
                     .accept_loss = {{"0002-size", "units were never meant"}, {"0003-maintainer", "remarks may go"}}});
                return;
            } catch (evolver::GateClosed const&) {
                continue;  // a legacy write came in after the comparison
            }
        }
        std::this_thread::sleep_for(2ms);
    }
}

// ---- the proof

/// Everything that must be the same however it came about, as text.
std::string final_state(Setting const& setting) {
    RawSqlite const database{setting.path};
    auto const& connection = database.connection();
    std::ostringstream text;
    text << "integrity " << connection.text("PRAGMA integrity_check") << '\n';
    text << evolver::canonical(evolver::sqlite::inspect(connection), evolver::Engine::sqlite) << '\n';
    for (auto const& row : database.rows(
             "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name")) {
        for (auto const& value : row) text << evolver::sqlite::to_text(value) << ' ';
        text << '\n';
    }
    auto const add = [&](std::string const& query) {
        for (auto const& row : database.rows(query)) {
            for (auto const& value : row) text << evolver::sqlite::to_text(value) << ' ';
            text << '\n';
        }
    };
    add("SELECT id, title, size_bytes, maintainer_name, maintainer_email, section, touched FROM packages ORDER BY id");
    add("SELECT 'updates counted', updates FROM tally");
    add("SELECT 'writer', writer, 'done', done FROM progress");
    add("SELECT id, phase, stage, filled FROM evolver_migration ORDER BY position");
    add("SELECT 'floor', floor_release FROM evolver_plan");
    add("SELECT 'left over', count(*) FROM evolver_checkpoint");
    // What only the old shape held is kept. The new release's own rows may have been written before or after that moment.
    add(
        fmt::format("SELECT migration, row_key, column_name, value FROM evolver_quarantine WHERE (CAST(row_key AS "
                    "INTEGER) % 20000 - 1) % {} < {} AND "
                    "CAST(row_key AS INTEGER) % 20000 <= {} ORDER BY 1, CAST(row_key AS INTEGER), 3",
                    writers, old_writers, rows));
    return text.str();
}

/// What the audit trail must say, whatever happened: empty if it does.
std::string audit_complaint(Setting const& setting) {
    Session db{setting.path};
    evolver::Evolver evolver{db, plan(), {.release = "2.0"}};
    if (auto const broken = evolver.verify_audit()) return "the audit trail is broken: " + *broken;
    RawSqlite const raw{setting.path};
    auto const wrong = evolver::support::rows(
        raw.connection(),
        "SELECT migration, sum(event = 'expand'), sum(event = 'rollback'), sum(event = 'contract') FROM evolver_audit "
        "WHERE migration != '' GROUP BY migration "
        "HAVING sum(event = 'expand') != 1 + sum(event = 'rollback') OR sum(event = 'contract') != 1");
    return wrong.empty()
               ? ""
               : "something was done twice, or not recorded (migration, expands, rollbacks, contracts): " + wrong;
}

/// How far an operator had come, for the table at the end.
std::string phase_of(Setting const& setting) {
    RawSqlite const raw{setting.path};
    auto const whole = plan();
    auto const migrations = static_cast<std::int64_t>(whole.migrations().size());
    auto const count = [&](std::string const& condition) {
        return raw.integer("SELECT count(*) FROM evolver_migration WHERE " + condition);
    };
    if (raw.integer("SELECT rollbacks FROM story") == 0 && count("1") <= 1) return "1 before expand";
    if (count("1") < migrations) return "2 expanding or rolling back";
    if (count("filled = 0") > 0) return "3 filling";
    if (count("phase = 'contracted'") == migrations) return "6 contracted";
    if (count("phase = 'contracted'") > 0) return "5 contracting";
    return "4 comparing, waiting for old writers, or contracting";
}

class Test {
public:
    Test(fs::path folder, std::uint64_t seed) : folder_{std::move(folder)}, seed_{seed}, random_{seed} {
        complaints_ = (folder_ / "complaints").string();
        for (bool const wal : {true, false}) make({seed_, template_path(wal)}, wal);
        // The calm run: one after the other, in a process of its own, so that this one never has the engine open while it forks.
        auto const calm = fresh(true);
        run_alone([&] {
            for (int writer = 0; writer < old_writers; ++writer) write_all(calm, writer, 0ms);
            operate(calm, 0);
            for (int writer = old_writers; writer < writers; ++writer) write_all(calm, writer, 0ms);
        });
        expected_ = final_state(calm);
        for (bool const wal : {true, false}) {
            auto const start = Clock::now();
            round(wal, 0, 0);
            length_[wal ? 1 : 0] = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
        }
    }

    void round_with_kills(bool wal) {
        ++rounds_;
        round(wal, 1 + static_cast<int>(random_() % 3), static_cast<int>(random_() % 4 == 0 ? 1 + random_() % 3 : 0));
    }

    [[nodiscard]] int rounds() const { return rounds_; }
    [[nodiscard]] int kills() const { return kills_; }
    [[nodiscard]] int writer_kills() const { return writer_kills_; }
    [[nodiscard]] std::map<std::string, int> const& phases() const { return phases_; }
    [[nodiscard]] std::chrono::milliseconds length(bool wal) const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(length_[wal ? 1 : 0]);
    }

private:
    [[nodiscard]] std::string template_path(bool wal) const {
        return (folder_ / (wal ? "template-wal.db" : "template-delete.db")).string();
    }

    [[nodiscard]] Setting fresh(bool wal) {
        auto const path = (folder_ / "catalogue.db").string();
        evolver::testing::remove_database(path);
        fs::copy_file(template_path(wal), path);
        return {seed_, path};
    }

    [[nodiscard]] Process start(std::function<void()> const& body) const { return Process{complaints_, body}; }

    void run_alone(std::function<void()> const& body) {
        auto process = start(body);
        finish(process, "the calm run");
    }

    void finish(Process& process, std::string const& who) const {
        if (!process.wait(patience)) throw std::runtime_error{who + " hangs"};
        if (!process.succeeded())
            throw std::runtime_error{who + " ended by " + process.end() + ": " + contents(complaints_)};
    }

    void round(bool wal, int kills, int rollbacks) {
        auto const setting = fresh(wal);
        auto const writer = [&](int number) { return start([&] { write_all(setting, number, 1ms); }); };
        auto const operating = [&] { return start([&] { operate(setting, rollbacks); }); };
        auto process = operating();
        std::vector<Process> writing;
        for (int number = 0; number < writers; ++number) writing.push_back(writer(number));

        auto longest = length_[wal ? 1 : 0];
        for (; kills > 0; --kills) {
            auto const delay = std::chrono::microseconds{random_() % static_cast<std::uint64_t>(longest.count())};
            if (process.wait(delay)) break;
            if (random_() % 3 == 0) {
                auto const number = static_cast<int>(random_() % writers);
                auto& victim = writing[static_cast<std::size_t>(number)];
                if (victim.kill()) {
                    ++writer_kills_;
                    victim = writer(number);
                }
            }
            if (!process.kill()) break;
            ++kills_;
            ++phases_[phase_of(setting)];
            process = operating();
            longest = std::max(longest / 2, std::chrono::microseconds{1000});
        }
        finish(process, "the operator");
        for (auto& one : writing) finish(one, "a writer");
        auto const found = final_state(setting);
        if (found != expected_)
            throw std::runtime_error{"the database differs from that of a calm run:" +
                                     first_difference(expected_, found)};
        if (auto const complaint = audit_complaint(setting); !complaint.empty()) throw std::runtime_error{complaint};
    }

    fs::path folder_;
    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::string complaints_;
    std::string expected_;
    std::array<std::chrono::microseconds, 2> length_{};
    int rounds_ = 0;
    int kills_ = 0;
    int writer_kills_ = 0;
    std::map<std::string, int> phases_;
};

int run(int rounds_wanted, std::uint64_t seed) {
    evolver::testing::Folder const folder{"evolver-crash"};
    std::cout << "seed " << seed << std::endl;
    int result = 0;
    try {
        Test test{folder.path(), seed};
        std::cout << fmt::format("undisturbed: {} ms in WAL mode, {} ms with a rollback journal",
                                 test.length(true).count(), test.length(false).count())
                  << std::endl;
        while (test.rounds() < rounds_wanted || test.kills() < rounds_wanted) {
            try {
                test.round_with_kills(test.rounds() % 2 == 0);
            } catch (std::exception const& error) {
                throw std::runtime_error{fmt::format("round {} ({}): {}", test.rounds(),
                                                     test.rounds() % 2 == 1 ? "WAL" : "rollback journal",
                                                     error.what())};
            }
        }
        std::cout << fmt::format("{} rounds, {} kills of the operator, {} of writers; the operator was killed:\n",
                                 test.rounds(), test.kills(), test.writer_kills());
        for (auto const& [phase, count] : test.phases())
            std::cout << fmt::format("  {:4} {}\n", count, phase.substr(2));
        std::cout << "every database equals that of a calm run\n1 passed, 0 failed" << std::endl;
    } catch (std::exception const& error) {
        std::cout << "FAILED with --seed " << seed << "\n" << error.what() << std::endl;
        result = 1;
    }
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    auto const rounds_wanted = evolver::testing::option(argc, argv, "--rounds").value_or(100);
    auto const seed = evolver::testing::option(argc, argv, "--seed").value_or(std::random_device{}());
    return run(static_cast<int>(rounds_wanted), seed);
}
