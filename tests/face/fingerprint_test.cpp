// Fingerprints of what only SQLite has: columns without a type. What both engines do: both/fingerprint_test.cpp.

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>

using namespace evolver;
using namespace evolver::testing;

namespace {

struct One {
    One() : raw{folder.database()} {
        raw.connection().run(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a, r REAL, s TEXT COLLATE NOCASE);"
            "CREATE TABLE empty (x TEXT);"
            "INSERT INTO t VALUES (1, 1, 0.5, 'a'), (2, '1', 0.25, 'A'), (3, 1.0, NULL, NULL), (4, x'31', -2, 'b')");
        application.emplace(folder.database(), Plan{"p", {packages_migration()}});
    }
    [[nodiscard]] Fingerprint taken(FingerprintOptions const& options = {}) {
        return application->evolver.fingerprint(options);
    }
    Folder folder;
    RawSqlite raw;
    std::optional<Application> application;
};

ColumnFingerprint const& column(Fingerprint const& fingerprint, std::string_view name) {
    for (auto const& table : fingerprint.tables) {
        for (auto const& one : table.columns) {
            if (one.name == name) return one;
        }
    }
    FAIL("no such column");
    throw std::logic_error{"unreachable"};
}

}  // namespace

TEST_SUITE_BEGIN("face/fingerprint");

TEST_CASE("rows and columns in another order have the same fingerprint, whatever their values are stored as") {
    One one;
    auto const before = one.taken({.columns = true});
    one.raw.connection().run(
        "CREATE TABLE other (s TEXT COLLATE NOCASE, r REAL, a, id INTEGER PRIMARY KEY); INSERT INTO other (id, a, r, "
        "s) "
        "SELECT id, a, r, s FROM t ORDER BY id DESC; DROP TABLE t; ALTER TABLE other RENAME TO t");
    CHECK(differences(before, one.taken({.columns = true})).empty());
}

TEST_CASE("a column is counted by what it stores") {
    One one;
    auto const found = one.taken({.columns = true, .show_values = true});
    auto const& a = column(found, "a");
    CHECK(a.values == 4);
    CHECK(a.nulls == 0);
    CHECK(a.integers == 1);
    CHECK(a.texts == 1);
    CHECK(a.reals == 1);
    CHECK(a.blobs == 1);
    CHECK(a.distinct == 4);
    CHECK(a.least == "1");
    CHECK(a.greatest == "x'31'");
    CHECK(a.sum == "2");
    auto const& r = column(found, "r");
    CHECK(r.nulls == 1);
    CHECK(r.least == "-2.0");
    CHECK(r.greatest == "0.5");
    CHECK(r.sum == "-1.25");
    auto const& s = column(found, "s");
    CHECK(s.distinct == 3);
    CHECK(s.least == "'A'");
    CHECK(s.greatest == "'b'");
    CHECK(s.sum.empty());
    CHECK(column(found, "x") == ColumnFingerprint{.name = "x"});
}

TEST_SUITE_END();
