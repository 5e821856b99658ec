// Who may do what, on SQLite: what a process needs for each call, by the rights of files, by how the session was opened, and by what holds the session
// back. SECURITY.md says it; see "Least privilege".

#include "dialect/sqlite/soci_handle.hpp"
#include "support/application.hpp"
#include "support/pipeline.hpp"
#include "support/raw_sqlite.hpp"
#include "support/umask.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <set>

#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

/// What `call` returns, or what it throws, in a process to which the rights of files apply: root's do not.
std::string as_nobody(std::function<std::string()> const& call) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    auto const child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        constexpr uid_t nobody = 65534;
        bool const dropped =
            geteuid() != 0 || (setgroups(0, nullptr) == 0 && setgid(nobody) == 0 && setuid(nobody) == 0);
        std::string words = "the rights were not given up";
        try {
            if (dropped) words = call();
        } catch (std::exception const& error) {
            words = std::string{"thrown: "} + error.what();
        }
        auto const sent = write(ends[1], words.data(), words.size());
        _exit(sent == static_cast<ssize_t>(words.size()) ? 0 : 1);
    }
    close(ends[1]);
    std::string heard;
    char part[4096];
    for (ssize_t count = 0; (count = read(ends[0], part, sizeof part)) > 0;)
        heard.append(part, static_cast<std::size_t>(count));
    close(ends[0]);
    waitpid(child, nullptr, 0);
    return heard;
}

std::set<std::string> files_of(Folder const& folder) {
    std::set<std::string> names;
    for (auto const& entry : fs::directory_iterator{folder.path()}) names.insert(entry.path().filename().string());
    return names;
}

/// For one test: nobody may write the folder, nor what is in it but for the files that may be.
class Closed {
public:
    Closed(Folder const& folder, mode_t files) : folder_{folder} {
        for (auto const& entry : fs::directory_iterator{folder.path()}) CHECK(chmod(entry.path().c_str(), files) == 0);
        CHECK(chmod(folder.path().c_str(), 0555) == 0);
    }
    ~Closed() { chmod(folder_.path().c_str(), 0755); }
    Closed(Closed const&) = delete;
    Closed& operator=(Closed const&) = delete;

private:
    Folder const& folder_;
};

std::string read_by_new_release(Application& application) {
    return application.ask(
        (application.evolver.table("packages").select({"size_bytes"}) + " WHERE title = 'package-7'").text());
}

/// Every call that needs to write, and what it says where it may not; "": it was not refused.
std::vector<std::pair<std::string, std::string>> writing_calls(Evolver& evolver) {
    std::vector<std::pair<std::string, std::string>> all;
    auto const attempt = [&](char const* name, std::function<void()> const& call) {
        std::string said;
        try {
            call();
        } catch (Error const& error) {
            said = error.what();
        }
        all.emplace_back(name, said);
    };
    attempt("expand", [&] { evolver.expand(); });
    attempt("backfill", [&] { evolver.backfill(); });
    attempt("advance", [&] { (void)evolver.advance(1ms); });
    attempt("reconcile", [&] { (void)evolver.reconcile(); });
    attempt("contract", [&] { (void)evolver.contract(); });
    attempt("gates", [&] { (void)evolver.gates(); });
    attempt("rollback", [&] { (void)evolver.rollback({.migration = "0003-title"}); });
    attempt("hold_stage", [&] { evolver.hold_stage({.reason = "a test"}); });
    attempt("pause_backfill", [&] { evolver.pause_backfill({.reason = "a test"}); });
    attempt("heartbeat", [&] { evolver.heartbeat(); });
    return all;
}

std::string reading_calls(Evolver& evolver) {
    (void)evolver.status();
    (void)evolver.dry_run();
    (void)evolver.lint();
    if (evolver.verify_audit()) return "the audit trail is broken";
    (void)evolver.audit_head();
    return std::to_string(evolver.fingerprint({.tables = {"packages"}}).tables.at(0).rows) + " rows";
}

/// As release 2.0 in a process that is kept from writing: it attaches, reads, and hears why of everything else.
std::string all_calls(std::string const& path, std::string const& more, std::string const& because) {
    Application application{path, catalogue(), {.wait = 50ms}, more};
    application.evolver.attach();
    auto const read = read_by_new_release(application);
    auto const looked = reading_calls(application.evolver);
    std::string wrong;
    for (auto const& [name, said] : writing_calls(application.evolver)) {
        if (!has(said, because) || !has(said, path) || !has(said, "attach()")) wrong += name + ": " + said + "\n";
    }
    return read + ", " + looked + "\n" + wrong;
}

