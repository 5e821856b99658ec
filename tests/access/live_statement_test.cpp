#include "evolver/access/live_statement.hpp"

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace evolver;
using namespace evolver::testing;

namespace {

// The value of a temporary would be gone when the statement runs.
template <class Value>
concept takes = requires(LiveStatement& statement, Value&& value) {
    statement.use(std::forward<Value>(value), "name");
};
static_assert(takes<std::string&>);
static_assert(takes<std::string const&>);
static_assert(takes<long long&>);
static_assert(!takes<std::string>);
static_assert(!takes<long long>);
static_assert(!takes<std::string const>);

struct Expanded {
    explicit Expanded(Options options = {}) {
        make_catalogue(folder.database(), 30);
        application.emplace(folder.database(), catalogue(), std::move(options));
        application->evolver.expand();
    }
    void contract() {
        application->evolver.backfill();
        application->evolver.reconcile();
        application->evolver.contract(now());
    }
    LiveTable packages() { return application->evolver.table("packages"); }
    soci::session& db() { return application->db; }

    Folder folder;
    std::optional<Application> application;
};

/// What keeps the WAL from being emptied: a read that somebody has left open.
bool checkpoint_succeeds(std::string const& path) {
    return RawSqlite{path}.integer("PRAGMA wal_checkpoint(TRUNCATE)") == 0;
}

}  // namespace

