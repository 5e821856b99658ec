// Rules about SQL in the application's own words: judged by what it does.

#include "support/linted.hpp"

using namespace evolver;
using namespace evolver::support;

namespace {

std::string const many =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO "
    "packages (name, size) SELECT 'p' || i, i FROM n";

/// The table made anew by the usual way, with `columns` of its own, and what else.
std::string rebuilt(std::string const& columns, std::string const& more = {}) {
    return "CREATE TABLE new_packages (" + columns +
           "); INSERT INTO new_packages SELECT id, name, size, section FROM packages; DROP TABLE packages; ALTER TABLE "
           "new_packages RENAME TO packages;" +
           more;
}

std::string const same = "id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT, section TEXT NOT NULL DEFAULT 'main'";

}  // namespace

TEST_SUITE_BEGIN("compile/lint");

TEST_CASE("truncate-or-mass-delete: what deletes every row is an error with their number") {
    auto const findings = linted({raw("DELETE FROM packages WHERE id > 0")});
    CHECK(found(findings, "truncate-or-mass-delete") == "error packages");
    CHECK(missing(words(findings, "truncate-or-mass-delete"), {"line 1", "3 rows"}) == "");
    CHECK(found(linted_alone({raw("DELETE FROM packages")}), "truncate-or-mass-delete") == "error packages");
    CHECK(found(linted({RawSql{.contract = "DELETE FROM packages"}}), "truncate-or-mass-delete") == "error packages");
}

TEST_CASE("truncate-or-mass-delete: the contract text of a migration that is expanded already is tried too") {
    Linted linted{changed({RawSql{.contract = "DELETE FROM packages"}}), package_rows};
    CHECK(found(linted.findings({1, 2}), "truncate-or-mass-delete") == "error packages");
    Linted other{changed({RawSql{.contract = "DELETE FROM packages WHERE id = 2"}}), package_rows};
    CHECK(found(other.findings({1, 2}), "truncate-or-mass-delete") == "");
}

TEST_CASE("truncate-or-mass-delete: what deletes some rows and the look of a text are silent") {
    CHECK(found(linted({raw("DELETE FROM packages WHERE id = 2")}), "truncate-or-mass-delete") == "");
    CHECK(found(linted({raw("SELECT 'DELETE FROM packages'")}), "truncate-or-mass-delete") == "");
    CHECK(found(linted({raw("DELETE FROM packages")}, ""), "truncate-or-mass-delete") == "");
}

TEST_CASE("backfill-unbounded: one UPDATE through a large table is an error with its rows") {
    auto const findings = linted({raw("UPDATE packages SET section = 'x' WHERE size > 10")}, many);
    CHECK(found(findings, "backfill-unbounded") == "error packages");
    CHECK(missing(words(findings, "backfill-unbounded"), {"20000 rows under one lock"}) == "");
    CHECK(found(linted_alone({raw("UPDATE packages SET section = 'x'")}), "backfill-unbounded") == "warning packages");
}

TEST_CASE("backfill-unbounded: an UPDATE by key and one of a small table are silent") {
    CHECK(found(linted({raw("UPDATE packages SET section = 'x' WHERE id = 7")}, many), "backfill-unbounded") == "");
    CHECK(found(linted({raw("UPDATE packages SET section = 'x'")}), "backfill-unbounded") == "");
}

TEST_CASE("backfill-write-gap: a new column that is filled once is a warning") {
    std::string const fill = "ALTER TABLE packages ADD COLUMN bytes INTEGER; UPDATE packages SET bytes = size";
    CHECK(found(linted({raw(fill)}), "backfill-write-gap") == "warning packages.bytes");
}

TEST_CASE("backfill-write-gap: it is silent with a trigger that goes on filling and without a fill") {
    std::string const fill = "ALTER TABLE packages ADD COLUMN bytes INTEGER; UPDATE packages SET bytes = size";
    CHECK(found(linted(
                    {raw(fill + "; CREATE TRIGGER fill AFTER INSERT ON packages BEGIN UPDATE packages SET bytes = size "
                                "WHERE id = NEW.id; END")}),
                "backfill-write-gap") == "");
    CHECK(found(linted({raw("ALTER TABLE packages ADD COLUMN bytes INTEGER")}), "backfill-write-gap") == "");
}

