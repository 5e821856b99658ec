// Lint on a real server: the rules that are about it alone, and that it is a look, which keeps nobody waiting and leaves nothing behind.

#include "evolver/evolver.hpp"
#include "support/postgresql.hpp"
#include "support/postgresql_catalogue.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <string>
#include <vector>

using namespace evolver;
using namespace evolver::testing;

namespace {

struct World {
    PostgresqlDatabase database;
    postgresql::Connection outside = database.connect();
    soci::session session{soci::postgresql, database.parameters()};

    /// With so many rows in packages.
    explicit World(int rows = 12'000) {
        Plan const first{"catalogue", {packages()}};
        Evolver{session, first, {.release = "1.0"}}.expand();
        outside.run(
            "INSERT INTO packages (id, name, size) SELECT i, 'package-' || i, i::text FROM generate_series(1, " +
            std::to_string(rows) + ") AS i");
    }

    [[nodiscard]] std::vector<Finding> linted(std::vector<Operation> operations) {
        Plan const plan{
            "catalogue",
            {packages(), Migration{.id = "0002-change", .release = "2.0", .operations = std::move(operations)}}};
        Evolver evolver{session, plan, {.release = "2.0"}};
        return evolver.lint();
    }
    [[nodiscard]] std::vector<Finding> linted(std::string const& sql) {
        return linted(std::vector<Operation>{RawSql{.expand = sql, .undo = "SELECT 1"}});
    }
};

/// "error packages: its sentence" of each finding of `rule`.
std::string found(std::vector<Finding> const& findings, std::string_view rule) {
    std::string text;
    for (auto const& finding : findings) {
        if (finding.rule != rule) continue;
        text += std::string{text.empty() ? "" : "; "} + std::string{name_of(finding.severity)} + " " + finding.object;
    }
    return text;
}

std::string words(std::vector<Finding> const& findings, std::string_view rule) {
    std::string text;
    for (auto const& finding : findings) {
        if (finding.rule == rule) text += finding.what + "\n";
    }
    return text;
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/lint");

TEST_CASE("postgresql-scan-under-lock: what reads a table while nobody may write it is told by what the server did") {
    World world;
    constexpr auto rule = "postgresql-scan-under-lock";
    for (std::string const sql :
         {"CREATE INDEX by_name ON packages (name)", "ALTER TABLE packages ALTER size SET NOT NULL",
          "ALTER TABLE packages ADD CONSTRAINT sized CHECK (size <> '')", "ALTER TABLE packages ADD UNIQUE (name)",
          "ALTER TABLE packages ADD CONSTRAINT sized CHECK (size <> '') NOT VALID; ALTER TABLE packages VALIDATE "
          "CONSTRAINT sized",
          "CREATE TABLE sections AS SELECT id FROM packages; ALTER TABLE sections ADD PRIMARY KEY (id); ALTER TABLE "
          "packages ADD FOREIGN KEY (id) REFERENCES sections",
          "DO $$BEGIN CREATE INDEX by_name ON packages (name); END$$"}) {
        CAPTURE(sql);
        auto const findings = world.linted(sql);
        CHECK(found(findings, rule) == "error packages");
        CHECK(has(words(findings, rule), "12000 rows"));
    }
    auto const at_contract = world.linted({RawSql{.contract = "SELECT 1;\nCREATE INDEX by_name ON packages (name)"}});
    CHECK(has(words(at_contract, rule), "line 2 of the SQL reads packages from end to end at contract"));
}

TEST_CASE(
    "postgresql-scan-under-lock: what only looks at the catalogue, works beside writers or on few rows is silent") {
    World world;
    constexpr auto rule = "postgresql-scan-under-lock";
    for (std::string const sql :
         {"ALTER TABLE packages ADD CONSTRAINT sized CHECK (size <> '') NOT VALID",
          "ALTER TABLE packages ADD note text", "ALTER TABLE packages ADD note text DEFAULT 'none'",
          "ALTER TABLE packages ALTER size TYPE varchar", "UPDATE packages SET size = '1'",
          "CREATE TABLE copies AS SELECT * FROM packages",
          "CREATE TABLE tags (id bigint); CREATE INDEX by_tag ON tags (id)",
          "CREATE TABLE sections (id bigint PRIMARY KEY); ALTER TABLE packages ADD section bigint REFERENCES "
          "sections"}) {
        CAPTURE(sql);
        CHECK(found(world.linted(sql), rule) == "");
    }
    CHECK(found(world.linted({CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}},
                              SetNotNull{.table = "packages", .column = "size"}}),
                rule) == "");
    world.outside.run("ALTER TABLE packages ADD CONSTRAINT sized CHECK (size <> '') NOT VALID");
    CHECK(found(world.linted("ALTER TABLE packages VALIDATE CONSTRAINT sized"), rule) == "");
    World small{100};
    CHECK(found(small.linted("CREATE INDEX by_name ON packages (name)"), rule) == "");
}

