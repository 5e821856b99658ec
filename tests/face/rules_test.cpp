// Rules: constraints that the new release keeps from expand on, while old programs may break them until contract.

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::testing;

namespace {

/// Release 1.0 of packages, and a change by release 2.0.
Plan with(std::vector<Operation> operations) {
    return Plan{
        "catalogue",
        {packages_migration(), Migration{.id = "0002-rule", .release = "2.0", .operations = std::move(operations)}}};
}

/// Everything up to the end of the old release: backfilled, compared, and what is open by now told.
void prepare(Evolver& evolver) {
    evolver.backfill();
    evolver.reconcile();
}

std::string message(std::function<void()> const& call) {
    try {
        call();
    } catch (std::exception const& error) {
        return error.what();
    }
    return {};
}

/// The new release, the old one beside it.
struct Both {
    explicit Both(std::vector<Operation> operations, int rows = 5)
        : folder{std::make_unique<Folder>()},
          made{(make_catalogue(folder->database(), rows), true)},
          release{folder->database(), with(std::move(operations))},
          packages{release.evolver.table("packages")},
          old{folder->database()} {}

    void insert(long long id, std::string const& name, std::string const& size) {
        release.db << packages.insert({"id", "name", "size"}), soci::use(id, "id"), soci::use(name, "name"),
            soci::use(size, "size");
    }
    void insert_null(long long id, std::string const& name) {
        std::string const none;
        soci::indicator null = soci::i_null;
        release.db << packages.insert({"id", "name", "size"}), soci::use(id, "id"), soci::use(name, "name"),
            soci::use(none, null, "size");
    }
    std::string size(long long id) {
        std::string found;
        soci::indicator indicator{};
        release.db << packages.select({"size"}) + " WHERE id = :id", soci::into(found, indicator), soci::use(id, "id");
        return indicator == soci::i_null ? "NULL" : found;
    }
    void contract() {
        prepare(release.evolver);
        release.evolver.contract({.override_gates = {{"soak", "a test"}, {"processes", "the test's own"}}});
    }

    std::unique_ptr<Folder> folder;
    bool made;
    Application release;
    LiveTable packages;
    RawSqlite old;
};

}  // namespace