TEST_CASE("ddl-mixed-with-dml: a text that changes the schema and many rows is a warning") {
    std::string const fill = "ALTER TABLE packages ADD COLUMN bytes INTEGER; UPDATE packages SET bytes = size";
    CHECK(found(linted({raw(fill)}, many), "ddl-mixed-with-dml") == "warning packages");
}

TEST_CASE("ddl-mixed-with-dml: one of both and a small table are silent") {
    CHECK(found(linted({raw("UPDATE packages SET section = 'x'")}, many), "ddl-mixed-with-dml") == "");
    CHECK(found(linted({raw("CREATE TABLE other (a); UPDATE packages SET section = 'x'")}), "ddl-mixed-with-dml") ==
          "");
}

TEST_CASE("tx-unbalanced-or-nested: BEGIN and COMMIT in a text are errors") {
    CHECK(found(linted({raw("BEGIN; CREATE TABLE a (b); COMMIT")}), "tx-unbalanced-or-nested") ==
          "error 0002-change; error 0002-change");
}

TEST_CASE("tx-unbalanced-or-nested: the body of a trigger begins no transaction") {
    CHECK(found(linted({raw("CREATE TRIGGER t AFTER INSERT ON packages BEGIN SELECT 1; END")}),
                "tx-unbalanced-or-nested") == "");
}

TEST_CASE("recreate-table: a table that is made anew without its rows is an error") {
    auto const findings = linted({raw("DROP TABLE IF EXISTS packages; CREATE TABLE packages (" + same + ")")});
    CHECK(found(findings, "recreate-table") == "error packages");
    CHECK(missing(words(findings, "recreate-table"), {"of 3 sample rows 3 are gone"}) == "");
}

TEST_CASE("recreate-table: a rebuild that keeps the rows is silent") {
    CHECK(found(linted({raw(rebuilt(same))}), "recreate-table") == "");
}

TEST_CASE("sqlite-rebuild-loses-dependents: an index and a trigger that do not come back are errors") {
    std::string const before = package_rows +
                               "; CREATE INDEX by_name ON packages (name); CREATE TRIGGER t AFTER INSERT ON "
                               "packages BEGIN SELECT 1; END";
    CHECK(found(linted({raw(rebuilt(same))}, before), "sqlite-rebuild-loses-dependents") == "error by_name; error t");
}

TEST_CASE("sqlite-rebuild-loses-dependents: what is made anew is silent") {
    std::string const before = package_rows + "; CREATE INDEX by_name ON packages (name)";
    CHECK(found(linted({raw(rebuilt(same, "CREATE INDEX by_name ON packages (name)"))}, before),
                "sqlite-rebuild-loses-dependents") == "");
}

TEST_CASE("sqlite-rename-rewrites-refs: a foreign key that leads nowhere is an error") {
    std::string const child =
        package_rows + "; CREATE TABLE files (id INTEGER PRIMARY KEY, package INTEGER REFERENCES packages)";
    std::string const away = "ALTER TABLE packages RENAME TO old_packages; CREATE TABLE packages (" + same +
                             "); INSERT INTO packages SELECT * FROM old_packages; DROP TABLE old_packages";
    CHECK(found(linted({raw(away)}, child), "sqlite-rename-rewrites-refs") == "error files");
}

TEST_CASE("sqlite-rename-rewrites-refs: a rebuild in the right order is silent") {
    std::string const child =
        package_rows + "; CREATE TABLE files (id INTEGER PRIMARY KEY, package INTEGER REFERENCES packages)";
    CHECK(found(linted({raw(rebuilt(same))}, child), "sqlite-rename-rewrites-refs") == "");
}

TEST_CASE("sqlite-rename-rewrites-refs: a new child that comes before its parent is silent") {
    CHECK(found(linted({raw("CREATE TABLE files (id INTEGER PRIMARY KEY, package INTEGER REFERENCES parcels)")}),
                "sqlite-rename-rewrites-refs") == "");
}

TEST_CASE("sqlite-rebuild-fk-cascade: a parent that is dropped where foreign keys are enforced is an error") {
    std::string const child =
        package_rows +
        "; CREATE TABLE files (id INTEGER PRIMARY KEY, package INTEGER REFERENCES packages ON DELETE CASCADE)";
    Linted linted{changed({raw(rebuilt(same))}), child};
    linted.live().in_memory = true;
    CHECK(found(linted.findings(), "sqlite-rebuild-fk-cascade") == "error files");
    linted.live().foreign_keys = false;
    CHECK(found(linted.findings(), "sqlite-rebuild-fk-cascade") == "");
}

