// Real rows through whole migrations: a music shop and a package index.

#include "support/application.hpp"
#include "support/shared_data.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

using namespace evolver;
using namespace evolver::testing;

namespace {

bool is_there(char const* path) {
    if (support::shared_data(path)) return true;
    MESSAGE("skipped: there is no ../shared/data/" << path);
    return false;
}

constexpr char const* chinook = "chinook/Chinook_Sqlite.sqlite";
constexpr char const* package_index = "debian_packages/dumpavail.txt.gz";

Plan plan_of(std::vector<Operation> operations) {
    return Plan{"real", {Migration{.id = "0001-change", .release = "2.0", .operations = std::move(operations)}}};
}

void to_the_end(Evolver& evolver, std::vector<AcceptedLoss> accepted = {}) {
    evolver.backfill(Speed::full);
    evolver.reconcile();
    evolver.contract(
        {.override_gates = {{"soak", "a test"}}, .accept_loss = std::move(accepted), .speed = Speed::full});
}

constexpr std::array<char const*, 7> fields{"Package",  "Maintainer",     "Source",         "Depends",
                                            "Homepage", "Installed-Size", "Description-md5"};

/// The index as a table: its fields, NULL where a package has none.
void load_index(std::string const& database, std::string const& unpacked) {
    soci::session db{soci::sqlite3, "db=" + database};
    db << "PRAGMA journal_mode = WAL";
    db << "CREATE TABLE packages (id INTEGER PRIMARY KEY, package TEXT, maintainer TEXT, source TEXT, depends TEXT, "
          "homepage TEXT, "
          "installed_size TEXT, description_md5 TEXT)";
    std::array<std::string, fields.size()> values;
    std::array<soci::indicator, fields.size()> indicators{};
    soci::statement insert = (db.prepare << "INSERT INTO packages (package, maintainer, source, depends, homepage, "
                                            "installed_size, description_md5) "
                                            "VALUES (:a, :b, :c, :d, :e, :f, :g)",
                              soci::use(values[0], indicators[0], "a"), soci::use(values[1], indicators[1], "b"),
                              soci::use(values[2], indicators[2], "c"), soci::use(values[3], indicators[3], "d"),
                              soci::use(values[4], indicators[4], "e"), soci::use(values[5], indicators[5], "f"),
                              soci::use(values[6], indicators[6], "g"));
    std::ifstream file{unpacked};
    std::map<std::string, std::string> package;
    auto const store = [&] {
        if (package.empty()) return;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            auto const found = package.find(fields[i]);
            indicators[i] = found == package.end() ? soci::i_null : soci::i_ok;
            values[i] = found == package.end() ? "" : found->second;
        }
        insert.execute(true);
        package.clear();
    };
    db << "BEGIN";
    std::string name;
    for (std::string line; std::getline(file, line);) {
        if (line.empty()) {
            store();
        } else if (line[0] == ' ') {
            package[name] += line;
        } else {
            auto const colon = line.find(':');
            name = line.substr(0, colon);
            package[name] = line.substr(std::min(line.size(), colon + 2));
        }
    }
    store();
    db << "COMMIT";
}

}  // namespace

TEST_SUITE_BEGIN("face/real_data");

TEST_CASE("Chinook: a sum filled from its lines agrees in every row, and names beyond ASCII survive byte for byte") {
    if (!is_there(chinook)) return;
    Folder const folder;
    std::filesystem::copy_file(*support::shared_data(chinook), folder.database());
    std::filesystem::copy_file(*support::shared_data(chinook), folder.file("before.db"));
    Application application{
        folder.database(),
        plan_of(
            {AddColumn{.table = "Invoice", .column = {.name = "LineTotal", .type = numeric("10,2")}},
             Backfill{.table = "Invoice",
                      .set = {{"LineTotal",
                               "(SELECT round(sum(UnitPrice * Quantity), 2) FROM InvoiceLine WHERE "
                               "InvoiceLine.InvoiceId = Invoice.InvoiceId)"}},
                      .where = "LineTotal IS NULL"},
             ChangeType{
                 .table = "Artist", .from = "Name", .to = "Title", .type = text(), .up = "Name", .down = "Title"}})};
    application.evolver.expand();
    to_the_end(application.evolver);
    CHECK(application.ask("SELECT count(*) FROM Invoice WHERE abs(LineTotal - Total) < 0.001") == "412");
    CHECK(application.ask("SELECT printf('%.2f', sum(LineTotal)) FROM Invoice") == "2328.60");
    application.db << "ATTACH '" + folder.file("before.db") + "' AS before";
    CHECK(application.ask(
              "SELECT count(*) FROM before.Artist AS a JOIN main.Artist AS b ON a.ArtistId = b.ArtistId AND "
              "CAST(a.Name AS BLOB) = CAST(b.Title AS BLOB) WHERE length(CAST(a.Name AS BLOB)) > length(a.Name)") ==
          "31");
    CHECK(
        application.ask("SELECT count(*) FROM before.Artist AS a JOIN main.Artist AS b ON a.ArtistId = b.ArtistId AND "
                        "CAST(a.Name AS BLOB) IS CAST(b.Title AS BLOB)") == "275");
}

