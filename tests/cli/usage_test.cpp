// The command line itself: what is understood, what is not, and how that is said.

#include "support/application.hpp"
#include "support/command.hpp"
#include "support/sql_folder.hpp"

#include <fstream>
#include <regex>

using namespace evolver;
using namespace evolver::testing;

namespace {

Command tool(Folder const& folder) { return Command{catalogue()}.always("--database " + folder.database()); }

/// Every verb and member of a family, as --help lists them.
std::vector<std::string> verbs_in(std::string const& help) {
    std::vector<std::string> verbs;
    std::istringstream lines{help};
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("Subcommands:")) {
            inside = true;
        } else if (inside && line.size() > 2 && line.starts_with("  ") && line[2] != ' ') {
            verbs.push_back(line.substr(2, line.find(' ', 2) - 2));
        } else if (inside && line.empty()) {
            break;
        }
    }
    return verbs;
}

}  // namespace

TEST_SUITE_BEGIN("cli/usage");

TEST_CASE("cli: a verb that is not there is refused with 64, and with the one that was meant") {
    Command const command{catalogue()};
    auto const told = command("stauts");
    CHECK(told.code == 64);
    CHECK(told.out.empty());
    CHECK(has(told.error, "There is no verb \"stauts\" of evolver."));
    CHECK(has(told.error, "did you mean \"status\"?"));
    CHECK(has(command("backfill puase").error,
              "There is no verb \"puase\" of evolver backfill.\n  instead: did you mean \"pause\"?"));
}

TEST_CASE("cli: an option that is not there is refused with 64, and with the one that was meant") {
    auto const told = Command{catalogue()}("status --databse x.db");
    CHECK(told.code == 64);
    CHECK(has(told.error, "There is no option \"--databse\" of evolver status."));
    CHECK(has(told.error, "did you mean \"--database\"?"));
}

TEST_CASE("cli: no verb, and a family without a member, name those that there are") {
    Command const command{catalogue()};
    CHECK(command("").code == 64);
    CHECK(has(command("").error, "evolver needs a verb: plan, lint"));
    CHECK(command("rollout").code == 64);
    CHECK(has(command("rollout").error, "evolver rollout needs a verb: show, advance, back, hold, release, canary"));
}

TEST_CASE("cli: a migration that the plan does not have is refused with the one that was meant") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const told = tool(folder)("rollback --undo 0002-size-byte");
    CHECK(told.code == 64);
    CHECK(has(told.error, "The plan \"catalogue\" has no migration \"0002-size-byte\"."));
    CHECK(has(told.error, "did you mean \"0002-size-bytes\"?"));
    CHECK(has(tool(folder)("--release 2.1 status").error,
              "has no release \"2.1\".\n  object:  --release\n  instead: did you mean \"2.0\"?"));
}

TEST_CASE("cli: a database that is not there is refused with 65, and not made") {
    Folder const folder;
    auto const told = tool(folder)("status");
    CHECK(told.code == 65);
    CHECK(has(told.error, "There is no database"));
    CHECK(has(told.error, "expand --create"));
    CHECK_FALSE(std::filesystem::exists(folder.database()));
    CHECK(Command{catalogue()}("status").code == 64);
    CHECK(has(Command{catalogue()}("status").error, "No database was named."));
}

TEST_CASE("cli: a name with a double quote is refused, and the file that its beginning names is left alone") {
    Folder const folder;
    make_catalogue(folder.file("a"));
    auto const before = file_bytes(folder.file("a"));
    for (std::string const name : {"a\" b.db", "a\"b.db"}) {
        auto const command = Command{catalogue()}.always("--database '" + folder.file(name) + "'");
        for (auto const* verb : {"expand --create", "status"}) {
            auto const told = command(verb);
            CHECK(told.code == 65);
            CHECK(has(told.error, "double quote"));
        }
    }
    CHECK(file_bytes(folder.file("a")) == before);
}

TEST_CASE("cli: a file that is no database is refused, and left as it is") {
    Folder const folder;
    std::ofstream{folder.database()} << std::string(5000, 'x');
    auto const before = file_bytes(folder.database());
    auto const told = tool(folder)("status");
    CHECK(told.code == 2);
    CHECK(file_bytes(folder.database()) == before);
}

TEST_CASE("cli: a folder of migrations is a plan, and a mistake in it is refused with 65") {
    support::SqlFolder folder;
    folder.write("0001_packages.sql", "CREATE TABLE packages (id INTEGER PRIMARY KEY);\n");
    Command const command;
    auto const plan = command("--migrations " + folder.path() + " plan");
    CHECK(plan.code == 0);
    CHECK(has(plan.out, "0001_packages"));
    CHECK(command("plan").code == 64);
    folder.write("0001_again.sql", "SELECT 1;\n");
    CHECK(command("--migrations " + folder.path() + " plan").code == 65);
}