TEST_CASE("rename-column: a column that goes by another name at expand is an error with RenameColumn instead") {
    auto const findings = linted({raw("ALTER TABLE packages RENAME COLUMN size TO bytes")});
    CHECK(found(findings, "rename-column") == "error packages.size");
    CHECK(missing(words(findings, "rename-column"),
                  {"RenameColumn{.table = \"packages\", .from = \"size\", .to = \"bytes\"}"}) == "");
    CHECK(found(findings, "drop-column-in-use") == "");
}

TEST_CASE("rename-column: the operation is silent") {
    CHECK(found(linted({RenameColumn{.table = "packages", .from = "size", .to = "bytes"}}), "rename-column") == "");
}

TEST_CASE("rename-table: a table that goes by another name at expand is an error") {
    auto const findings = linted({raw("ALTER TABLE packages RENAME TO parcels")});
    CHECK(found(findings, "rename-table") == "error packages");
    CHECK(missing(words(findings, "rename-table"), {"RenameTable{.from = \"packages\", .to = \"parcels\"}"}) == "");
    CHECK(found(findings, "drop-table-in-use") == "");
}

TEST_CASE("rename-table: a rebuild that keeps the name is silent") {
    CHECK(found(linted({raw(rebuilt(same))}), "rename-table") == "");
}

TEST_CASE("required-column-added: inserts of older releases that fail are an error") {
    auto const findings =
        linted({raw("CREATE TABLE n (" + same +
                    ", licence TEXT NOT NULL); INSERT INTO n SELECT *, 'mit' FROM packages; DROP TABLE "
                    "packages; ALTER TABLE n RENAME TO packages")});
    CHECK(found(findings, "required-column-added") == "error packages");
    CHECK(missing(words(findings, "required-column-added"), {"packages.licence"}) == "");
}

TEST_CASE("required-column-added: a column with a default is silent") {
    CHECK(found(linted({raw("ALTER TABLE packages ADD COLUMN licence TEXT NOT NULL DEFAULT 'mit'")}),
                "required-column-added") == "");
}

TEST_CASE("collation-or-charset-change: a rebuild that compares otherwise is an error") {
    CHECK(found(linted({raw(
                    rebuilt("id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, size TEXT, section TEXT NOT "
                            "NULL DEFAULT 'main'"))}),
                "collation-or-charset-change") == "error packages.name");
}

TEST_CASE("collation-or-charset-change: a rebuild that compares as before is silent") {
    CHECK(found(linted({raw(rebuilt(same))}), "collation-or-charset-change") == "");
}

TEST_CASE("rebuilds of one's own: tightening and loosening are told by the rules of the operations") {
    auto const findings =
        linted({raw(rebuilt("id INTEGER PRIMARY KEY, name TEXT, size TEXT NOT NULL DEFAULT '', section TEXT "
                            "NOT NULL DEFAULT 'misc'"))},
               "INSERT INTO packages (name, size) VALUES ('a', '1')");
    CHECK(found(findings, "tighten-not-null") == "error packages.size");
    CHECK(found(findings, "drop-not-null") == "warning packages.name");
    CHECK(found(findings, "default-changed") == "warning packages.section");
}

TEST_CASE("irreversible-undeclared: SQL without a way back is a warning and a wrong one an error") {
    CHECK(found(linted({RawSql{.expand = "CREATE TABLE other (a)"}}), "irreversible-undeclared") ==
          "warning 0002-change");
    CHECK(found(linted({raw("CREATE TABLE other (a)")}), "irreversible-undeclared") == "error 0002-change");
}

TEST_CASE("irreversible-undeclared: a way back that leads back is silent") {
    CHECK(found(linted({RawSql{.expand = "CREATE TABLE other (a)", .undo = "DROP TABLE other"}}),
                "irreversible-undeclared") == "");
}

