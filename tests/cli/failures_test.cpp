// Each way in which a run fails, through the command line: afterwards status says what is so and which command is next, and that command works.

#include "support/application.hpp"
#include "support/command.hpp"
#include "support/full_disk.hpp"
#include "support/process.hpp"
#include "support/raw_sqlite.hpp"

#include <array>
#include <functional>
#include <ostream>
#include <streambuf>
#include <thread>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

constexpr int many_rows = 4000;

/// What the tool says, and something that happens once, as soon as it has said certain words.
class Overheard : public std::ostream {
public:
    Overheard(std::string words, std::function<void()> what)
        : std::ostream{nullptr}, ear_{std::move(words), std::move(what)} {
        rdbuf(&ear_);
    }
    [[nodiscard]] bool happened() const noexcept { return ear_.happened; }

private:
    struct Ear : std::streambuf {
        Ear(std::string wanted, std::function<void()> then) : words{std::move(wanted)}, what{std::move(then)} {}

        int_type overflow(int_type letter) override {
            line += traits_type::to_char_type(letter);
            if (line.back() != '\n') return letter;
            bool const now = !happened && line.find(words) != std::string::npos;
            line.clear();
            if (now) {
                happened = true;
                what();
            }
            return letter;
        }

        std::string words;
        std::function<void()> what;
        std::string line;
        bool happened = false;
    };
    Ear ear_;
};

Command tool(Folder const& folder, std::string const& actor = "bob", Plan plan = catalogue()) {
    return Command{std::move(plan)}.always("--actor " + actor + " --soak 0s --database " + folder.database());
}

/// In the middle of each stage, by what the tool says then.
constexpr std::array moments{"dry_run: rehearses contract", "migration: copy", "backfill begins",
                             "reconciliation begins", "rollback_test begins"};

std::string stage_of(std::string const& moment) { return moment.substr(0, moment.find_first_of(": ")); }

/// What happens once those words were said, in a run on staging.
Told interrupted(Folder const& folder, std::string const& words, std::function<void()> what) {
    Overheard out{words, std::move(what)};
    std::ostringstream error;
    auto const line = words_of("evolver --actor bob --soak 0s --database " + folder.database() + " pipeline run");
    std::vector<char const*> arguments;
    for (auto const& word : line) arguments.push_back(word.c_str());
    cli::RunOptions options;
    options.out = &out;
    options.error = &error;
    int const code = cli::run(static_cast<int>(arguments.size()), arguments.data(), catalogue(), options);
    CHECK(out.happened());
    return {.code = code, .out = {}, .error = error.str()};
}

/// Does what status says is next, until a run on staging has passed.
void lead_on(Folder const& folder) {
    auto const command = tool(folder);
    auto const status = command("status");
    CAPTURE(status.out);
    CAPTURE(status.error);
    CHECK(status.code == 0);
    auto const next = next_of(status);
    CAPTURE(next);
    REQUIRE(has(next, "pipeline "));
    auto const led = command.paste(next);
    CAPTURE(led.error);
    CHECK(led.code == 0);
    CHECK(has(led.out, "rollback_test: passed"));
    CHECK(has(next_of(command("status")), "approve"));
    CHECK(command("audit verify").code == 0);
}

}  // namespace

TEST_SUITE_BEGIN("cli/failures");

TEST_CASE("failures: an operator who stops it in the middle of each stage is told how to go on, and that goes on") {
    for (std::string const moment : moments) {
        CAPTURE(moment);
        Folder const folder;
        make_catalogue(folder.database(), many_rows);
        auto const told =
            interrupted(folder, moment, [&] { CHECK(tool(folder, "dora")("pipeline stop --reason lunch").code == 0); });
        CHECK(told.code == 4);
        auto const status = tool(folder)("status").out;
        CAPTURE(status);
        CHECK(has(status, "stopped in the stage " + stage_of(moment)));
        CHECK(has(status, "dora: lunch"));
        lead_on(folder);
    }
}

