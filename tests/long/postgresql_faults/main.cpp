// Faults on PostgreSQL: every request of every operation, from expand to contract or back, is struck once by each kind of fault. The program is started
// again until it is through; in the end nobody can tell.
//
//   evolver_postgresql_faults [--every N]
//
// Both releases write after each call that failed, and have to see each other. The database in the end has to equal that of a calm run; the error that
// came out must have said truly whether anything had changed. With --every, one in so many requests is struck, counted through all of them.

#include "evolver/evolver.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "long/postgresql_faults/wire.hpp"
#include "support/long_test.hpp"
#include "support/postgresql.hpp"

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace evolver;
using namespace std::chrono_literals;
using faults::Fault;
using faults::Wire;
using testing::PostgresqlDatabase;

/// One operation, and what a program of either release does meanwhile: the old one writes to row 5, the new one to row 6.
struct Journey {
    std::string name;
    Operation operation;
    std::string old_writes;
    std::string new_writes;
    /// True where row 5 shows in the new shape what the old release wrote …
    std::string new_sees;
    /// … and row 6 in the old shape what the new one wrote. Empty: there is nothing to see.
    std::string old_sees;
    bool back = false;
};

std::vector<Journey> journeys() {
    std::string const old_size = "UPDATE t SET size = '555' WHERE id = 5";
    std::vector<Journey> all{
        {"ChangeType",
         ChangeType{.table = "t",
                    .from = "size",
                    .to = "bytes",
                    .type = integer(),
                    .up = "CAST(size AS BIGINT)",
                    .down = "CAST(bytes AS TEXT)"},
         old_size, "UPDATE t SET bytes = 666 WHERE id = 6", "SELECT bytes = 555 FROM t WHERE id = 5",
         "SELECT size = '666' FROM t WHERE id = 6"},
        {"RenameColumn", RenameColumn{.table = "t", .from = "name", .to = "title"},
         "UPDATE t SET name = 'old' WHERE id = 5", "UPDATE t SET title = 'new' WHERE id = 6",
         "SELECT title = 'old' FROM t WHERE id = 5", "SELECT name = 'new' FROM t WHERE id = 6"},
        {"SplitColumn",
         SplitColumn{.table = "t",
                     .from = "person",
                     .into = {{"given", text(), "split_part(person, ' ', 1)"},
                              {"family", text(), "split_part(person, ' ', 2)"}},
                     .down = "given || ' ' || family"},
         "UPDATE t SET person = 'Ann Old' WHERE id = 5", "UPDATE t SET given = 'Bob', family = 'New' WHERE id = 6",
         "SELECT family = 'Old' FROM t WHERE id = 5", "SELECT person = 'Bob New' FROM t WHERE id = 6"},
        {"MergeColumns",
         MergeColumns{.table = "t",
                      .from = {"name", "size"},
                      .to = "label",
                      .type = text(),
                      .up = "name || ':' || size",
                      .down = {"split_part(label, ':', 1)", "split_part(label, ':', 2)"}},
         "UPDATE t SET size = '555', name = 'old' WHERE id = 5", "UPDATE t SET label = 'new:666' WHERE id = 6",
         "SELECT label = 'old:555' FROM t WHERE id = 5", "SELECT name = 'new' AND size = '666' FROM t WHERE id = 6"},
        {"AddColumn",
         AddColumn{.table = "t",
                   .column = {.name = "kind", .type = text(), .nullable = false, .default_value = "'none'"}},
         old_size, "UPDATE t SET kind = 'new' WHERE id = 6", "SELECT kind = 'none' FROM t WHERE id = 5", ""},
        {"DropColumn", DropColumn{.table = "t", .column = "size"}, old_size, "UPDATE t SET name = 'new' WHERE id = 6",
         "", ""},
        {"RenameTable", RenameTable{.from = "t", .to = "u"}, old_size, "UPDATE u SET size = '666' WHERE id = 6",
         "SELECT size = '555' FROM u WHERE id = 5", "SELECT size = '666' FROM t WHERE id = 6"},
        {"ChangePrimaryKey", ChangePrimaryKey{.table = "t", .name = "t_by_name", .columns = {"name"}}, old_size,
         "UPDATE t SET name = 'new' WHERE id = 6", "", ""},
        {"SetNotNull", SetNotNull{.table = "t", .column = "size"}, old_size, "UPDATE t SET size = '666' WHERE id = 6",
         "", ""},
        {"CreateIndex", CreateIndex{.name = "t_by_name", .table = "t", .columns = {"name"}}, old_size,
         "UPDATE t SET name = 'new' WHERE id = 6", "", ""},
        {"CreateTable",
         CreateTable{.table = "notes", .columns = {{.name = "id", .type = integer(), .primary_key = true}}}, old_size,
         "", "", ""},
        {"DropNotNull", DropNotNull{.table = "t", .column = "name"}, old_size, "UPDATE t SET name = 'new' WHERE id = 6",
         "", ""},
        {"Backfill with a function",
         Backfill{.table = "t",
                  .set = {{"person", "doubled(person)"}},
                  .where = "length(person) < 20 AND id <> 5",
                  .functions = {{.name = "doubled",
                                 .version = "1",
                                 .call = [](Arguments const& given) -> Value {
                                     auto const text = std::string{given.text(0)};
                                     return text + " and " + text;
                                 }}}},
         old_size, "", "", ""},
        {"RawSql",
         RawSql{.expand = "CREATE TABLE notes (id integer PRIMARY KEY)",
                .contract = "INSERT INTO notes VALUES (1)",
                .undo = "DROP TABLE notes"},
         old_size, "", "", ""},
    };
    auto const forward = all.size();
    for (std::size_t i = 0; i < forward; ++i) {
        all.push_back(all[i]);
        all.back().back = true;
    }
    return all;
}

