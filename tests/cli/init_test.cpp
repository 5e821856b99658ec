// What init writes, and that it works.

#include "support/application.hpp"
#include "support/command.hpp"

#include <cstdlib>
#include <fstream>

using namespace evolver;
using namespace evolver::testing;

TEST_SUITE_BEGIN("cli/init");

TEST_CASE("init: makes a repository ready, and leaves files alone that are there") {
    Folder const folder;
    std::ofstream{folder.file("evolver.toml")} << "plan-name = \"mine\"\n";
    Command const command;
    auto const told = command("init " + folder.path().string());
    CHECK(told.code == 0);
    CHECK(has(told.out, "stays as it is"));
    CHECK(file_bytes(folder.file("evolver.toml")) == "plan-name = \"mine\"\n");
    CHECK(has(file_bytes(folder.file(".github/workflows/migrations.yml")), "run: ci/migrations"));
    CHECK((std::filesystem::status(folder.file("ci/migrations")).permissions() & std::filesystem::perms::owner_exec) !=
          std::filesystem::perms::none);
    CHECK(command("--migrations " + folder.file("migrations") + " lint").code == 0);
    CHECK(command("--migrations " + folder.file("migrations") + " --database " + folder.database() + " expand --create")
              .code == 0);
}

TEST_CASE("init: a folder that has migrations gets no first one") {
    Folder const folder;
    std::filesystem::create_directories(folder.file("migrations"));
    std::ofstream{folder.file("migrations/V1__x.sql")} << "CREATE TABLE x (a INTEGER);\n";
    CHECK(Command{}("init " + folder.path().string()).code == 0);
    CHECK(Command{}("--migrations " + folder.file("migrations") + " plan").code == 0);
    CHECK_FALSE(std::filesystem::exists(folder.file("migrations/0001_first.expand.sql")));
}

TEST_CASE("init: the check of a pull request is the one that the example runs") {
    Folder const folder;
    CHECK(Command{}("init " + folder.path().string()).code == 0);
    CHECK(file_bytes(folder.file("ci/migrations")) ==
          file_bytes(std::string{EVOLVER_SOURCE_DIR} + "/examples/090_a_teams_repository/ci/migrations"));
}

TEST_CASE("init: actions are named by their commits, and the workflow may only read") {
    Folder const folder;
    CHECK(Command{}("init " + folder.path().string()).code == 0);
    std::ifstream file{folder.file(".github/workflows/migrations.yml")};
    bool reads_only = false;
    int actions = 0;
    for (std::string line; std::getline(file, line);) {
        reads_only = reads_only || line == "  contents: read";
        auto const at = line.find("uses: ");
        if (at == std::string::npos) continue;
        ++actions;
        CAPTURE(line);
        CHECK(line.find('@') != std::string::npos);
        CHECK(line.substr(line.find('@') + 1, 40).find_first_not_of("0123456789abcdef") == std::string::npos);
    }
    CHECK(reads_only);
    CHECK(actions == 2);
}

TEST_SUITE_END();
