// Reconciliation, against a bare scan of one column. All of it reads what is in memory, so the processor's time is taken: of others on the
// machine it shows less.

#include "harness.hpp"
#include "locks.hpp"

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/table_digest.hpp"
#include "execute/slices.hpp"

#include <evolver/evolver.hpp>

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <stdexcept>

namespace bench {

namespace {

namespace sqlite = evolver::sqlite;

constexpr int rows = 2'000'000;
constexpr int many = 10'000'000;
constexpr int pairs = 5;

constexpr int open_flags = 0x00000002 | 0x00000004;  // SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE

/// Users as most applications have them: six columns of every type, some 200 bytes.
std::string users(int count) {
    return "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
           "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, balance REAL, created_at TEXT, "
           "payload BLOB);"
           "BEGIN; WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < " +
           std::to_string(count) +
           ") INSERT INTO users SELECT i, 'user number ' || i, 'user' || i || '@example.org', (i * 7919 % 1000003) / "
           "100.0, "
           "'2026-11-' || (i % 30), randomblob(120) FROM n; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)";
}

double scan(sqlite::Connection const& connection) {
    return processor_seconds([&] { (void)connection.integer("SELECT sum(length(name)) FROM users"); });
}

/// The digest over all columns, in ranges of the key.
void digest(sqlite::Connection const& connection) {
    auto const key = sqlite::row_key(connection, "users");
    evolver::Slices slices{connection, "users", key};
    sqlite::TableDigest sum;
    evolver::Key done;
    for (bool more = true; more;) {
        auto const until = slices.end_after(done, 16'000);
        auto statement = connection.prepare(sqlite::digest(
            "users", {"id", "name", "email", "balance", "created_at", "payload"}, key, evolver::range_of(done, until)));
        evolver::bind_range(statement, done, until, key);
        auto const part = sqlite::run_digest(statement);
        slices.had(part.rows);
        sum += part;
        more = !until.empty();
        done = until;
    }
    if (sum == sqlite::TableDigest{}) throw std::runtime_error{"the digest is empty"};
}

evolver::Plan copied(std::string const& up, std::string const& down) {
    using namespace evolver;
    return Plan{"users",
                {Migration{.id = "0001",
                           .release = "1.0",
                           .operations = {ChangeType{.table = "users",
                                                     .from = "name",
                                                     .to = "full_name",
                                                     .type = text(),
                                                     .up = Expression{up},
                                                     .down = Expression{down}}}}}};
}

/// up(old) against new, while reads are at dual and nobody else writes.
void pair_ratio(Bench& bench, std::string const& name, evolver::Plan const& plan, std::optional<Bound> kind,
                double bound) {
    auto const path = bench.database("pair");
    auto const connection = sqlite::Connection::open(path.string(), open_flags);
    connection.run(users(rows));
    soci::session db{soci::sqlite3, "db=" + path.string() + " timeout=10"};
    evolver::Evolver evolver{db, plan};
    evolver.expand();
    evolver.backfill(evolver::Speed::full);
    connection.run("PRAGMA wal_checkpoint(TRUNCATE)");
    auto const compare = [&] {
        return processor_seconds([&] {
            if (evolver.reconcile({.speed = evolver::Speed::full}).rows() != rows)
                throw std::runtime_error{"not every row was compared"};
        });
    };
    // Speed is rows in a time, so the ratio is the times' the other way round.
    bench.ratio(
        name, [&] { return scan(connection); }, compare, pairs, kind, bound);
}

void find_one(Bench& bench) {
    auto const before = bench.database("before");
    auto const after = bench.database("after");
    auto const connection = sqlite::Connection::open(before.string(), open_flags);
    connection.run(users(many));
    restore(before, after);
    auto const other = sqlite::Connection::open(after.string(), open_flags);
    other.run("UPDATE users SET balance = balance + 0.01 WHERE id = 7654321; PRAGMA wal_checkpoint(TRUNCATE)");
    for (auto const* one : {&connection, &other}) sqlite::add_table_digest(*one);
    auto const scan_both = [&] {
        return processor_seconds([&] {
            digest(connection);
            digest(other);
        });
    };
    auto const find = [&] {
        return processor_seconds([&] {
            auto const found = evolver::compare_databases(before.string(), after.string());
            if (found.tables.at(0).changed != 1 || found.tables[0].rows.at(0).key != "7654321")
                throw std::runtime_error{"the row was not found"};
        });
    };
    bench.ratio("reconcile.find_one.ratio", find, scan_both, 3, Bound::at_most, 1.3);
}

}  // namespace

void reconcile(Bench& bench) {
    if (bench.wants("reconcile.digest.ratio")) {
        auto const connection = sqlite::Connection::open(bench.database("digest").string(), open_flags);
        connection.run(users(rows));
        sqlite::add_table_digest(connection);
        bench.ratio(
            "reconcile.digest.ratio", [&] { return scan(connection); },
            [&] { return processor_seconds([&] { digest(connection); }); }, pairs, Bound::at_least, 0.5);
    }
    if (bench.wants("reconcile.pair.ratio"))
        pair_ratio(bench, "reconcile.pair.ratio", copied("name", "full_name"), Bound::at_least, 0.8);
    // The same where each value is converted in both directions: what the engine's functions cost comes on top.
    if (bench.wants("reconcile.converted.ratio"))
        pair_ratio(bench, "reconcile.converted.ratio", copied("'=' || name", "substr(full_name, 2)"), {}, 0);
    if (bench.wants("reconcile.find_one.ratio")) find_one(bench);
}

}  // namespace bench
