// Scenarios: programs of two releases that see each other's writes, and histories in which one does not.

#include <doctest/doctest.h>

#include "evolver/evolver.hpp"
#include "evolver/testing.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

using namespace evolver;
using evolver::testing::Client;
using evolver::testing::Program;
using evolver::testing::Scenario;

namespace {

Migration first() {
    return {.id = "0001-packages",
            .release = "1.0",
            .operations = {CreateTable{.table = "packages",
                                       .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                   {.name = "size", .type = text()}}}}};
}

Plan with(Operation operation) {
    return Plan{"catalogue",
                {first(), Migration{.id = "0002-change", .release = "2.0", .operations = {std::move(operation)}}}};
}

Operation bytes() {
    return ChangeType{.table = "packages",
                      .from = "size",
                      .to = "size_bytes",
                      .type = integer(),
                      .up = "CAST(size AS INTEGER)",
                      .down = "CAST(size_bytes AS TEXT)"};
}

/// The same change by hand, with a trigger for inserts alone.
Operation bytes_by_hand() {
    return RawSql{.expand =
                      "ALTER TABLE packages ADD COLUMN size_bytes BIGINT;"
                      "UPDATE packages SET size_bytes = CAST(size AS INTEGER);"
                      "CREATE TRIGGER filled AFTER INSERT ON packages WHEN NEW.size IS NOT NULL BEGIN UPDATE packages "
                      "SET size_bytes = CAST(NEW.size AS INTEGER) WHERE id = NEW.id; END;"
                      "CREATE TRIGGER given AFTER INSERT ON packages WHEN NEW.size IS NULL BEGIN UPDATE packages SET "
                      "size = CAST(NEW.size_bytes AS TEXT) WHERE id = NEW.id; END",
                  .undo = "DROP TRIGGER filled; DROP TRIGGER given; ALTER TABLE packages DROP COLUMN size_bytes"};
}

std::optional<std::int64_t> read_one(soci::session& session, std::string const& sql, std::int64_t key) {
    long long found = 0;
    long long const id = key;
    soci::indicator indicator = soci::i_null;
    session << sql, soci::into(found, indicator), soci::use(id, "id");
    if (!session.got_data() || indicator == soci::i_null) return std::nullopt;
    return found;
}

Program old_release() {
    return {.release = "1.0",
            .write =
                [](Client& client, std::int64_t key, std::int64_t value) {
                    long long const id = key;
                    std::string const size = std::to_string(value);
                    client.session()
                        << "INSERT INTO packages (id, size) VALUES (:id, :size) ON CONFLICT (id) DO UPDATE SET "
                           "size = excluded.size",
                        soci::use(id, "id"), soci::use(size, "size");
                },
            .read =
                [](Client& client, std::int64_t key) {
                    return read_one(client.session(), "SELECT CAST(size AS INTEGER) FROM packages WHERE id = :id", key);
                },
            .remove =
                [](Client& client, std::int64_t key) {
                    long long const id = key;
                    client.session() << "DELETE FROM packages WHERE id = :id", soci::use(id, "id");
                }};
}

Program new_release() {
    return {.release = "2.0",
            .write =
                [](Client& client, std::int64_t key, std::int64_t value) {
                    long long const id = key;
                    long long const size_bytes = value;
                    auto const packages = client.evolver().table("packages");
                    long long there = 0;
                    client.session() << "SELECT count(*) FROM packages WHERE id = :id", soci::into(there),
                        soci::use(id, "id");
                    if (there == 0) {
                        client.session() << packages.insert({"id", "size_bytes"}), soci::use(id, "id"),
                            soci::use(size_bytes, "size_bytes");
                    } else {
                        client.session() << packages.update({"size_bytes"}) + " WHERE id = :id",
                            soci::use(size_bytes, "size_bytes"), soci::use(id, "id");
                    }
                },
            .read = [](Client& client, std::int64_t key) -> std::optional<std::int64_t> {
                long long found = 0;
                long long const id = key;
                soci::indicator indicator = soci::i_null;
                client.session() << client.evolver().table("packages").select({"size_bytes"}) + " WHERE id = :id",
                    soci::into(found, indicator), soci::use(id, "id");
                if (!client.session().got_data() || indicator == soci::i_null) return std::nullopt;
                return found;
            }};
}

/// By hand, for the new shape alone.
Program raw_new_release() {
    auto program = old_release();
    program.release = "2.0";
    program.write = [](Client& client, std::int64_t key, std::int64_t value) {
        long long const id = key;
        long long const size_bytes = value;
        client.session()
            << "INSERT INTO packages (id, size_bytes) VALUES (:id, :size_bytes) ON CONFLICT (id) DO UPDATE "
               "SET size_bytes = excluded.size_bytes",
            soci::use(id, "id"), soci::use(size_bytes, "size_bytes");
    };
    program.read = [](Client& client, std::int64_t key) {
        return read_one(client.session(), "SELECT size_bytes FROM packages WHERE id = :id", key);
    };
    return program;
}

}  // namespace

TEST_SUITE_BEGIN("testing/scenario");

TEST_CASE("scenario: two releases see each other's writes in every phase and in histories of chance") {
    auto const outcome = Scenario{with(bytes()), {old_release(), new_release()}, {.histories = 4}}.play();
    CHECK_MESSAGE(outcome.passed(), text_of(outcome));
    CHECK(outcome.reads > 100);
    CHECK(text_of(outcome).find("all as written") != std::string::npos);
}

TEST_CASE("scenario: a sync by hand that forgets the updates is found, and the history is short") {
    auto const outcome = Scenario{with(bytes_by_hand()), {old_release(), raw_new_release()}, {.histories = 4}}.play();
    auto const text = text_of(outcome);
    CAPTURE(text);
    REQUIRE_FALSE(outcome.passed());
    CHECK(outcome.history.size() <= 4);
    CHECK(text.find("the fact") != std::string::npos);
    CHECK(text.find("expand the next migration") != std::string::npos);
}

TEST_CASE("scenario: a history of chance that goes wrong tells its seed, by which it goes wrong again") {
    // It is wrong for one value alone, which the history through every phase does not come to.
    auto forgetful = old_release();
    forgetful.write = [write = forgetful.write](Client& client, std::int64_t key, std::int64_t value) {
        write(client, key, value >= 800 ? 800 : value);
    };
    evolver::testing::ScenarioOptions options{.histories = 30, .steps = 20, .seed = 7};
    auto const outcome = Scenario{with(bytes()), {forgetful, new_release()}, options}.play();
    REQUIRE_FALSE(outcome.passed());
    REQUIRE(outcome.seed >= 7);
    CHECK(outcome.history.size() == 1);
    CHECK(text_of(outcome).find(".seed = " + std::to_string(outcome.seed)) != std::string::npos);
    options.seed = outcome.seed;
    options.histories = 1;
    CHECK(Scenario{with(bytes()), {forgetful, new_release()}, options}.play().failure == outcome.failure);
}

TEST_CASE("scenario: it needs a program, of a release that the plan names") {
    CHECK_THROWS_AS((Scenario{with(bytes()), {}}), PlanError);
    auto stranger = old_release();
    stranger.release = "9.0";
    CHECK_THROWS_AS((Scenario{with(bytes()), {stranger}}), PlanError);
}