TEST_CASE("failures: a tool that is killed in each stage leaves no lock, and the next command leads to the end") {
    for (std::string const moment : moments) {
        CAPTURE(moment);
        Folder const folder;
        make_catalogue(folder.database(), many_rows);
        Process child{folder.file("complaints"),
                      [&] { (void)interrupted(folder, moment, [] { ::kill(getpid(), SIGKILL); }); }};
        REQUIRE(child.wait(60s));
        CHECK(child.end() == "signal 9");
        lead_on(folder);
    }
}

TEST_CASE("failures: a disk that is full ends it with 2, and once there is room the next command goes on") {
    for (std::string const moment : {"migration begins", "backfill begins", "rollback_test begins"}) {
        for (int const writes : {0, 25}) {
            CAPTURE(moment);
            CAPTURE(writes);
            Folder const folder;
            make_catalogue(folder.database(), many_rows);
            FullDisk const disk;
            auto const told = interrupted(folder, moment, [&] { disk.full_after(writes); });
            CHECK(told.code == 2);
            CHECK(has(told.error, "full"));
            disk.room_again();
            lead_on(folder);
        }
    }
}

TEST_CASE("failures: a disk that is gone ends it with 2, and once it is back the next command goes on") {
    for (std::string const moment :
         {"migration begins", "backfill begins", "reconciliation begins", "rollback_test begins"}) {
        CAPTURE(moment);
        Folder const folder;
        make_catalogue(folder.database(), many_rows);
        FullDisk const disk;
        auto const told = interrupted(folder, moment, [&] { disk.gone_after(0); });
        CHECK(told.code == 2);
        CHECK(has(told.error, "disk I/O error"));
        disk.room_again();
        lead_on(folder);
    }
}

TEST_CASE(
    "failures: an approval counts until its moment and not after it, and whoever is asked next can give another") {
    Folder const folder;
    make_catalogue(folder.database());
    REQUIRE(tool(folder)("pipeline run").code == 0);
    CHECK(tool(folder, "alice")("approve --valid-for 1s --reason 'quick'").code == 0);
    RawSqlite const raw{folder.database()};
    while (raw.integer("SELECT unixepoch() < (SELECT max(expires_at) FROM evolver_approval)") != 0)
        std::this_thread::sleep_for(10ms);
    auto const blocked = tool(folder)("pipeline run --production");
    CHECK(blocked.code == 3);
    CHECK(has(blocked.error, "expired"));
    auto const status = tool(folder)("status");
    auto const next = next_of(status);
    CAPTURE(next);
    REQUIRE(has(next, "approve"));
    // By somebody else than the one who is told.
    auto words = next;
    words.insert(words.find(' '), " --actor alice");
    auto const approved = tool(folder).paste(words);
    CAPTURE(approved.error);
    CHECK(approved.code == 0);
    auto const last = next_of(tool(folder)("status"));
    CAPTURE(last);
    CHECK(tool(folder).paste(last).code == 0);
}

TEST_CASE(
    "failures: an approval by the executor, or for another digest, does not count, and status says what is missing") {
    Folder const folder;
    make_catalogue(folder.database());
    REQUIRE(tool(folder)("pipeline run").code == 0);
    CHECK(tool(folder)("approve --reason 'my own'").code == 0);
    auto const blocked = tool(folder)("pipeline run --production");
    CHECK(blocked.code == 3);
    CHECK(has(blocked.error, "bob"));
    CHECK(has(next_of(tool(folder)("status")), "approve"));

    CHECK(tool(folder, "alice")("approve --reason 'ticket 17'").code == 0);
    auto const other = tool(folder, "bob", Plan{"catalogue", {packages_migration(), size_migration()}});
    auto const refused = other("pipeline run --production");
    CHECK(refused.code == 3);
    CHECK(has(other("approvals list").out, "another plan"));
    auto const passed = tool(folder)("pipeline run --production");
    CAPTURE(passed.error);
    CHECK(passed.code == 0);
}

