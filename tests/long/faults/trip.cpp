#include "long/faults/trip.hpp"

#include "dialect/sqlite/inspect.hpp"
#include "evolver/evolver.hpp"
#include "evolver/operation/code_database.hpp"
#include "evolver/schema/digest.hpp"
#include "support/raw_sqlite.hpp"
#include "support/rows.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <filesystem>

namespace evolver::faults {

namespace {

using testing::RawSqlite;

constexpr int old_writes = 4;
constexpr int new_writes = 2;

std::vector<Operation> tables() {
    return {CreateTable{.table = "owners",
                        .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                    {.name = "name", .type = text()},
                                    {.name = "packages", .type = integer()}}},
            CreateTable{.table = "packages",
                        .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                    {.name = "name", .type = text(), .nullable = false},
                                    {.name = "size", .type = text()},
                                    {.name = "section", .type = text(), .nullable = false, .default_value = "'main'"},
                                    {.name = "owner", .type = integer()}}},
            CreateTable{.table = "spare", .columns = {{.name = "id", .type = integer(), .primary_key = true}}},
            CreateTable{.table = "parts",
                        .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                    {.name = "package", .type = integer()},
                                    {.name = "code", .type = text(), .nullable = false},
                                    {.name = "weight", .type = integer()}},
                        .unique_keys = {{.columns = {"code"}}},
                        .checks = {{.name = "light", .condition = "weight < 1000"}},
                        .foreign_keys = {{.name = "of_package", .columns = {"package"}, .table = "packages"}}},
            CreateIndex{.name = "packages_by_owner", .table = "packages", .columns = {"owner"}},
            CreateView{.name = "sections", .query = "SELECT DISTINCT section FROM packages"}};
}

Plan plan_of(Journey const& journey) {
    auto first = tables();
    first.insert(first.end(), journey.before.begin(), journey.before.end());
    return Plan{"faults",
                {Migration{.id = "0001-before", .release = "1.0", .operations = first},
                 Migration{.id = "0002-change", .release = "2.0", .operations = journey.change}}};
}

