// Rules about what an operation of the plan does, each firing and each silent.

#include "support/linted.hpp"

using namespace evolver;
using namespace evolver::support;

namespace {

std::vector<Operation> shop() {
    return {CreateTable{.table = "tracks",
                        .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                    {.name = "album", .type = integer()}}},
            CreateTable{.table = "albums",
                        .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                    {.name = "title", .type = text(), .nullable = false}}}};
}

Operation in_album() { return AddForeignKey{.table = "tracks", .key = {.columns = {"album"}, .table = "albums"}}; }

ChangeType size_bytes(std::string const& up, std::string const& down) {
    return {.table = "packages", .from = "size", .to = "size_bytes", .type = integer(), .up = up, .down = down};
}
ChangeType cast() { return size_bytes("CAST(size AS INTEGER)", "CAST(size_bytes AS TEXT)"); }

AddColumn licence() { return {.table = "packages", .column = {.name = "licence", .type = text()}}; }

std::vector<Finding> linted_over(std::vector<Operation> before, Operation operation, std::string const& rows) {
    return Linted{changed({std::move(operation)}, {}, std::move(before)), rows}.findings();
}

}  // namespace

TEST_SUITE_BEGIN("compile/lint");

TEST_CASE("contract-overdue: it grows louder with the days, and with the releases") {
    auto const findings = [](ContractPolicy const& policy, std::vector<std::string> const& later = {},
                             Standing standing = {1, 2}) {
        std::vector<Migration> migrations{
            {.id = "0001-before", .release = "1.0", .operations = {packages()}},
            {.id = "0002-change", .release = "2.0", .operations = {cast()}, .contract = policy}};
        for (auto const& release : later)
            migrations.push_back(
                {.id = MigrationId{"later-" + release}, .release = Release{release}, .operations = {licence()}});
        auto const database = sqlite::Connection::in_memory();
        Rollout rollout{Plan{"linted", {migrations[0], migrations[1]}}, database};
        (void)rollout.expand();
        (void)rollout.fill();
        (void)rollout.contract();
        (void)rollout.expand();
        return found(lint_rules::lint(Plan{"linted", migrations}, standing, lint_rules::facts_of(database)),
                     "contract-overdue");
    };
    auto const ago = [](int days) {
        return sqlite::Connection::in_memory().text("SELECT date('now', '-" + std::to_string(days) + " days')");
    };
    CHECK(findings({}) == "");
    CHECK(findings({.remove_after = "2999-01-01"}) == "");
    CHECK(findings({.remove_after = ago(1)}) == "info 0002-change");
    CHECK(findings({.remove_after = ago(31)}) == "warning 0002-change");
    CHECK(findings({.remove_after = ago(91)}) == "error 0002-change");
    CHECK(findings({.remove_after = ago(91)}, {}, {1, 1}) == "");  // not expanded: nothing to clean up
    CHECK(findings({.remove_after_release = "3.0"}) == "");
    CHECK(findings({.remove_after_release = "2.0"}) == "info 0002-change");
    CHECK(findings({.remove_after_release = "2.0"}, {"3.0"}) == "warning 0002-change");
    CHECK(findings({.remove_after_release = "2.0"}, {"3.0", "4.0"}) == "error 0002-change");
    CHECK(findings({.remove_after = "2999-01-01", .remove_after_release = "2.0"}) == "");
    CHECK(findings({.remove_after = ago(91), .remove_after_release = "2.0"}) == "info 0002-change");
}

TEST_CASE("drop-constraint: a constraint that goes is a warning") {
    auto table = packages();
    table.checks = {{.name = "named", .condition = "name <> ''"}};
    CHECK(found(linted_over({table}, DropCheck{.table = "packages", .name = "named"}, ""), "drop-constraint") ==
          "warning packages");
    CHECK(found(linted_over({packages(),
                             CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}, .unique = true}},
                            DropUnique{.table = "packages", .columns = {"name"}}, ""),
                "drop-constraint") == "warning packages");
}

