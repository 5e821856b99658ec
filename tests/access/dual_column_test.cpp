#include "evolver/access/dual_column.hpp"

#include "support/application.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace evolver;
using namespace evolver::testing;

namespace {

long long to_bytes(std::string const& text) { return text.empty() ? 0 : std::stoll(text) * 1024; }
std::string to_text(long long const& bytes) { return std::to_string(bytes / 1024); }

DualColumn<long long, std::string> const size_bytes{"size_bytes", "size", to_bytes, to_text};

struct Package {
    long long id = 0;
    std::string title;
    long long bytes = 0;
};

}  // namespace

template <>
struct soci::type_conversion<Package> {
    using base_type = soci::values;
    static void from_base(values const& v, indicator, Package& package) { package.bytes = size_bytes.read(v, -1); }
    static void to_base(Package const& package, values& v, indicator& i) {
        v.set("id", package.id);
        v.set("title", package.title);
        size_bytes.write(v, package.bytes);
        i = i_ok;
    }
};

namespace {

Package read(soci::session& db, std::string const& sql) {
    Package package;
    db << sql, soci::into(package);
    return package;
}

}  // namespace

TEST_SUITE("access/dual_column") {
    TEST_CASE("reading takes the new column, else the old one, else what stands for absent") {
        soci::session db{soci::sqlite3, "db=:memory:"};
        db << "CREATE TABLE t (id BIGINT, size TEXT, size_bytes BIGINT)";
        db << "INSERT INTO t VALUES (1, '1', 5000), (2, '2', NULL), (3, NULL, NULL)";
        CHECK(read(db, "SELECT id, size, size_bytes FROM t WHERE id = 1").bytes == 5000);
        CHECK(read(db, "SELECT id, size, size_bytes FROM t WHERE id = 2").bytes == 2048);
        CHECK(read(db, "SELECT id, size, size_bytes FROM t WHERE id = 3").bytes == -1);
    }

    TEST_CASE("a column that the row does not have is taken for NULL, not for an error") {
        soci::session db{soci::sqlite3, "db=:memory:"};
        db << "CREATE TABLE t (id BIGINT, size TEXT, size_bytes BIGINT)";
        db << "INSERT INTO t VALUES (1, '1', 5000)";
        CHECK(read(db, "SELECT id, size FROM t").bytes == 1024);
        CHECK(read(db, "SELECT id, size_bytes FROM t").bytes == 5000);
        CHECK(read(db, "SELECT id FROM t").bytes == -1);
    }

    TEST_CASE("reading converts by the type that the row really has") {
        soci::session db{soci::sqlite3, "db=:memory:"};
        db << "CREATE TABLE t (id BIGINT, size INTEGER, size_bytes TEXT)";
        db << "INSERT INTO t VALUES (1, 3, NULL), (2, 3, '77')";
        CHECK(read(db, "SELECT id, size, size_bytes FROM t WHERE id = 1").bytes == 3072);
        CHECK(read(db, "SELECT id, size, size_bytes FROM t WHERE id = 2").bytes == 77);
    }

    TEST_CASE("writing serves LiveTable by the new name, and SQL written by hand by was_<new name>") {
        auto migration = size_migration();
        std::get<ChangeType>(migration.operations.front()).up = "CAST(size AS INTEGER) * 1024";
        std::get<ChangeType>(migration.operations.front()).down = "CAST(size_bytes / 1024 AS TEXT)";
        Plan const plan{"catalogue", {packages_migration(), migration, title_migration()}};
        Folder const folder;
        make_catalogue(folder.database());
        Application application{folder.database(), plan};
        auto const packages = application.evolver.table("packages");
        Package const package{.id = 100, .title = "bash", .bytes = 2048};
        application.evolver.attach();
        application.db << packages.insert({"id", "title", "size_bytes"}), soci::use(package);
        CHECK(application.ask("SELECT size FROM packages WHERE id = 100") == "2");
        application.evolver.expand();
        Package const other{.id = 101, .title = "zsh", .bytes = 4096};
        application.db << packages.insert({"id", "title", "size_bytes"}), soci::use(other);
        CHECK(application.ask("SELECT size || '|' || size_bytes FROM packages WHERE id = 101") == "4|4096");
        Package const by_hand{.id = 102, .title = "fish", .bytes = 1024};
        application.db << "INSERT INTO packages (id, name, size) VALUES (:id, :title, :was_size_bytes)",
            soci::use(by_hand);
        CHECK(read(application.db, "SELECT id, size_bytes FROM packages WHERE id = 102").bytes == 1024);
        Package found;
        application.db << packages.select({"id", "size_bytes"}) + " WHERE id = 101", soci::into(found);
        CHECK(found.bytes == 4096);
    }
}