std::vector<Journey> one_way() {
    auto const code = [](char const* sql) { return [sql](CodeDatabase& database) { database.run(sql); }; };
    return {
        {"CreateTable",
         {},
         {CreateTable{.table = "more", .columns = {{.name = "id", .type = integer(), .primary_key = true}}}},
         {}},
        {"DropTable", {}, {DropTable{.table = "spare"}}, {}},
        {"RenameTable", {}, {RenameTable{.from = "owners", .to = "people"}}, {}},
        {"AddColumn", {}, {AddColumn{.table = "packages", .column = {.name = "notes", .type = text()}}}, {"notes"}},
        {"AddColumn that is kept",
         {},
         {AddColumn{.table = "packages", .column = {.name = "notes", .type = text()}, .when_replaced = Replaced::kept}},
         {"notes"}},
        {"DropColumn", {}, {DropColumn{.table = "owners", .column = "packages"}}, {}},
        {"DropColumn online",
         {AddColumn{.table = "packages", .column = {.name = "gone", .type = text()}}},
         {DropColumn{.table = "packages", .column = "gone", .lock = Lock::online}},
         {}},
        {"RenameColumn", {}, {RenameColumn{.table = "packages", .from = "name", .to = "title"}}, {"title"}},
        {"ChangeType",
         {},
         {ChangeType{.table = "packages",
                     .from = "size",
                     .to = "size_bytes",
                     .type = integer(),
                     .up = "CAST(size AS INTEGER)",
                     .down = "CAST(size_bytes AS TEXT)"}},
         {"size_bytes"}},
        {"SplitColumn",
         {},
         {SplitColumn{.table = "owners",
                      .from = "name",
                      .into = {{.name = "first", .type = text(), .up = "substr(name, 1, instr(name || ' ', ' ') - 1)"},
                               {.name = "last", .type = text(), .up = "ltrim(substr(name, instr(name || ' ', ' ')))"}},
                      .down = "rtrim(first || ' ' || last)"}},
         {}},
        {"MergeColumns",
         {AddColumn{.table = "owners", .column = {.name = "email", .type = text()}}},
         {MergeColumns{
             .table = "owners",
             .from = {"name", "email"},
             .to = "address",
             .type = text(),
             .up = "name || ':' || email",
             .down = {"substr(address, 1, instr(address, ':') - 1)", "substr(address, instr(address, ':') + 1)"}}},
         {}},
        {"MoveColumn",
         {},
         {MoveColumn{.from = "packages",
                     .column = "size",
                     .to = "owners",
                     .from_key = {"owner"},
                     .to_key = {"id"},
                     .when_rows_differ = Disagreement::largest_key_wins}},
         {}},
        {"SetNotNull", {}, {SetNotNull{.table = "packages", .column = "size", .clean = "'0'"}}, {"size"}},
        {"DropNotNull", {}, {DropNotNull{.table = "parts", .column = "code"}}, {}},
        {"SetDefault", {}, {SetDefault{.table = "packages", .column = "section", .value = "'universe'"}}, {}},
        {"DropDefault",
         {AddColumn{.table = "packages", .column = {.name = "kind", .type = text(), .default_value = "'deb'"}}},
         {DropDefault{.table = "packages", .column = "kind"}},
         {}},
        {"AddCheck",
         {},
         {AddCheck{.table = "packages", .name = "named", .condition = "name <> ''", .clean = {{"name", "'?'"}}}},
         {}},
        {"DropCheck", {}, {DropCheck{.table = "parts", .name = "light"}}, {}},
        {"AddUnique", {}, {AddUnique{.table = "packages", .name = "one_name", .columns = {"name"}}}, {}},
        {"DropUnique", {}, {DropUnique{.table = "parts", .columns = {"code"}}}, {}},
        {"DropUnique online", {}, {DropUnique{.table = "parts", .columns = {"code"}, .lock = Lock::online}}, {}},
        {"AddForeignKey",
         {},
         {AddForeignKey{.table = "packages",
                        .key = {.name = "of_owner", .columns = {"owner"}, .table = "owners"},
                        .clean = {{"owner", "NULL"}}}},
         {}},
        {"DropForeignKey", {}, {DropForeignKey{.table = "parts", .name = "of_package"}}, {}},
        {"ChangePrimaryKey",
         {},
         {ChangePrimaryKey{.table = "parts", .name = "parts_key", .columns = {"code"}, .lock = Lock::online}},
         {}},
        {"CreateIndex", {}, {CreateIndex{.name = "by_size", .table = "packages", .columns = {"size"}}}, {}},
        {"CreateIndex online",
         {},
         {CreateIndex{.name = "by_size", .table = "packages", .columns = {"size"}, .lock = Lock::online}},
         {}},
        {"DropIndex", {}, {DropIndex{.name = "packages_by_owner"}}, {}},
        {"CreateView", {}, {CreateView{.name = "names", .query = "SELECT name FROM packages"}}, {}},
        {"ReplaceView",
         {},
         {ReplaceView{.name = "sections", .query = "SELECT section, count(*) AS n FROM packages GROUP BY section"}},
         {}},
        {"DropView", {}, {DropView{.name = "sections"}}, {}},
        {"Backfill",
         {},
         {AddColumn{.table = "packages", .column = {.name = "slug", .type = text()}},
          Backfill{.table = "packages", .set = {{"slug", "lower(name)"}}, .where = "slug IS NULL"}},
         {"slug"}},
        {"RawSql",
         {},
         {RawSql{.expand = "CREATE TABLE made (n); INSERT INTO made SELECT id FROM owners",
                 .contract = "DELETE FROM made WHERE n > 1; CREATE INDEX made_n ON made (n)",
                 .undo = "DROP TABLE made"}},
         {}},
        {"RunCode",
         {},
         {RunCode{.name = "count",
                  .version = "1",
                  .expand = code("UPDATE owners SET packages = 7"),
                  .contract = code("UPDATE owners SET packages = packages + 1"),
                  .undo = code("UPDATE owners SET packages = NULL")}},
         {}},
        {"a chain of three",
         {},
         {ChangeType{.table = "packages",
                     .from = "size",
                     .to = "size_bytes",
                     .type = integer(),
                     .up = "CAST(size AS INTEGER)",
                     .down = "CAST(size_bytes AS TEXT)"},
          RenameColumn{.table = "packages", .from = "name", .to = "title"},
          CreateIndex{.name = "by_bytes", .table = "packages", .columns = {"size_bytes"}}},
         {"title", "size_bytes"}},
    };
}

