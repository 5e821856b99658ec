// The same plan on a real server, which EVOLVER_POSTGRESQL_SERVER names and which writes to the disk as in earnest: the filling against one UPDATE, what
// others wait for meanwhile, what the sync trigger takes.

#include "catalogue.hpp"
#include "harness.hpp"

#include "dialect/postgresql/connection.hpp"

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace bench {

namespace {

using evolver::postgresql::Connection;

constexpr int many = 1'000'000;
constexpr int few = 10'000;
constexpr int pairs = 3;
constexpr int lock_timeout_ms = 100;  // of evolver's own statements

/// PostgreSQL has no affinities: a number is a bigint.
evolver::Plan plan_here() {
    using namespace evolver;
    auto const both = plan();
    std::vector<Migration> migrations{both.migrations().begin(), both.migrations().end()};
    std::get<ChangeType>(migrations[1].operations[0]).up = "CAST(size AS BIGINT)";
    return Plan{"catalogue", std::move(migrations)};
}

/// The server that the benchmarks were given, and databases on it.
class Server {
public:
    explicit Server(std::string parameters)
        : parameters_{std::move(parameters)}, boss_{Connection::open(to("postgres"))} {}

    [[nodiscard]] std::string to(std::string const& database) const { return parameters_ + " dbname=" + database; }

    /// Release 1.0 with so many rows, looked over by VACUUM: what the others are copied from.
    void make_base(std::string const& name, int rows) const {
        drop(name);
        boss_.run("CREATE DATABASE " + name + " TEMPLATE template0");
        soci::session db{soci::postgresql, to(name)};
        evolver::Evolver{db, plan_here().until("1.0"), {.release = "1.0"}}.expand();
        db << fmt::format(
            "INSERT INTO packages (id, name, section, description, size) SELECT i, 'package-' || i, 'section-' || "
            "(i % 40), lpad(i::text, 120, '0'), ((i::bigint * 7919) % 100000007)::text FROM generate_series(1, {}) "
            "AS i",
            rows);
        db << "VACUUM (ANALYZE) packages";
    }
    void copy(std::string const& base, std::string const& name) const {
        drop(name);
        boss_.run("CREATE DATABASE " + name + " TEMPLATE " + base);
        boss_.run("CHECKPOINT");  // of the copy, before anything is measured
    }
    void drop(std::string const& name) const { boss_.run("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); }

private:
    std::string parameters_;
    Connection boss_;
};

/// A program of release 1.0 that writes and reads a row every two milliseconds, and takes down how long each statement took, in milliseconds.
class Client {
public:
    Client(std::string parameters, int rows)
        : thread_{[this, parameters = std::move(parameters), rows] { run(parameters, rows); }} {}
    std::vector<double> stop() {
        over_ = true;
        thread_.join();
        if (!error_.empty()) throw std::runtime_error{"the client's statement failed: " + error_};
        return std::move(waits_);
    }

private:
    void run(std::string const& parameters, int rows) {
        try {
            auto const connection = Connection::open(parameters);
            for (long long i = 0; !over_; ++i) {
                auto const id = std::to_string(1 + i * 7919 % rows);
                waits_.push_back(1000 * seconds([&] {
                                     connection.query(
                                         i % 2 == 0 ? "UPDATE packages SET size = $1 WHERE id = CAST($2 AS bigint)"
                                                    : "SELECT name, $1 FROM packages WHERE id = CAST($2 AS bigint)",
                                         {std::to_string(i), id});
                                 }));
                std::this_thread::sleep_for(std::chrono::milliseconds{2});
            }
        } catch (std::exception const& error) {
            error_ = error.what();
        }
    }

    std::atomic<bool> over_ = false;
    std::vector<double> waits_;
    std::string error_;
    std::thread thread_;
};

double filled_by(Server const& server, std::string const& base, int workers) {
    server.copy(base, "bench");
    std::vector<std::unique_ptr<soci::session>> sessions;
    std::vector<std::unique_ptr<evolver::Evolver>> evolvers;
    for (int worker = 0; worker < workers; ++worker) {
        sessions.push_back(std::make_unique<soci::session>(soci::postgresql, server.to("bench")));
        evolvers.push_back(
            std::make_unique<evolver::Evolver>(*sessions.back(), plan_here(), evolver::Options{.release = "2.0"}));
        evolvers.back()->expand();
    }
    return seconds([&] {
        std::vector<std::thread> others;
        for (int worker = 1; worker < workers; ++worker)
            others.emplace_back(
                [&, worker] { evolvers[static_cast<std::size_t>(worker)]->backfill(evolver::Speed::full); });
        evolvers.front()->backfill(evolver::Speed::full);
        for (auto& other : others) other.join();
    });
}

void backfill(Bench& bench, Server const& server) {
    if (!bench.wants("pg.backfill") && !bench.wants("pg.growth") && !bench.wants("pg.workers")) return;
    auto const update = [&] {
        server.copy("base", "bench");
        auto const connection = Connection::open(server.to("bench"));
        connection.run("ALTER TABLE packages ADD COLUMN size_bytes bigint");
        return seconds([&] { connection.run("UPDATE packages SET size_bytes = CAST(size AS bigint)"); });
    };
    // Speed is rows in a time, so the ratio is the times' the other way round.
    bench.ratio(
        "pg.backfill.ratio", update, [&] { return filled_by(server, "base", 1); }, pairs, Bound::at_least, 0.8);
    if (bench.wants("pg.growth")) {
        server.make_base("small", few);
        bench.ratio(
            "pg.growth.ratio", [&] { return filled_by(server, "small", 1) / few; },
            [&] { return filled_by(server, "base", 1) / many; }, pairs, Bound::at_least, 0.9);
        server.drop("small");
    }
    if (bench.wants("pg.workers"))
        bench.ratio(
            "pg.workers.ratio", [&] { return filled_by(server, "base", 1); },
            [&] { return filled_by(server, "base", 2); }, pairs, Bound::at_least, 1);
}

void sync(Bench& bench, Server const& server) {
    if (!bench.wants("pg.sync")) return;
    server.copy("base", "plain");
    server.copy("base", "synced");
    soci::session db{soci::postgresql, server.to("synced")};
    evolver::Evolver evolver{db, plan_here(), {.release = "2.0"}};
    evolver.expand();
    evolver.backfill(evolver::Speed::full);
    auto const plain = Connection::open(server.to("plain"));
    auto const synced = Connection::open(server.to("synced"));
    for (auto const* one : {&plain, &synced}) one->run("VACUUM packages");
    int number = 0;
    auto const bulk = [&](Connection const& connection) {
        ++number;
        auto const took = seconds([&] {
            connection.run(fmt::format("UPDATE packages SET size = ((id * 7919 + {}) % 100000007)::text WHERE id <= {}",
                                       number, many / 5));
        });
        connection.run("VACUUM packages");
        return took;
    };
    bench.ratio(
        "pg.sync.ratio", [&] { return bulk(synced); }, [&] { return bulk(plain); }, pairs, Bound::at_most, 2.0);
}

void foreground(Bench& bench, Server const& server) {
    if (!bench.wants("pg.foreground") && !bench.wants("pg.lock_max")) return;
    server.copy("base", "bench");
    Client calm{server.to("bench"), many};
    std::this_thread::sleep_for(std::chrono::seconds{10});
    auto const without = calm.stop();
    soci::session db{soci::postgresql, server.to("bench")};
    evolver::Evolver evolver{db, plan_here(), {.release = "2.0", .soak = std::chrono::seconds{0}}};
    Client client{server.to("bench"), many};
    evolver.expand();
    evolver.backfill();
    auto const during = client.stop();
    Client last{server.to("bench"), many};
    evolver.reconcile();
    auto with = last.stop();
    with.insert(with.end(), during.begin(), during.end());
    bench.report(
        {.name = "pg.foreground.p99.ratio",
         .value = quantile(with, 0.99) / quantile(without, 0.99),
         .kind = Bound::at_most,
         .bound = 3,
         .note = fmt::format("{:.1f} ms instead of {:.1f} ms", quantile(with, 0.99), quantile(without, 0.99))});
    bench.report({.name = "pg.lock_max_ms",
                  .value = quantile(during, 1),
                  .unit = "ms",
                  .kind = Bound::at_most,
                  .bound = 200,
                  .note = fmt::format("{:.1f} ms without", quantile(without, 1))});
}

/// Somebody reads the table in a transaction that stays open, while expand() would like to have it for itself.
void blocked(Bench& bench, Server const& server) {
    if (!bench.wants("pg.blocked")) return;
    server.copy("base", "bench");
    auto const reader = Connection::open(server.to("bench"));
    reader.run("BEGIN; SELECT count(*) FROM packages");
    std::thread ending{[&] {
        std::this_thread::sleep_for(std::chrono::seconds{5});
        reader.run("COMMIT");
    }};
    Client client{server.to("bench"), many};
    soci::session db{soci::postgresql, server.to("bench")};
    evolver::Evolver{db, plan_here(), {.release = "2.0", .wait = std::chrono::seconds{60}}}.expand();
    ending.join();
    auto const waits = client.stop();
    bench.report({.name = "pg.blocked_max_ms",
                  .value = quantile(waits, 1),
                  .unit = "ms",
                  .kind = Bound::at_most,
                  .bound = lock_timeout_ms + 50});
}

}  // namespace

void postgresql(Bench& bench) {
    if (!bench.wants("pg.")) return;
    auto const* const given = std::getenv("EVOLVER_POSTGRESQL_SERVER");
    if (given == nullptr) {
        fmt::print("pg.*: skipped, there is no server (Debian: postgresql)\n");
        return;
    }
    Server const server{given};
    server.make_base("base", many);
    backfill(bench, server);
    sync(bench, server);
    foreground(bench, server);
    blocked(bench, server);
}

}  // namespace bench
