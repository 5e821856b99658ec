// Crashes on PostgreSQL: the server is stopped in the middle and started again, connections are cut, the operator's process is killed and started again,
// all at random moments, until the whole plan is done, while programs of the old and of the new release write. In the end nobody can tell.
//
//   evolver_postgresql_crash [--crashes N] [--seed S]
//
// Each writer has a fixed list of statements over rows of its own, and notes in the transaction of each that it is done. So the database in the end does not
// depend on who was quick, or whose answer was lost: it must equal that of a calm run. A round is one database, from release 1.0 to contract. It goes on
// until the server has crashed N times, connections were cut 2 N times and 2 N operators were killed.

#include "evolver/dialect/engine_error.hpp"
#include "evolver/evolver.hpp"
#include "evolver/fleet/gate.hpp"
#include "support/folder.hpp"
#include "support/long_test.hpp"
#include "support/postgresql.hpp"
#include "support/process.hpp"
#include "support/random.hpp"

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace evolver;
using namespace std::chrono_literals;
using testing::PostgresqlDatabase;
using testing::Process;
using testing::Random;

constexpr int rows = 8000;
constexpr int old_writers = 2;
constexpr int writers = 4;
constexpr int statements = 150;
constexpr auto patience = 180s;  // longer than any round takes: whoever is not done by then hangs

Plan plan() {
    return Plan{
        "crash",
        {Migration{.id = "0001",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "packages",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "name", .type = text(), .nullable = false},
                                                          {.name = "size", .type = text()},
                                                          {.name = "origin", .type = text()}}}}},
         Migration{
             .id = "0002",
             .release = "2.0",
             .operations = {ChangeType{.table = "packages",
                                       .from = "size",
                                       .to = "size_bytes",
                                       .type = integer(),
                                       .up = "CAST(size AS BIGINT)",
                                       .down = "CAST(size_bytes AS TEXT)"},
                            CreateIndex{.name = "packages_size", .table = "packages", .columns = {"size_bytes"}}}},
         Migration{.id = "0003",
                   .release = "2.0",
                   .operations = {RenameColumn{.table = "packages", .from = "name", .to = "title"},
                                  DropColumn{.table = "packages", .column = "origin"}}}}};
}

/// A server of its own, which may crash.
class Server {
public:
    explicit Server(std::string folder) : folder_{std::move(folder)} {
        call("start");
        auto const parameters = "host=" + folder_ + " user=evolver";
        setenv("EVOLVER_POSTGRESQL_SERVER", parameters.c_str(), 1);
    }
    ~Server() { (void)result_of("stop"); }
    Server(Server const&) = delete;
    Server& operator=(Server const&) = delete;
    void crash() const {
        call("crash");
        call("again");
    }

    static constexpr int not_installed = 77;
    [[nodiscard]] static int result_of(std::string const& verb, std::string const& folder) {
        auto const command =
            std::string{EVOLVER_SOURCE_DIR} + "/tests/support/postgresql_server " + verb + " " + folder;
        return WEXITSTATUS(std::system(command.c_str()));
    }

private:
    [[nodiscard]] int result_of(std::string const& verb) const { return result_of(verb, folder_); }
    void call(std::string const& verb) const {
        if (result_of(verb) != 0) throw std::runtime_error{"postgresql_server " + verb + " failed"};
    }
    std::string folder_;
};

// ---- the writers

struct Task {
    unsigned kind;
    long long id;
    long long value;
};

