// The way of a change by the tool's verbs, with the commands that it names itself.

#include "support/application.hpp"
#include "support/command.hpp"
#include "support/raw_sqlite.hpp"

#include <fstream>

using namespace evolver;
using namespace evolver::testing;

namespace {

Command tool(Folder const& folder, Plan plan = catalogue()) {
    return Command{std::move(plan)}.always("--actor alice --soak 0s --database " + folder.database());
}

std::string ask(Folder const& folder, std::string const& sql) {
    Application application{folder.database(), catalogue()};
    return application.ask(sql);
}

}  // namespace

TEST_SUITE_BEGIN("cli/way");

TEST_CASE("cli: whoever pastes what status says is next comes to the end") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    std::string pasted;
    for (int step = 0; step < 8; ++step) {
        auto const status = command("status");
        REQUIRE(status.code == 0);
        auto const next = next_of(status);
        if (next.empty()) break;
        auto const told = command.paste(next);
        CAPTURE(next);
        CAPTURE(told.error);
        CHECK(told.code <= 3);
        pasted += next.substr(next.find(folder.database()) + folder.database().size()) + "\n";
    }
    CHECK(pasted == " expand\n backfill start\n reconcile\n contract run --yes\n");
    CHECK(has(command("status").out, "every migration is at its end"));
    CHECK(ask(folder, "SELECT group_concat(name, ' ') FROM pragma_table_xinfo('packages')") == "id title size_bytes");
}

TEST_CASE("cli: each verb tells a line per piece of work, a summary, and what is next") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    auto const expand = command("expand");
    CHECK(expand.code == 0);
    CHECK(has(expand.out, "0002-size-bytes: expanded\n"));
    CHECK(has(expand.out, "steps; old and new releases go on working\n"));
    CHECK(has(next_of(expand), "backfill start"));
    CHECK(has(command("expand").out, "nothing to do"));
    auto const backfill = command("backfill start");
    CHECK(has(backfill.out, "0002-size-bytes: filled, 20 rows\n"));
    CHECK(has(next_of(backfill), "reconcile"));
    auto const reconcile = command("reconcile");
    CHECK(has(reconcile.out, "0002-size-bytes  packages: size → size_bytes  20 rows compared, 0 different, 0 lossy"));
    CHECK(has(reconcile.out, "none differs"));
    CHECK(has(command("rollout show").out, "0002-size-bytes  switched"));
    CHECK(command("contract due").code == 1);
    CHECK(command("gates").code == 0);
    auto const contract = command("contract run --yes --until 0002-size-bytes");
    CHECK(contract.code == 0);
    CHECK(has(contract.out, "0002-size-bytes: contracted\n"));
    CHECK(has(command("log").out, "by alice"));
    CHECK(command("audit verify").code == 0);
}

TEST_CASE("cli: a migration that waits for its time does not hide what can be done behind it") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const waiting = Command{catalogue()}.always("--actor alice --database " + folder.database());
    for (auto const* verb : {"expand", "backfill start", "reconcile"}) REQUIRE(waiting(verb).code == 0);
    CHECK(has(next_of(waiting("status")), "gates"));
    auto const known = catalogue();
    std::vector<Migration> migrations{known.migrations().begin(), known.migrations().end()};
    migrations.push_back({.id = "0003-notes",
                          .release = "3.0",
                          .operations = {AddColumn{.table = "packages", .column = {.name = "notes", .type = text()}}}});
    auto const longer = Command{Plan{"catalogue", migrations}}.always("--database " + folder.database());
    auto const next = next_of(longer("status"));
    CAPTURE(next);
    CHECK(next.ends_with(" expand"));
    CHECK(longer.paste(next).code == 0);
    CHECK(has(next_of(longer("status")), "gates"));
}

TEST_CASE("cli: a soak that was made shorter is to be seen in the trail") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    for (auto const* verb : {"expand", "backfill start", "reconcile", "contract run --yes"})
        REQUIRE(command(verb).code == 0);
    CHECK(has(command("audit export").out, "the old shape had to be unused for 0 s only, instead of 24 h"));
}

TEST_CASE("cli: a closed gate ends contract with 3, and every reason is named as a command") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    CHECK(command("expand").code == 0);
    auto const told = command("contract run --yes");
    CHECK(told.code == 3);
    CHECK(has(told.error,
              "backfill (0002-size-bytes): the backfill is not complete: run `evolver --soak 0s --database "));
    CHECK_FALSE(has(told.error, "()"));
    CHECK(has(next_of(told), "gates"));
    CHECK(command("gates").code == 3);
    CHECK(has(command("gates").out, "closed  backfill: the backfill is not complete"));
    CHECK(command("backfill start").code == 0);
    CHECK(command("reconcile").code == 0);
    CHECK(command("rollout hold --reason 'a dashboard reads it'").code == 0);
    auto const held = command("status");
    CHECK(has(held.out, "held by alice: a dashboard reads it"));
    CHECK(command.paste(next_of(held)).code == 0);  // rollout release
    CHECK(command("contract run --yes").code == 0);
}