/// Tells the rights of each file that is in a folder while a run of the pipeline is at work.
struct Watcher : Observer {
    explicit Watcher(Folder const& watched) : folder{watched} {}
    void on(Event const&) override { look(); }
    void look() {
        std::error_code gone;
        for (auto const& entry : fs::directory_iterator{folder.path(), gone}) {
            struct stat found {};
            if (stat(entry.path().c_str(), &found) != 0) continue;
            seen.insert(entry.path().filename().string().substr(std::string{"catalogue.db"}.size()));
            if ((found.st_mode & 0777U & ~most) != 0) open.insert(entry.path().filename().string());
        }
    }
    Folder const& folder;
    mode_t most = 0;
    std::set<std::string> seen;
    std::set<std::string> open;
};

}  // namespace

TEST_SUITE_BEGIN("face/privileges");

TEST_CASE("privileges: who may only read the file attaches and reads, and hears of every other call what it lacks") {
    for (bool const expanded : {false, true}) {
        CAPTURE(expanded);
        Folder const folder;
        make_catalogue(folder.database(), 20, false);
        if (expanded) {
            Application two{folder.database(), catalogue(), {.soak = 0s}};
            two.evolver.expand();
            two.evolver.backfill();
        }
        auto const before = bytes_of(folder.database());
        auto const files = files_of(folder);
        {
            Closed const closed{folder, 0444};
            // A session that asks for more than it may have gets what it may have.
            for (auto const* more : {" timeout=1", " timeout=1 readonly=1"}) {
                CAPTURE(more);
                auto const words =
                    as_nobody([&] { return all_calls(folder.database(), more, "is open for reading only"); });
                auto const expected = expanded ? "70, 20 rows\nexpand: \n" : "70, 20 rows\n";
                CHECK(words == expected);  // with nothing to do, expand() needs no right
            }
            CHECK(files_of(folder) == files);
        }
        CHECK(bytes_of(folder.database()) == before);
    }
}

TEST_CASE(
    "privileges: where the folder cannot be written, a session that writes is refused in words, one that reads works") {
    Folder const folder;
    make_catalogue(folder.database(), 20, false);
    fs::remove(folder.database() + "-evolver");
    Closed const closed{folder, 0666};
    auto const words = as_nobody([&] {
        Application application{folder.database(), catalogue(), {}, " timeout=1"};
        application.evolver.attach();
        return std::string{"attached"};
    });
    CHECK(has(words, "thrown: "));
    CHECK(has(words, folder.database() + "-evolver and its folder"));
    CHECK(has(words, "for reading only"));
    CHECK(as_nobody([&] { return all_calls(folder.database(), " readonly=1", "is open for reading only"); }) ==
          "70, 20 rows\n");
    CHECK(files_of(folder) == std::set<std::string>{"catalogue.db"});
}

TEST_CASE(
    "privileges: a database in WAL mode that nobody has open cannot be read in a folder that cannot be written, and "
    "says so") {
    Folder const folder;
    make_catalogue(folder.database());
    fs::remove(folder.database() + "-evolver");
    {
        Closed const closed{folder, 0444};
        auto const words = as_nobody([&] { return all_calls(folder.database(), " readonly=1", "reading only"); });
        CHECK(has(words, "thrown: SQLite: attempt to write a readonly database"));
        CHECK(has(words, folder.database()));
        CHECK(has(words, "-shm"));
    }
    // Beside somebody who has it open, it can.
    RawSqlite const writer{folder.database()};
    writer.run("UPDATE packages SET size = size");
    Closed const closed{folder, 0444};
    CHECK(as_nobody([&] { return all_calls(folder.database(), " readonly=1", "is open for reading only"); }) ==
          "70, 20 rows\n");
}

TEST_CASE("privileges: a session that PRAGMA query_only keeps from writing is kept from it in evolver's calls, too") {
    Folder const folder;
    make_catalogue(folder.database(), 20, false);
    auto const before = bytes_of(folder.database());
    Application application{folder.database(), catalogue()};
    application.db << "PRAGMA query_only = ON";
    application.evolver.attach();
    CHECK(read_by_new_release(application) == "70");
    CHECK(reading_calls(application.evolver) == "20 rows");
    for (auto const& [name, said] : writing_calls(application.evolver)) {
        CAPTURE(name);
        CHECK(has(said, "query_only"));
        CHECK(has(said, "attach()"));
        CHECK(has(said, folder.database()));
    }
    CHECK(bytes_of(folder.database()) == before);
    application.db << "PRAGMA query_only = OFF";
    CHECK_FALSE(application.evolver.expand().steps.empty());
}

