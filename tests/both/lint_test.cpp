// Lint: the hazards of a plan, judged by what it does to a copy and by the rows that are there. Each rule is seen to fire and to be silent.

#include "both/world.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace evolver;
using namespace evolver::testing;

namespace {

/// "error packages.size" of each finding of `rule`.
std::string found(std::vector<Finding> const& findings, std::string_view rule) {
    std::string text;
    for (auto const& finding : findings) {
        if (finding.rule != rule) continue;
        CHECK(finding.why != "");
        CHECK(finding.instead != "");
        text += (text.empty() ? "" : "; ") + std::string{name_of(finding.severity)} + " " + finding.object;
    }
    return text;
}

/// The sentences of all findings of `rule`.
std::string words(std::vector<Finding> const& findings, std::string_view rule) {
    std::string text;
    for (auto const& finding : findings) {
        if (finding.rule == rule) text += finding.what + " / " + finding.instead + "\n";
    }
    return text;
}

std::string all_words(std::vector<Finding> const& findings) {
    std::string text;
    for (auto const& finding : findings) text += text_of(finding) + "\n";
    return text;
}

/// Release 1.0 with packages, and more if the test says so, and five rows. Many changes are looked at in one database: a look changes nothing.
class Look {
public:
    explicit Look(std::vector<Operation> more = {}) : more_{std::move(more)} {
        Evolver first{old_.db, plan_with({}).until("1.0"), {.release = "1.0"}};
        first.expand();
    }

    /// What lint says of the change, with rows as they were at first and then what `sql` makes of them.
    [[nodiscard]] std::vector<Finding> at(std::vector<Operation> change, std::string const& sql = {}) {
        old_.run("DELETE FROM packages");
        old_.run(
            "INSERT INTO packages (id, name, size) VALUES (1, 'package-1', '10'), (2, 'package-2', '20'), (3, "
            "'package-3', '30'), (4, 'package-4', '40'), (5, 'package-5', '50')");
        if (!sql.empty()) old_.run(sql);
        Evolver evolver{release_.db, plan_with(std::move(change)), {.release = "2.0"}};
        return evolver.lint();
    }

private:
    [[nodiscard]] Plan plan_with(std::vector<Operation> change) const {
        std::vector<Migration> migrations{packages_migration()};
        if (!more_.empty()) migrations.push_back({.id = "0001-more", .release = "1.0", .operations = more_});
        if (change.empty()) change.emplace_back(RawSql{.expand = "SELECT 1"});
        migrations.push_back({.id = "0002-change", .release = "2.0", .operations = std::move(change)});
        return {"catalogue", std::move(migrations)};
    }

