// The built program as a process: its streams, its code, and what signals do to it.

#include "support/process.hpp"
#include "support/application.hpp"
#include "support/command.hpp"

#include <array>
#include <cstdio>
#include <thread>

#include <fcntl.h>
#include <sys/wait.h>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

Told by_shell(std::string const& words) {
    auto* const pipe = popen((std::string{EVOLVER_PROGRAM} + " " + words + " 2>&1").c_str(), "r");
    std::string text;
    std::array<char, 4096> part{};
    while (auto const read = std::fread(part.data(), 1, part.size(), pipe)) text.append(part.data(), read);
    int const status = pclose(pipe);
    return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1, .out = text};
}

/// Many rows, and a folder of migrations that fills them slowly enough to be stopped.
void make_many(std::string const& path, int rows) {
    soci::session db{soci::sqlite3, "db=" + path + " timeout=10"};
    db << "PRAGMA journal_mode = WAL";
    Evolver first{db, catalogue().until("1.0"), {.release = "1.0"}};
    first.expand();
    db << "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(rows) +
              ") INSERT INTO packages (id, name, size) SELECT i, 'package-' || i, CAST(i AS TEXT) FROM n";
}

/// This very process as the tool, in a child: the form of run() that takes signals.
class ToolProcess {
public:
    ToolProcess(std::string const& complaints, std::vector<std::string> words)
        : process_{complaints, [words = std::move(words)] {
                       std::vector<char const*> arguments;
                       for (auto const& word : words) arguments.push_back(word.c_str());
                       int const silence = open("/dev/null", O_WRONLY);
                       dup2(silence, 1);
                       dup2(silence, 2);
                       _exit(cli::run(static_cast<int>(arguments.size()), arguments.data(), catalogue()));
                   }} {}
    Process& operator*() { return process_; }
    Process* operator->() { return &process_; }

private:
    Process process_;
};

std::int64_t filled(std::string const& path) {
    Application application{path, catalogue()};
    std::int64_t rows = 0;
    for (auto const& migration : application.evolver.status().migrations) rows += migration.rows_filled;
    return rows;
}

}  // namespace

TEST_SUITE_BEGIN("cli/process");

TEST_CASE("program: has its code and its words") {
    Folder const folder;
    CHECK(by_shell("--version").code == 0);
    auto const told = by_shell("stauts");
    CHECK(told.code == 64);
    CHECK(has(told.out, "did you mean \"status\"?"));
    CHECK(by_shell("--migrations /none plan").code == 65);
}

TEST_CASE("program: an answer that could not be written is no success") {
    Folder const folder;
    make_catalogue(folder.database());
    std::filesystem::create_directories(folder.file("migrations"));
    std::ofstream{folder.file("migrations/0001_a.sql")} << "CREATE TABLE a (id INTEGER PRIMARY KEY);\n";
    auto const line = std::string{EVOLVER_PROGRAM} + " --migrations " + folder.file("migrations") + " --database " +
                      folder.database() + " status > /dev/full 2> " + folder.file("error");
    int const status = std::system(line.c_str());
    CHECK(WEXITSTATUS(status) == 2);
    CHECK(has(file_bytes(folder.file("error")), "could not be written"));
}

TEST_CASE("program: a reader that goes away ends no run, and is no success either") {
    Folder const folder;
    make_catalogue(folder.database());
    std::filesystem::create_directories(folder.file("migrations"));
    std::ofstream{folder.file("migrations/0001_a.up.sql")} << "CREATE TABLE a (id INTEGER PRIMARY KEY);\n";
    std::ofstream{folder.file("migrations/0001_a.down.sql")} << "DROP TABLE a;\n";
    auto const tool = std::string{EVOLVER_PROGRAM} + " --migrations " + folder.file("migrations") + " --database " +
                      folder.database();
    auto const line = "(sleep 0.2; " + tool + " pipeline run --fail-on none 2> /dev/null; echo $? > " +
                      folder.file("code") + ") | true";
    CHECK(std::system(("bash -c '" + line + "; wait'").c_str()) == 0);
    CHECK(file_bytes(folder.file("code")) == "2\n");
    CHECK(std::system((tool + " pipeline list | grep -q passed").c_str()) == 0);
}