TEST_SUITE("face/rules") {
    TEST_CASE("SetNotNull: rows that are NULL refuse expand with their number and keys before the first write") {
        Both both{{SetNotNull{.table = "packages", .column = "size"}}};
        both.old.run("UPDATE packages SET size = NULL WHERE id IN (2, 4)");
        auto const before = bytes_of(both.folder->database());
        auto const words = message([&] { both.release.evolver.expand(); });
        CHECK(has(words, "\"0002-rule\" wants that packages.size is not NULL, and 2 of 5 rows break it: keys 2, 4"));
        CHECK(has(words, ".clean"));
        CHECK(both.old.connection().integer("SELECT count(*) FROM evolver_migration") == 1);
        CHECK_THROWS_AS((void)both.release.evolver.dry_run(), ViolationError);
    }

    TEST_CASE("SetNotNull: old programs write NULL until contract, the new release cannot and reads it clean") {
        Both both{{SetNotNull{.table = "packages", .column = "size", .clean = "'0'"}}};
        both.old.run("UPDATE packages SET size = NULL WHERE id = 2");
        auto const report = both.release.evolver.expand();
        CHECK(has(report.warnings.at(0),
                  "the rule is that packages.size is not NULL, and 1 of 5 rows break it: key 2; contract will clean"));
        both.old.run("INSERT INTO packages (id, name) VALUES (10, 'old')");
        CHECK(both.size(2) == "0");
        CHECK(both.size(10) == "0");
        CHECK(both.old.connection().integer("SELECT count(*) FROM packages WHERE size IS NULL") == 2);
        both.insert(11, "new", "7");
        CHECK_THROWS_AS(both.insert_null(12, "new"), soci::soci_error);
        CHECK_THROWS_AS(both.release.db << both.packages.update({{"size", "NULL"}}) + " WHERE id = 11",
                        soci::soci_error);
        CHECK(has(message([&] {
                      (void)both.packages.insert({"id", "name"}).text();
                  }),
                  "which is NOT NULL in this release"));
        both.contract();
        CHECK(both.size(2) == "0");
        CHECK(both.size(10) == "0");
        CHECK(both.size(11) == "7");
        CHECK_THROWS(both.old.run("INSERT INTO packages (id, name) VALUES (20, 'old')"));
        CHECK(
            both.old.connection().text("SELECT group_concat(row_key || '/' || column_name || '/' || quote(value)) FROM "
                                       "evolver_quarantine") == "2/size/NULL,10/size/NULL");
    }

    TEST_CASE(
        "SetNotNull: what old programs break after expand keeps contract waiting where nothing says how to mend it") {
        Both both{{SetNotNull{.table = "packages", .column = "size"}}};
        both.release.evolver.expand();
        both.old.run("INSERT INTO packages (id, name) VALUES (10, 'old')");
        auto const words = message([&] { both.contract(); });
        CHECK(has(words, "rules (0002-rule): 1 row breaks the rule that packages.size is not NULL (key 10)"));
        both.old.run("UPDATE packages SET size = '1' WHERE id = 10");
        both.contract();
        CHECK_THROWS(both.old.run("UPDATE packages SET size = NULL"));
    }

    TEST_CASE("AddCheck: quarantined rows can be brought back by the statement that is kept") {
        Both both{{AddCheck{
            .table = "packages", .name = "sized", .condition = "size <> ''", .violators = Violators::quarantine}}};
        both.old.run("UPDATE packages SET size = '', name = 'it''s ' || char(10) WHERE id = 3");
        both.release.evolver.expand();
        both.old.run("INSERT INTO packages (id, name, size) VALUES (10, 'old', '')");
        CHECK_THROWS_AS(both.insert(11, "new", ""), soci::soci_error);
        both.insert(11, "new", "1");
        both.contract();
        CHECK(both.old.connection().text("SELECT group_concat(id) FROM packages") == "1,2,4,5,11");
        CHECK_THROWS(both.old.run("INSERT INTO packages (id, name, size) VALUES (12, 'old', '')"));
        auto const restore =
            both.old.connection().text("SELECT value FROM evolver_quarantine WHERE row_key = '3' AND column_name = ''");
        CHECK_THROWS(both.old.run(restore));  // it still breaks the rule
        both.old.run("UPDATE packages SET id = id");
        auto const mended = std::string{restore}.replace(restore.rfind("''"), 2, "'5'");
        both.old.run(mended);
        CHECK(both.old.connection().text("SELECT quote(name) || size FROM packages WHERE id = 3") == "'it''s \n'5");
    }

    TEST_CASE(
        "AddCheck: an update of the new release is held to the condition over the columns that it leaves alone, too") {
        Both both{{AddCheck{.table = "packages", .name = "differ", .condition = "name <> size"}}};
        both.release.evolver.expand();
        CHECK_THROWS_AS(both.release.db << both.packages.update({{"size", "'package-3'"}}) + " WHERE id = 3",
                        soci::soci_error);
        both.release.db << both.packages.update({{"size", "'package-3'"}}) + " WHERE id = 4";
        CHECK(both.size(4) == "package-3");
        both.old.run("UPDATE packages SET size = name WHERE id = 1");
    }

    TEST_CASE("AddUnique: duplicates refuse expand by groups, and clean makes all but the first unique") {
        {
            Both both{{AddUnique{.table = "packages", .name = "one", .columns = {"name"}}}};
            both.old.run("UPDATE packages SET name = 'same' WHERE id IN (2, 3, 5)");
            CHECK(has(message([&] { both.release.evolver.expand(); }), "2 of 5 rows break it, in 1 group: key 2"));
        }
        Both both{{AddUnique{
            .table = "packages", .name = "one", .columns = {"name"}, .clean = {{"name", "name || '-' || id"}}}}};
        both.old.run("UPDATE packages SET name = 'same' WHERE id IN (2, 3)");
        both.release.evolver.expand();
        both.old.run("INSERT INTO packages (id, name, size) VALUES (10, 'same', '1')");
        CHECK_THROWS_AS(both.insert(11, "same", "1"), soci::soci_error);
        CHECK_THROWS_AS(both.release.db << both.packages.update({{"name", "'package-1'"}}) + " WHERE id = 4",
                        soci::soci_error);
        both.release.db << both.packages.update({{"name", "'package-4'"}}) + " WHERE id = 4";  // its own
        both.insert(11, "new", "1");
        std::string name;
        both.release.db << both.packages.select({"name"}) + " WHERE id = 3", soci::into(name);
        CHECK(name == "same-3");
        both.contract();
        CHECK(both.old.connection().text(
                  "SELECT group_concat(name) FROM (SELECT name FROM packages WHERE name LIKE 'same%' ORDER BY id)") ==
              "same,same-3,same-10");
        CHECK_THROWS(both.old.run("INSERT INTO packages (id, name, size) VALUES (12, 'same', '1')"));
    }

    TEST_CASE("AddForeignKey: old programs write orphans until contract, the new release cannot and reads them clean") {
        CreateTable const sections{.table = "sections",
                                   .columns = {{.name = "name", .type = text(), .nullable = false}},
                                   .primary_key = {"name"}};
        Folder const folder;
        make_catalogue(folder.database(), 3);
        {
            Application first{folder.database(), with({sections})};
            first.evolver.expand();
            first.db << "INSERT INTO sections VALUES ('10'), ('20'), ('30')";
        }
        auto plan =
            Plan{"catalogue",
                 {packages_migration(), Migration{.id = "0002-rule", .release = "2.0", .operations = {sections}},
                  Migration{.id = "0003-key",
                            .release = "3.0",
                            .operations = {AddForeignKey{.table = "packages",
                                                         .key = {.columns = {"size"}, .table = "sections"},
                                                         .clean = {{"size", "NULL"}}}}}}};
        Application release{folder.database(), plan};
        release.evolver.expand();
        auto const packages = release.evolver.table("packages");
        RawSqlite const old{folder.database()};
        old.run("INSERT INTO packages (id, name, size) VALUES (10, 'orphan', '99')");
        int const id = 11;
        std::string const name = "a";
        std::string const section = "20";
        release.db << packages.insert({"id", "name", "size"}), soci::use(id, "id"), soci::use(name, "name"),
            soci::use(section, "size");
        CHECK_THROWS_AS((release.db << packages.update({{"size", "'98'"}}) + " WHERE id = 11"), soci::soci_error);
        std::string size;
        soci::indicator indicator{};
        release.db << packages.select({"size"}) + " WHERE id = 10", soci::into(size, indicator);
        CHECK(indicator == soci::i_null);
        prepare(release.evolver);
        release.evolver.contract({.override_gates = {{"soak", "a test"}, {"processes", "the test's own"}}});
        CHECK(old.connection().text("SELECT quote(size) FROM packages WHERE id = 10") == "NULL");
        CHECK(old.connection().integer("SELECT count(*) FROM pragma_foreign_key_check") == 0);
        CHECK(old.connection().text("SELECT \"table\" FROM pragma_foreign_key_list('packages')") == "sections");
    }

    TEST_CASE("SetDefault: the default belongs to the new release until contract") {
        Both both{{SetDefault{.table = "packages", .column = "size", .value = "'7'"}}};
        both.release.evolver.expand();
        int const id = 10;
        std::string const name = "new";
        both.release.db << both.packages.insert({"id", "name"}), soci::use(id, "id"), soci::use(name, "name");
        both.old.run("INSERT INTO packages (id, name) VALUES (11, 'old')");
        CHECK(both.size(10) == "7");
        CHECK(both.size(11) == "NULL");
        both.contract();
        both.old.run("INSERT INTO packages (id, name) VALUES (12, 'any')");
        CHECK(both.size(12) == "7");
        CHECK(both.size(11) == "NULL");
    }

    TEST_CASE("SetDefault: it goes along with a later name of the column, and the last one counts") {
        SetDefault const seven{.table = "packages", .column = "size", .value = "'7'"};
        SetDefault const nine{.table = "packages", .column = "size", .value = "'9'"};
        RenameColumn const renamed{.table = "packages", .from = "size", .to = "weight"};
        struct Given {
            std::vector<Operation> operations;
            char const* column;
            std::string expected;
        };
        for (auto const& [operations, column, expected] :
             {Given{{seven, renamed}, "weight", "7"}, Given{{seven, nine}, "size", "9"},
              Given{{seven, renamed, DropDefault{.table = "packages", .column = "weight"}}, "weight", "NULL"}}) {
            Both both{operations};
            both.release.evolver.expand();
            int const id = 10;
            std::string const name = "new";
            both.release.db << both.packages.insert({"id", "name"}), soci::use(id, "id"), soci::use(name, "name");
            auto const read = [&] {
                return both.release.ask((both.packages.select({column}) + " WHERE id = 10").text());
            };
            CHECK(read() == expected);
            both.contract();
            CHECK(read() == expected);
        }
    }

    TEST_CASE("DropDefault: a column that takes the place of one without default is NULL where it is left out") {
        Folder const folder;
        auto made = packages_migration();
        std::get<CreateTable>(made.operations[0]).columns[2].default_value = "'3'";
        Plan const plan{"catalogue",
                        {made,
                         Migration{.id = "0002-default",
                                   .release = "2.0",
                                   .operations = {DropDefault{.table = "packages", .column = "size"}}},
                         Migration{.id = "0003-bytes",
                                   .release = "3.0",
                                   .operations = {ChangeType{.table = "packages",
                                                             .from = "size",
                                                             .to = "bytes",
                                                             .type = integer(),
                                                             .up = "CAST(size AS INTEGER)",
                                                             .down = "CAST(bytes AS TEXT)"}}}}};
        Application three{folder.database(), plan};
        three.evolver.expand();
        auto const packages = three.evolver.table("packages");
        std::string const name = "new";
        three.db << packages.insert({"name"}), soci::use(name, "name");
        CHECK(three.ask(packages.select({"bytes"}).text()) == "NULL");
        CHECK(three.ask("SELECT size FROM packages") == "NULL");
        three.db << "INSERT INTO packages (name) VALUES ('old')";
        CHECK(three.ask((packages.select({"bytes"}) + " WHERE name = 'old'").text()) == "3");
    }

    TEST_CASE("Several rules of one column hold together, over its new name and its new type") {
        Both both{{RenameColumn{.table = "packages", .from = "name", .to = "title"},
                   ChangeType{.table = "packages",
                              .from = "size",
                              .to = "bytes",
                              .type = integer(),
                              .up = "CAST(size AS INTEGER)",
                              .down = "CAST(bytes AS TEXT)"},
                   SetNotNull{.table = "packages", .column = "bytes", .clean = "0"},
                   AddCheck{.table = "packages",
                            .name = "positive",
                            .condition = "bytes >= 0 AND title <> ''",
                            .clean = {{"bytes", "-bytes"}}},
                   AddUnique{.table = "packages", .name = "one", .columns = {"title"}}}};
        both.release.evolver.expand();
        auto const insert = [&](long long id, std::string const& title, long long bytes) {
            both.release.db << both.packages.insert({"id", "title", "bytes"}), soci::use(id, "id"),
                soci::use(title, "title"), soci::use(bytes, "bytes");
        };
        insert(10, "ten", 10);
        CHECK_THROWS_AS(insert(11, "eleven", -1), soci::soci_error);
        CHECK_THROWS_AS(insert(11, "", 1), soci::soci_error);
        CHECK_THROWS_AS(insert(11, "ten", 1), soci::soci_error);
        both.old.run("INSERT INTO packages (id, name, size) VALUES (20, 'old', '-5'), (21, 'null', NULL)");
        auto const bytes = [&](long long id) {
            long long found = -99;
            both.release.db << both.packages.select({"bytes"}) + " WHERE id = :id", soci::into(found),
                soci::use(id, "id");
            return found;
        };
        CHECK(bytes(10) == 10);
        CHECK(bytes(20) == 5);
        CHECK(bytes(21) == 0);
        both.contract();
        CHECK(bytes(10) == 10);
        CHECK(bytes(20) == 5);
        CHECK(bytes(21) == 0);
        CHECK_THROWS_AS(insert(22, "ten", 1), soci::soci_error);
        CHECK_THROWS(both.old.run("INSERT INTO packages (id, title, bytes) VALUES (30, 'x', -1)"));
    }
}
