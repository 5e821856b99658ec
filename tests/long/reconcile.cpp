// Reconciliation beside programs that write all the time: it never reports a row that is right, and always the rows that are not.
//
//   evolver_reconcile [--rounds N] [--seed S]
//
// A round is one clean reconciliation while an old and a new release write, stopped, killed and gone on with at random; then rows are spoilt past
// the triggers, and it has to name exactly these, while the writers go on with other rows.
//
//   evolver_reconcile --compare PATH    the process that is killed: it compares, and stops, and goes on, without end

#include "evolver/evolver.hpp"
#include "support/long_test.hpp"
#include "support/raw_sqlite.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <atomic>
#include <exception>
#include <iostream>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

namespace {

using namespace evolver;
using evolver::testing::Folder;
using evolver::testing::RawSqlite;

constexpr int rounds_per_database = 10;
/// Rows whose number divided by this leaves 3 are left alone by the writers: these are spoilt.
constexpr int every = 7;

class Random {
public:
    explicit Random(std::uint64_t seed) : engine_{seed} {}
    int below(int limit) { return std::uniform_int_distribution<int>{0, limit - 1}(engine_); }
    bool chance(int one_in) { return below(one_in) == 0; }
    std::uint64_t seed() { return engine_(); }

private:
    std::mt19937_64 engine_;
};

Plan plan() {
    return Plan{
        "p",
        {Migration{.id = "1",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "users",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "size", .type = text()},
                                                          {.name = "address", .type = text()}}},
                                  CreateTable{.table = "profiles",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "user_id", .type = integer()}},
                                              .unique_keys = {{.columns = {"user_id"}}}}}},
         Migration{.id = "2",
                   .release = "2.0",
                   .operations = {ChangeType{.table = "users",
                                             .from = "size",
                                             .to = "size_bytes",
                                             .type = integer(),
                                             .up = "CAST(size AS INTEGER)",
                                             .down = "CAST(size_bytes AS TEXT)"},
                                  MoveColumn{.from = "users",
                                             .column = "address",
                                             .to = "profiles",
                                             .from_key = {"id"},
                                             .to_key = {"user_id"}}}}}};
}

std::string connection(std::string const& path) { return "db=" + path + " timeout=20"; }

struct AtChunks : Observer {
    void on(Event const& event) override {
        if (event.kind == EventKind::scanned && left > 0 && --left == 0) source.request_stop();
    }
    int left = 0;
    std::stop_source source;
};

/// What is killed: it stops every few milliseconds, so that its position is in the ledger whenever that happens.
void compare_without_end(std::string const& path) {
    soci::session db{soci::sqlite3, connection(path)};
    Evolver evolver{db, plan(), {.wait = std::chrono::seconds{60}}};
    for (;;) {
        try {
            (void)evolver.reconcile({.speed = Speed::full, .longest = std::chrono::milliseconds{3}});
        } catch (Error const&) {
            // It was to stop, or has found something: the same again.
        }
    }
}

/// A process of its own, since a fork of one with threads may do nothing but exec.
class Comparing {
public:
    explicit Comparing(std::string const& path) : id_{fork()} {
        if (id_ != 0) return;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl("/proc/self/exe", "evolver_reconcile", "--compare", path.c_str(), nullptr);
        _exit(1);
    }
    Comparing(Comparing const&) = delete;
    Comparing& operator=(Comparing const&) = delete;
    /// False: it had ended by itself.
    [[nodiscard]] bool kill() const {
        ::kill(id_, SIGKILL);
        int status = 0;
        waitpid(id_, &status, 0);
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }

private:
    pid_t id_;
};

/// Two programs that write until they are told to stop. What goes wrong in them is thrown when they have ended.
class Writers {
public:
    Writers(std::string path, int rows, std::uint64_t seed)
        : path_{std::move(path)},
          rows_{rows},
          old_{[this, seed](std::stop_token const& stop) { guarded([&] { write_old(stop, seed); }); }},
          new_{[this, seed](std::stop_token const& stop) { guarded([&] { write_new(stop, seed + 1); }); }} {}

    void end() {
        old_.request_stop();
        new_.request_stop();
        old_.join();
        new_.join();
        if (failed_) std::rethrow_exception(failed_);
    }
    [[nodiscard]] int writes() const { return writes_; }

private:
    template <class Work>
    void guarded(Work const& work) {
        try {
            work();
        } catch (...) {
            std::lock_guard const lock{mutex_};
            failed_ = std::current_exception();
        }
    }

