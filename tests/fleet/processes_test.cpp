#include "fleet/processes.hpp"

#include "fleet/child.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>

using namespace evolver;
using namespace evolver::tests;

namespace {

class Database {
public:
    explicit Database(std::string const& path) {
        if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) throw std::runtime_error{"not opened"};
    }
    ~Database() { sqlite3_close(handle_); }
    Database(Database const&) = delete;
    Database& operator=(Database const&) = delete;
    void run(char const* sql) const {
        if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
            throw std::runtime_error{sqlite3_errmsg(handle_)};
    }

private:
    sqlite3* handle_ = nullptr;
};

constexpr char const* any_read = "SELECT count(*) FROM sqlite_master";

/// A program without evolver that opens the database when it is told to, runs `sql`, says 'r', and idles. Make it
/// before this process opens the file: SQLite remembers open files per process, and a child of fork() would take its
/// parent's locks for its own.
Child idle_program(std::string const& path, char const* sql) {
    return Child{[=](Line line) {
        static_cast<void>(line.hear());
        Database const database{path};
        database.run(sql);
        line.say('r');
        static_cast<void>(line.hear());
        return 0;
    }};
}

bool lists(OpenProcesses const& open, pid_t process) {
    return std::count_if(open.processes.begin(), open.processes.end(),
                         [&](auto const& one) { return one.id == process; }) == 1;
}

/// In a container the list is never known to be whole.
bool as_complete_as_can_be(OpenProcesses const& open) {
    return open.complete ? open.reason.empty() : open.reason.find("container") != std::string::npos;
}

}  // namespace

TEST_CASE(
    "processes: in WAL mode every process that has the database open is listed once, with its command, though it "
    "idles") {
    Folder const folder;
    auto const path = folder.file("catalogue.db");
    auto child = idle_program(path, any_read);
    Database const own{path};
    Database const own_second{path};
    own.run("PRAGMA journal_mode = WAL; CREATE TABLE t (a)");
    own_second.run(any_read);
    child.line().say('g');
    REQUIRE(child.line().hear() == 'r');

    auto const open = processes_with_open(path);
    CHECK(as_complete_as_can_be(open));
    REQUIRE(open.processes.size() == 2);
    CHECK(lists(open, getpid()));
    CHECK(lists(open, child.id()));
    CHECK_FALSE(open.processes.front().command.empty());
    CHECK(open.processes.front().command == open.processes.back().command);

    SUBCASE("until it closes it") {
        child.line().say('x');
        CHECK(child.result() == 0);
    }
    SUBCASE("until it is killed") { child.kill(); }
    CHECK(processes_with_open(path).processes.size() == 1);
}

TEST_CASE("processes: asking does not drop the locks of the process that asks") {
    Folder const folder;
    auto const path = folder.file("catalogue.db");
    Database const own{path};
    own.run("PRAGMA journal_mode = WAL; CREATE TABLE t (a)");
    for (int i = 0; i < 3; ++i) CHECK(lists(processes_with_open(path), getpid()));
}

TEST_CASE("processes: another database's users are not listed") {
    Folder const folder;
    auto const path = folder.file("catalogue.db");
    auto const child = idle_program(folder.file("other.db"), "PRAGMA journal_mode = WAL; CREATE TABLE t (a)");
    Database const own{path};
    own.run("PRAGMA journal_mode = WAL; CREATE TABLE t (a)");
    child.line().say('g');
    REQUIRE(child.line().hear() == 'r');
    auto const open = processes_with_open(path);
    CHECK(open.processes.size() == 1);
    CHECK(lists(open, getpid()));
    CHECK(lists(processes_with_open(folder.file("other.db")), child.id()));
}

TEST_CASE("processes: without WAL those inside a transaction are listed, and it says that others cannot be seen") {
    Folder const folder;
    auto const path = folder.file("catalogue.db");
    auto const child = idle_program(path, "BEGIN; SELECT count(*) FROM t");
    Database const own{path};
    own.run("CREATE TABLE t (a)");
    child.line().say('g');
    REQUIRE(child.line().hear() == 'r');
    auto const open = processes_with_open(path);
    CHECK_FALSE(open.complete);
    CHECK(open.reason.find("WAL") != std::string::npos);
    CHECK(lists(open, child.id()));
}

TEST_CASE("processes: who does not see itself does not claim to see the others") {
    Folder const folder;
    auto const path = folder.file("catalogue.db");
    auto const child = idle_program(path, "PRAGMA journal_mode = WAL; CREATE TABLE t (a)");
    child.line().say('g');
    REQUIRE(child.line().hear() == 'r');
    auto const open = processes_with_open(path);
    CHECK_FALSE(open.complete);
    CHECK(open.reason.find("own lock") != std::string::npos);
    CHECK(lists(open, child.id()));
}