TEST_CASE("cli: rows that differ end reconcile with 1, and are named by key alone unless values are asked for") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    CHECK(command("expand").code == 0);
    CHECK(command("backfill start").code == 0);
    {
        RawSqlite const past_triggers{folder.database()};
        past_triggers.connection().enable_triggers(false);
        past_triggers.run("UPDATE packages SET size_bytes = 4711 WHERE id = 7");
    }
    auto const told = command("reconcile");
    CHECK(told.code == 1);
    CHECK(has(told.error, "7"));
    CHECK_FALSE(has(told.out + told.error, "4711"));
    auto const shown = command("--json reconcile --show-values --anew");
    CHECK(shown.code == 1);
    CHECK(has(shown.out, "\"kind\":\"mismatch\""));
    CHECK(has(shown.out, "4711"));
}

TEST_CASE("cli: rollback takes back what it names, and --to every migration behind it") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    CHECK(command("expand").code == 0);
    auto const first = command("rollback --undo 0003-title");
    CHECK(first.code == 0);
    CHECK(has(first.out, "1 migration taken back"));
    CHECK(command("expand").code == 0);
    auto const both = command("rollback --to 0001-packages");
    CHECK(both.code == 0);
    CHECK(has(both.out, "2 migrations taken back"));
    CHECK(ask(folder, "SELECT group_concat(name, ' ') FROM pragma_table_xinfo('packages')") == "id name size");
    CHECK(has(command("rollback --to 0003-title").out, "nothing to do"));
}

TEST_CASE("cli: a stage is moved, moved back and released by hand") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    CHECK(command("expand").code == 0);
    CHECK(command("rollout advance").code == 3);
    CHECK(command("backfill start").code == 0);
    CHECK(command("reconcile").code == 0);
    CHECK(has(command("rollout back --reason 'reports are slow'").out, "back at stage dual, and held there"));
    CHECK(has(command("rollout advance").out, "now at stage switched"));
    CHECK(has(command("rollout canary --share 0.25 --reason 'a quarter'").out, "25 % of the instances go ahead"));
    CHECK(command("rollout canary --share 2 --reason 'x'").code == 64);
    CHECK(has(command("rollout show").out, "25 % of the instances ahead"));
}

TEST_CASE("cli: a database that existed before is baselined, and one that is something else is refused with 1") {
    Folder const folder;
    {
        soci::session db{soci::sqlite3, "db=" + folder.database()};
        db << "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT)";
    }
    auto const command = tool(folder);
    CHECK(command("baseline 0001-packages").code == 0);
    CHECK(command("expand").code == 0);
    Folder const other;
    {
        soci::session db{soci::sqlite3, "db=" + other.database()};
        db << "CREATE TABLE packages (id INTEGER PRIMARY KEY)";
    }
    auto const told = tool(other)("baseline 0001-packages");
    CHECK(told.code == 1);
    CHECK(has(told.error, "size"));
}

TEST_CASE("cli: events, a log and figures go to files") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    CHECK(command("expand").code == 0);
    auto const files = "--events " + folder.file("events.jsonl") + " --log " + folder.file("log") + " --metrics " +
                       folder.file("metrics.prom");
    CHECK(command(files + " backfill start").code == 0);
    CHECK(has(file_bytes(folder.file("events.jsonl")),
              "\"event\":\"batch\",\"migration\":\"0002-size-bytes\",\"object\":\"packages\""));
    CHECK(has(file_bytes(folder.file("log")), "Z info 0002-size-bytes: filled, 20 rows\n"));
    CHECK(has(file_bytes(folder.file("metrics.prom")),
              "evolver_backfill_rows_total{db_system_name=\"sqlite\",evolver_plan=\"catalogue\",migration=\"0002-size-"
              "bytes\",table=\"packages\"} 20\n"));
    CHECK_FALSE(std::filesystem::exists(folder.file("metrics.prom.new")));
    CHECK(command(files + " reconcile").code == 0);
    CHECK(has(file_bytes(folder.file("metrics.prom")), "result=\"match\"} 20\n"));
    CHECK(command("--events " + folder.file("none/events") + " reconcile").code == 65);
}

TEST_CASE("cli: status is looked at again and again, as often as is said") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const told = tool(folder)("status --watch 1ms --looks 3");
    CHECK(told.code == 0);
    std::size_t looks = 0;
    for (auto at = told.out.find("catalogue: "); at != std::string::npos; at = told.out.find("catalogue: ", at + 1))
        ++looks;
    CHECK(looks == 3);
}

TEST_SUITE_END();