soci::session& opened(soci::session& session, std::string const& path) {
    session.open(soci::sqlite3, "db=" + path);
    return session;
}

/// Statement `number` of the old release.
std::string old_statement(std::int64_t number) {
    switch (number) {
        case 0: return "INSERT INTO packages (id, name, size, owner) VALUES (101, 'old one', '17', 2)";
        case 1: return "UPDATE packages SET size = '23', owner = 1 WHERE id = 2";
        case 2: return "DELETE FROM packages WHERE id = 3";
        default: return "UPDATE owners SET name = 'Cy Dee' WHERE id = 2";
    }
}

/// In one transaction with the note that it is done. Those that are noted are passed over.
template <class Write>
void write_once(soci::session& session, std::int64_t number, Acknowledged& acknowledged, Write const& write) {
    int done = 0;
    session << "SELECT done FROM progress", soci::into(done);
    if (done > number) return;
    session << "BEGIN IMMEDIATE";
    write();
    session << "UPDATE progress SET done = " + std::to_string(number + 1);
    session << "COMMIT";
    acknowledged.writes = number + 1;
}

void write_new(soci::session& session, Evolver& evolver, Journey const& journey, std::int64_t number) {
    std::vector<std::string> columns{"id"};
    bool const titled = journey.new_columns.front() == "title";
    if (!titled) columns.emplace_back("name");
    columns.insert(columns.end(), journey.new_columns.begin(), journey.new_columns.end());
    long long const id = 200 + number;
    std::string const name = "new " + std::to_string(number);
    auto const packages = evolver.table("packages");
    auto const sql = packages.insert_columns(columns).text();
    // Each bind that the text has, by its name: all but the key are texts or digits.
    std::string text = sql;
    auto const replace = [&](std::string const& bind, std::string const& value) {
        for (auto at = text.find(bind); at != std::string::npos; at = text.find(bind, at + value.size()))
            text.replace(at, bind.size(), value);
    };
    replace(":id", std::to_string(id));
    replace(":name", "'" + name + "'");
    replace(":title", "'" + name + "'");
    for (auto const& column : journey.new_columns) replace(":" + column, std::to_string(id));
    session << text;
}

void finish(Journey const& journey, Evolver& evolver) {
    if (journey.back) {
        evolver.rollback({.migration = "0002-change", .accept_loss = {{"0002-change", "a test"}}});
        return;
    }
    evolver.reconcile();
    evolver.contract({.override_gates = {{"soak", "a test"}, {"processes", "a test"}, {"instances", "a test"}},
                      .accept_loss = {{"0002-change", "a test"}},
                      .speed = Speed::full});
}

}  // namespace

std::vector<Journey> journeys(bool every_mode) {
    std::vector<Journey> all;
    bool wal = true;
    for (bool const back : {false, true}) {
        for (auto journey : one_way()) {
            journey.back = back;
            if (back) journey.name += ", rolled back";
            journey.wal = wal;
            wal = !wal;
            all.push_back(journey);
            if (!every_mode) continue;
            journey.wal = wal;
            all.push_back(journey);
        }
        wal = !wal;
    }
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i].name = std::to_string(i) + " " + all[i].name + (all[i].wal ? " (WAL)" : " (rollback journal)");
    return all;
}