Task task(int writer, int position) {
    std::mt19937_64 draw{static_cast<std::uint64_t>(writer) * 1000 + static_cast<std::uint64_t>(position)};
    auto const kind = static_cast<unsigned>(draw() % 8);
    auto const own = writer + 1 + writers * static_cast<long long>(draw() % (rows / writers));
    auto const made = rows + 1000LL * (writer + 1) + position;
    return {kind, kind < 2 ? made : own, static_cast<long long>(draw() % 100'000)};
}

void write_old(soci::session& db, Task const& one) {
    auto const id = std::to_string(one.id);
    auto const value = std::to_string(one.value);
    switch (one.kind) {
        case 0:
        case 1: db << "INSERT INTO packages VALUES (" + id + ", 'old-" + id + "', '" + value + "', 'own')"; break;
        case 2:
        case 3: db << "UPDATE packages SET size = '" + value + "' WHERE id = " + id; break;
        case 4: db << "UPDATE packages SET size = size || '1', name = name || '+' WHERE id = " + id; break;
        case 5: db << "UPDATE packages SET size = NULL WHERE id = " + id; break;
        case 6: db << "UPDATE packages SET name = 'old-" + value + "' WHERE id = " + id; break;
        default: db << "DELETE FROM packages WHERE id = " + id; break;
    }
}

void write_new(soci::session& db, LiveTable const& packages, Task const& one) {
    auto const id = std::to_string(one.id);
    auto const where = " WHERE id = " + id;
    auto const value = std::to_string(one.value);
    std::string const title = "new-" + value;
    switch (one.kind) {
        case 0:
        case 1:
            db << packages.insert({"id", "title", "size_bytes"}), soci::use(one.id, "id"), soci::use(title, "title"),
                soci::use(one.value, "size_bytes");
            break;
        case 2:
        case 3: db << packages.update({{"size_bytes", value}}) + where; break;
        case 4: db << packages.update({{"size_bytes", "size_bytes + " + value}}) + where; break;
        case 5: db << packages.update({{"size_bytes", "NULL"}}) + where; break;
        case 6: db << packages.update({{"title", "'" + title + "'"}}) + where; break;
        default: db << packages.remove() + where; break;
    }
}

int done_by(soci::session& db, int writer) {
    int done = 0;
    db << "SELECT done FROM progress WHERE writer = " + std::to_string(writer), soci::into(done);
    return done;
}

/// The whole list of one writer, as often as somebody cuts it off.
void write_all(std::string const& parameters, int writer, std::chrono::milliseconds pause) {
    for (;;) {
        try {
            soci::session db{soci::postgresql, parameters};
            std::optional<Evolver> evolver;
            std::optional<LiveTable> packages;
            if (writer >= old_writers) {
                evolver.emplace(db, plan(), evolver::Options{.release = "2.0"});
                packages.emplace(evolver->table("packages"));
            }
            for (int position = done_by(db, writer); position < statements; ++position) {
                db << "BEGIN";
                if (packages) write_new(db, *packages, task(writer, position));
                if (!packages) write_old(db, task(writer, position));
                db << fmt::format("UPDATE progress SET done = {} WHERE writer = {}", position + 1, writer);
                db << "COMMIT";
                std::this_thread::sleep_for(pause);
            }
            return;
        } catch (soci::soci_error const& error) {
            if (error.get_error_category() != soci::soci_error::connection_error &&
                std::string_view{error.what()}.find("connect") == std::string_view::npos &&
                std::string_view{error.what()}.find("terminat") == std::string_view::npos &&
                std::string_view{error.what()}.find("deadlock") == std::string_view::npos)
                throw;
        } catch (Error const& error) {
            if (!error.retry_helps()) throw;
        }
        std::this_thread::sleep_for(20ms);
    }
}

// ---- the operator

/// To the end, from wherever somebody else was stopped.
void operate(std::string const& parameters) {
    for (;;) {
        try {
            soci::session db{soci::postgresql, parameters};
            Evolver evolver{db, plan(), {.release = "2.0", .wait = 60s, .soak = 0s}};
            evolver.expand();
            evolver.backfill();
            evolver.reconcile();
            soci::session watching{soci::postgresql, parameters};
            for (int writer = 0; writer < old_writers; ++writer) {
                while (done_by(watching, writer) < statements) std::this_thread::sleep_for(20ms);
            }
            evolver.reconcile();  // they have written since
            evolver.contract({.accept_loss = {{"0003", "nobody reads the origin"}}});
            return;
        } catch (GateClosed const&) {
            std::this_thread::sleep_for(50ms);
        } catch (soci::soci_error const&) {
            std::this_thread::sleep_for(50ms);
        } catch (Error const& error) {
            if (!error.retry_helps()) throw;
        }
    }
}

// ---- rounds

std::string final_state(PostgresqlDatabase const& database) {
    auto const connection = database.connect();
    std::string found;
    for (auto const* sql :
         {"SELECT to_jsonb(packages) FROM packages ORDER BY id",
          "SELECT id, phase, filled FROM evolver_migration ORDER BY id",
          "SELECT migration, event, count(*) FROM evolver_audit WHERE event IN ('expand', 'contract', 'backfill "
          "finished') "
          "GROUP BY 1, 2 ORDER BY 1, 2",
          "SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 'packages'::regclass ORDER BY 1",
          "SELECT tgname FROM pg_trigger WHERE tgrelid = 'packages'::regclass",
          "SELECT conname FROM pg_constraint WHERE conrelid = 'packages'::regclass ORDER BY 1",
          "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname NOT LIKE '%audit%' "
          "ORDER BY "
          "1"}) {
        for (auto const& row : connection.query(sql).rows) {
            for (auto const& value : row) found += value.value_or("NULL") + " ";
            found += "\n";
        }
    }
    soci::session db{soci::postgresql, database.parameters()};
    Evolver evolver{db, plan(), {.release = "2.0"}};
    if (auto const broken = evolver.verify_audit()) found += "the trail is broken: " + *broken;
    return found;
}

void make(PostgresqlDatabase const& database) {
    soci::session db{soci::postgresql, database.parameters()};
    Evolver{db, plan().until("1.0"), {.release = "1.0"}}.expand();
    db << "CREATE TABLE progress (writer integer PRIMARY KEY, done integer NOT NULL)";
    db << "INSERT INTO progress SELECT i, 0 FROM generate_series(0, " + std::to_string(writers - 1) + ") AS i";
    db << "INSERT INTO packages SELECT i, 'package-' || i, CASE WHEN i % 7 > 0 THEN i::text END, 'debian' FROM "
          "generate_series(1, " +
              std::to_string(rows) + ") AS i";
}

class Test {
public:
    Test(std::string const& folder, int crashes, std::uint64_t seed)
        : complaints_{folder + "/complaints"}, crashes_{crashes}, random_{seed} {
        PostgresqlDatabase const calm;
        make(calm);
        alone([&] {
            for (int writer = 0; writer < old_writers; ++writer) write_all(calm.parameters(), writer, 0ms);
            operate(calm.parameters());
            for (int writer = old_writers; writer < writers; ++writer) write_all(calm.parameters(), writer, 0ms);
        });
        expected_ = final_state(calm);
    }

    [[nodiscard]] bool enough() const {
        return done_[crash] >= crashes_ && done_[cut] >= 2 * crashes_ && done_[kill] >= 2 * crashes_;
    }

    void round(Server const& server) {
        ++rounds_;
        PostgresqlDatabase const database;
        make(database);
        auto const parameters = database.parameters();
        auto const writer = [&](int number) {
            return Process{complaints_, [parameters, number] { write_all(parameters, number, 3ms); }};
        };
        auto const operating = [&] { return Process{complaints_, [parameters] { operate(parameters); }}; };
        std::vector<Process> writing;
        for (int number = 0; number < writers; ++number) writing.push_back(writer(number));
        auto process = operating();
        constexpr std::size_t longest_pause = 250;
        while (!process.wait(std::chrono::milliseconds{random_.below(longest_pause)})) {
            auto const what = draw();
            if (!what) break;
            ++done_[*what];
            if (*what == crash) server.crash();
            if (*what == cut) database.cut_connections();
            if (*what != kill) continue;
            auto const victim = random_.below(writing.size());
            if (writing[victim].kill()) writing[victim] = writer(static_cast<int>(victim));
            if (!process.kill()) --done_[kill];
            // Those who were killed hold their leases: by the server's clock they are over one day.
            database.connect().run("UPDATE evolver_instance SET expires_at = clock_timestamp() - interval '1 second'");
            process = operating();
        }
        finish(process, "the operator");
        for (auto& one : writing) finish(one, "a writer");
        auto const found = final_state(database);
        if (found != expected_)
            throw std::runtime_error{"the database differs from that of a calm run:" +
                                     testing::first_difference(expected_, found)};
    }

    [[nodiscard]] std::string told() const {
        return fmt::format(
            "{} rounds: the server crashed {} times, connections were cut {} times, {} operators were killed", rounds_,
            done_[crash], done_[cut], done_[kill]);
    }

private:
    static constexpr std::size_t crash = 0;
    static constexpr std::size_t cut = 1;
    static constexpr std::size_t kill = 2;

    /// What happens next: crashes half as often as the others.
    std::optional<std::size_t> draw() {
        if (enough()) return std::nullopt;
        constexpr std::array choices{crash, cut, cut, kill, kill};
        return random_.one_of(choices);
    }

    void alone(std::function<void()> const& body) const {
        Process process{complaints_, body};
        finish(process, "the calm run");
    }

    void finish(Process& process, std::string const& who) const {
        if (!process.wait(patience)) throw std::runtime_error{who + " hangs"};
        if (!process.succeeded())
            throw std::runtime_error{who + " ended by " + process.end() + ": " + testing::contents(complaints_)};
    }

    std::string complaints_;
    int crashes_;
    Random random_;
    std::string expected_;
    std::array<int, 3> done_{};
    int rounds_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    auto const crashes = static_cast<int>(testing::option(argc, argv, "--crashes").value_or(10));
    auto const seed = testing::option(argc, argv, "--seed").value_or(std::random_device{}());
    if (Server::result_of("stop", "/nonexistent/evolver") == Server::not_installed) {
        std::cout << "skipped: there is no PostgreSQL here (Debian: postgresql)\n";
        return Server::not_installed;
    }
    std::cout << "seed " << seed << std::endl;
    testing::Folder const folder{"evolver-postgresql-crash"};
    try {
        Server const server{"/tmp/evolver-postgresql-crash-" + std::to_string(getpid())};
        Test test{folder.path().string(), crashes, seed};
        while (!test.enough()) test.round(server);
        std::cout << test.told() << "\nevery database equals that of a calm run\n";
    } catch (std::exception const& error) {
        std::cout << "FAILED with --seed " << seed << "\n" << error.what() << '\n';
        return 1;
    }
    return 0;
}