TEST_CASE("drop-constraint: one that comes is none") {
    CHECK(found(linted({AddCheck{.table = "packages", .name = "named", .condition = "name <> ''"}}),
                "drop-constraint") == "");
}

TEST_CASE("drop-not-null: a column that may be NULL from now on is a warning") {
    CHECK(found(linted({DropNotNull{.table = "packages", .column = "name"}}), "drop-not-null") ==
          "warning packages.name");
}

TEST_CASE("drop-not-null: a nullable column that is dropped is none") {
    CHECK(found(linted({DropColumn{.table = "packages", .column = "size"}}), "drop-not-null") == "");
}

TEST_CASE("drop-index: an index that nothing stands in for is a warning") {
    std::vector<Operation> const before{packages(),
                                        CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}}};
    CHECK(found(linted_over(before, DropIndex{.name = "by_name"}, ""), "drop-index") == "warning by_name");
}

TEST_CASE("drop-index: one whose columns another begins with is silent") {
    std::vector<Operation> const before{
        packages(), CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}},
        CreateIndex{.name = "by_name_size", .table = "packages", .columns = {"name", "size"}}};
    CHECK(found(linted_over(before, DropIndex{.name = "by_name"}, ""), "drop-index") == "");
}

TEST_CASE("narrow-type: rows that the new shape cannot give back are counted") {
    auto const findings = linted({cast()}, "INSERT INTO packages (name, size) VALUES ('a', '12 kB'), ('b', '7')");
    CHECK(found(findings, "narrow-type") == "error packages.size");
    CHECK(missing(words(findings, "narrow-type"), {"1 value", "accept_loss = {{\"0002-change\""}) == "");
}

TEST_CASE("narrow-type: it is silent where every row survives and a warning where nobody can look") {
    CHECK(found(linted({cast()}), "narrow-type") == "");
    CHECK(found(linted_alone({cast()}), "narrow-type") == "warning packages.size");
    CHECK(found(linted_alone({SplitColumn{
                    .table = "packages",
                    .from = "size",
                    .into = {{.name = "a", .type = text(), .up = "size"}, {.name = "b", .type = text(), .up = "size"}},
                    .down = "a"}}),
                "narrow-type") == "");
}

TEST_CASE("default-changed: another default than before is a warning") {
    CHECK(found(linted({SetDefault{.table = "packages", .column = "section", .value = "'misc'"}}), "default-changed") ==
          "warning packages.section");
}

TEST_CASE("default-changed: the first default of a column is none") {
    CHECK(found(linted({SetDefault{.table = "packages", .column = "size", .value = "'0'"}}), "default-changed") == "");
    CHECK(found(linted({SetDefault{.table = "packages", .column = "section", .value = "'main'"}}), "default-changed") ==
          "");
}

TEST_CASE("tighten-not-null: rows that are NULL and that nothing is said of are counted") {
    auto const findings = linted({SetNotNull{.table = "packages", .column = "size"}});
    CHECK(found(findings, "tighten-not-null") == "error packages.size");
    CHECK(missing(words(findings, "tighten-not-null"), {"1 row is NULL", ".clean"}) == "");
    CHECK(found(linted_alone({SetNotNull{.table = "packages", .column = "size"}}), "tighten-not-null") ==
          "warning packages.size");
}

TEST_CASE("tighten-not-null: it is silent where no row is NULL or something is said of those that are") {
    CHECK(found(linted({SetNotNull{.table = "packages", .column = "size"}}, ""), "tighten-not-null") == "");
    CHECK(found(linted({SetNotNull{.table = "packages", .column = "size", .clean = "'0'"}}), "tighten-not-null") == "");
}