Plan plan_of(Journey const& journey) {
    return Plan{"faults",
                {{.id = "0001",
                  .release = "1.0",
                  .operations = {CreateTable{.table = "t",
                                             .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                         {.name = "name", .type = text(), .nullable = false},
                                                         {.name = "size", .type = text()},
                                                         {.name = "person", .type = text()}}}}},
                 {.id = "0002", .release = "2.0", .operations = {journey.operation}}}};
}

/// All that there is, but for times and for the state of the fleet.
std::string everything(postgresql::Connection const& direct) {
    std::string found;
    auto const add = [&](std::string const& sql) {
        for (auto const& row : direct.query(sql).rows) {
            for (auto const& value : row) found += value.value_or("NULL") + "|";
            found += "\n";
        }
    };
    add("SELECT attrelid::regclass, attname, atttypid::regtype, attnotnull FROM pg_attribute WHERE attnum > 0 AND NOT "
        "attisdropped AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) ORDER BY "
        "attrelid::regclass::text, attname");
    add("SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = "
        "'public'::regnamespace ORDER BY 1, 2");
    add("SELECT indrelid::regclass, indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid IN (SELECT oid FROM "
        "pg_class WHERE relnamespace = 'public'::regnamespace) ORDER BY indexrelid::regclass::text");
    add("SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgrelid::regclass::text, "
        "tgname");
    add("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1");
    add("SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace ORDER BY 1");
    auto const table = direct.text("SELECT CASE WHEN to_regclass('t') IS NULL THEN 'u' ELSE 't' END");
    add("SELECT to_jsonb(every) FROM " + table + " AS every ORDER BY id");
    add("SELECT id, phase FROM evolver_migration ORDER BY 1");
    return found;
}

class World {
public:
    World(Wire& wire, Journey const& journey, std::chrono::milliseconds wait)
        : wire_{wire}, journey_{journey}, plan_{plan_of(journey)}, wait_{wait} {
        soci::session session{soci::postgresql, database_.parameters()};
        Evolver{session, plan_.until("1.0"), {.release = "1.0"}}.expand();
        direct_.run(
            "INSERT INTO t SELECT i, 'n' || i, i::text, 'given' || i || ' family' || i FROM generate_series(1, 40) AS "
            "i");
        through_ = database_.parameters();
        auto const at = through_.find("host=");
        auto const end = through_.find(' ', at);
        through_.replace(at, end - at, "host=" + wire.folder());
    }

    /// From expand to contract or back. Returns what there is in the end.
    std::string play() {
        call("expand", [](Evolver& evolver) { evolver.expand(); });
        write();
        if (journey_.back) {
            call("rollback", [](Evolver& evolver) {
                for (auto const& migration : evolver.status().migrations) {
                    if (migration.id == "0002" && migration.phase != Phase::planned)
                        evolver.rollback({.migration = "0002", .accept_loss = {{"0002", "it goes back"}}});
                }
            });
        } else {
            call("backfill", [](Evolver& evolver) { evolver.backfill(); });
            call("reconcile", [](Evolver& evolver) { evolver.reconcile(); });
            call("contract", [this](Evolver& evolver) {
                try {
                    evolver.contract({.accept_loss = {{"0002", "a column is dropped"}}});
                } catch (GateClosed const&) {
                    evolver.reconcile();  // the old release has written since
                    throw;
                }
            });
        }
        if (auto const broken = Evolver{calm(), plan_, {.release = "1.0"}}.verify_audit())
            throw std::runtime_error{*broken};
        return everything(direct_);
    }

private:
    soci::session& calm() {
        if (!calm_) calm_.emplace(soci::postgresql, database_.parameters());
        return *calm_;
    }