    int row(Random& random) const {
        int const id = 1 + random.below(rows_ + 50);
        return id % every == 3 ? id + 1 : id;
    }

    void write_old(std::stop_token const& stop, std::uint64_t seed) {
        Random random{seed};
        RawSqlite const database{path_};
        database.connection().busy_timeout(std::chrono::seconds{20});
        database.run("PRAGMA synchronous = OFF");
        for (; !stop.stop_requested(); ++writes_) {
            std::vector<sqlite::Value> const binds{std::int64_t{row(random)}, std::int64_t{random.below(100'000)}};
            switch (random.below(7)) {
                case 0: database.run("DELETE FROM users WHERE id = ?1", {binds[0]}); break;
                case 1:
                    database.run(
                        "INSERT INTO users (id, size, address) VALUES (?1, ?2, 'old ' || ?2) ON CONFLICT DO NOTHING",
                        binds);
                    break;
                case 2: database.run("UPDATE users SET address = 'old ' || ?2 WHERE id = ?1", binds); break;
                case 3: database.run("UPDATE users SET size = NULL, address = NULL WHERE id = ?1", {binds[0]}); break;
                case 4:
                    database.run("UPDATE users SET size = ?2 || 'x' WHERE id BETWEEN ?1 AND ?1 + 3 AND id % 7 <> 3",
                                 binds);
                    break;
                default: database.run("UPDATE users SET size = ?2 WHERE id = ?1", binds); break;
            }
        }
    }

    void write_new(std::stop_token const& stop, std::uint64_t seed) {
        Random random{seed};
        soci::session db{soci::sqlite3, connection(path_)};
        db << "PRAGMA synchronous = OFF";
        Evolver const evolver{db, plan()};
        auto const users = evolver.table("users");
        auto const profiles = evolver.table("profiles");
        for (; !stop.stop_requested(); ++writes_) {
            long long const id = row(random);
            long long const bytes = random.below(100'000);
            std::string const address = "new " + std::to_string(bytes);
            switch (random.below(5)) {
                case 0:
                    db << profiles.update({"address"}) + " WHERE user_id = :id", soci::use(address, "address"),
                        soci::use(id, "id");
                    break;
                case 1:
                    db << users.insert({"id", "size_bytes"}) + " ON CONFLICT DO NOTHING", soci::use(id, "id"),
                        soci::use(bytes, "size_bytes");
                    break;
                case 2:
                    db << users.update({{"size_bytes", "size_bytes + 1"}}) + " WHERE id = :id", soci::use(id, "id");
                    break;
                default:
                    db << users.update({"size_bytes"}) + " WHERE id = :id", soci::use(bytes, "size_bytes"),
                        soci::use(id, "id");
                    break;
            }
        }
    }

    std::string path_;
    int rows_;
    std::atomic<int> writes_ = 0;
    std::mutex mutex_;
    std::exception_ptr failed_;
    std::jthread old_;
    std::jthread new_;
};

class Test {
public:
    explicit Test(std::uint64_t seed) : random_{seed} {}

    void database() {
        evolver::testing::remove_database(path_);
        rows_ = 200 + random_.below(random_.chance(4) ? 40'000 : 5000);
        RawSqlite const raw{path_};
        if (!random_.chance(4)) raw.run("PRAGMA journal_mode = WAL");
        raw.run("PRAGMA synchronous = OFF");
        {
            soci::session db{soci::sqlite3, connection(path_)};
            Evolver{db, plan().until("1.0")}.expand();
        }
        raw.connection().run(
            "BEGIN; WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < " +
            std::to_string(rows_) +
            ") INSERT INTO users SELECT i, i * 10, 'at ' || i FROM n; INSERT INTO profiles SELECT id + 100000, id FROM "
            "users WHERE id % 3 > 0 OR id % 7 = 3; COMMIT");
        soci::session db{soci::sqlite3, connection(path_)};
        Evolver evolver{db, plan()};
        evolver.expand();
        evolver.backfill(Speed::full);
    }

    void round() {
        Writers writers{path_, rows_, random_.seed()};
        soci::session db{soci::sqlite3, connection(path_)};
        AtChunks chunks;
        Evolver evolver{db, plan(), {.observer = &chunks, .wait = std::chrono::seconds{60}}};
        try {
            clean(evolver, chunks);
            spoil(evolver, chunks);
        } catch (...) {
            writers.end();
            throw;
        }
        writers.end();
        writes_ += writers.writes();
    }

    [[nodiscard]] std::string summary() const {
        return std::to_string(writes_) + " writes, " + std::to_string(stops_) + " stops, " + std::to_string(kills_) +
               " kills, " + std::to_string(spoilt_) + " spoilt rows";
    }

private:
    Reconciliation until_it_ends(Evolver& evolver, AtChunks& chunks) {
        for (;;) {
            chunks.source = std::stop_source{};
            chunks.left = random_.chance(2) ? 1 + random_.below(4) : 0;
            auto const speed = random_.chance(2) ? Speed::full : Speed::polite;
            try {
                return evolver.reconcile(
                    {.speed = speed, .stop = chunks.source.get_token(), .samples = 100, .resume = !random_.chance(5)});
            } catch (ReconcileError const&) {
                throw;
            } catch (Error const& error) {
                if (!error.retry_helps()) throw;
                ++stops_;
            }
        }
    }

    /// At any moment of a comparison.
    void kill_one() {
        if (!random_.chance(3)) return;
        Comparing const comparing{path_};
        std::this_thread::sleep_for(std::chrono::milliseconds{random_.below(60)});
        if (!comparing.kill()) throw std::runtime_error{"the process that compares has ended by itself"};
        ++kills_;
    }

    void clean(Evolver& evolver, AtChunks& chunks) {
        kill_one();
        auto const found = until_it_ends(evolver, chunks);
        if (found.different() != 0 || found.rows() < rows_ / 4) throw std::runtime_error{"it compared too little"};
    }

    void spoil(Evolver& evolver, AtChunks& chunks) {
        RawSqlite const careless{path_};
        careless.connection().busy_timeout(std::chrono::seconds{20});
        careless.connection().enable_triggers(false);
        std::set<std::string> expected;
        std::set<std::string> repairs;
        for (int i = 0, count = 1 + random_.below(4); i < count; ++i) {
            auto const id = std::to_string(random_.below(rows_ / every) * every + 3);
            switch (random_.below(4)) {
                case 0: careless.run("UPDATE users SET size = size || '1' WHERE id = " + id); break;
                case 1: careless.run("UPDATE users SET size_bytes = size_bytes + 1 WHERE id = " + id); break;
                case 2: careless.run("UPDATE users SET size_bytes = NULL WHERE id = " + id); break;
                default:
                    careless.run("UPDATE profiles SET address = 'spoilt' WHERE user_id = " + id);
                    expected.insert("profiles " + std::to_string(100'000 + std::stoi(id)));
                    repairs.insert(id);
                    continue;
            }
            expected.insert("users " + id);
            repairs.insert(id);
        }
        kill_one();
        std::set<std::string> named;
        try {
            // A stop after the first of them reports what was found until then: looked at without stops here.
            chunks.left = 0;
            (void)evolver.reconcile({.speed = Speed::full, .samples = 100, .resume = random_.chance(2)});
        } catch (ReconcileError const& error) {
            for (auto const& row : error.rows()) named.insert(row.table + " " + row.key);
        }
        if (named != expected) {
            std::string message = "expected:";
            for (auto const& one : expected) message += " " + one;
            message += "; named:";
            for (auto const& one : named) message += " " + one;
            throw std::runtime_error{message};
        }
        spoilt_ += static_cast<int>(expected.size());
        for (auto const& id : repairs) {
            careless.run("UPDATE users SET size = '" + id + "0', size_bytes = " + id + "0, address = 'at " + id +
                         "' WHERE id = " + id);
            careless.run("UPDATE profiles SET address = 'at " + id + "' WHERE user_id = " + id);
        }
    }

    Folder const folder_;
    std::string path_ = folder_.database();
    Random random_;
    int rows_ = 0;
    long long writes_ = 0;
    int stops_ = 0;
    int kills_ = 0;
    int spoilt_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::string{argv[1]} == "--compare") compare_without_end(argv[2]);
    auto const rounds = static_cast<int>(evolver::testing::option(argc, argv, "--rounds").value_or(100));
    auto const seed = evolver::testing::option(argc, argv, "--seed").value_or(std::random_device{}());
    std::cout << "seed " << seed << std::endl;
    Test test{seed};
    for (int round = 0; round < rounds; ++round) {
        try {
            if (round % rounds_per_database == 0) test.database();
            test.round();
        } catch (std::exception const& error) {
            std::cout << "round " << round << ": " << error.what() << std::endl;
            return 1;
        }
    }
    std::cout << rounds << " rounds: " << test.summary() << std::endl;
}