TEST_CASE(
    "irreversible-undeclared: code without a way back is a warning and a backfill tells that it keeps no old values") {
    auto const nothing = [](CodeDatabase&) {};
    RunCode code{.name = "fill", .version = "1", .expand = nothing};
    CHECK(found(linted({code}), "irreversible-undeclared") == "warning 0002-change");
    code.undo = nothing;
    CHECK(found(linted({code}), "irreversible-undeclared") == "");
    Backfill const fill{
        .table = "packages", .set = {{"section", "lower(section)"}}, .where = "section <> lower(section)"};
    CHECK(found(linted({fill}), "irreversible-undeclared") == "info 0002-change");
}

TEST_CASE("lint: SQL that needs a function of the application is judged with a stand-in") {
    CHECK(found(linted({raw("UPDATE packages SET section = slug(name)")}, many), "backfill-unbounded") ==
          "error packages");
}

TEST_CASE("fails-on-rows: what repeated values stop is an error with line, statement and the engine's words") {
    std::string const twice = package_rows + "; INSERT INTO packages (name) VALUES ('twice'), ('twice')";
    auto const findings =
        linted({raw("ALTER TABLE packages DROP COLUMN size;\nCREATE UNIQUE INDEX by_name ON packages (name);")}, twice);
    CHECK(found(findings, "fails-on-rows") == "error 0002-change");
    CHECK(missing(words(findings, "fails-on-rows"),
                  {"line 2 of the SQL fails at expand on the rows that are there: ",
                   "UNIQUE constraint failed: packages.name, in: CREATE UNIQUE INDEX by_name ON packages (name) /"}) ==
          "");
    CHECK(found(findings, "drop-column-in-use") == "error packages.size");
    CHECK(found(findings, "unique-on-existing") == "error by_name");
    CHECK(missing(words(findings, "unique-on-existing"), {"1 row repeats another"}) == "");
    CHECK(found(findings, "no-op") == "");
}

TEST_CASE("fails-on-rows: NULL that is copied into NOT NULL is an error beside what the rebuild does") {
    auto const findings =
        linted({raw("CREATE TABLE other (a);" +
                    rebuilt("id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT NOT NULL, section TEXT"))},
               package_rows + "; INSERT INTO packages (name, size) VALUES ('none', NULL)");
    CHECK(found(findings, "fails-on-rows") == "error 0002-change");
    CHECK(missing(words(findings, "fails-on-rows"), {"NOT NULL constraint failed: new_packages.size"}) == "");
    CHECK(found(findings, "tighten-not-null") == "error packages.size");
    CHECK(found(findings, "drop-table-in-use") == "");
    CHECK(found(findings, "recreate-table") == "");
}

TEST_CASE("fails-on-rows: what is no constraint's is told too, and what comes after it is judged") {
    auto const findings = linted({raw("UPDATE packages SET size = json_extract(name, '$.size')"),
                                  raw("ALTER TABLE packages DROP COLUMN section"), raw("DELETE FROM packages")});
    CHECK(found(findings, "fails-on-rows") == "error 0002-change");
    CHECK(missing(words(findings, "fails-on-rows"), {"malformed JSON"}) == "");
    CHECK(found(findings, "drop-column-in-use") == "error packages.section");
    CHECK(found(findings, "truncate-or-mass-delete") == "error packages");
}

TEST_CASE("fails-on-rows: rows that are lost before the statement that fails are told") {
    auto const findings = linted({raw("DROP TABLE packages; CREATE TABLE packages (" + same +
                                      "); UPDATE other SET a = json_extract(a, '$.size')")},
                                 package_rows + "; CREATE TABLE other (a); INSERT INTO other VALUES ('no json')");
    CHECK(found(findings, "fails-on-rows") == "error 0002-change");
    CHECK(found(findings, "recreate-table") == "error packages");
}

TEST_CASE("fails-on-rows: a failure at contract is a warning, since rows change until then") {
    std::string const twice = package_rows + "; INSERT INTO packages (name) VALUES ('twice'), ('twice')";
    RawSql const late{.expand = "CREATE TABLE other (a)",
                      .contract = "UPDATE packages SET size = json_extract(name, '$.size')",
                      .undo = "DROP TABLE other"};
    CHECK(found(linted({late}), "fails-on-rows") == "warning 0002-change");
    Linted open{changed({RawSql{.contract = late.contract}}), package_rows};
    CHECK(found(open.findings({1, 2}), "fails-on-rows") == "warning 0002-change");
    auto asked = late;
    asked.verify = "SELECT 1 FROM packages WHERE NOT json_valid(name)";
    CHECK(found(linted({asked}), "fails-on-rows") == "");
}

