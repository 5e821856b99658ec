// C++ functions of the application's in a migration, on a real server.

#include "evolver/operation/run_code.hpp"
#include "evolver/evolver.hpp"
#include "support/postgresql.hpp"
#include "support/postgresql_catalogue.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

Plan plan_of(RunCode const& code) {
    return {"catalogue", {packages(), Migration{.id = "0002-code", .release = "2.0", .operations = {code}}}};
}

struct World {
    World() {
        Evolver{session,
                plan_of({.name = "code", .version = "1", .expand = [](CodeDatabase&) {}}).until("1.0"),
                {.release = "1.0"}}
            .expand();
        session << "INSERT INTO packages (id, name, size) VALUES (1, 'zlib', '10'), (2, 'perl', '20')";
    }
    [[nodiscard]] std::string one(std::string const& sql) const { return database.connect().text(sql); }
    [[nodiscard]] std::string names() const { return one("SELECT string_agg(name, ' ' ORDER BY id) FROM packages"); }
    /// The words with which expand() fails; nothing is written.
    [[nodiscard]] std::string failure(std::function<void(CodeDatabase&)> const& code) {
        Evolver evolver{session, plan_of({.name = "code", .version = "1", .expand = code}), {.release = "2.0"}};
        std::string words;
        try {
            evolver.expand();
        } catch (Error const& error) {
            words = error.what();
            CHECK(error.database_changed() == Changed::no);
        }
        CHECK(names() == "zlib perl");
        CHECK(evolver.status().migrations.at(1).phase == Phase::planned);
        return words;
    }

    PostgresqlDatabase database;
    soci::session session{soci::postgresql, database.parameters()};
};

