#pragma once

/// How every process of the demo opens the database.

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <string>

namespace demo {

/// Waits up to ten seconds for a lock. SOCI applies `synchronous` of a connection string before `timeout`, so that a process which
/// starts in the moment when another recovers or closes the WAL would fail at once: here it is set when the wait is.
class Session : public soci::session {
public:
    explicit Session(std::string const& database) : soci::session{soci::sqlite3, "db=" + database + " timeout=10"} {
        *this << "PRAGMA synchronous = NORMAL";
    }
};

}  // namespace demo