TEST_CASE("Chinook: a rebuild of the tracks with foreign keys on loses no child") {
    if (!is_there(chinook)) return;
    Folder const folder;
    std::filesystem::copy_file(*support::shared_data(chinook), folder.database());
    Application application{folder.database(),
                            plan_of({DropColumn{.table = "Track", .column = "Composer", .lock = Lock::online}})};
    application.db << "PRAGMA journal_mode = WAL";
    application.db << "PRAGMA foreign_keys = ON";
    // So many more that it is done in batches.
    application.db
        << "WITH RECURSIVE n(i) AS (SELECT 10001 UNION ALL SELECT i + 1 FROM n WHERE i < 90000) INSERT INTO Track "
           "(TrackId, Name, MediaTypeId, Milliseconds, UnitPrice) SELECT i, 'more', 1, 1, 1 FROM n";
    application.evolver.expand();
    auto const root = application.ask("SELECT rootpage FROM sqlite_schema WHERE name = 'Track'");
    to_the_end(application.evolver);
    CHECK(application.ask("SELECT rootpage FROM sqlite_schema WHERE name = 'Track'") != root);
    CHECK(application.ask("SELECT count(*) FROM Track WHERE TrackId <= 10000") == "3503");
    CHECK(application.ask("SELECT count(*) FROM InvoiceLine") == "2240");
    CHECK(application.ask("SELECT count(*) FROM PlaylistTrack") == "8715");
    CHECK(application.ask("SELECT count(*) FROM pragma_foreign_key_check") == "0");
    CHECK(application.ask("SELECT count(*) FROM pragma_table_info('Track') WHERE name = 'Composer'") == "0");
    CHECK(application.ask("PRAGMA integrity_check") == "ok");
}

TEST_CASE("the package index: its fields are split and filled, and its gaps are counted") {
    if (!is_there(package_index)) return;
    Folder const folder;
    auto const unpacked = folder.file("index");
    REQUIRE(std::system(
                ("gzip -dc '" + support::shared_data(package_index)->string() + "' > '" + unpacked + "'").c_str()) ==
            0);
    load_index(folder.database(), unpacked);
    for (auto const& [column, gaps] :
         {std::pair{"homepage", 4440}, std::pair{"installed_size", 126}, std::pair{"description_md5", 2}}) {
        CAPTURE(column);
        Application application{folder.database(), plan_of({SetNotNull{.table = "packages", .column = column}})};
        try {
            application.evolver.expand();
            FAIL("not refused");
        } catch (ViolationError const& error) {
            CHECK(error.found().count == gaps);
            CHECK(error.found().rows == 63666);
        }
    }
    Application application{
        folder.database(),
        plan_of(
            {SplitColumn{.table = "packages",
                         .from = "maintainer",
                         .into = {{.name = "maintainer_name",
                                   .type = text(),
                                   .up = "rtrim(substr(maintainer, 1, instr(maintainer, '<') - 1))"},
                                  {.name = "maintainer_address",
                                   .type = text(),
                                   .up = "substr(maintainer, instr(maintainer, '<') + 1, length(maintainer) - "
                                         "instr(maintainer, '<') - 1)"}},
                         .down = "maintainer_name || ' <' || maintainer_address || '>'"},
             Backfill{.table = "packages", .set = {{"source", "package"}}, .where = "source IS NULL"},
             RawSql{.expand =
                        "CREATE TABLE clauses (package INTEGER, clause TEXT);"
                        "INSERT INTO clauses WITH RECURSIVE part(id, clause, rest) AS ("
                        "SELECT id, NULL, depends || ',' FROM packages WHERE depends IS NOT NULL UNION ALL "
                        "SELECT id, trim(substr(rest, 1, instr(rest, ',') - 1)), substr(rest, instr(rest, ',') + 1) "
                        "FROM part WHERE rest <> '') SELECT id, clause FROM part WHERE clause IS NOT NULL",
                    .undo = "DROP TABLE clauses"}})};
    CHECK(application.ask("SELECT count(*) FROM packages WHERE source IS NULL") == "18045");
    CHECK(application.ask("SELECT count(DISTINCT maintainer) FROM packages WHERE instr(maintainer, '<') > 0") ==
          "2249");
    application.evolver.expand();
    CHECK(application.ask("SELECT count(*) FROM clauses") == "278873");
    CHECK_THROWS_WITH_AS(to_the_end(application.evolver),
                         doctest::Contains("in 24 rows the new shape cannot give back"), GateClosed);
    to_the_end(application.evolver, {{"0001-change", "a space too many or too few before the address"}});
    CHECK(application.ask(
              "SELECT count(*) FROM packages WHERE maintainer_name <> '' AND maintainer_address LIKE '%@%'") ==
          "63666");
    CHECK(application.ask("SELECT count(*) FROM (SELECT DISTINCT maintainer_name, maintainer_address FROM packages)") ==
          "2246");
    CHECK(application.ask("SELECT count(*) FROM packages WHERE source IS NULL") == "0");
}

TEST_SUITE_END();