TEST_CASE(
    "failures: SQL of one's own wants an approval for what removes, and whoever pastes what is next comes to "
    "production") {
    Folder const folder;
    make_catalogue(folder.database());
    Plan const plan{"catalogue",
                    {packages_migration(),
                     Migration{.id = "0002-notes",
                               .release = "2.0",
                               .operations = {RawSql{.expand = "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)",
                                                     .undo = "DROP TABLE notes"}}}}};
    auto const bob = tool(folder, "bob", plan);
    auto next = next_of(bob("pipeline run"));
    CHECK(has(next, "--change destructive"));
    // Less than is asked for does not count, and status does not say that it does.
    CHECK(tool(folder, "alice", plan)("approve --reason 'ticket 16'").code == 0);
    CHECK(has(bob("status").out, "waits for an approval"));
    CHECK(bob("pipeline run --production").code == 3);
    next = next_of(bob("status"));
    CAPTURE(next);
    REQUIRE(has(next, "approve --change destructive"));
    next.insert(next.find(' '), " --actor alice");
    CHECK(bob.paste(next).code == 0);
    next = next_of(bob("status"));
    CAPTURE(next);
    CHECK(bob.paste(next).code == 0);
    CHECK(has(bob("status").out, "expanded"));
}

TEST_CASE("failures: a runbook's rehearsal is no evidence, and does not hide the run that is") {
    Folder const folder;
    make_catalogue(folder.database());
    REQUIRE(tool(folder)("pipeline run").code == 0);
    CHECK(tool(folder)("runbook --output " + folder.file("runbook.md")).code == 0);
    CHECK(has(next_of(tool(folder)("status")), "approve --staging-run"));
    CHECK(tool(folder, "alice")("approve --reason 'ticket 17'").code == 0);
    auto const next = next_of(tool(folder)("status"));
    CAPTURE(next);
    CHECK(tool(folder).paste(next).code == 0);
    // Once the change is there, what staging had to show is over.
    CHECK_FALSE(has(tool(folder)("status").out, "on staging"));
}

TEST_CASE("failures: where the database asks for approvals, a refused expand leads to a run on staging") {
    Folder const folder;
    make_catalogue(folder.database());
    REQUIRE(tool(folder)("approvals policy --approver alice --data 1 --additive 1 --reason 'rule 7'").code == 0);
    auto told = tool(folder)("expand");
    CHECK(told.code == 3);
    told = tool(folder).paste(next_of(told));
    CHECK(has(told.out, "asks for approvals"));
    auto const next = next_of(told);
    CAPTURE(next);
    CHECK(has(next, "pipeline run"));
    CHECK(tool(folder).paste(next).code == 0);
    // What is not said of a policy stays as it is.
    CHECK(tool(folder)("approvals policy --destructive 2 --reason 'rule 8'").code == 0);
    CHECK(has(tool(folder)("approvals policy").out, "1 to add, 1 to change rows, 2 to remove"));
    CHECK(has(tool(folder)("approvals policy").out, "approvers: alice"));
}

TEST_CASE("failures: a backfill that is stopped ends the run, and the next command goes on with it") {
    Folder const folder;
    make_catalogue(folder.database(), many_rows);
    REQUIRE(tool(folder)("pipeline run").code == 0);
    REQUIRE(tool(folder, "alice")("approve --reason 'ticket 17'").code == 0);
    Overheard out{"backfill begins", [&] { CHECK(tool(folder, "dora")("backfill stop --reason lunch").code == 0); }};
    std::ostringstream error;
    auto const line =
        words_of("evolver --actor bob --soak 0s --database " + folder.database() + " pipeline run --production");
    std::vector<char const*> arguments;
    for (auto const& word : line) arguments.push_back(word.c_str());
    cli::RunOptions options;
    options.out = &out;
    options.error = &error;
    CHECK(cli::run(static_cast<int>(arguments.size()), arguments.data(), catalogue(), options) == 4);
    CHECK(out.happened());
    auto const next = next_of(tool(folder)("status"));
    CAPTURE(next);
    auto const led = tool(folder).paste(next);
    CAPTURE(led.error);
    CHECK(led.code == 0);
    CHECK(has(tool(folder)("log --last 100").out, "was resumed"));
}