TEST_CASE("postgresql-table-rewrite: what writes a table anew is told by its file being another one") {
    World world;
    constexpr auto rule = "postgresql-table-rewrite";
    for (std::string const sql : {"ALTER TABLE packages ALTER size TYPE bigint USING size::bigint",
                                  "ALTER TABLE packages ADD at timestamptz DEFAULT clock_timestamp()",
                                  "ALTER TABLE packages ADD upper text GENERATED ALWAYS AS (upper(name)) STORED",
                                  "ALTER TABLE packages SET UNLOGGED"}) {
        CAPTURE(sql);
        auto const findings = world.linted(sql);
        CHECK(found(findings, rule) == "error packages");
        CHECK(has(words(findings, rule), "12000 rows"));
        CHECK(found(findings, "postgresql-scan-under-lock") == "");
    }
    for (std::string const sql :
         {"ALTER TABLE packages ADD at timestamptz DEFAULT now()", "ALTER TABLE packages ALTER size TYPE varchar",
          "TRUNCATE packages", "UPDATE packages SET size = '1'"}) {
        CAPTURE(sql);
        CHECK(found(world.linted(sql), rule) == "");
    }
    World small{100};
    CHECK(found(small.linted("ALTER TABLE packages SET UNLOGGED"), rule) == "");
}

TEST_CASE("postgresql-json: a new column of type json, by an operation and by SQL") {
    World world{3};
    constexpr auto rule = "postgresql-json";
    auto const column = [](char const* type) {
        return std::vector<Operation>{
            AddColumn{.table = "packages", .column = {.name = "extra", .type = declared(type)}}};
    };
    CHECK(found(world.linted(column("json")), rule) == "warning packages.extra");
    CHECK(found(world.linted(column("jsonb")), rule) == "");
    CHECK(found(world.linted("ALTER TABLE packages ADD extra json"), rule) == "warning packages.extra");
    world.outside.run("ALTER TABLE packages ADD old json");
    CHECK(found(world.linted("ALTER TABLE packages ADD note text"), rule) == "");
}

TEST_CASE("postgresql-invalid-index: what a build beside writers has left is told until it is dropped") {
    World world{3};
    constexpr auto rule = "postgresql-invalid-index";
    CHECK(found(world.linted("SELECT 1"), rule) == "");
    world.outside.run("INSERT INTO packages (id, name) VALUES (10, 'package-1')");
    CHECK_THROWS(world.outside.run("CREATE UNIQUE INDEX CONCURRENTLY by_name ON packages (name)"));
    CHECK(found(world.linted("SELECT 1"), rule) == "warning by_name");
    world.outside.run("DROP INDEX by_name");
    CHECK(found(world.linted("SELECT 1"), rule) == "");
}

TEST_CASE("lint on postgresql: rules about SQLite are silent") {
    World world{3};
    auto const findings = world.linted({CreateTable{.table = "tags",
                                                    .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                                {.name = "package", .type = integer()}},
                                                    .foreign_keys = {{.columns = {"package"}, .table = "packages"}}},
                                        RenameColumn{.table = "packages", .from = "name", .to = "title"}});
    for (auto const& finding : findings) {
        INFO(text_of(finding));
        CHECK_FALSE(finding.rule.starts_with("sqlite-"));
        CHECK(finding.rule != "lock-timeout-missing");
        CHECK_FALSE(has(finding.why, "SQLite"));
    }
}

TEST_CASE("lint on postgresql: rows that somebody writes are waited for by nobody, and no lock is left") {
    World world{100};
    auto writer = world.database.connect();
    writer.run("BEGIN; UPDATE packages SET size = '0'; INSERT INTO packages (id, name) VALUES (500, 'new')");
    auto const findings = world.linted("DELETE FROM packages; ALTER TABLE packages DROP COLUMN size");
    CHECK(found(findings, "truncate-or-mass-delete") == "error packages");
    CHECK(found(findings, "drop-column-in-use") == "error packages.size");
    CHECK(has(words(findings, "drop-column-in-use"), "100 values"));
    CHECK(has(words(world.linted("UPDATE public.packages SET size = '1'"), "fails-on-rows"), "it says public itself"));
    writer.run("COMMIT");
    CHECK(world.outside.integer("SELECT count(*) FROM packages") == 101);
    CHECK(world.outside.integer("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'evolver%'") == 0);
}