TEST_CASE("fails-on-rows: rows and functions that are made up are no reason for it") {
    auto const checked = raw(rebuilt(same + ", CHECK (name LIKE 'p%' AND section <> 'sample 2')"));
    CHECK(found(linted_alone({checked}), "fails-on-rows") == "");
    CHECK(found(linted_alone({raw("UPDATE packages SET size = json_extract(name, '$.size')")}), "fails-on-rows") == "");
    CHECK(found(linted({raw("UPDATE packages SET name = nullif(slug(name), slug(name))")}), "fails-on-rows") == "");
}

TEST_CASE("fails-on-rows: what the rehearsal refuses is told once, and statements before it are judged") {
    auto const findings = linted({raw("ALTER TABLE packages DROP COLUMN size; DROP TABLE nothing")});
    CHECK(found(findings, "refused-by-expand") == "error 0002-change");
    CHECK(found(findings, "fails-on-rows") == "");
    CHECK(found(findings, "drop-column-in-use") == "error packages.size");
}

TEST_CASE("fails-on-rows: a row that refers to one that is no sample is no failure") {
    std::string const children =
        many +
        "; CREATE TABLE files (id INTEGER PRIMARY KEY, package INTEGER); INSERT INTO files (package) SELECT "
        "id FROM packages WHERE id BETWEEN 9000 AND 9100";
    std::string const copied =
        "CREATE TABLE named (file INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO named SELECT id, (SELECT name "
        "FROM packages WHERE packages.id = package) FROM files";
    CHECK(found(linted({raw(copied)}, children), "fails-on-rows") == "");
    CHECK(found(linted({raw(copied)}, children + "; INSERT INTO files (package) VALUES (0)"), "fails-on-rows") ==
          "error 0002-change");
    Linted large{changed({raw(copied)}), children};
    large.live().bytes = std::int64_t{1} << 40U;
    auto const findings = large.findings();
    CHECK(found(findings, "fails-on-rows") == "warning 0002-change");
    CHECK(missing(words(findings, "fails-on-rows"), {"on a sample of the rows"}) == "");
}

TEST_CASE("fails-on-rows: a table without a key is sampled without taking a row twice") {
    std::string const keyless =
        "CREATE TABLE log (line); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700) INSERT "
        "INTO log SELECT i FROM n";
    auto const findings = linted({raw("CREATE UNIQUE INDEX by_line ON log (line)")}, keyless);
    CHECK(found(findings, "fails-on-rows") == "");
    CHECK(found(findings, "unique-on-existing") == "error by_line");
}

TEST_CASE("lint: what stands between BEGIN and COMMIT is judged") {
    CHECK(found(linted({raw("BEGIN; ALTER TABLE packages DROP COLUMN size; COMMIT")}), "drop-column-in-use") ==
          "error packages.size");
}

TEST_CASE("lint: what SQL removes is judged by the phase that removes it, whatever expand does") {
    RawSql late{.expand = "CREATE TABLE other (b)",
                .contract = "ALTER TABLE packages DROP COLUMN size; DROP TABLE shelves",
                .undo = "DROP TABLE other"};
    std::string const before = package_rows + "; CREATE TABLE shelves (a); INSERT INTO shelves VALUES (1)";
    auto const dropped = linted({late}, before);
    CHECK(missing(words(dropped, "drop-column-in-use"), {"packages.size is dropped at contract"}) == "");
    CHECK(missing(words(dropped, "drop-table-in-use"), {"shelves is dropped at contract"}) == "");
    late.contract = "ALTER TABLE packages RENAME COLUMN size TO bytes; ALTER TABLE shelves RENAME TO racks";
    auto const renamed = linted({late}, before);
    CHECK(found(renamed, "rename-column") == "warning packages.size");
    CHECK(found(renamed, "rename-table") == "warning shelves");
    auto const early = linted(
        {RawSql{
            .expand = "ALTER TABLE packages DROP COLUMN size", .contract = "DROP TABLE shelves", .undo = "SELECT 1"}},
        before);
    CHECK(missing(words(early, "drop-column-in-use"), {"packages.size is dropped at expand"}) == "");
    CHECK(missing(words(early, "drop-table-in-use"), {"shelves is dropped at contract"}) == "");
}