TEST_CASE("cli: a configuration has options by their long names, and a mistake in it is refused with 78") {
    Folder const folder;
    make_catalogue(folder.database());
    std::ofstream{folder.file("evolver.toml")} << "database = \"" << folder.database() << "\"\nactor = \"alice\"\n";
    auto const config = "--config " + folder.file("evolver.toml");
    Command const command{catalogue()};
    auto const told = command(config + " status");
    CHECK(told.code == 0);
    CHECK(has(told.out, "0002-size-bytes"));
    std::ofstream{folder.file("evolver.toml")} << "databse = \"x\"\n";
    CHECK(command(config + " status").code == 78);
    CHECK(has(command(config + " status").error, "databse"));
    CHECK(command("--config " + folder.file("none.toml") + " status").code == 78);
}

TEST_CASE("cli: times are refused where they are none") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const told = tool(folder)("--wait soon status");
    CHECK(told.code == 64);
    CHECK(has(told.error, "--wait is no time: \"soon\".\n  instead: a number with ms, s, m, h or d: --wait 30s"));
}

TEST_CASE("cli: help is an answer, has every verb, and every verb has an example that begins with the program") {
    Command const command;
    auto const help = command("--help");
    CHECK(help.code == 0);
    CHECK(help.error.empty());
    auto const verbs = verbs_in(help.out);
    CHECK(verbs.size() >= 24);
    for (auto const& verb : verbs) {
        CAPTURE(verb);
        auto const page = command(verb + " --help");
        CHECK(page.code == 0);
        CHECK(has(page.out, "  evolver "));
        for (auto const& member : verbs_in(page.out)) {
            CAPTURE(member);
            CHECK(has(command(verb + " " + member + " --help").out, "Examples:\n  evolver "));
        }
    }
    CHECK(has(command("--version").out, "evolver 0."));
}

TEST_CASE("cli: what is destructive is refused without its flag, and a rollback without a target") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    CHECK(command("expand").code == 0);
    auto const told = command("contract run");
    CHECK(told.code == 64);
    CHECK(has(told.error, "--yes was not said"));
    CHECK(command("rollback").code == 64);
    CHECK(has(command("rollback").error, "there is no \"all\""));
    CHECK(command("backfill pause").code == 64);  // no reason
    CHECK(command("contract run --yes --override soak").code == 64);
}

TEST_CASE("cli: with --json the standard output has one object per line, each with its kind first") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    for (auto const* words : {"status", "expand", "backfill start", "reconcile", "gates", "instances", "log",
                              "audit show", "audit verify", "plan", "lint", "contract due", "pipeline run",
                              "pipeline status", "pipeline list", "dry-run", "rollout show", "approvals policy"}) {
        CAPTURE(std::string{words});
        auto const told = command(std::string{"--json "} + words);
        CHECK(told.code < 64);
        std::istringstream lines{told.out};
        int count = 0;
        for (std::string line; std::getline(lines, line); ++count) {
            CAPTURE(line);
            CHECK(line.starts_with("{\"kind\":\""));
            CHECK(line.ends_with("}"));
        }
        if (std::string_view{words} != "lint") CHECK(count > 0);
    }
}

TEST_CASE("cli: --quiet leaves out what was not asked for, and --verbose shows more") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const command = tool(folder);
    auto const quiet = command("--quiet expand");
    CHECK(quiet.code == 0);
    CHECK(quiet.out.empty());
    CHECK(quiet.error.empty());
    CHECK(has(command("--quiet status").out, "0002-size-bytes"));
    CHECK(has(command("--verbose plan").out, "digest "));
    CHECK(command("--verbose --quiet plan").code == 64);
}

TEST_CASE("cli: a command line that is wrong is told as a record, too, where records were asked for") {
    Command const command;
    auto const told = command("--json statsu");
    CHECK(told.code == 64);
    CHECK(has(told.out, "{\"kind\":\"error\",\"what\":\"There is no verb"));
    CHECK(has(told.out, "\"exit\":64}"));
}

TEST_CASE("cli: colours are asked for by name, and never in a log") {
    Folder const folder;
    make_catalogue(folder.database());
    CHECK_FALSE(has(tool(folder)("status").out, "\x1b["));
    CHECK(has(tool(folder)("--color always status").out, "\x1b["));
    auto coloured = tool(folder);
    coloured.options.coloured = true;
    CHECK(has(coloured("status").out, "\x1b["));
    CHECK_FALSE(has(coloured("--color never status").out, "\x1b["));
}

TEST_CASE("cli: completion has every verb and option, for three shells") {
    Command const command;
    for (auto const* shell : {"bash", "zsh", "fish"}) {
        CAPTURE(shell);
        auto const told = command(std::string{"completion "} + shell);
        CHECK(told.code == 0);
        for (auto const* word : {"reconcile", "pipeline", "sign-off", "database"}) CHECK(has(told.out, word));
    }
    CHECK(command("completion tcsh").code == 64);
}

TEST_SUITE_END();