void make(Journey const& journey, std::string const& path) {
    {
        soci::session session;
        Evolver evolver{opened(session, path), plan_of(journey).until("1.0"), {.release = "1.0"}};
        if (journey.wal) session << "PRAGMA journal_mode = WAL";
        evolver.expand();
    }
    RawSqlite const database{path};
    database.connection().run(
        "BEGIN; CREATE TABLE progress (done INTEGER NOT NULL); INSERT INTO progress VALUES (0);"
        "INSERT INTO owners (id, name) VALUES (1, 'Ann Lee'), (2, 'Bob'), (3, NULL);"
        "INSERT INTO packages (id, name, size, owner) VALUES (1, 'bash', '1500', 1), (2, 'vim', NULL, 2), (3, 'zsh', "
        "'12', 2),"
        " (4, 'fish', '7', 3), (5, 'dash', NULL, NULL);"
        "INSERT INTO parts (id, package, code, weight) VALUES (1, 1, 'a', 5), (2, 4, 'b', NULL); COMMIT;");
}

void travel(Journey const& journey, std::string const& path, Acknowledged& acknowledged) {
    soci::session session;
    Evolver evolver{
        opened(session, path), plan_of(journey), {.wait = std::chrono::milliseconds{20}, .compared_rows = 0}};
    int done = 0;
    session << "SELECT done FROM progress", soci::into(done);
    constexpr int ready = 100;  // to go back: from here on expand() would begin anew
    if (done < ready) evolver.expand();
    if (done >= ready) evolver.attach();
    std::int64_t number = 0;
    for (; number < old_writes; ++number)
        write_once(session, number, acknowledged, [&] { session << old_statement(number); });
    if (done < ready) evolver.backfill(Speed::full);
    if (!journey.new_columns.empty()) {
        for (int i = 0; i < new_writes; ++i, ++number)
            write_once(session, number, acknowledged, [&] { write_new(session, evolver, journey, number); });
    }
    if (done < ready && journey.back) session << "UPDATE progress SET done = done + 100";
    auto const status = evolver.status();
    auto const phase = status.migrations.size() > 1 ? status.migrations[1].phase : Phase::planned;
    if (phase == Phase::expanded) finish(journey, evolver);
}

std::int64_t writes_in(std::string const& path) { return RawSqlite{path}.integer("SELECT done % 100 FROM progress"); }

std::string end_of(Journey const& journey, std::string const& path) {
    std::string text;
    {
        soci::session session;
        Evolver evolver{opened(session, path), plan_of(journey), {}};
        auto const print = evolver.fingerprint();
        for (auto const& table : print.tables)
            text += table.name + " " + std::to_string(table.rows) + " " + table.digest + "\n";
        text += "audit: " + evolver.verify_audit().value_or("whole") + "\n";
        auto const status = evolver.status();
        for (auto const& one : status.migrations) text += one.id + " " + std::string{name_of(one.phase)} + "\n";
    }
    RawSqlite const database{path};
    auto const& connection = database.connection();
    text += canonical(sqlite::inspect(connection), Engine::sqlite);
    text += "integrity: " + connection.text("PRAGMA integrity_check") + "\n";
    text += "orphans: " + support::rows(connection, "PRAGMA foreign_key_check") + "\n";
    text += "objects: " +
            support::rows(connection,
                          // A comparison that was interrupted has made itself a place to note how far it is.
                          "SELECT type, name FROM sqlite_schema WHERE name LIKE 'evolver!_%' ESCAPE '!' AND name NOT "
                          "IN ('evolver_reconcile', "
                          "'evolver_reconcile_key') ORDER BY type, name") +
            "\n";
    return text;
}

}  // namespace evolver::faults