TEST_CASE("failures: one's own approval is said not to count, at once") {
    Folder const folder;
    make_catalogue(folder.database());
    REQUIRE(tool(folder)("pipeline run").code == 0);
    auto const told = tool(folder)("approve --reason 'my own'");
    CHECK(told.code == 0);
    CHECK(has(told.error, "it does not count"));
    CHECK(has(tool(folder)("status").out, "by somebody else than bob"));
}

TEST_CASE("failures: what people have written keeps to its line, and says nothing to the terminal") {
    Folder const folder;
    make_catalogue(folder.database());
    Command const command =
        Command{catalogue()}.always("--actor 'x\n2026 FAKE \x1b[31m' --database " + folder.database());
    CHECK(command("expand").code == 0);
    auto const log = command("log").out;
    CHECK(log.find('\x1b') == std::string::npos);
    CHECK(log.find("\n2026 FAKE") == std::string::npos);
    CHECK(has(log, "x\\x0a2026 FAKE \\x1b[31m"));
}

TEST_CASE(
    "failures: after a row of the trail was tampered with, status says so, and the command it names names the row") {
    Folder const folder;
    make_catalogue(folder.database());
    REQUIRE(tool(folder)("expand").code == 0);
    {
        RawSqlite const intruder{folder.database()};
        intruder.run("DROP TRIGGER evolver_audit_no_update");
        intruder.run("UPDATE evolver_audit SET actor = 'nobody' WHERE sequence = 2");
    }
    auto const status = tool(folder)("status");
    CAPTURE(status.out);
    REQUIRE(has(status.error, "audit verify\n"));
    auto const told = tool(folder)("audit verify");
    CHECK(told.code == 1);
    CHECK(has(told.error, "row 2 of evolver_audit"));
    // The work itself is not held up by it.
    CHECK(has(next_of(status), "backfill start"));
    {
        RawSqlite const intruder{folder.database()};
        intruder.run("DROP TABLE evolver_audit");
    }
    CHECK(tool(folder)("audit verify").code == 1);
    CHECK(has(tool(folder)("status").error, "somebody has dropped it"));
}

TEST_CASE("failures: a verify query that finds rows is a closed gate, before anything is contracted") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const known = catalogue();
    Plan const plan{"catalogue",
                    {known.migrations()[0], known.migrations()[1],
                     Migration{.id = "0003-names",
                               .release = "3.0",
                               .operations = {RawSql{.expand = "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT)",
                                                     .contract = "DROP TABLE IF EXISTS spare",
                                                     .undo = "DROP TABLE names",
                                                     .verify = "SELECT id FROM packages WHERE id = 7"}}}}};
    auto const command = tool(folder, "bob", plan);
    for (auto const* verb : {"expand", "backfill start", "reconcile"}) REQUIRE(command(verb).code == 0);
    auto const told = command("contract run --yes");
    CAPTURE(told.out);
    CHECK(told.code == 3);
    CHECK(has(told.error, "the verify query of the migration finds rows"));
    CHECK_FALSE(has(told.out, "contracted"));
    CHECK(command("gates").code == 3);
    RawSqlite{folder.database()}.run("DELETE FROM packages WHERE id = 7");
    CHECK(command("contract run --yes").code == 0);
}

