// What the access layer costs, against statements that somebody writes by hand for each stage of the change.

#include "catalogue.hpp"
#include "harness.hpp"
#include "raw.hpp"

#include "dialect/sqlite/soci_handle.hpp"

#include <evolver/access/live_statement.hpp>

#include <soci/sqlite3/soci-sqlite3.h>

#include <stdexcept>

namespace bench {

namespace {

constexpr int rows = 100'000;
constexpr int writes = 5000;
constexpr int reads = 20'000;

/// Transactions of a thousand: the statements show, and not the disk.
template <class Write>
double in_transactions(soci::session& db, Write const& write) {
    return processor_seconds([&] {
        for (int i = 0; i < writes;) {
            soci::transaction transaction{db};
            for (int end = i + 1000; i < end; ++i) write(i);
            transaction.commit();
        }
    });
}

template <class Read>
double reading(long long const& found, Read const& read) {
    long long sum = 0;
    auto const time = processor_seconds([&] {
        for (int i = 0; i < reads; ++i) {
            read(i);
            sum += found;
        }
    });
    if (sum == 0) throw std::runtime_error{"nothing was read"};
    return time;
}

int some_id(int i) { return 1 + static_cast<int>(static_cast<long long>(i) * 7919 % rows); }

void dual_write(Bench& bench, soci::session& db, evolver::LiveTable const& packages) {
    std::string name, size;
    long long bytes = 0;
    auto const next = [&](int i) {
        name = "new-package-" + std::to_string(i);
        bytes = i * 7919LL;
    };

    evolver::LiveStatement insert{db, packages.insert({"name", "size_bytes"})};
    insert.use(name, "name").use(bytes, "size_bytes");
    soci::statement by_hand =
        (db.prepare << "INSERT INTO packages (name, size, size_bytes) VALUES (:name, :size, :bytes)",
         soci::use(name, "name"), soci::use(size, "size"), soci::use(bytes, "bytes"));
    bench.ratio(
        "access.dual_write.ratio", [&] { return in_transactions(db, [&](int i) { next(i), insert.execute(); }); },
        [&] {
            return in_transactions(db, [&](int i) {
                next(i);
                size = std::to_string(bytes);
                by_hand.execute(true);
            });
        },
        21, Bound::at_most, 1.15);

    int id = 0;
    evolver::LiveStatement update{db, packages.update({"size_bytes"}) + " WHERE id = :id"};
    update.use(bytes, "size_bytes").use(id, "id");
    soci::statement update_by_hand =
        (db.prepare << "UPDATE packages SET size = :size, size_bytes = :bytes WHERE id = :id", soci::use(size, "size"),
         soci::use(bytes, "bytes"), soci::use(id, "id"));
    int salt = 0;
    auto const change = [&](int i) {
        id = some_id(i);
        bytes = i * 7919LL + salt;
    };
    bench.ratio(
        "access.dual_update.ratio",
        [&] {
            ++salt;
            return in_transactions(db, [&](int i) { change(i), update.execute(); });
        },
        [&] {
            ++salt;
            return in_transactions(db, [&](int i) {
                change(i);
                size = std::to_string(bytes);
                update_by_hand.execute(true);
            });
        },
        11);
}

/// The same look-up by key, through evolver and by hand.
void read(Bench& bench, std::string const& name, soci::session& db, evolver::LiveTable const& packages,
          std::string const& expression, double bound) {
    int id = 0;
    long long found = 0;
    evolver::LiveStatement select{db, packages.select({"size_bytes"}) + " WHERE id = :id"};
    select.use(id, "id").into(found);
    soci::statement by_hand = (db.prepare << "SELECT " + expression + " FROM packages WHERE id = :id",
                               soci::into(found), soci::use(id, "id"));
    auto const ours = [&] { return reading(found, [&](int i) { id = some_id(i), select.execute(); }); };
    auto const theirs = [&] {
        auto const time = reading(found, [&](int i) { id = some_id(i), by_hand.execute(true); });
        by_hand.fetch();  // to its end: an open read would spare the other side the locks
        return time;
    };
    bench.ratio(name + ".ratio", ours, theirs, 21, Bound::at_most, bound);
    // In a transaction, where no lock is taken and given back for each read.
    auto const inside = [&](auto const& work) {
        return [&] {
            soci::transaction const transaction{db};
            return work();
        };
    };
    bench.ratio(name + ".inside.ratio", inside(ours), inside(theirs), 21);
}

/// A look-up that is counted, against the same SQL prepared by hand, which nobody counts.
void counted(Bench& bench, soci::session& db, evolver::LiveTable const& packages) {
    int id = 0;
    long long found = 0;
    auto const sql = packages.select({"size_bytes"}) + " WHERE id = :id";
    evolver::LiveStatement select{db, sql};
    select.use(id, "id").into(found);
    soci::statement uncounted = (db.prepare << sql.text(), soci::into(found), soci::use(id, "id"));
    bench.ratio(
        "access.counted.ratio", [&] { return reading(found, [&](int i) { id = some_id(i), select.execute(); }); },
        [&] {
            auto const time = reading(found, [&](int i) { id = some_id(i), uncounted.execute(true); });
            uncounted.fetch();  // to its end: an open read would spare the other side the locks
            return time;
        },
        21, Bound::at_most, 1.1);
}

void expect_search(soci::session& db, evolver::LiveTable const& packages) {
    auto const sql = packages.select({"name"}) + " WHERE size_bytes = 7919";
    std::string plan;
    int id = 0, parent = 0, unused = 0;
    db << "EXPLAIN QUERY PLAN " + sql.text(), soci::into(id), soci::into(parent), soci::into(unused), soci::into(plan);
    if (plan.rfind("SEARCH", 0) != 0 || plan.find("by_size") == std::string::npos) {
        throw std::runtime_error{"an indexed look-up in the stage switched is not a search: " + plan};
    }
}

}  // namespace

void access(Bench& bench) {
    if (!bench.wants("access.")) return;
    soci::session db{soci::sqlite3, connection(bench.database("access").string())};
    auto* const handle = evolver::sqlite::handle_of(db);
    auto const catalogue = plan();
    evolver::Evolver{db, catalogue.until("1.0"), {.release = "1.0"}}.expand();
    raw::run(handle, table_of(rows));
    evolver::Evolver evolver{db, catalogue, {.release = "2.0"}};
    evolver.expand();
    auto const packages = evolver.table("packages");

    dual_write(bench, db, packages);
    // What the rule of the stage says, as somebody would write it: the new column where it agrees with the old one.
    read(bench, "access.fallback_read", db, packages,
         "CASE WHEN size IS CAST(size_bytes AS TEXT) THEN size_bytes ELSE CAST(size AS INTEGER) END", 1.1);
    // Reads by fallback are counted, and handed in some times a minute; reads of a column that has one shape are not.
    counted(bench, db, packages);
    evolver.backfill(evolver::Speed::full);
    evolver.reconcile();
    read(bench, "access.switched_read", db, packages, "size_bytes", 1.05);
    raw::run(handle, "CREATE INDEX by_size ON packages (size_bytes)");
    expect_search(db, packages);
}

}  // namespace bench
