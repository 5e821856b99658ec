// Constraints over a real database: what of Chinook breaks which rule.

#include "support/application.hpp"
#include "support/shared_data.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <optional>
#include <string>

using namespace evolver;
using namespace evolver::testing;

namespace {

/// What expand finds on a copy of Chinook; nothing where it goes through.
std::optional<Violations> found(Operation const& operation) {
    auto const source = support::shared_data("chinook/Chinook_Sqlite.sqlite");
    Folder const folder;
    std::filesystem::copy_file(*source, folder.database());
    Application application{
        folder.database(),
        Plan{"chinook", {Migration{.id = "0001-rule", .release = "2.0", .operations = {operation}}}}};
    try {
        application.evolver.expand();
    } catch (ViolationError const& error) {
        return error.found();
    }
    return std::nullopt;
}

bool is_there() {
    if (support::shared_data("chinook/Chinook_Sqlite.sqlite")) return true;
    MESSAGE("skipped: there is no ../shared/data/chinook");
    return false;
}

}  // namespace

TEST_SUITE_BEGIN("face/real_rules");

TEST_CASE("Chinook: SetNotNull counts the rows that are NULL and refuses") {
    if (!is_there()) return;
    struct Expected {
        char const* table;
        char const* column;
        std::int64_t nulls;
        std::int64_t rows;
    };
    for (auto const& [table, column, nulls, rows] :
         {Expected{"Track", "Composer", 977, 3503}, Expected{"Customer", "Company", 49, 59},
          Expected{"Customer", "Fax", 47, 59}, Expected{"Customer", "PostalCode", 4, 59},
          Expected{"Invoice", "BillingState", 202, 412}}) {
        CAPTURE(column);
        auto const violations = found(SetNotNull{.table = table, .column = column});
        REQUIRE(violations);
        CHECK(violations->count == nulls);
        CHECK(violations->rows == rows);
    }
}

TEST_CASE("Chinook: AddUnique counts the groups that share a value and accepts what is unique") {
    if (!is_there()) return;
    auto const unique = [](char const* table, std::vector<Name> const& columns) {
        return found(AddUnique{.table = table, .name = "one", .columns = columns});
    };
    CHECK(unique("Track", {"Name"})->groups == 199);
    CHECK(unique("Track", {"Name", "AlbumId"})->groups == 6);
    CHECK(!unique("Artist", {"Name"}));
    CHECK(!unique("Album", {"Title"}));
}

TEST_CASE("Chinook: every foreign key that is declared holds and one that is not is counted") {
    if (!is_there()) return;
    CHECK(!found(AddForeignKey{.table = "Invoice", .key = {.columns = {"InvoiceId"}, .table = "Invoice"}}));
    auto const orphans = found(AddForeignKey{.table = "Track", .key = {.columns = {"Milliseconds"}, .table = "Album"}});
    REQUIRE(orphans);
    CHECK(orphans->count == 3503);
}

TEST_CASE("Chinook: a rule with `clean` goes all the way to contract and back to nothing lost") {
    if (!is_there()) return;
    Folder const folder;
    std::filesystem::copy_file(*support::shared_data("chinook/Chinook_Sqlite.sqlite"), folder.database());
    Application application{
        folder.database(),
        Plan{"chinook",
             {Migration{.id = "0001-rules",
                        .release = "2.0",
                        .operations = {SetNotNull{.table = "Track", .column = "Composer", .clean = "'unknown'"},
                                       AddCheck{.table = "Invoice", .name = "positive", .condition = "Total >= 0"}}}}}};
    application.evolver.expand();
    auto const tracks = application.evolver.table("Track");
    CHECK(application.ask("SELECT count(*) FROM (" + tracks.select({"Composer"}).text() +
                          ") WHERE Composer = 'unknown'") == "977");
    CHECK(application.ask("SELECT count(*) FROM Track WHERE Composer IS NULL") == "977");
    application.evolver.backfill();
    application.evolver.reconcile();
    application.evolver.contract(now());
    CHECK(application.ask("SELECT count(*) FROM Track WHERE Composer = 'unknown'") == "977");
    CHECK(application.ask("SELECT count(*) FROM evolver_quarantine WHERE column_name = 'Composer' AND value IS NULL") ==
          "977");
    CHECK(application.ask("SELECT count(*) FROM Track") == "3503");
    CHECK(application.ask("SELECT count(*) FROM PlaylistTrack") == "8715");
    CHECK(application.ask("PRAGMA integrity_check") == "ok");
}

TEST_SUITE_END();