TEST_CASE("constraint-broken-by-rows: rows that break a check or have no parent are counted") {
    AddCheck const check{.table = "packages", .name = "long", .condition = "length(name) > 3"};
    auto const findings = linted({check});
    CHECK(found(findings, "constraint-broken-by-rows") == "error packages");
    CHECK(missing(words(findings, "constraint-broken-by-rows"), {"2 rows break"}) == "");
    CHECK(found(linted_over(shop(), in_album(), "INSERT INTO tracks VALUES (1, 7)"), "constraint-broken-by-rows") ==
          "error tracks");
}

TEST_CASE("constraint-broken-by-rows: it is silent where all rows keep the rule or something is said of the others") {
    AddCheck check{.table = "packages", .name = "some", .condition = "length(name) > 2"};
    CHECK(found(linted({check}), "constraint-broken-by-rows") == "");
    check.condition = "length(name) > 3";
    check.violators = Violators::quarantine;
    CHECK(found(linted({check}), "constraint-broken-by-rows") == "");
}

TEST_CASE("select-star-or-bare-insert: a trigger that inserts by position fails when its target gets a column") {
    std::string const log =
        ";CREATE TABLE log AS SELECT * FROM packages WHERE 0; CREATE TRIGGER t AFTER INSERT ON log BEGIN "
        "INSERT INTO packages VALUES (NEW.id, NEW.name, NEW.size, NEW.section); END";
    auto const findings = linted({licence()}, package_rows + log);
    CHECK(found(findings, "select-star-or-bare-insert") == "error log");
    CHECK(missing(words(findings, "select-star-or-bare-insert"), {"inserting into log fails", "name the columns"}) ==
          "");
}

TEST_CASE("select-star-or-bare-insert: a view that says SELECT * shows another column") {
    CHECK(found(linted({licence()}, "CREATE VIEW v AS SELECT * FROM packages"), "select-star-or-bare-insert") ==
          "warning v");
}

TEST_CASE("select-star-or-bare-insert: views and triggers that name their columns are silent") {
    CHECK(found(linted({licence()},
                       "CREATE VIEW v AS SELECT id, name FROM packages; CREATE TABLE log (id, name); CREATE "
                       "TRIGGER t AFTER INSERT ON log BEGIN INSERT INTO packages (name) VALUES (NEW.name); END"),
                "select-star-or-bare-insert") == "");
}

TEST_CASE("dependent-object-breaks: a view on a column that goes is an error with the way out") {
    auto const findings =
        linted({DropColumn{.table = "packages", .column = "size"}}, "CREATE VIEW v AS SELECT size FROM packages");
    CHECK(found(findings, "dependent-object-breaks") == "error 0002-change");
    CHECK(missing(words(findings, "dependent-object-breaks"), {"contract would be refused", "RawSql{.contract"}) == "");
}

TEST_CASE("dependent-object-breaks: a view on other columns is silent") {
    CHECK(
        found(linted({DropColumn{.table = "packages", .column = "size"}}, "CREATE VIEW v AS SELECT name FROM packages"),
              "dependent-object-breaks") == "");
}

TEST_CASE("lock-timeout-missing: a session that does not wait is a warning") {
    Linted linted{changed({licence()}), package_rows};
    linted.live().wait = 0;
    CHECK(found(linted.findings(), "lock-timeout-missing") == "warning busy_timeout");
    linted.live().wait = 5000;
    CHECK(found(linted.findings(), "lock-timeout-missing") == "");
}

TEST_CASE("sqlite-fk-off: a foreign key on a session that does not enforce them is a warning") {
    Linted linted{changed({in_album()}, {}, shop()), ""};
    linted.live().foreign_keys = false;
    CHECK(found(linted.findings(), "sqlite-fk-off") == "warning tracks");
    linted.live().foreign_keys = true;
    CHECK(found(linted.findings(), "sqlite-fk-off") == "");
}

TEST_CASE("sqlite-affinity-no-cast: text that up leaves in a column of numbers is found in samples") {
    auto const findings =
        linted({size_bytes("size", "size_bytes")}, "INSERT INTO packages (name, size) VALUES ('a', '12 kB')");
    CHECK(found(findings, "sqlite-affinity-no-cast") == "warning packages.size_bytes");
    CHECK(found(linted_alone({size_bytes("size", "size_bytes")}), "sqlite-affinity-no-cast") ==
          "warning packages.size_bytes");
}

