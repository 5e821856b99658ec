// A ledger that somebody has tampered with: evolver does what it can or refuses in words, and never touches a row of the application's.
//
// Each line of an input is one UPDATE of one value, by numbers: which table, which column, which row, what kind of value; then its text.

#include "fuzz/fuzzer.hpp"

#include "dialect/sqlite/clone.hpp"
#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/soci_handle.hpp"
#include "evolver/evolver.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <vector>

using namespace evolver;
using fuzz::expect;

namespace {

Plan plan() {
    return Plan{
        "fuzz",
        {Migration{.id = "1",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "packages",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "size", .type = text()}}}}},
         Migration{.id = "2",
                   .release = "2.0",
                   .operations = {ChangeType{.table = "packages",
                                             .from = "size",
                                             .to = "size_bytes",
                                             .type = integer(),
                                             .up = "CAST(size AS INTEGER)",
                                             .down = "CAST(size_bytes AS TEXT)"}}}}};
}

Evolver at(soci::session& session) { return Evolver{session, plan(), {.soak = std::chrono::seconds{0}}}; }

/// Filled, compared, and between two batches of nothing.
sqlite::Connection const& untouched() {
    static auto const whole = [] {
        soci::session session{soci::sqlite3, "db=:memory:"};
        auto evolver = at(session);
        auto const connection = sqlite::Connection::borrow(sqlite::handle_of(session));
        Evolver{session, plan().until("1.0"), {.release = "1.0"}}.expand();
        connection.run("INSERT INTO packages (size) VALUES ('1'), ('22'), (NULL)");
        evolver.expand();
        evolver.backfill(Speed::full);
        evolver.reconcile();
        evolver.hold_stage({.reason = "a test"});
        evolver.heartbeat();
        return sqlite::copy_database(connection);
    }();
    return whole;
}

struct Cell {
    std::string table;
    std::string column;
};

std::vector<Cell> const& cells() {
    static auto const all = [] {
        std::vector<Cell> found;
        auto rows = untouched().prepare(
            "SELECT m.name, c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' AND "
            "m.name LIKE "
            "'evolver!_%' ESCAPE '!'");
        while (rows.step()) found.push_back({rows.text(0), rows.text(1)});
        return found;
    }();
    return all;
}

template <class Call>
void attempt(Call const& call) {
    try {
        call();
    } catch (Error const&) {
        // refused in words
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    soci::session session{soci::sqlite3, "db=:memory:"};
    auto const connection = sqlite::Connection::borrow(sqlite::handle_of(session));
    sqlite::copy_into(untouched(), connection);
    fuzz::Bytes bytes{data, size};
    for (int i = 0; i < 4 && !bytes.empty(); ++i) {
        auto line = bytes.line();
        if (line.size() < 3) continue;
        auto const& cell = cells()[static_cast<unsigned char>(line[0]) % cells().size()];
        auto const kind = static_cast<unsigned char>(line[1]) % 5;
        auto const value = line.substr(2);
        try {
            // The trail is guarded by triggers; whoever tampers drops them.
            auto guards = connection.prepare(
                "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 AND name LIKE "
                "'evolver!_audit%' ESCAPE '!'");
            guards.bind(1, std::string_view{cell.table});
            std::vector<std::string> names;
            while (guards.step()) names.push_back(guards.text(0));
            for (auto const& name : names) connection.run("DROP TRIGGER " + sqlite::quoted(name));
            if (kind == 4) {
                connection.run("DELETE FROM " + sqlite::quoted(cell.table));
                continue;
            }
            auto update = connection.prepare("UPDATE " + sqlite::quoted(cell.table) + " SET " +
                                             sqlite::quoted(cell.column) + " = ?1");
            if (kind == 0) update.bind(1, sqlite::Value{sqlite::Null{}});
            if (kind == 1) update.bind(1, static_cast<std::int64_t>(std::strtoll(value.c_str(), nullptr, 10)));
            if (kind == 2) update.bind(1, std::string_view{value});
            if (kind == 3) {
                sqlite::Blob blob;
                for (char const letter : value) blob.push_back(static_cast<std::byte>(letter));
                update.bind(1, sqlite::Value{blob});
            }
            update.run();
        } catch (Error const&) {
            // its own constraints refuse it
        }
    }
    auto evolver = at(session);
    attempt([&] { (void)evolver.status(); });
    attempt([&] { (void)evolver.verify_audit(); });
    attempt([&] { (void)evolver.gates(); });
    attempt([&] { evolver.attach(); });
    attempt([&] { evolver.expand(); });
    attempt([&] { (void)evolver.advance(std::chrono::microseconds{1}); });
    attempt([&] { evolver.heartbeat(); });
    attempt([&] { (void)evolver.table("packages").select({"size_bytes"}).text(); });
    attempt([&] { (void)evolver.reconcile(); });
    attempt([&] { (void)evolver.dry_run(); });
    expect(connection.integer("SELECT count(*) FROM packages WHERE size IN ('1', '22')") == 2,
           "the rows are as they were");
    attempt([&] { (void)evolver.contract(); });
    bool const old_shape =
        connection.integer("SELECT count(*) FROM pragma_table_info('packages') WHERE name = 'size'") == 1;
    auto const rows = std::string{"SELECT count(*) FROM packages WHERE "} +
                      (old_shape ? "size IN ('1', '22')" : "size_bytes IN (1, 22)");
    expect(connection.integer(rows) == 2, "no row is lost, in whichever shape");
    return 0;
}