TEST_SUITE("access/live_statement") {
    TEST_CASE("it follows the shape from before expand to after contract") {
        Folder const folder;
        make_catalogue(folder.database(), 30);
        Application application{folder.database(), catalogue()};
        application.evolver.attach();
        auto const packages = application.evolver.table("packages");
        LiveStatement insert{application.db, packages.insert({"title", "size_bytes"})};
        LiveStatement find{application.db, packages.select({"size_bytes"}) + " WHERE title = :title"};
        LiveStatement grow{application.db, packages.update({{"size_bytes", "size_bytes + :by"}}) + " WHERE " +
                                               packages.column("title") + " = :title"};
        std::string title;
        long long bytes = 0;
        long long found = 0;
        long long const by = 1;
        insert.use(title, "title").use(bytes, "size_bytes");
        find.into(found).use(title, "title");
        grow.use(by, "by").use(title, "title");
        auto const works = [&](std::string const& moment) {
            CAPTURE(moment);
            title = moment;
            ++bytes;
            insert.execute();
            CHECK(insert.affected_rows() == 1);
            grow.execute();
            CHECK(find.execute());
            CHECK(found == bytes + 1);
        };
        works("before");
        application.evolver.expand();
        works("expanded");
        application.evolver.backfill();
        works("filled");
        application.evolver.reconcile();
        works("switched");
        application.evolver.contract(now());
        works("contracted");
        title = "nobody";
        CHECK_FALSE(find.execute());
    }

    TEST_CASE("a select that is not read to its end leaves no read open") {
        Expanded expanded;
        std::string title;
        LiveStatement select{expanded.db(), expanded.packages().select({"title"})};
        select.into(title);
        CHECK(select.execute());
        expanded.db() << "UPDATE packages SET size = '1' WHERE id = 1";
        CHECK(checkpoint_succeeds(expanded.folder.database()));
        CHECK_THROWS_AS(select.each([] { throw std::runtime_error{"the caller has seen enough"}; }),
                        std::runtime_error);
        expanded.db() << "UPDATE packages SET size = '2' WHERE id = 1";
        CHECK(checkpoint_succeeds(expanded.folder.database()));
    }

    TEST_CASE("a statement that fails leaves no read open and works again") {
        Expanded expanded;
        long long id = 1;
        std::string const title = "x";
        LiveStatement insert{expanded.db(), expanded.packages().insert({"id", "title"})};
        insert.use(id, "id").use(title, "title");
        CHECK_THROWS(insert.execute());
        expanded.db() << "UPDATE packages SET size = '1' WHERE id = 1";
        CHECK(checkpoint_succeeds(expanded.folder.database()));
        id = 1000;
        CHECK_NOTHROW(insert.execute());
    }

    TEST_CASE("each() sees every row") {
        Expanded expanded;
        long long bytes = 0;
        long long sum = 0;
        int rows = 0;
        LiveStatement select{expanded.db(), expanded.packages().select({"size_bytes"}) + " ORDER BY id"};
        select.into(bytes);
        for (int run = 0; run < 2; ++run) {
            rows = 0;
            sum = 0;
            select.each([&] {
                ++rows;
                sum += bytes;
            });
            CHECK(rows == 30);
            CHECK(sum == 10 * 30 * 31 / 2);
        }
    }

    TEST_CASE("each() holds contract back until it has read its last row") {
        Expanded expanded;
        expanded.application->evolver.backfill();
        expanded.application->evolver.reconcile();
        Application other{expanded.folder.database(), catalogue(), {.wait = std::chrono::milliseconds{10}}};
        std::string title;
        LiveStatement select{expanded.db(), expanded.packages().select({"title"}) + " WHERE id = 1"};
        select.into(title);
        select.each([&] {
            CHECK_THROWS_WITH_AS((void)other.evolver.contract(now()), doctest::Contains("in the middle of a statement"),
                                 Error);
        });
        other.evolver.contract(now());
    }

    TEST_CASE("NULL goes in and out by indicators") {
        Expanded expanded;
        long long id = 500;
        long long bytes = 5;
        std::string const title = "nothing";
        soci::indicator given = soci::i_null;
        soci::indicator found = soci::i_ok;
        LiveStatement insert{expanded.db(), expanded.packages().insert({"id", "title", "size_bytes"})};
        insert.use(id, "id").use(title, "title").use(bytes, given, "size_bytes");
        LiveStatement select{expanded.db(), expanded.packages().select({"size_bytes"}) + " WHERE id = :id"};
        select.into(bytes, found).use(id, "id");
        insert.execute();
        CHECK(select.execute());
        CHECK(found == soci::i_null);
        CHECK(expanded.application->ask("SELECT size FROM packages WHERE id = 500") == "NULL");
        given = soci::i_ok;
        bytes = 7;
        id = 501;
        insert.execute();
        CHECK(select.execute());
        CHECK(found == soci::i_ok);
        CHECK(bytes == 7);
        expanded.contract();
        id = 500;
        CHECK(select.execute());
        CHECK(found == soci::i_null);
    }

    TEST_CASE("statements moved into a container stay prepared and bound") {
        Expanded expanded;
        std::string title;
        long long id = 3;
        std::vector<LiveStatement> statements;
        statements.emplace_back(expanded.db(), expanded.packages().select({"title"}) + " WHERE id = :id");
        statements.back().into(title).use(id, "id");
        CHECK(statements.back().execute());
        for (int i = 0; i < 10; ++i) statements.emplace_back(expanded.db(), expanded.packages().select({"title"}));
        id = 4;
        CHECK(statements.front().execute());
        CHECK(title == "package-4");
    }

    TEST_CASE("a LiveTable serves many threads, each with its own session, while the shape moves") {
        // Three writers that never pause, on a busy machine: contract() looks for its moment among them for as long as it is told to.
        Expanded expanded{{.wait = std::chrono::minutes{1}}};
        auto const packages = expanded.packages();
        std::atomic<int> failed = 0;
        std::atomic<bool> stop = false;
        std::atomic<int> ready = 0;
        std::vector<std::thread> threads;
        for (int number = 0; number < 3; ++number) {
            threads.emplace_back([&, number] {
                try {
                    soci::session db{soci::sqlite3, "db=" + expanded.folder.database() + " timeout=60"};
                    long long id = 10'000LL * (number + 1);
                    long long found = 0;
                    std::string const title = "t";
                    LiveStatement insert{db, packages.insert({"id", "title", "size_bytes"})};
                    insert.use(id, "id").use(title, "title").use(id, "size_bytes");
                    ++ready;
                    for (bool more = true; more;) {
                        more = !stop;
                        ++id;
                        insert.execute();
                        db << packages.select({"size_bytes"}) + " WHERE id = :id", soci::into(found),
                            soci::use(id, "id");
                        if (found != id) ++failed;
                    }
                } catch (std::exception const& error) {
                    MESSAGE(std::string{error.what()});
                    ++failed;
                    ++ready;
                }
            });
        }
        while (ready < 3) std::this_thread::yield();
        std::string refused;
        try {
            expanded.contract();
        } catch (Error const& error) {
            refused = error.what();
        }
        stop = true;
        for (auto& thread : threads) thread.join();
        CHECK(refused == "");
        CHECK(failed == 0);
        CHECK(expanded.application->evolver.status().floor_release == "2.0");
    }
}
