// Several processes: one does the work, the others go on, and nobody's statement fails.

#include "fleet/child.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <stdexcept>
#include <vector>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

/// Eight processes that call expand() at the same moment, of the releases that `release` says.
void start_eight(std::string const& path, std::string (*release)(int)) {
    std::vector<tests::Child> children;
    for (int i = 0; i < 8; ++i) {
        auto const own = release(i);
        children.emplace_back([&path, own](tests::Line line) {
            try {
                // Each with the plan that its release was built with.
                Application application{
                    path, catalogue().until(Release{own}), {.release = Release{own}, .actor = "process"}};
                line.say('r');
                (void)line.hear();
                application.evolver.expand();
                return application.evolver.status().expanded ? 0 : 1;
            } catch (std::exception const& error) {
                std::ofstream{path + "-complaint", std::ios::app} << error.what() << '\n';
                return 2;
            }
        });
    }
    for (auto const& child : children) REQUIRE(child.line().hear() == 'r');
    for (auto const& child : children) child.line().say('g');
    for (auto& child : children) CHECK(child.result() == 0);
    CHECK(file_bytes(path + "-complaint") == "");
}

void once_each(std::string const& path, std::string const& ids) {
    Application application{path, catalogue()};
    CHECK(application.ask("SELECT group_concat(migration, ' ') FROM (SELECT migration FROM evolver_audit WHERE event = "
                          "'expand' ORDER BY sequence)") == ids);
    CHECK(application.ask("SELECT group_concat(id, ' ') FROM (SELECT id FROM evolver_migration ORDER BY position)") ==
          ids);
    CHECK(application.ask("PRAGMA integrity_check") == "ok");
    CHECK_FALSE(application.evolver.verify_audit());
}

/// A program of release 2.0 that writes a row and reads it back, again and again, until it is told to stop: 0 if nothing failed or was lost.
/// Number 0 streams its statements, the others prepare them.
int run_release(std::string const& path, int number, tests::Line line) {
    Application application{path, catalogue(), {}, " timeout=30"};
    application.db << "PRAGMA synchronous = OFF";
    application.evolver.attach();
    auto const packages = application.evolver.table("packages");
    long long id = 10'000 * (number + 1);
    long long bytes = 0;
    long long found = 0;
    std::string title;
    std::string read;
    LiveStatement insert{application.db, packages.insert({"id", "title", "size_bytes"})};
    LiveStatement select{application.db, packages.select({"title", "size_bytes"}) + " WHERE id = :id"};
    insert.use(id, "id").use(title, "title").use(bytes, "size_bytes");
    select.into(read).into(found).use(id, "id");
    line.say('r');
    for (bool more = true; more;) {
        more = line.hear(2ms) !=
               's';  // with pauses: outside WAL mode SQLite's own waiting starves beside writers who make none
        for (int i = 0; i < 3; ++i) {  // after the word to stop, too: contract is over then
            ++id;
            bytes = id * 3;
            title = "title-" + std::to_string(id);
            if (number == 0) {
                application.db << packages.insert({"id", "title", "size_bytes"}), soci::use(id, "id"),
                    soci::use(title, "title"), soci::use(bytes, "size_bytes");
                application.db << packages.select({"title", "size_bytes"}) + " WHERE id = :id", soci::into(read),
                    soci::into(found), soci::use(id, "id");
            } else {
                insert.execute();
                if (!select.execute()) throw std::runtime_error{"row " + std::to_string(id) + " is not there"};
            }
            if (found != bytes || read != title)
                throw std::runtime_error{"row " + std::to_string(id) + " is not what was written"};
        }
    }
    std::ofstream{path + "-last" + std::to_string(number)} << id;
    line.say('d');
    (void)line.hear();
    return 0;
}

}  // namespace