    std::vector<Operation> more_;
    Database database_;
    Asked old_{database_};
    Asked release_{database_};
};

RawSql raw(std::string const& sql) { return {.expand = sql, .undo = "SELECT 1"}; }

/// Enough rows that rules for large tables speak.
std::string more_rows(int rows) {
    return "INSERT INTO packages (id, name, size) WITH RECURSIVE n (id) AS (SELECT 100 UNION ALL SELECT id + 1 FROM n "
           "WHERE id < " +
           std::to_string(100 + rows) + ") SELECT id, 'more-' || id, '1' FROM n";
}
std::string const ten_thousand_more = more_rows(10'000);

CreateIndex const by_name{.name = "by_name", .table = "packages", .columns = {"name"}};
Operation const size_bytes = ChangeType{.table = "packages",
                                        .from = "size",
                                        .to = "size_bytes",
                                        .type = integer(),
                                        .up = "CAST(size AS INTEGER)",
                                        .down = "CAST(size_bytes AS TEXT)"};
CreateTable const sections{
    .table = "sections",
    .columns = {{.name = "id", .type = integer(), .primary_key = true}, {.name = "title", .type = text()}}};

}  // namespace

TEST_SUITE("both/lint") {
    TEST_CASE("lint: a change that evolver carries from end to end is no error, and nothing is written") {
        World world{{size_bytes}};
        auto const schema = world.database.schema();
        auto const rows = world.database.rows("SELECT * FROM packages ORDER BY id");
        auto const trail = world.old.rows("SELECT count(*) FROM evolver_audit");
        auto const findings = world.evolver.lint();
        CHECK_MESSAGE(
            std::ranges::none_of(findings, [](Finding const& one) { return one.severity == Severity::error; }),
            all_words(findings));
        CHECK(world.database.schema() == schema);
        CHECK(world.database.rows("SELECT * FROM packages ORDER BY id") == rows);
        CHECK(world.old.rows("SELECT count(*) FROM evolver_audit") == trail);
        CHECK(world.database.left_over() == "");
        CHECK(world.old.rows("SELECT count(*) FROM evolver_migration") == "1");
    }

    TEST_CASE("lint: errors come before warnings, and a dry run has both and no infos") {
        World world{{DropIndex{.name = "by_nothing"}, raw("SELECT 1"), DropTable{.table = "packages"}}};
        auto const findings = world.evolver.lint();
        REQUIRE(findings.size() >= 2);
        CHECK(std::ranges::is_sorted(findings, {}, &Finding::severity));
        CHECK(findings.front().severity == Severity::error);
        World other{{DropColumn{.table = "packages", .column = "size"}, raw("SELECT 1")}};
        auto const report = other.evolver.dry_run();
        CHECK(found(report.findings, "drop-column-in-use") == "error packages.size");
        CHECK(found(report.findings, "no-op") == "");
    }

    TEST_CASE("lint: an acceptance with a reason takes its finding away and stands in the audit trail") {
        Plan const plan{
            "catalogue",
            {packages_migration(),
             Migration{
                 .id = "0002-change",
                 .release = "2.0",
                 .operations = {DropColumn{.table = "packages", .column = "size"}},
                 .accept = {{.rule = "drop-column-in-use", .object = "packages.size", .reason = "exported on 2 May"},
                            {.rule = "drop-index", .object = "packages.size", .reason = "none"}}}}};
        World world{plan};
        auto const findings = world.evolver.lint();
        CHECK(found(findings, "drop-column-in-use") == "");
        CHECK(found(findings, "unused-acceptance") == "info packages.size");
        world.evolver.expand();
        CHECK(world.old.rows("SELECT detail FROM evolver_audit WHERE event = 'finding accepted' AND migration = "
                             "'0002-change' ORDER BY 1") ==
              "drop-column-in-use packages.size: exported on 2 May; drop-index packages.size: none");
        CHECK_FALSE(world.evolver.verify_audit().has_value());
    }

    TEST_CASE("lint: what waits for contract is linted until it is contracted") {
        World world{{DropColumn{.table = "packages", .column = "size"}}};
        world.evolver.expand();
        CHECK(found(world.evolver.lint(), "drop-column-in-use") == "error packages.size");
        world.contract();
        CHECK(all_words(world.evolver.lint()) == "");
    }

    TEST_CASE("lint: what is planned behind an open migration is judged over the shape that this leads to") {
        Plan const plan{
            "catalogue",
            {packages_migration(), Migration{.id = "0002-bytes", .release = "2.0", .operations = {size_bytes}},
             Migration{.id = "0003-change",
                       .release = "3.0",
                       .operations = {raw("ALTER TABLE packages DROP COLUMN size_bytes"),
                                      raw("ALTER TABLE packages DROP COLUMN size")}}}};
        Database const database;
        Asked session{database};
        {
            Evolver first{session.db, plan.until("2.0"), {.release = "2.0"}};
            first.expand();
        }
        session.run("INSERT INTO packages (id, name, size) VALUES (1, 'a', '7')");
        Evolver evolver{session.db, plan, {.release = "3.0"}};
        auto const findings = evolver.lint();
        CHECK(found(findings, "drop-column-in-use") == "error packages.size_bytes");
        CHECK_MESSAGE(has(all_words(findings), "0003-change"), all_words(findings));
    }

    TEST_CASE("drop-column-in-use, drop-table-in-use: they count what goes, and are silent where nothing does") {
        Look look;
        auto const dropped = look.at({DropColumn{.table = "packages", .column = "size"}});
        CHECK(found(dropped, "drop-column-in-use") == "error packages.size");
        CHECK(has(words(dropped, "drop-column-in-use"), "5 values"));
        CHECK(found(look.at({DropColumn{.table = "packages", .column = "size"}}, "UPDATE packages SET size = NULL"),
                    "drop-column-in-use") == "");
        auto const gone = look.at({DropTable{.table = "packages"}});
        CHECK(found(gone, "drop-table-in-use") == "error packages");
        CHECK(has(words(gone, "drop-table-in-use"), "its 5 rows"));
        CHECK(found(look.at({DropTable{.table = "packages"}}, "DELETE FROM packages"), "drop-table-in-use") == "");
    }

    TEST_CASE("drop-column-in-use, drop-table-in-use: SQL of one's own is seen by what is gone after it") {
        Look look;
        auto const column = look.at({raw("ALTER TABLE packages DROP COLUMN size")});
        CHECK(found(column, "drop-column-in-use") == "error packages.size");
        CHECK(has(words(column, "drop-column-in-use"), "at expand, while older releases use it"));
        auto const table = look.at({RawSql{.contract = "DROP TABLE packages"}});
        CHECK(found(table, "drop-table-in-use") == "error packages");
        CHECK(has(words(table, "drop-table-in-use"), "at contract"));
    }

    TEST_CASE("narrow-type: rows that the new shape cannot give back are counted") {
        Look look;
        auto const findings = look.at({size_bytes}, "UPDATE packages SET size = '12 kB' WHERE id IN (2, 3)");
        CHECK(found(findings, "narrow-type") == "error packages.size");
        CHECK(has(words(findings, "narrow-type"), "2 values"));
        CHECK(found(look.at({size_bytes}, "UPDATE packages SET size = NULL WHERE id = 2"), "narrow-type") == "");
    }

    TEST_CASE("tighten-not-null: rows that are NULL are counted where nothing is said of them") {
        Look look;
        SetNotNull set{.table = "packages", .column = "size"};
        CHECK(found(look.at({set}), "tighten-not-null") == "");
        auto const findings = look.at({set}, "UPDATE packages SET size = NULL WHERE id IN (2, 4)");
        CHECK(found(findings, "tighten-not-null") == "error packages.size");
        CHECK(has(words(findings, "tighten-not-null"), "2 rows are NULL"));
        set.clean = "'0'";
        CHECK(found(look.at({set}, "UPDATE packages SET size = NULL WHERE id = 2"), "tighten-not-null") == "");
    }

    TEST_CASE("unique-on-existing: rows that repeat values are counted, by CreateIndex and by AddUnique") {
        Look look;
        std::string const twice = "UPDATE packages SET name = 'same' WHERE id IN (2, 3, 5)";
        CreateIndex unique = by_name;
        unique.unique = true;
        auto const index = look.at({unique}, twice);
        CHECK(found(index, "unique-on-existing") == "error by_name");
        CHECK(has(words(index, "unique-on-existing"), "2 rows repeat another"));
        AddUnique added{.table = "packages", .name = "by_name", .columns = {"name"}};
        CHECK(found(look.at({added}), "unique-on-existing") == "");
        CHECK(found(look.at({added}, twice), "unique-on-existing") == "error by_name");
        added.violators = Violators::quarantine;
        CHECK(found(look.at({added}, twice), "unique-on-existing") == "");
        CHECK(found(look.at({by_name}), "unique-on-existing") == "");
        CHECK(found(look.at({raw("CREATE UNIQUE INDEX by_name ON packages (name)")}), "unique-on-existing") ==
              "error by_name");
    }

    TEST_CASE("constraint-broken-by-rows: AddCheck and AddForeignKey over rows that break them") {
        Look look;
        AddCheck check{.table = "packages", .name = "sized", .condition = "size <> '20'"};
        auto const findings = look.at({check});
        CHECK(found(findings, "constraint-broken-by-rows") == "error packages");
        CHECK(has(words(findings, "constraint-broken-by-rows"), "1 row breaks"));
        check.condition = "size <> ''";
        CHECK(found(look.at({check}), "constraint-broken-by-rows") == "");
        AddForeignKey key{.table = "packages", .key = {.columns = {"id"}, .table = "sections"}};
        CHECK(found(Look{{sections}}.at({key}, "INSERT INTO sections (id) VALUES (1), (2)"),
                    "constraint-broken-by-rows") == "error packages");
        CHECK(found(Look{{sections}}.at({key}, "INSERT INTO sections (id) VALUES (1), (2), (3), (4), (5)"),
                    "constraint-broken-by-rows") == "");
    }

    TEST_CASE("drop-constraint, drop-not-null, drop-index, default-changed: what goes is a warning") {
        Look look;
        AddCheck const check{.table = "packages", .name = "named", .condition = "name <> ''"};
        CHECK(found(Look{{check}}.at({DropCheck{.table = "packages", .name = "named"}}), "drop-constraint") ==
              "warning packages");
        CHECK(found(look.at({check}), "drop-constraint") == "");
        CHECK(found(look.at({DropNotNull{.table = "packages", .column = "name"}}), "drop-not-null") ==
              "warning packages.name");
        CHECK(found(Look{{by_name}}.at({DropIndex{.name = "by_name"}}), "drop-index") == "warning by_name");
        CreateIndex wider = by_name;
        wider.name = "by_name_size";
        wider.columns = {"name", "size"};
        CHECK(found(Look{{by_name, wider}}.at({DropIndex{.name = "by_name"}}), "drop-index") == "");
        SetDefault const misc{.table = "packages", .column = "size", .value = "'misc'"};
        SetDefault const other{.table = "packages", .column = "size", .value = "'other'"};
        CHECK(found(Look{{misc}}.at({other}), "default-changed") == "warning packages.size");
        CHECK(found(Look{{misc}}.at({DropDefault{.table = "packages", .column = "size"}}), "default-changed") ==
              "warning packages.size");
        CHECK(found(look.at({misc}), "default-changed") == "");
    }

    TEST_CASE("refused-by-expand: what expand refuses is a finding with its words, and what comes after is judged") {
        Look look;
        auto const findings =
            look.at({DropColumn{.table = "packages", .column = "sise"}, DropTable{.table = "packages"}});
        CHECK(found(findings, "refused-by-expand") == "error 0002-change");
        CHECK(has(words(findings, "refused-by-expand"), "did you mean \"size\"?"));
        CHECK(found(findings, "drop-table-in-use") == "error packages");
        CHECK(found(look.at({size_bytes}), "refused-by-expand") == "");
        auto const sql = look.at({raw("DROP TABLE nothing"), raw("DELETE FROM packages")});
        CHECK(found(sql, "refused-by-expand") == "error 0002-change");
        CHECK(found(sql, "fails-on-rows") == "");
        CHECK(found(sql, "truncate-or-mass-delete") == "error packages");
    }

    TEST_CASE("dependent-object-breaks: a view that stands in the way of contract") {
        DropColumn const dropped{.table = "packages", .column = "size"};
        std::string const view = "CREATE VIEW sizes AS SELECT size FROM packages";
        CHECK(found(Look{}.at({dropped}, view), "dependent-object-breaks") == "error 0002-change");
        CHECK(found(Look{}.at({dropped}, "CREATE VIEW names AS SELECT name FROM packages"),
                    "dependent-object-breaks") == "");
        CHECK(found(Look{}.at({RawSql{.contract = "DROP VIEW sizes"}, dropped}, view), "dependent-object-breaks") ==
              "");
    }

    TEST_CASE("contract-overdue: an old shape that is there after its day or its release") {
        auto const findings = [](ContractPolicy const& policy) {
            Plan const plan{
                "catalogue",
                {packages_migration(),
                 Migration{.id = "0002-change", .release = "2.0", .operations = {size_bytes}, .contract = policy}}};
            World world{plan};
            world.evolver.expand();
            return found(world.evolver.lint(), "contract-overdue");
        };
        CHECK(findings({}) == "");
        CHECK(findings({.remove_after = "2999-01-01"}) == "");
        CHECK(findings({.remove_after = "2001-01-01"}) == "error 0002-change");
        CHECK(findings({.remove_after_release = "2.0"}) == "info 0002-change");
    }

    TEST_CASE("scan-until-switched: a new column of a large table whose old one has an index") {
        CreateIndex const by_size{.name = "by_size", .table = "packages", .columns = {"size"}};
        CHECK(found(Look{{by_size}}.at({size_bytes}, more_rows(50'000)), "scan-until-switched") ==
              "info packages.size_bytes");
        CHECK(found(Look{{by_size}}.at({size_bytes}), "scan-until-switched") == "");
    }

    TEST_CASE("style-pack: a foreign key whose columns no index begins with, and an index that another covers") {
        Look look;
        CreateTable const tags{
            .table = "tags",
            .columns = {{.name = "id", .type = integer(), .primary_key = true}, {.name = "package", .type = integer()}},
            .foreign_keys = {{.columns = {"package"}, .table = "packages"}}};
        CHECK(found(look.at({tags}), "style-pack") == "info tags.package");
        CreateIndex again = by_name;
        again.name = "by_name_too";
        CHECK(found(Look{{by_name}}.at({again}), "style-pack") == "info by_name_too");
        CHECK(found(look.at({by_name}), "style-pack") == "");
    }

    TEST_CASE("irreversible-undeclared: SQL without a way back, and one that does not lead back") {
        Look look;
        std::string const makes = "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)";
        CHECK(found(look.at({RawSql{.expand = makes}}), "irreversible-undeclared") == "warning 0002-change");
        CHECK(found(look.at({RawSql{.expand = makes, .undo = "SELECT 1"}}), "irreversible-undeclared") ==
              "error 0002-change");
        CHECK(found(look.at({RawSql{.expand = makes, .undo = "DROP TABLE nots"}}), "irreversible-undeclared") ==
              "error 0002-change");
        CHECK(found(look.at({RawSql{.expand = makes, .undo = "DROP TABLE notes"}}), "irreversible-undeclared") == "");
        Backfill const fill{.table = "packages", .set = {{"size", "'0'"}}, .where = "size IS NULL"};
        CHECK(found(look.at({fill}), "irreversible-undeclared") == "info 0002-change");
    }

    TEST_CASE("no-op: SQL that changes nothing, and only that") {
        Look look;
        CHECK(found(look.at({raw("SELECT 1")}), "no-op") == "info 0002-change");
        CHECK(found(look.at({raw("CREATE TABLE IF NOT EXISTS packages (a INTEGER)")}), "no-op") == "info 0002-change");
        CHECK(found(look.at({raw("UPDATE packages SET size = '5' WHERE id = 2")}), "no-op") == "");
        CHECK(found(look.at({raw("CREATE TABLE other (a INTEGER)")}), "no-op") == "");
    }

    TEST_CASE("rename-column, rename-table: SQL that takes a name away") {
        Look look;
        CHECK(found(look.at({raw("ALTER TABLE packages RENAME COLUMN name TO title")}), "rename-column") ==
              "error packages.name");
        CHECK(found(look.at({raw("ALTER TABLE packages RENAME TO parcels")}), "rename-table") == "error packages");
        CHECK(found(look.at({RenameColumn{.table = "packages", .from = "name", .to = "title"}}), "rename-column") ==
              "");
    }

    TEST_CASE("required-column-added: older releases leave it out") {
        Look look;
        auto const findings = look.at({raw("ALTER TABLE packages ADD COLUMN licence TEXT NOT NULL DEFAULT 'free'")});
        CHECK(found(findings, "required-column-added") == "");
        CHECK(found(look.at(
                        {raw("CREATE TABLE other (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT, licence TEXT "
                             "NOT NULL); DROP TABLE packages; ALTER TABLE other RENAME TO packages")}),
                    "required-column-added") == "error packages");
    }

    TEST_CASE("truncate-or-mass-delete, recreate-table: every row is gone after it") {
        Look look;
        auto const findings = look.at({raw("SELECT 1;\nDELETE FROM packages WHERE id > 0")});
        CHECK(found(findings, "truncate-or-mass-delete") == "error packages");
        CHECK(has(words(findings, "truncate-or-mass-delete"), "line 2 of the SQL"));
        CHECK(has(words(findings, "truncate-or-mass-delete"), "5 rows"));
        CHECK(found(look.at({raw("DELETE FROM packages WHERE id = 2")}), "truncate-or-mass-delete") == "");
        CHECK(found(look.at({raw("DROP TABLE packages; CREATE TABLE packages (id INTEGER PRIMARY KEY)")}),
                    "recreate-table") == "error packages");
        CHECK(found(look.at(
                        {raw("CREATE TABLE other (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT); INSERT INTO "
                             "other SELECT id, name, size FROM packages; DROP TABLE packages; ALTER TABLE other "
                             "RENAME TO packages")}),
                    "recreate-table") == "");
    }

    TEST_CASE("backfill-unbounded, ddl-mixed-with-dml: one statement over a large table, and none over a small one") {
        Look look;
        auto const fill = raw("ALTER TABLE packages ADD COLUMN kind TEXT;\nUPDATE packages SET kind = name");
        auto const findings = look.at({fill}, ten_thousand_more);
        CHECK(found(findings, "backfill-unbounded") == "error packages");
        CHECK(has(words(findings, "backfill-unbounded"), "line 2 of the SQL updates packages"));
        CHECK(found(findings, "ddl-mixed-with-dml") == "warning packages");
        CHECK(found(look.at({fill}), "backfill-unbounded") == "");
        CHECK(found(look.at({raw("UPDATE packages SET size = '0' WHERE id = 3")}, ten_thousand_more),
                    "backfill-unbounded") == "");
    }

    TEST_CASE("backfill-write-gap: a column that is filled once, unless a trigger goes on") {
        Look look;
        std::string const fill = "ALTER TABLE packages ADD COLUMN kind TEXT; UPDATE packages SET kind = name;";
        CHECK(found(look.at({raw(fill)}), "backfill-write-gap") == "warning packages.kind");
        bool const on_sqlite = Database::engine() == Engine::sqlite;
        std::string const trigger =
            on_sqlite
                ? "CREATE TRIGGER kinds AFTER INSERT ON packages BEGIN UPDATE packages SET kind = name WHERE id = "
                  "NEW.id; END"
                : "CREATE FUNCTION kinds() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.kind = NEW.name; RETURN "
                  "NEW; END$$; CREATE TRIGGER kinds BEFORE INSERT ON packages FOR EACH ROW EXECUTE FUNCTION "
                  "kinds()";
        CHECK(found(look.at({raw(fill + trigger)}), "backfill-write-gap") == "");
    }

    TEST_CASE("fails-on-rows: SQL that runs without rows and fails on those that are there") {
        Look look;
        std::string const twice = "UPDATE packages SET name = 'same' WHERE id IN (2, 3)";
        auto const unique = raw("SELECT 1;\nCREATE UNIQUE INDEX by_name ON packages (name)");
        auto const findings = look.at({unique}, twice);
        CHECK(found(findings, "fails-on-rows") == "error 0002-change");
        CHECK(has(words(findings, "fails-on-rows"), "line 2 of the SQL fails at expand on the rows that are there"));
        CHECK(found(look.at({unique}), "fails-on-rows") == "");
        RawSql const later{.contract = "CREATE UNIQUE INDEX by_name ON packages (name)"};
        CHECK(found(look.at({later}, twice), "fails-on-rows") == "warning 0002-change");
    }

    TEST_CASE("fails-on-rows: what stands behind the statement that fails is judged without rows") {
        Look look;
        auto const findings = look.at({raw("CREATE UNIQUE INDEX by_name ON packages (name); ALTER TABLE packages DROP "
                                           "COLUMN size")},
                                      "UPDATE packages SET name = 'same' WHERE id IN (2, 3)");
        CHECK(found(findings, "drop-column-in-use") == "error packages.size");
    }

    TEST_CASE("fails-on-rows: the contract of what is expanded already is tried on the rows of now") {
        World world{{RawSql{.contract = "CREATE UNIQUE INDEX by_name ON packages (name)"}}};
        world.evolver.expand();
        CHECK(found(world.evolver.lint(), "fails-on-rows") == "");
        world.old.run("UPDATE packages SET name = 'same' WHERE id IN (2, 3)");
        CHECK(found(world.evolver.lint(), "fails-on-rows") == "warning 0002-change");
    }

    TEST_CASE("tx-unbalanced-or-nested: SQL that controls the transaction") {
        Look look;
        auto const findings = look.at({raw("BEGIN;\nUPDATE packages SET size = '5' WHERE id = 2;\nCOMMIT")});
        CHECK(found(findings, "tx-unbalanced-or-nested") == "error 0002-change; error 0002-change");
        CHECK(found(look.at({raw("UPDATE packages SET size = '5' WHERE id = 2")}), "tx-unbalanced-or-nested") == "");
    }
}