TEST_CASE("failures: a rollback that would lose something names the command that accepts it") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const known = catalogue();
    Plan const plan{
        "catalogue",
        {known.migrations()[0],
         Migration{.id = "0002-tags",
                   .release = "2.0",
                   .operations = {RawSql{.expand = "CREATE TABLE tags (name TEXT)", .undo = "DROP TABLE tags"}}}}};
    auto const command = tool(folder, "bob", plan);
    REQUIRE(command("expand").code == 0);
    RawSqlite{folder.database()}.run("INSERT INTO tags VALUES ('x')");
    auto const told = command("rollback --undo 0002-tags");
    CHECK(told.code == 3);
    CHECK(has(told.error, "1 row of tags; accept that by name: --accept-loss '0002-tags=why'"));
    CHECK(has(next_of(told), "--accept-loss '0002-tags=why'"));
    CHECK(command.paste(next_of(told)).code == 0);
}

TEST_CASE("failures: nothing that is written may be the database, by whatever name it is called") {
    Folder const folder;
    make_catalogue(folder.database());
    REQUIRE(tool(folder)("pipeline run").code == 0);
    std::filesystem::create_symlink(folder.database(), folder.file("link"));
    std::filesystem::create_hard_link(folder.database(), folder.file("hard"));
    auto const before = file_bytes(folder.database());
    for (auto const& name : {folder.database(), folder.file("link"), folder.file("hard"), folder.database() + "-wal",
                             folder.database() + "-pipeline"}) {
        for (auto const& words : {"audit export " + name, "report --output " + name, "runbook --output " + name,
                                  "--metrics " + name + " status", "--events " + name + " status",
                                  "--log " + name + " status", "pipeline run --alert-file " + name}) {
            CAPTURE(words);
            auto const told = tool(folder)(words);
            CHECK(told.code == 64);
            CHECK(has(told.error, "names the database"));
        }
    }
    CHECK(file_bytes(folder.database()) == before);
}

TEST_CASE("failures: figures go through what is no file, and where they cannot be written that is said first") {
    Folder const folder;
    make_catalogue(folder.database());
    std::ofstream{folder.file("figures")} << "old";
    std::filesystem::create_symlink(folder.file("figures"), folder.file("link"));
    CHECK(tool(folder)("--metrics " + folder.file("link") + " expand").code == 0);
    CHECK(std::filesystem::is_symlink(folder.file("link")));
    CHECK(has(file_bytes(folder.file("figures")), "evolver_"));
    CHECK(tool(folder)("--metrics /nowhere/figures status").code == 65);
}

TEST_CASE("failures: one approval of two is said to be one, and leads to no circle") {
    Folder const folder;
    make_catalogue(folder.database());
    REQUIRE(tool(folder)("approvals policy --approver alice --approver carol --data 2 --reason r").code == 0);
    REQUIRE(tool(folder)("pipeline run").code == 0);
    auto const first = tool(folder, "alice")("approve --reason x");
    CHECK(has(first.error, "1 more approval"));
    CHECK(next_of(first).empty());
    CHECK(has(next_of(tool(folder)("status")), "approve"));
    CHECK(tool(folder)("pipeline run --production").code == 3);
    CHECK(has(next_of(tool(folder)("status")), "approve"));
    CHECK(has(next_of(tool(folder, "carol")("approve --reason y")), "pipeline run --production"));
    CHECK(has(next_of(tool(folder)("status")), "pipeline resume"));
    CHECK(tool(folder).paste(next_of(tool(folder)("status"))).code == 0);
}

TEST_CASE(
    "failures: production without a run on staging leads to that first, and a rehearsal hides no run that waits") {
    Folder const folder;
    make_catalogue(folder.database());
    CHECK(tool(folder)("pipeline run --production").code == 3);
    auto const next = next_of(tool(folder)("status"));
    CHECK(next.ends_with(" pipeline run"));
    CHECK(tool(folder)("runbook --output " + folder.file("runbook.md")).code == 0);
    CHECK(next_of(tool(folder)("pipeline status")) == next);
    CHECK(tool(folder).paste(next).code == 0);
    REQUIRE(tool(folder, "alice")("approve --reason x").code == 0);
    CHECK(tool(folder)("dry-run").code == 0);
    CHECK(tool(folder)("pipeline resume").code == 0);
}

TEST_SUITE_END();
