#pragma once

// A session of the long tests: it survives kills, not power cuts, and waits for whoever has the lock.

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <string>

namespace evolver::testing {

class Session : public soci::session {
public:
    explicit Session(std::string const& path) : soci::session{soci::sqlite3, "db=" + path + " timeout=30"} {
        // SOCI's own option for it runs before its timeout is set, and so does not wait.
        *this << "PRAGMA synchronous = OFF";
    }
};

}  // namespace evolver::testing