TEST_CASE("privileges: attach() and LiveTable work where the session's authorizer refuses every change of the schema") {
    Folder const folder;
    make_catalogue(folder.database());
    auto const works = [&](std::string const& expected) {
        Application application{folder.database(), catalogue()};
        deny_schema_changes(sqlite::handle_of(application.db));
        application.evolver.attach();
        auto const packages = application.evolver.table("packages");
        std::string const title = "new";
        long long const bytes = 5;
        application.db << packages.insert({"title", "size_bytes"}), soci::use(title, "title"),
            soci::use(bytes, "size_bytes");
        auto const mine = " WHERE " + packages.column("title").text() + " = 'new'";
        application.db << packages.update({Set{"size_bytes", "6"}}) + mine;
        CHECK(application.ask((packages.select({"size_bytes"}) + " WHERE title = 'new'").text()) == "6");
        application.db << packages.remove() + mine;
        application.evolver.heartbeat();
        CHECK(reading_calls(application.evolver) == "20 rows");
        CHECK(application.ask("SELECT group_concat(name, ' ') FROM pragma_table_info('packages')") == expected);
        // It is the application's, and stays.
        CHECK_THROWS_AS(application.db << "CREATE TABLE other (a)", soci::soci_error);
    };
    works("id name size");
    Application operators{folder.database(), catalogue(), {.soak = 0s}};
    operators.evolver.expand();
    works("id name size size_bytes");
    operators.evolver.backfill();
    operators.evolver.reconcile();
    operators.evolver.contract({.override_gates = {{"processes", "the test's own"}}});
    works("id title size_bytes");
}

TEST_CASE(
    "privileges: in memory there is only the application's session, and what its authorizer refuses is refused in "
    "words") {
    soci::session session{soci::sqlite3, "db=:memory:"};
    Evolver{session, catalogue().until("1.0"), {.release = "1.0"}}.expand();
    auto const schema = [&] {
        std::string all;
        session << "SELECT group_concat(name || sql, ';') FROM sqlite_schema", soci::into(all);
        return all;
    };
    auto const before = schema();
    deny_schema_changes(sqlite::handle_of(session));
    Evolver evolver{session, catalogue()};
    auto const words = refused([&] { evolver.expand(); });
    CHECK(has(words, "not authorized"));
    CHECK(has(words, "attach()"));
    CHECK(schema() == before);
    evolver.attach();
    CHECK_FALSE(sqlite::Connection::borrow(sqlite::handle_of(session)).in_transaction());
}

TEST_CASE(
    "privileges: no file that a run of the pipeline makes is more open than the database, and the umask takes more "
    "away") {
    for (mode_t const mode : {0600U, 0640U, 0644U, 0666U}) {
        CAPTURE(mode);
        Folder const folder;
        make_catalogue(folder.database());
        REQUIRE(chmod(folder.database().c_str(), mode) == 0);
        fs::remove(folder.database() + "-evolver");
        Umask const umask{0};
        Watcher watcher{folder};
        watcher.most = mode;
        auto options = staging(folder);
        options.observer = &watcher;
        options.log = [&](PipelineStage, LogLine const&) { watcher.look(); };
        auto const run = Pipeline{catalogue(), options}.run();
        CAPTURE(failures_of(run));
        CHECK(run.outcome == StageOutcome::passed);
        watcher.look();
        CHECK(watcher.open.empty());
        for (std::string const name :
             {"", "-pipeline", "-pipeline-lock", "-staging", "-staging-evolver", "-dry-run", "-rollback-test"}) {
            CAPTURE(name);
            CHECK(watcher.seen.count(name) == 1);
        }
    }
    Folder const folder;
    make_catalogue(folder.database());
    REQUIRE(chmod(folder.database().c_str(), 0666) == 0);
    Umask const umask{077};
    CHECK(shown(folder).outcome == StageOutcome::passed);
    struct stat copy {};
    REQUIRE(stat((folder.database() + "-staging").c_str(), &copy) == 0);
    CHECK((copy.st_mode & 0777U) == 0600);
}

TEST_SUITE_END();