TEST_CASE("lint on postgresql: SQL that names a schema, or reaches the real tables by a function, is not run") {
    World world{100};
    world.outside.run(
        "CREATE FUNCTION touch() RETURNS void LANGUAGE sql SET search_path = public AS 'UPDATE packages SET size = 0'");
    for (std::string const sql :
         {"UPDATE public.packages SET size = '1'", "UPDATE \"public\" . packages SET size = '1'",
          "DO $$BEGIN EXECUTE 'DELETE FROM Public.packages'; END$$",
          "SET LOCAL search_path = public; DELETE FROM packages", "SELECT touch()",
          "UPDATE evolver_migration SET id = id"}) {
        CAPTURE(sql);
        auto const findings = world.linted(sql);
        CHECK(found(findings, "fails-on-rows") == "warning 0002-change");
        CHECK(has(words(findings, "fails-on-rows"), "could not be looked at"));
    }
    CHECK(found(world.linted("UPDATE packages SET size = '1' WHERE name = 'public. '"), "fails-on-rows") ==
          "warning 0002-change");
    CHECK(found(world.linted("UPDATE packages SET size = '1' WHERE name = 'republic.'"), "fails-on-rows") == "");
}

TEST_CASE("lint on postgresql: numbers that are drawn are none of the real sequences") {
    World world{3};
    world.outside.run("CREATE TABLE notes (id bigserial PRIMARY KEY, body text); CREATE SEQUENCE tickets");
    auto const findings = world.linted(
        "INSERT INTO notes (body) SELECT name FROM packages; SELECT nextval('tickets'); SELECT "
        "setval('notes_id_seq', 77)");
    CHECK(found(findings, "fails-on-rows") == "");
    CHECK(world.outside.integer("SELECT nextval('notes_id_seq')") == 1);
    CHECK(world.outside.integer("SELECT nextval('tickets')") == 1);
}

TEST_CASE("lint on postgresql: rows go with their parents as the foreign keys of the real tables say") {
    World world{10};
    world.outside.run(
        "CREATE TABLE notes (id bigint PRIMARY KEY, package bigint REFERENCES packages ON DELETE CASCADE); INSERT INTO "
        "notes SELECT id, id FROM packages");
    CHECK(found(world.linted("DELETE FROM packages WHERE id < 3"), "fails-on-rows") == "");
    world.outside.run(
        "ALTER TABLE notes DROP CONSTRAINT notes_package_fkey; ALTER TABLE notes ADD FOREIGN KEY (package) "
        "REFERENCES packages");
    CHECK(found(world.linted("DELETE FROM packages WHERE id < 3"), "fails-on-rows") == "error 0002-change");
}

TEST_CASE("lint on postgresql: who may read the plan's tables and make a schema may look, whatever else there is") {
    World world{3};
    auto const database = world.outside.text("SELECT current_database()");
    world.outside.run(
        "CREATE TABLE secret (id bigserial PRIMARY KEY, package bigint REFERENCES packages); CREATE VIEW "
        "secrets AS SELECT id FROM secret; DO $$BEGIN CREATE ROLE evolver_looker LOGIN; EXCEPTION WHEN "
        "duplicate_object THEN NULL; END$$; GRANT SELECT, INSERT, UPDATE, DELETE ON packages TO "
        "evolver_looker; GRANT USAGE ON SCHEMA public TO evolver_looker; GRANT CREATE ON DATABASE \"" +
        database + "\" TO evolver_looker");
    auto const ledger = world.outside.query(
        "SELECT format('GRANT SELECT, UPDATE ON %I TO evolver_looker', relname) FROM pg_class WHERE relkind = 'r' AND "
        "relname LIKE 'evolver\\_%'");
    for (std::size_t row = 0; row < ledger.rows.size(); ++row) world.outside.run(ledger.text(row, 0));
    soci::session session{soci::postgresql, world.database.parameters() + " user=evolver_looker"};
    Plan const plan{"catalogue",
                    {packages(), Migration{.id = "0002-change",
                                           .release = "2.0",
                                           .operations = {RawSql{.expand = "DELETE FROM packages"},
                                                          RawSql{.expand = "DELETE FROM secret"}}}}};
    Evolver evolver{session, plan, {.release = "2.0"}};
    CHECK(found(evolver.lint(), "truncate-or-mass-delete") == "error packages");
    world.outside.run("DROP OWNED BY evolver_looker");
}

