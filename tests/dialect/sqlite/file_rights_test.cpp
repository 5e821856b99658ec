#include "dialect/sqlite/file_rights.hpp"

#include "support/folder.hpp"
#include "support/umask.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

using namespace evolver;
using namespace evolver::testing;

namespace {

mode_t mode_of(std::string const& path) {
    struct stat found {};
    REQUIRE(lstat(path.c_str(), &found) == 0);
    return found.st_mode & 0777U;
}

/// A file for each test, with these rights.
std::string model(Folder const& folder, mode_t mode) {
    std::ofstream{folder.database()};
    REQUIRE(chmod(folder.database().c_str(), mode) == 0);
    return folder.database();
}

}  // namespace

TEST_SUITE_BEGIN("dialect/sqlite/file_rights");

TEST_CASE("file rights: a new file has at most those of the database, and at most those that the umask leaves") {
    struct Given {
        mode_t database;
        mode_t umask;
        mode_t expected;
    };
    for (auto const& [database, mask, expected] :
         {Given{0600, 0, 0600}, Given{0640, 0, 0640}, Given{0644, 0, 0644}, Given{0666, 022, 0644},
          Given{0666, 077, 0600}, Given{0444, 0, 0644}, Given{0755, 0, 0644}}) {
        CAPTURE(database);
        CAPTURE(mask);
        Folder const folder;
        auto const path = model(folder, database);
        Umask const umask{mask};
        sqlite::make_no_more_open(folder.file("copy"), path);
        CHECK(mode_of(folder.file("copy")) == expected);
        CHECK(std::filesystem::file_size(folder.file("copy")) == 0);
    }
}

TEST_CASE(
    "file rights: what everybody who uses the database has to use has the database's own, whatever the umask is") {
    for (mode_t const mode : {0600U, 0640U, 0660U, 0666U}) {
        CAPTURE(mode);
        Folder const folder;
        auto const path = model(folder, mode);
        Umask const umask{077};
        sqlite::make_beside(folder.file("beside"), path);
        CHECK(mode_of(folder.file("beside")) == mode);
    }
}

TEST_CASE("file rights: a file of another group gives that group what everybody has") {
    Folder const folder;
    auto const path = model(folder, 0664);
    if (chown(path.c_str(), static_cast<uid_t>(-1), 54'321) != 0) {
        MESSAGE("only root can give a file to any group: nothing was looked at");
        return;
    }
    Umask const umask{0};
    sqlite::make_no_more_open(folder.file("copy"), path);
    CHECK(mode_of(folder.file("copy")) == 0644);
    sqlite::make_beside(folder.file("beside"), path);
    CHECK(mode_of(folder.file("beside")) == 0664);  // root has given it to the group
    struct stat found {};
    REQUIRE(stat(folder.file("beside").c_str(), &found) == 0);
    CHECK(found.st_gid == 54'321);
}

TEST_CASE("file rights: a file that is there stays as it is, and no symbolic link is followed") {
    Folder const folder;
    auto const path = model(folder, 0600);
    Umask const umask{0};
    std::ofstream{folder.file("there")} << "text";
    sqlite::make_no_more_open(folder.file("there"), path);
    CHECK(mode_of(folder.file("there")) == 0666);
    CHECK(std::filesystem::file_size(folder.file("there")) == 4);
    std::filesystem::create_symlink(folder.file("elsewhere"), folder.file("link"));
    sqlite::make_beside(folder.file("link"), path);
    CHECK_FALSE(std::filesystem::exists(folder.file("elsewhere")));
    sqlite::make_no_more_open(folder.file("alone"), folder.file("no database"));
    CHECK_FALSE(std::filesystem::exists(folder.file("alone")));
}

TEST_SUITE_END();
