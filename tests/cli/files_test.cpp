// The files that the tool writes: they tell of a database, so nobody may read them who may not read that.

#include "support/application.hpp"
#include "support/command.hpp"
#include "support/folder.hpp"
#include "support/umask.hpp"

#include <fstream>

#include <sys/stat.h>

using namespace evolver;
using namespace evolver::testing;

namespace {

mode_t mode_of(std::string const& path) {
    struct stat found {};
    CAPTURE(path);
    REQUIRE(stat(path.c_str(), &found) == 0);
    return found.st_mode & 0777U;
}

}  // namespace

TEST_SUITE_BEGIN("cli/files");

TEST_CASE(
    "cli: a file that tells of a database is no more open than it, whatever the umask is, and of a saved run no more "
    "than that") {
    Folder const folder;
    make_catalogue(folder.database());
    REQUIRE(chmod(folder.database().c_str(), 0600) == 0);
    Umask const umask{0};
    auto const command =
        Command{catalogue()}.always("--actor alice --soak 0s --database " + folder.database() + " --log " +
                                    folder.file("lines.log") + " --events " + folder.file("events.jsonl"));
    CHECK(command("pipeline run").code == 0);
    CHECK(command("report --output " + folder.file("report.html") + " --save " + folder.file("run.json")).code == 0);
    CHECK(command("runbook --output " + folder.file("runbook.md")).code == 0);
    CHECK(command("expand").code == 0);
    CHECK(command("audit export " + folder.file("audit.jsonl")).code == 0);
    for (auto const* name : {"lines.log", "events.jsonl", "report.html", "run.json", "runbook.md", "audit.jsonl"}) {
        std::string const file{name};
        CAPTURE(file);
        CHECK(mode_of(folder.file(file)) == 0600);
    }
    REQUIRE(chmod(folder.file("run.json").c_str(), 0640) == 0);
    CHECK(Command{catalogue()}("report --from " + folder.file("run.json") + " --output " + folder.file("again.html"))
              .code == 0);
    CHECK(mode_of(folder.file("again.html")) == 0640);
    // One that is there has the rights that somebody has given it.
    REQUIRE(chmod(folder.file("report.html").c_str(), 0644) == 0);
    CHECK(command("report --output " + folder.file("report.html")).code == 0);
    CHECK(mode_of(folder.file("report.html")) == 0644);
}

TEST_CASE("cli: the umask takes from a file what it takes from every file") {
    Folder const folder;
    make_catalogue(folder.database());
    REQUIRE(chmod(folder.database().c_str(), 0666) == 0);
    Umask const umask{027};
    auto const command = Command{catalogue()}.always("--actor alice --database " + folder.database());
    CHECK(command("pipeline run").code == 0);
    CHECK(command("report --output " + folder.file("report.html")).code == 0);
    CHECK(mode_of(folder.file("report.html")) == 0640);
}

TEST_SUITE_END();