TEST_CASE("lint on postgresql: what no schema tells, a right or a comment, is no no-op") {
    World world{3};
    CHECK(found(world.linted("GRANT SELECT ON packages TO PUBLIC"), "no-op") == "");
    CHECK(found(world.linted("COMMENT ON COLUMN packages.size IS 'in bytes'"), "no-op") == "");
    CHECK(found(world.linted("DROP TABLE IF EXISTS nothing"), "no-op") == "info 0002-change");
}

TEST_CASE("lint on postgresql: triggers and functions are those of the copy, and fire for SQL and not for samples") {
    World world{3};
    world.outside.run(
        "CREATE TABLE log (id bigint); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO "
        "log "
        "VALUES (OLD.id); RETURN OLD; END$$; CREATE TRIGGER noted AFTER DELETE ON packages FOR EACH ROW EXECUTE "
        "FUNCTION "
        "note(); CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'no'; END$$; "
        "CREATE TRIGGER refused BEFORE INSERT OR UPDATE OR TRUNCATE ON packages EXECUTE FUNCTION refuse()");
    auto const dropped = world.linted("DROP TRIGGER noted ON packages; DROP FUNCTION note(); DELETE FROM packages");
    CHECK(found(dropped, "fails-on-rows") == "");
    CHECK(found(dropped, "refused-by-expand") == "");
    CHECK(found(dropped, "truncate-or-mass-delete") == "error packages");
    CHECK(found(world.linted("DROP FUNCTION note()"), "refused-by-expand") == "error 0002-change");
    CHECK(found(world.linted("DELETE FROM packages; DELETE FROM log"), "truncate-or-mass-delete") ==
          "error packages; error log");
    CHECK(found(world.linted("UPDATE packages SET size = '1'"), "refused-by-expand") == "error 0002-change");
    world.outside.run("ALTER TABLE packages DISABLE TRIGGER refused");
    CHECK(found(world.linted("UPDATE packages SET size = '1'"), "refused-by-expand") == "");
    CHECK(world.outside.integer("SELECT count(*) FROM log") == 0);
}

TEST_CASE("lint on postgresql: policies are those of the copy") {
    World world{3};
    world.outside.run(
        "CREATE POLICY first_only ON packages FOR SELECT USING (id = 1); CREATE POLICY named ON packages AS "
        "RESTRICTIVE FOR INSERT TO pg_monitor WITH CHECK (name <> '')");
    auto const findings =
        world.linted("ALTER POLICY named ON packages RENAME TO called; DROP POLICY first_only ON packages");
    CHECK(found(findings, "refused-by-expand") == "");
    CHECK(found(findings, "fails-on-rows") == "");
    CHECK(found(world.linted("DROP POLICY nobodys ON packages"), "refused-by-expand") == "error 0002-change");
}

TEST_CASE("lint on postgresql: whether a type can go only the real tables know, and that is said") {
    World world{3};
    world.outside.run("CREATE TYPE mood AS ENUM ('glad'); ALTER TABLE packages ADD feeling mood");
    auto const findings = world.linted("ALTER TABLE packages DROP COLUMN feeling; DROP TYPE mood");
    CHECK(found(findings, "refused-by-expand") == "");
    CHECK(has(words(findings, "fails-on-rows"), "could not be looked at"));
    CHECK(has(words(findings, "fails-on-rows"), "it drops a type"));
}

TEST_CASE("lint on postgresql: odd names, types of one's own, views over views and tables without a key") {
    World world{3};
    world.outside.run(
        "CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE TABLE \"Odd \"\"Names\" (\"The Key\" bigint GENERATED ALWAYS "
        "AS "
        "IDENTITY PRIMARY KEY, feeling mood DEFAULT 'glad', twice bigint GENERATED ALWAYS AS (2) STORED); INSERT INTO "
        "\"Odd \"\"Names\" DEFAULT VALUES; CREATE TABLE bare (a text); INSERT INTO bare VALUES ('x'); CREATE VIEW "
        "first "
        "AS SELECT name FROM packages; CREATE VIEW a_second AS SELECT * FROM first");
    auto const findings = world.linted(
        "DELETE FROM \"Odd \"\"Names\"; DELETE FROM bare; ALTER TABLE packages RENAME name "
        "TO title");
    CHECK(found(findings, "truncate-or-mass-delete") == "error Odd \"Names; error bare");
    CHECK(found(findings, "rename-column") == "error packages.name");
    CHECK(found(findings, "fails-on-rows") == "");
}

TEST_SUITE_END();
