#pragma once

/// Gathers the distinct statements of a running application into a file, which is kept and checked ever after.
///
///     evolver::testing::Recorder recorder{"tests/statements/2.0.sql"};
///     soci::session db{soci::sqlite3, "db=catalogue.db"};
///     recorder.watch(db);                     // and each other session of the program, of a pool, too
///     …
///     recorder.flush();                       // its destructor does so, too
///
/// Then, in every later release's tests: `releases.statements_from("2.0", "tests/statements/2.0.sql")`.
///
/// The values that a program binds are never seen. Texts, and numbers that are compared or inserted, which stand in a statement become `?`,
/// so the file holds no row's values, and a statement that is pasted together stands in it once.
///
/// Record on a database on which everything is contracted: what LiveTable writes between two shapes is of that moment, and live() is for it.

#include <memory>
#include <string>

namespace soci {
class session;
}

namespace evolver::testing {

/// Threads: sessions that it watches may be used by one each.
class Recorder {
public:
    /// What the file holds already stays in it.
    explicit Recorder(std::string path);
    /// Writes the file, where something new has come. What goes wrong then is lost: call flush() to know.
    ~Recorder();
    Recorder(Recorder const&) = delete;
    Recorder& operator=(Recorder const&) = delete;

    /// From here on, what the session prepares is recorded. It takes the place of the session's logger.
    /// Requires: nothing. The session may outlive the recorder, and is then not recorded any more.
    void watch(soci::session& session);

    /// Adds what is new to the file. Throws Error where it cannot be read or written.
    void flush();

private:
    struct Notes;
    std::string path_;
    std::shared_ptr<Notes> notes_;
};

}  // namespace evolver::testing