    /// As often as it takes: a program that is started again.
    void call(std::string const& name, std::function<void(Evolver&)> const& work) {
        constexpr int enough = 6;
        for (int tries = 1;; ++tries) {
            auto const before = everything(direct_);
            try {
                soci::session session{soci::postgresql, through_};
                Evolver evolver{session, plan_, {.release = "2.0", .wait = wait_, .soak = 0s}};
                work(evolver);
                break;
            } catch (GateClosed const& error) {
                if (tries == enough) throw std::runtime_error{name + ": " + error.what()};
                forget_the_dead();
                continue;  // it is open once nobody writes in between
            } catch (Error const& error) {
                if (tries == enough) throw std::runtime_error{name + ": " + error.what()};
                check(name, error, before);
            } catch (soci::soci_error const&) {
                if (tries == enough) throw;
            }
            write();
            forget_the_dead();
        }
        forget_the_dead();
    }

    /// Whoever could not leave keeps contract waiting as long as its lease lasts.
    void forget_the_dead() const {
        direct_.run("UPDATE evolver_instance SET expires_at = clock_timestamp() - interval '1 second'");
    }

    /// Did the error tell the truth?
    void check(std::string const& name, Error const& error, std::string const& before) {
        if (error.database_changed() == Changed::no && everything(direct_) != before)
            throw std::runtime_error{name + " said that nothing had changed: " + error.what()};
        if (wire_.struck().empty()) throw std::runtime_error{name + " failed by itself: " + error.what()};
    }

    /// Both releases write, as far as their shapes are there, and see what the other wrote.
    void write() {
        auto const phase = direct_.text("SELECT phase FROM evolver_migration WHERE id = '0002'");
        if (phase == "contracted") return;
        // Something else first: what is written over itself changes nothing.
        direct_.run("UPDATE t SET name = 'x', size = '5', person = 'X Y' WHERE id = 5; " + journey_.old_writes);
        if (phase.empty()) return;
        if (!journey_.new_writes.empty()) direct_.run(journey_.new_writes);
        for (auto const& seen : {journey_.new_sees, journey_.old_sees}) {
            if (!seen.empty() && direct_.text(seen) != "t") throw std::runtime_error{"not seen: " + seen};
        }
    }

    Wire& wire_;
    Journey const& journey_;
    Plan plan_;
    std::chrono::milliseconds wait_;
    PostgresqlDatabase database_;
    postgresql::Connection direct_ = database_.connect();
    std::optional<soci::session> calm_;
    std::string through_;
};

std::string server_folder() {
    std::string const server = std::getenv("EVOLVER_POSTGRESQL_SERVER");
    auto const at = server.find("host=") + 5;
    return server.substr(at, server.find(' ', at) - at);
}

}  // namespace

int main(int argc, char** argv) {
    if (std::getenv("EVOLVER_POSTGRESQL_SERVER") == nullptr) {
        std::cout << "EVOLVER_POSTGRESQL_SERVER is not set: there is no server to try this on\n";
        return 77;
    }
    auto const every = static_cast<long>(testing::option(argc, argv, "--every").value_or(1));
    Wire wire{server_folder()};
    long points = 0;
    long failures = 0;
    long next = every;  // a request is chosen as if all journeys were one
    for (auto const& journey : journeys()) {
        auto const name = journey.name + (journey.back ? " and back" : "");
        wire.strike({}, 0);
        auto const calm = World{wire, journey, 0ms}.play();
        auto const requests = wire.requests();
        for (auto const& fault : faults::all_faults()) {
            for (long at = 1; at <= requests; ++at) {
                if (--next > 0) continue;
                next = every;
                // Half of them by an operator who waits, who has to get through in one call where a retry helps; half by one who does not.
                bool const waits = (at + points) % 2 == 0;
                try {
                    World world{wire, journey, waits ? 5000ms : 0ms};
                    wire.strike(fault, at);
                    auto const end = world.play();
                    if (wire.struck().empty()) continue;
                    ++points;
                    if (end == calm) continue;
                    throw std::runtime_error{"it ends as\n" + end + "instead of\n" + calm};
                } catch (std::exception const& error) {
                    ++failures;
                    std::cout << fmt::format("FAILED {}, request {} of {}, {}, {}: {}\n    struck: {}\n", name, at,
                                             requests, fault.name, waits ? "waiting" : "not waiting", error.what(),
                                             wire.struck())
                              << std::flush;
                }
            }
        }
        std::cout << fmt::format("{}: {} requests\n", name, requests) << std::flush;
    }
    std::cout << fmt::format("{} fault points: {} failed\n", points, failures);
    return failures == 0 ? 0 : 1;
}