TEST_CASE("program: NO_COLOR, a variable for the database, and completions that shells accept") {
    Folder const folder;
    std::filesystem::create_directories(folder.file("migrations"));
    std::ofstream{folder.file("migrations/0001_a.sql")} << "CREATE TABLE a (id INTEGER PRIMARY KEY);\n";
    auto const at = "cd " + folder.path().string() + " && EVOLVER_DATABASE=a.db EVOLVER_MIGRATIONS=migrations ";
    auto* const made = popen((at + EVOLVER_PROGRAM + " expand --create > /dev/null 2>&1").c_str(), "r");
    CHECK(pclose(made) == 0);
    CHECK(std::filesystem::exists(folder.file("a.db")));
    for (auto const* shell : {"bash", "zsh", "fish"}) {
        CAPTURE(shell);
        auto const there = std::string{"command -v "} + shell + " > /dev/null";
        if (std::system(there.c_str()) != 0) {
            MESSAGE("there is no " << shell << " here: its completion is not tried");
            continue;
        }
        auto const checked = std::string{EVOLVER_PROGRAM} + " completion " + shell + " > " + folder.file("c") + " && " +
                             shell + " -n " + folder.file("c");
        CHECK(std::system(checked.c_str()) == 0);
    }
    auto const asked = "bash -c 'source <(" + std::string{EVOLVER_PROGRAM} +
                       " completion bash); COMP_WORDS=(evolver --database x.db backfill pa); COMP_CWORD=4; _evolver; "
                       "echo \"${COMPREPLY[@]}\"' > " +
                       folder.file("reply");
    CHECK(std::system(asked.c_str()) == 0);
    CHECK(file_bytes(folder.file("reply")) == "pause\n");
}

TEST_CASE("program: SIGTERM ends a backfill at the next batch with 4, and the next one goes on") {
    Folder const folder;
    make_many(folder.database(), 60'000);
    {
        Application application{folder.database(), catalogue()};
        application.evolver.expand();
    }
    std::vector<std::string> const start{"evolver",           "--database", folder.database(), "backfill", "start",
                                         "--rows-per-second", "20000"};
    ToolProcess tool{folder.file("complaints"), start};
    while (filled(folder.database()) == 0) REQUIRE_FALSE(tool->wait(5ms));
    tool->tell_to_end();
    REQUIRE(tool->wait(30s));
    CHECK(tool->code() == 4);
    auto const rows = filled(folder.database());
    CHECK(rows < 60'000);
    auto const command = Command{catalogue()}.always("--database " + folder.database());
    auto const next = next_of(command("status"));
    CHECK(has(next, "backfill start"));
    CHECK(command.paste(next).code == 0);
    CHECK(filled(folder.database()) == 60'000);
}

TEST_CASE("program: one that is killed leaves no lock, and status says what is next") {
    Folder const folder;
    make_many(folder.database(), 60'000);
    std::vector<std::string> const run{"evolver", "--database", folder.database(), "pipeline", "run"};
    auto const command = Command{catalogue()}.always("--soak 0s --database " + folder.database());
    for (auto const delay : {20ms, 80ms, 300ms}) {
        ToolProcess tool{folder.file("complaints"), run};
        bool const over = tool->wait(delay);
        if (!over) tool->kill();
        auto const status = command("status");
        CAPTURE(status.error);
        CHECK(status.code == 0);
        auto const next = next_of(status);
        CAPTURE(next);
        auto const told = command.paste(next);
        CAPTURE(told.error);
        CHECK(told.code == 0);
    }
}

TEST_SUITE_END();