TEST_SUITE("face/concurrency") {
    TEST_CASE("eight processes start at once on an empty database: each migration runs once") {
        for (bool const wal : {true, false}) {
            Folder const folder;
            RawSqlite{folder.database()}.run(wal ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE");
            start_eight(folder.database(), [](int) { return std::string{"2.0"}; });
            once_each(folder.database(), "0001-packages 0002-size-bytes 0003-title");
        }
    }

    TEST_CASE("eight processes of both releases start at once on a file that is not there yet") {
        Folder const folder;
        start_eight(folder.database(), [](int i) { return std::string{i % 2 == 0 ? "1.0" : "2.0"}; });
        once_each(folder.database(), "0001-packages 0002-size-bytes 0003-title");
    }

    TEST_CASE("eight processes start at once on an old database with rows in it") {
        for (bool const wal : {true, false}) {
            Folder const folder;
            make_catalogue(folder.database(), 500, wal);
            start_eight(folder.database(), [](int i) { return std::string{i == 3 ? "1.0" : "2.0"}; });
            once_each(folder.database(), "0001-packages 0002-size-bytes 0003-title");
            CHECK(Application{folder.database(), catalogue()}.ask("SELECT count(*) FROM packages") == "500");
        }
    }

    TEST_CASE("several processes fill at the same time, and every row is filled") {
        Folder const folder;
        make_catalogue(folder.database(), 2000);
        {
            Application first{folder.database(), catalogue()};
            first.evolver.expand();
        }
        std::vector<tests::Child> children;
        for (int i = 0; i < 3; ++i) {
            children.emplace_back([&folder](tests::Line line) {
                Application application{folder.database(), catalogue()};
                line.say('r');
                (void)line.hear();
                application.evolver.backfill();
                return 0;
            });
        }
        for (auto const& child : children) REQUIRE(child.line().hear() == 'r');
        for (auto const& child : children) child.line().say('g');
        for (auto& child : children) CHECK(child.result() == 0);
        Application application{folder.database(), catalogue()};
        CHECK(application.evolver.status().migrations[1].filled);
        CHECK(application.evolver.status().migrations[2].filled);
        CHECK(application.ask("SELECT count(*) FROM packages WHERE size_bytes IS NOT CAST(size AS INTEGER)") == "0");
        CHECK(application.ask("SELECT count(*) FROM evolver_audit WHERE event = 'backfill finished' AND migration = "
                              "'0002-size-bytes'") == "1");
    }

    TEST_CASE("not one statement of a running release fails while another process takes the plan through everything") {
        for (bool const wal : {true, false}) {
            Folder const folder;
            make_catalogue(folder.database(), 1000, wal);
            constexpr int threads = 2;
            std::vector<tests::Child> running;
            for (int number = 0; number < threads; ++number) {
                running.emplace_back([&folder, number](tests::Line line) {
                    try {
                        return run_release(folder.database(), number, line);
                    } catch (std::exception const& error) {
                        std::ofstream{folder.database() + "-complaint"} << error.what();
                        return 1;
                    }
                });
            }
            for (auto const& child : running) REQUIRE(child.line().hear() == 'r');
            Application application{folder.database(), catalogue(), {.wait = 30s, .soak = 0s}, " timeout=30"};
            application.db << "PRAGMA synchronous = OFF";
            application.evolver.expand();
            while (application.evolver.advance(2ms)) {
            }
            application.evolver.reconcile();
            application.evolver.rollback({.migration = "0003-title"});
            application.evolver.expand();
            while (application.evolver.advance(2ms)) {
            }
            application.evolver.reconcile();
            application.evolver.contract();
            CHECK(application.evolver.status().floor_release == "2.0");
            for (auto const& child : running) {
                child.line().say('s');
                CHECK(child.line().hear() == 'd');
                CHECK(file_bytes(folder.database() + "-complaint") == "");
                child.line().say('e');
            }
            for (int number = 0; number < threads; ++number) {
                CHECK(running[static_cast<std::size_t>(number)].result() == 0);
                auto const last = std::atoll(file_bytes(folder.database() + "-last" + std::to_string(number)).c_str());
                auto const first = 10'000LL * (number + 1);
                CHECK(
                    application.ask(
                        "SELECT count(*) FROM packages WHERE size_bytes = id * 3 AND title = 'title-' || id AND id > " +
                        std::to_string(first) + " AND id <= " + std::to_string(last)) == std::to_string(last - first));
            }
        }
    }

    TEST_CASE("a killed process leaves no lock behind, and its expand is finished by the next start") {
        Folder const folder;
        make_catalogue(folder.database());
        tests::Child holder{[&](tests::Line line) {
            Application application{folder.database(), catalogue()};
            application.evolver.attach();
            auto const kept = application.evolver.table("packages").select({"title"});
            RawSqlite const raw{folder.database()};
            raw.run("BEGIN IMMEDIATE");
            line.say('h');
            (void)line.hear();
            return 0;
        }};
        REQUIRE(holder.line().hear() == 'h');
        Application application{folder.database(), catalogue(), {.wait = 100ms, .soak = 0s}};
        CHECK_THROWS_AS(application.evolver.expand(), EngineError);
        holder.kill();
        application.evolver.expand();
        application.evolver.backfill();
        application.evolver.reconcile();
        application.evolver.contract();
        CHECK(application.evolver.status().floor_release == "2.0");
    }
}