TEST_CASE("lint: what SQL tightens at contract holds no older release, and is judged by the rows") {
    RawSql late{.expand = "CREATE TABLE other (a)",
                .contract = "CREATE UNIQUE INDEX by_name ON packages (name)",
                .undo = "DROP TABLE other"};
    CHECK(found(linted({late}), "unique-on-existing") == "");
    std::string const twice = package_rows + "; INSERT INTO packages (name) VALUES ('twice'), ('twice')";
    auto const findings = linted({late}, twice);
    CHECK(found(findings, "unique-on-existing") == "error by_name");
    CHECK(missing(words(findings, "unique-on-existing"), {"unique at contract, and 1 row repeats another"}) == "");
    late.contract = "DELETE FROM packages WHERE name = 'twice'; CREATE UNIQUE INDEX by_name ON packages (name)";
    CHECK(found(linted({late}, twice), "unique-on-existing") == "");
    late.contract = rebuilt("id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT NOT NULL, section TEXT");
    CHECK(found(linted({late}), "tighten-not-null") == "");
}

TEST_CASE("backfill-write-gap: triggers that live from expand to contract close it") {
    RawSql const kept{.expand =
                          "ALTER TABLE packages ADD COLUMN bytes INTEGER; CREATE TRIGGER fill AFTER INSERT ON "
                          "packages BEGIN UPDATE packages SET bytes = size WHERE id = NEW.id; END; UPDATE "
                          "packages SET bytes = size",
                      .contract = "DROP TRIGGER fill",
                      .undo = "SELECT 1"};
    CHECK(found(linted({kept}), "backfill-write-gap") == "");
    auto late = kept;
    late.expand = "ALTER TABLE packages ADD COLUMN bytes INTEGER; UPDATE packages SET bytes = size";
    late.contract = "CREATE TRIGGER fill AFTER INSERT ON packages BEGIN SELECT 1; END";
    CHECK(found(linted({late}), "backfill-write-gap") == "warning packages.bytes");
}

TEST_CASE("dependent-object-breaks: a view that follows a new name works, and is a warning for its own column") {
    std::string const view = package_rows + "; CREATE VIEW \"all packages\" AS SELECT name, size FROM packages";
    auto const findings = linted({raw("ALTER TABLE packages RENAME COLUMN size TO bytes")}, view);
    CHECK(found(findings, "dependent-object-breaks") == "warning all packages");
    CHECK(missing(words(findings, "dependent-object-breaks"),
                  {"the view all packages works on", "no such column: size", "DROP VIEW \"all packages\"; "}) == "");
    RawSql const late{.contract = "ALTER TABLE packages RENAME COLUMN size TO bytes"};
    CHECK(found(linted({late}, view), "dependent-object-breaks") == "");
}

TEST_CASE("dependent-object-breaks: a view that cannot be read any more is an error with SQL that can be pasted") {
    auto const findings = linted({raw("CREATE TABLE other (a); DROP TABLE shelves")},
                                 "CREATE TABLE shelves (a); CREATE VIEW \"all shelves\" AS SELECT a FROM shelves");
    CHECK(found(findings, "dependent-object-breaks") == "error all shelves");
    CHECK(missing(words(findings, "dependent-object-breaks"),
                  {"behind broken", "DROP VIEW \"all shelves\"; …; CREATE VIEW \"all shelves\" AS …"}) == "");
}

TEST_CASE("lint: SQL in a finding is whole, on one line, and without its semicolon") {
    auto const findings = linted({raw("ALTER TABLE\n  packages -- why\n  ADD;")});
    CHECK(missing(words(findings, "refused-by-expand"),
                  {", in: ALTER TABLE packages ADD; nothing was written: mend the migration, then call again /"}) ==
          "");
    CHECK(missing(words(linted({raw("SELEC name FROM packages")}), "refused-by-expand"),
                  {", in: SELEC name FROM packages; nothing was written"}) == "");
}

TEST_CASE("in_a_sentence: what is cut is cut after a word") {
    std::string columns = "first";
    for (int i = 0; i < 60; ++i) columns += ", column" + std::to_string(i);
    auto const cut = lint_rules::in_a_sentence("SELECT " + columns);
    CHECK(cut.size() < 170);
    CHECK(cut.ends_with(", …"));
    CHECK(lint_rules::in_a_sentence("SELECT 'a  b' ;") == "SELECT 'a  b'");
}

TEST_SUITE_END();