bool has(std::string const& text, std::string_view words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/run_code");

TEST_CASE("run code on postgresql: reads and writes rows in each phase, and is left out of a rehearsal") {
    World world;
    auto const appended = [](std::string const& what) {
        return [what](CodeDatabase& database) {
            std::vector<std::pair<Value, std::string>> found;
            database.each("SELECT id, name FROM packages WHERE id > ? ORDER BY id", {Value{0}},
                          [&](CodeDatabase::Row const& row) {
                              found.emplace_back(row.at(0), std::get<std::string>(row.at(1)) + what);
                          });
            for (auto const& [id, name] : found)
                CHECK(database.execute("UPDATE packages SET name = ?2 WHERE id = ?1", {id, Value{name}}) == 1);
        };
    };
    Evolver evolver{world.session,
                    plan_of({.name = "append",
                             .version = "1",
                             .expand = appended("+"),
                             .contract = appended("!"),
                             .undo = appended("-")}),
                    {.release = "2.0", .soak = 0s}};
    auto const warnings = evolver.dry_run().warnings;
    REQUIRE(warnings.size() == 1);
    CHECK(has(warnings[0], "not rehearsed: migration \"0002-code\" runs the code \"append\" at expand and contract"));
    CHECK(world.names() == "zlib perl");
    CHECK(evolver.expand().warnings.empty());
    CHECK(world.names() == "zlib+ perl+");
    evolver.rollback({.migration = "0002-code"});
    CHECK(world.names() == "zlib+- perl+-");
    evolver.expand();
    evolver.reconcile();
    evolver.contract();
    CHECK(world.names() == "zlib+-+! perl+-+!");
}

TEST_CASE("run code on postgresql: values come and go with their types") {
    World world;
    world.session
        << "CREATE TABLE kinds (id serial, whole bigint, small smallint, number float8, truth boolean, words text, "
           "bytes bytea, exact numeric(9, 2), nothing int, many jsonb)";
    CodeDatabase::Row found;
    CodeDatabase::Row asked;
    Evolver evolver{
        world.session,
        plan_of({.name = "code",
                 .version = "1",
                 .expand =
                     [&](CodeDatabase& database) {
                         CHECK(database.engine() == Engine::postgresql);
                         database.execute(
                             "INSERT INTO kinds (whole, small, number, truth, words, bytes, exact, nothing, many) "
                             "VALUES (?, ?, ?, ?, ?, ?, ?, ?, '{\"a\": 1}')",
                             {Value{-5}, Value{7}, Value{0.1}, Value{1}, Value{std::string{"it's ? $$"}},
                              Value{Blob{std::byte{0}, std::byte{255}}}, Value{std::string{"1.50"}}, Null{}});
                         database.each("SELECT whole, small, number, truth, words, bytes, exact, nothing FROM kinds",
                                       {}, [&](CodeDatabase::Row const& row) { found = row; });
                         database.each("SELECT many ? $1, '?' FROM kinds", {Value{std::string{"a"}}},
                                       [&](CodeDatabase::Row const& row) { asked = row; });
                     }}),
        {.release = "2.0"}};
    evolver.expand();
    CHECK(found == CodeDatabase::Row{Value{-5}, Value{7}, Value{0.1}, Value{1}, Value{std::string{"it's ? $$"}},
                                     Value{Blob{std::byte{0}, std::byte{255}}}, Value{std::string{"1.50"}}, Null{}});
    CHECK(asked == CodeDatabase::Row{Value{1}, Value{std::string{"?"}}});
}

TEST_CASE("run code on postgresql: what it throws rolls the phase back, and comes out with the migration's name") {
    World world;
    auto const thrown = world.failure([](CodeDatabase& database) {
        database.run("UPDATE packages SET name = 'gone'");
        throw std::runtime_error{"the key server is away"};
    });
    CHECK(has(thrown, "Migration \"0002-code\" cannot run the code \"code\": the key server is away"));
    CHECK(has(world.failure([](CodeDatabase& database) { database.run("UPDATE packages SET nmae = 1"); }),
              "column \"nmae\" of relation \"packages\" does not exist"));
    CHECK(has(world.failure([](CodeDatabase&) { throw 7; }), "no std::exception"));
}

TEST_CASE("run code on postgresql: what would end the transaction or change the schema is refused in words") {
    World world;
    for (std::string const sql :
         {"COMMIT", "BEGIN", "ROLLBACK", "SAVEPOINT a", "SET search_path = x", "DROP TABLE packages",
          "/* so */ create table t ()", "VACUUM", "DO $$ BEGIN END $$", "COPY packages TO '/tmp/x'"}) {
        CAPTURE(sql);
        auto const words = world.failure([&](CodeDatabase& database) {
            database.run("UPDATE packages SET name = 'gone'");
            database.run(sql);
        });
        CHECK(has(words, "is not for a RunCode"));
    }
    CHECK(has(world.failure([](CodeDatabase& database) { database.execute("SELECT 1; SELECT 2"); }),
              "2 statements where one is meant"));
    CHECK(has(world.failure([](CodeDatabase& database) { database.execute("SELECT ?, ?", {Value{1}}); }),
              "1 values for 2 placeholders"));
}

TEST_CASE("run code on postgresql: a row that somebody holds is waited for, and the function begins anew") {
    World world;
    auto const holder = world.database.connect();
    holder.run("BEGIN; UPDATE packages SET size = '11' WHERE id = 1");
    std::jthread const ending{[&] {
        std::this_thread::sleep_for(500ms);
        holder.run("COMMIT");
    }};
    int calls = 0;
    Evolver evolver{world.session,
                    plan_of({.name = "code",
                             .version = "1",
                             .expand =
                                 [&](CodeDatabase& database) {
                                     ++calls;
                                     database.run("UPDATE packages SET name = name || '!'");
                                 }}),
                    {.release = "2.0"}};
    evolver.expand();
    CHECK(calls > 1);
    CHECK(world.names() == "zlib! perl!");
    CHECK_THROWS_WITH_AS(evolver.rollback({.migration = "0002-code"}), doctest::Contains("does not say how to undo"),
                         PlanError);
}

TEST_SUITE_END();
