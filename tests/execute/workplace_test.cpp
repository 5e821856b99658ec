#include "execute/workplace.hpp"

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::testing;

TEST_SUITE_BEGIN("execute/workplace");

TEST_CASE("workplace: a commit never checkpoints the WAL, which is done between two batches") {
    Folder const folder;
    make_catalogue(folder.database(), 1);
    RawSqlite const session{folder.database()};
    Workplace workplace{session.connection().handle(), catalogue(), "2.0", "", nullptr, std::chrono::seconds{10}};
    auto const& own = workplace.own();
    own.run("CREATE TABLE large (bytes)");
    (void)workplace.checkpoint_if_due();
    auto const before = file_bytes(folder.database());
    own.run("INSERT INTO large VALUES (zeroblob(8000000))");  // SQLite itself would checkpoint after 4 MB
    CHECK(file_bytes(folder.database()) == before);
    (void)workplace.checkpoint_if_due();
    CHECK(file_bytes(folder.database()).size() > 8'000'000);
}

TEST_SUITE_END();
