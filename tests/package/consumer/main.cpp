// The smallest program that needs the headers, the compiled part, and SOCI through them.
#include <evolver/error.hpp>
#include <evolver/version.hpp>

#ifdef MIGRATIONS
#include <evolver/testing.hpp>
#include <notes_plan.hpp>
#endif

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <cstdio>
#include <string>

int main() {
    soci::session db{soci::sqlite3, "db=:memory:"};
    int one = 0;
    db << "SELECT 1", soci::into(one);

    std::string said;
    try {
        throw evolver::Error{evolver::Failure{.what = "thrown by the consumer", .object = "consumer"}};
    } catch (evolver::Error const& error) {
        said = error.what();
    }
    bool works = one == 1 && said.find("thrown by the consumer") != std::string::npos;
#ifdef MIGRATIONS
    // What the program holds is what the folder says at this moment.
    auto const folder = evolver::Plan::from_directory(MIGRATIONS, {.name = "notes"});
    works = works && notes_plan().digest() == folder.digest();
    // The kit comes along, without doctest.
    works = works && evolver::testing::Compatibility{folder}.check().compatible();
    std::printf("%zu migrations embedded, %zu in the folder\n", notes_plan().releases().size(),
                folder.releases().size());
#endif
    std::printf("evolver %d.%d.%d: %s\n", EVOLVER_VERSION_MAJOR, EVOLVER_VERSION_MINOR, EVOLVER_VERSION_PATCH,
                works ? "works" : said.c_str());
    return works ? 0 : 1;
}