TEST_CASE("sqlite-affinity-no-cast: up that casts is silent") {
    CHECK(found(linted({cast()}, "INSERT INTO packages (name, size) VALUES ('a', '12 kB')"),
                "sqlite-affinity-no-cast") == "");
}

TEST_CASE("sqlite-long-writer: a lock above the budget is an error and in a window a warning with its estimate") {
    CreateIndex index{.name = "by_name", .table = "packages", .columns = {"name"}};
    std::string const many =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) INSERT INTO "
        "packages (name) SELECT 'p' FROM n";
    auto const refused = linted({index}, many);
    CHECK(found(refused, "sqlite-long-writer") == "error 0002-change");
    CHECK(found(refused, "refused-by-expand") == "");
    index.lock = Lock::in_window;
    auto const findings = linted({index}, many);
    CHECK(found(findings, "sqlite-long-writer") == "warning create index by_name");
    CHECK(missing(words(findings, "sqlite-long-writer"), {"about 120 ms"}) == "");
}

TEST_CASE("sqlite-long-writer: a small table is silent") {
    CHECK(found(linted({CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}}}),
                "sqlite-long-writer") == "");
}

TEST_CASE("sqlite-version-floor: what older engines cannot read is told with the version that can") {
    CreateTable prices{.table = "prices", .columns = {{.name = "id", .type = integer(), .primary_key = true}}};
    CHECK(found(linted({prices}), "sqlite-version-floor") == "");
    prices.strict = true;
    CHECK(found(linted({prices}), "sqlite-version-floor") == "info prices");
    Linted old{changed({prices}), ""};
    old.live().engine = 3036000;
    CHECK(found(old.findings(), "sqlite-version-floor") == "error prices");
}

TEST_CASE("disk-headroom: a backfill on a nearly full disk is a warning") {
    Linted linted{changed({cast()}), package_rows};
    linted.live().free_bytes = linted.live().bytes;
    CHECK(found(linted.findings(), "disk-headroom") == "warning packages");
    linted.live().free_bytes = 2 * linted.live().bytes;
    CHECK(found(linted.findings(), "disk-headroom") == "");
}

TEST_CASE("scan-until-switched: a column that a large table is looked up by is told") {
    std::string const rows =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) INSERT INTO packages (name, "
        "size) "
        "SELECT 'p', i FROM n;";
    CHECK(found(linted({cast()}, rows + "CREATE INDEX by_size ON packages (size)"), "scan-until-switched") ==
          "info packages.size_bytes");
    CHECK(found(linted({cast()}, rows), "scan-until-switched") == "");
    CHECK(found(linted({cast()}, package_rows + ";CREATE INDEX by_size ON packages (size)"), "scan-until-switched") ==
          "");
}

TEST_CASE("style-pack: small things are infos") {
    CHECK(found(linted({CreateTable{.table = "tags", .columns = {{.name = "tag", .type = text()}}}}), "style-pack") ==
          "info tags");
    CHECK(found(linted_over(shop(), in_album(), ""), "style-pack") == "info tracks.album");
    CHECK(found(linted_over({packages(), CreateIndex{.name = "two", .table = "packages", .columns = {"name", "size"}}},
                            CreateIndex{.name = "one", .table = "packages", .columns = {"name"}}, ""),
                "style-pack") == "info one");
    CHECK(found(linted({CreateIndex{.name = "all", .table = "packages", .columns = {"id", "name", "size", "section"}}}),
                "style-pack") == "info all");
}

TEST_CASE("style-pack: a keyed table and an index of its own are silent") {
    CHECK(
        found(linted({CreateTable{.table = "tags", .columns = {{.name = "id", .type = integer(), .primary_key = true}}},
                      CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}}}),
              "style-pack") == "");
}

TEST_SUITE_END();
