// Lint as an application meets it.

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::testing;

namespace {

Plan without_size(std::vector<Acceptance> accept = {}) {
    return Plan{"catalogue",
                {packages_migration(), Migration{.id = "0002-no-size",
                                                 .release = "2.0",
                                                 .operations = {DropColumn{.table = "packages", .column = "size"}},
                                                 .accept = std::move(accept)}}};
}

Acceptance const exported{.rule = "drop-column-in-use", .object = "packages.size", .reason = "exported on 2 May"};

}  // namespace

TEST_SUITE_BEGIN("face/lint");

TEST_CASE("lint tells of live rows and writes nothing") {
    Folder const folder;
    make_catalogue(folder.database(), 7);
    Application application{folder.database(), without_size()};
    auto const before = bytes_of(folder.database());
    auto const findings = application.evolver.lint();
    REQUIRE(findings.size() == 1);
    CHECK(findings.front().rule == "drop-column-in-use");
    CHECK(findings.front().migration == "0002-no-size");
    CHECK(has(findings.front().what, "7 values"));
    CHECK(bytes_of(folder.database()) == before);
}

TEST_CASE("a dry run holds errors and warnings of lint and expand is not refused for them") {
    Folder const folder;
    make_catalogue(folder.database());
    Application application{folder.database(), without_size()};
    auto const report = application.evolver.dry_run();
    REQUIRE(report.findings.size() == 1);
    CHECK(has(text_of(report.findings.front()),
              "error drop-column-in-use (destructive), migration \"0002-no-size\", packages.size\n  the column "));
    CHECK_NOTHROW(application.evolver.expand());
}

TEST_CASE("what waits for contract is linted until it is contracted") {
    Folder const folder;
    make_catalogue(folder.database());
    Application application{folder.database(), without_size()};
    application.evolver.expand();
    CHECK(application.evolver.lint().size() == 1);
    application.evolver.reconcile();
    application.evolver.contract(now());
    CHECK(application.evolver.lint().empty());
}

TEST_CASE("an acceptance stands in the audit trail with its reason and a later one is no edit of the migration") {
    Folder const folder;
    make_catalogue(folder.database());
    Application application{folder.database(), without_size({exported})};
    CHECK(application.evolver.lint().empty());
    application.evolver.expand();
    RawSqlite const raw{folder.database()};
    CHECK(raw.integer("SELECT count(*) FROM evolver_audit WHERE event = 'finding accepted' AND migration = "
                      "'0002-no-size' AND detail = 'drop-column-in-use packages.size: exported on 2 May'") == 1);
    Application other{folder.database(), without_size()};
    CHECK_NOTHROW(other.evolver.expand());
    CHECK_FALSE(other.evolver.verify_audit().has_value());
}

TEST_SUITE_END();
