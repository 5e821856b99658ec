// Rules: constraints that the new release keeps from expand on, while old programs may break them until contract.

#include "both/world.hpp"
#include "evolver/execute/violation_error.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

using namespace evolver;
using namespace evolver::testing;

TEST_SUITE("both/rules") {
    TEST_CASE("SetNotNull: rows that are NULL refuse expand with their number and keys before the first write") {
        World world{{SetNotNull{.table = "packages", .column = "size"}}};
        world.old.run("UPDATE packages SET size = NULL WHERE id IN (2, 4)");
        auto const words = message_of([&] { world.evolver.expand(); });
        CHECK(has(words, "\"0002-change\" wants that packages.size is not NULL, and 2 of 5 rows break it: keys 2, 4"));
        CHECK(has(words, ".clean"));
        CHECK(world.old.rows("SELECT count(*) FROM evolver_migration") == "1");
        CHECK_THROWS_AS((void)world.evolver.dry_run(), ViolationError);
    }

    TEST_CASE("SetNotNull: old programs write NULL until contract, the new release cannot and reads it clean") {
        World world{{SetNotNull{.table = "packages", .column = "size", .clean = "'0'"}}};
        world.old.run("UPDATE packages SET size = NULL WHERE id = 2");
        auto const report = world.evolver.expand();
        CHECK(has(report.warnings.at(0),
                  "the rule is that packages.size is not NULL, and 1 of 5 rows break it: key 2; contract will clean"));
        world.old.run("INSERT INTO packages (id, name) VALUES (10, 'old')");
        CHECK(world.size(2) == "0");
        CHECK(world.size(10) == "0");
        CHECK(world.old.rows("SELECT count(*) FROM packages WHERE size IS NULL") == "2");
        world.insert(11, "new", "7");
        CHECK_THROWS_AS(world.insert(12, "new", std::nullopt), soci::soci_error);
        CHECK_THROWS_AS(world.release.db << world.packages.update({{"size", "NULL"}}) + " WHERE id = 11",
                        soci::soci_error);
        CHECK(has(message_of([&] {
                      (void)world.packages.insert({"id", "name"}).text();
                  }),
                  "which is NOT NULL in this release"));
        world.contract();
        CHECK(world.size(2) == "0");
        CHECK(world.size(10) == "0");
        CHECK(world.size(11) == "7");
        CHECK_THROWS(world.old.run("INSERT INTO packages (id, name) VALUES (20, 'old')"));
        CHECK(world.old.rows("SELECT row_key, column_name, value FROM evolver_quarantine ORDER BY row_key DESC") ==
              "2|size|NULL; 10|size|NULL");
    }

    TEST_CASE(
        "SetNotNull: contract ends beside a program that goes on breaking the rule, and nothing breaks it afterwards") {
        World world{{SetNotNull{.table = "packages", .column = "size", .clean = "'0'"}}};
        world.evolver.expand();
        std::atomic<bool> over = false;
        std::jthread const breaking{[&] {
            Asked old{world.database};
            for (int id = 100; !over; ++id) {
                (void)message_of(
                    [&] { old.run("INSERT INTO packages (id, name) VALUES (" + std::to_string(id) + ", 'old')"); });
                std::this_thread::sleep_for(std::chrono::milliseconds{2});
            }
        }};
        auto const words = message_of([&] { world.contract(); });
        over = true;
        CHECK(words == "");
        CHECK(world.old.rows("SELECT count(*) FROM packages WHERE size IS NULL") == "0");
        CHECK_THROWS(world.old.run("INSERT INTO packages (id, name) VALUES (20, 'old')"));
    }

    TEST_CASE(
        "SetNotNull: what old programs break after expand keeps contract waiting where nothing says how to mend it") {
        World world{{SetNotNull{.table = "packages", .column = "size"}}};
        world.evolver.expand();
        world.old.run("INSERT INTO packages (id, name) VALUES (10, 'old')");
        auto const words = message_of([&] { world.contract(); });
        CHECK(has(words, "rules (0002-change): 1 row breaks the rule that packages.size is not NULL (key 10)"));
        world.old.run("UPDATE packages SET size = '1' WHERE id = 10");
        world.contract();
        CHECK_THROWS(world.old.run("UPDATE packages SET size = NULL"));
    }

    TEST_CASE("AddCheck: quarantined rows can be brought back by the statement that is kept") {
        World world{{AddCheck{
            .table = "packages", .name = "sized", .condition = "size <> ''", .violators = Violators::quarantine}}};
        world.old.run("UPDATE packages SET size = '', name = 'it''s \n' WHERE id = 3");
        world.evolver.expand();
        world.old.run("INSERT INTO packages (id, name, size) VALUES (10, 'old', '')");
        CHECK_THROWS_AS(world.insert(11, "new", ""), soci::soci_error);
        world.insert(11, "new", "1");
        world.contract();
        CHECK(world.old.rows("SELECT id FROM packages ORDER BY id") == "1; 2; 4; 5; 11");
        CHECK_THROWS(world.old.run("INSERT INTO packages (id, name, size) VALUES (12, 'old', '')"));
        auto const restore =
            world.old.rows("SELECT value FROM evolver_quarantine WHERE row_key = '3' AND column_name = ''");
        CHECK_THROWS(world.old.run(restore));  // it still breaks the rule
        world.old.run("UPDATE packages SET id = id");
        auto const mended = std::string{restore}.replace(restore.rfind("''"), 2, "'5'");
        world.old.run(mended);
        CHECK(world.old.rows("SELECT name, size FROM packages WHERE id = 3") == "it's \n|5");
    }

    TEST_CASE(
        "AddCheck: an update of the new release is held to the condition over the columns that it leaves alone, too") {
        World world{{AddCheck{.table = "packages", .name = "differ", .condition = "name <> size"}}};
        world.evolver.expand();
        CHECK_THROWS_AS(world.release.db << world.packages.update({{"size", "'package-3'"}}) + " WHERE id = 3",
                        soci::soci_error);
        world.release.db << world.packages.update({{"size", "'package-3'"}}) + " WHERE id = 4";
        CHECK(world.size(4) == "package-3");
        world.old.run("UPDATE packages SET size = name WHERE id = 1");
    }

    TEST_CASE("AddUnique: duplicates refuse expand by groups, and clean makes all but the first unique") {
        {
            World world{{AddUnique{.table = "packages", .name = "one", .columns = {"name"}}}};
            world.old.run("UPDATE packages SET name = 'same' WHERE id IN (2, 3, 5)");
            CHECK(has(message_of([&] { world.evolver.expand(); }), "2 of 5 rows break it, in 1 group: key 2"));
        }
        World world{{AddUnique{
            .table = "packages", .name = "one", .columns = {"name"}, .clean = {{"name", "name || '-' || id"}}}}};
        world.old.run("UPDATE packages SET name = 'same' WHERE id IN (2, 3)");
        world.evolver.expand();
        world.old.run("INSERT INTO packages (id, name, size) VALUES (10, 'same', '1')");
        CHECK_THROWS_AS(world.insert(11, "same", "1"), soci::soci_error);
        CHECK_THROWS_AS(world.release.db << world.packages.update({{"name", "'package-1'"}}) + " WHERE id = 4",
                        soci::soci_error);
        world.release.db << world.packages.update({{"name", "'package-4'"}}) + " WHERE id = 4";  // its own
        world.insert(11, "new", "1");
        std::string name;
        world.release.db << world.packages.select({"name"}) + " WHERE id = 3", soci::into(name);
        CHECK(name == "same-3");
        world.contract();
        CHECK(world.old.rows("SELECT name FROM packages WHERE name LIKE 'same%' ORDER BY id") ==
              "same; same-3; same-10");
        CHECK_THROWS(world.old.run("INSERT INTO packages (id, name, size) VALUES (12, 'same', '1')"));
    }

    TEST_CASE("AddForeignKey: old programs write orphans until contract, the new release cannot and reads them clean") {
        // The parent's column is called as the child's is: a condition that confused them would find no orphan.
        CreateTable const sections{.table = "sections",
                                   .columns = {{.name = "size", .type = text(), .nullable = false}},
                                   .primary_key = {"size"}};
        World world{
            Plan{"catalogue",
                 {packages_migration(), Migration{.id = "0002-sections", .release = "1.0", .operations = {sections}},
                  Migration{.id = "0003-key",
                            .release = "2.0",
                            .operations = {AddForeignKey{.table = "packages",
                                                         .key = {.columns = {"size"}, .table = "sections"},
                                                         .clean = {{"size", "NULL"}}}}}}}};
        world.old.run("INSERT INTO sections VALUES ('10'), ('20'), ('30'), ('40'), ('50')");
        world.evolver.expand();
        world.old.run("INSERT INTO packages (id, name, size) VALUES (10, 'orphan', '99')");
        world.insert(11, "a", "20");
        CHECK_THROWS_AS(world.insert(12, "b", "98"), soci::soci_error);
        CHECK_THROWS_AS((world.release.db << world.packages.update({{"size", "'98'"}}) + " WHERE id = 11"),
                        soci::soci_error);
        CHECK_THROWS_AS((world.release.db << world.packages.update({{"size", "size || '0'"}}) + " WHERE id = 11"),
                        soci::soci_error);
        CHECK(world.size(10) == "NULL");
        CHECK(world.size(11) == "20");
        world.contract();
        CHECK(world.old.rows("SELECT id, size FROM packages WHERE id >= 10 ORDER BY id") == "10|NULL; 11|20");
        CHECK_THROWS(world.old.run("INSERT INTO packages (id, name, size) VALUES (13, 'old', '99')"));
        CHECK_THROWS(world.old.run("DELETE FROM sections WHERE size = '20'"));
    }

    TEST_CASE("A rule that says how rows are mended is read so under the column's later name, too") {
        World world{{SetNotNull{.table = "packages", .column = "size", .clean = "'0'"},
                     RenameColumn{.table = "packages", .from = "size", .to = "weight"}}};
        world.old.run("UPDATE packages SET size = NULL WHERE id = 2");
        world.evolver.expand();
        CHECK(world.release.rows((world.packages.select({"weight"}) + " WHERE id IN (1, 2) ORDER BY id").text()) ==
              "10; 0");
    }

    TEST_CASE("AddUnique: what is unique already is read as it is") {
        World world{{AddUnique{.table = "packages",
                               .name = "one",
                               .columns = {"name", "size"},
                               .clean = {{"name", "name || '-' || id"}}}}};
        world.evolver.expand();
        CHECK(world.release.rows((world.packages.select({"name"}) + " ORDER BY id").text()) ==
              "package-1; package-2; package-3; package-4; package-5");
        world.release.db << world.packages.update({{"size", "'same'"}});
        world.old.run("UPDATE packages SET name = 'package-1' WHERE id = 2");
        CHECK(world.release.rows((world.packages.select({"name"}) + " ORDER BY id").text()) ==
              "package-1; package-1-2; package-3; package-4; package-5");
        CHECK_THROWS_AS((world.release.db << world.packages.update({{"name", "'package-1'"}}) + " WHERE id = 5"),
                        soci::soci_error);
        world.release.db << world.packages.update({{"name", "'package-6'"}}) + " WHERE id = 5";
    }

    TEST_CASE("SetDefault: the default belongs to the new release until contract") {
        World world{{SetDefault{.table = "packages", .column = "size", .value = "'7'"}}};
        world.evolver.expand();
        int const id = 10;
        std::string const name = "new";
        world.release.db << world.packages.insert({"id", "name"}), soci::use(id, "id"), soci::use(name, "name");
        world.old.run("INSERT INTO packages (id, name) VALUES (11, 'old')");
        CHECK(world.size(10) == "7");
        CHECK(world.size(11) == "NULL");
        world.contract();
        world.old.run("INSERT INTO packages (id, name) VALUES (12, 'any')");
        CHECK(world.size(12) == "7");
        CHECK(world.size(11) == "NULL");
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
            World world{operations};
            world.evolver.expand();
            int const id = 10;
            std::string const name = "new";
            world.release.db << world.packages.insert({"id", "name"}), soci::use(id, "id"), soci::use(name, "name");
            auto const read = [&] {
                return world.release.rows((world.packages.select({column}) + " WHERE id = 10").text());
            };
            CHECK(read() == expected);
            world.contract();
            CHECK(read() == expected);
        }
    }

    TEST_CASE("DropDefault: a column that takes the place of one without default is NULL where it is left out") {
        auto made = packages_migration();
        std::get<CreateTable>(made.operations[0]).columns[2].default_value = "'3'";
        World world{Plan{"catalogue",
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
                                                              .down = "CAST(bytes AS TEXT)"}}}}}};
        world.evolver.expand();
        int const id = 10;
        std::string const name = "new";
        world.release.db << world.packages.insert({"id", "name"}), soci::use(id, "id"), soci::use(name, "name");
        CHECK(world.release.rows((world.packages.select({"bytes"}) + " WHERE id = 10").text()) == "NULL");
        CHECK(world.old.rows("SELECT size FROM packages WHERE id = 10") == "NULL");
        world.old.run("INSERT INTO packages (id, name) VALUES (11, 'old')");
        CHECK(world.release.rows((world.packages.select({"bytes"}) + " WHERE id = 11").text()) == "3");
    }

    TEST_CASE("Several rules of one column hold together, over its new name and its new type") {
        World world{{RenameColumn{.table = "packages", .from = "name", .to = "title"},
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
        world.evolver.expand();
        auto const insert = [&](long long id, std::string const& title, long long bytes) {
            world.release.db << world.packages.insert({"id", "title", "bytes"}), soci::use(id, "id"),
                soci::use(title, "title"), soci::use(bytes, "bytes");
        };
        insert(10, "ten", 10);
        CHECK_THROWS_AS(insert(11, "eleven", -1), soci::soci_error);
        CHECK_THROWS_AS(insert(11, "", 1), soci::soci_error);
        CHECK_THROWS_AS(insert(11, "ten", 1), soci::soci_error);
        world.old.run("INSERT INTO packages (id, name, size) VALUES (20, 'old', '-5'), (21, 'null', NULL)");
        auto const bytes = [&](long long id) {
            long long found = -99;
            world.release.db << world.packages.select({"bytes"}) + " WHERE id = :id", soci::into(found),
                soci::use(id, "id");
            return found;
        };
        CHECK(bytes(10) == 10);
        CHECK(bytes(20) == 5);
        CHECK(bytes(21) == 0);
        world.contract();
        CHECK(bytes(10) == 10);
        CHECK(bytes(20) == 5);
        CHECK(bytes(21) == 0);
        CHECK_THROWS_AS(insert(22, "ten", 1), soci::soci_error);
        CHECK_THROWS(world.old.run("INSERT INTO packages (id, title, bytes) VALUES (30, 'x', -1)"));
    }
}
