#include "execute/backup.hpp"

#include "dialect/sqlite/inspect.hpp"
#include "ledger/ledger.hpp"
#include "ledger/rollout.hpp"

#include <sqlite3.h>

#include <algorithm>

#include <sys/stat.h>

namespace evolver {

namespace {

/// The newest row of its trail.
struct Head {
    std::int64_t sequence = 0;
    std::string hash;
};

Head head_of(sqlite::Connection const& connection) {
    if (!sqlite::has_table(connection, "evolver_audit")) return {};
    auto row = connection.prepare("SELECT sequence, hash FROM main.evolver_audit ORDER BY sequence DESC LIMIT 1");
    return row.step() ? Head{row.integer(0), row.text(1)} : Head{};
}

bool has_row(sqlite::Connection const& connection, Head const& head) {
    auto row = connection.prepare("SELECT 1 FROM main.evolver_audit WHERE sequence = ?1 AND hash = ?2");
    row.bind(1, head.sequence).bind(2, std::string_view{head.hash});
    return row.step();
}

}  // namespace

void verify_backup(Workplace& workplace, std::string const& path) {
    workplace.refuse_open_transaction("verify_backup");
    auto const refuse = [&](std::string const& why, std::string instead) {
        throw Error{Failure{.what = "The backup \"" + path + "\" cannot be relied on: " + why + ".",
                            .object = path,
                            .instead = std::move(instead)}};
    };
    struct stat file {};
    if (stat(path.c_str(), &file) != 0) refuse("the file is not there, or cannot be looked at", "check the path");
    struct stat original {};
    if (stat(workplace.path().c_str(), &original) == 0 && original.st_ino == file.st_ino &&
        original.st_dev == file.st_dev)
        refuse("it is the database itself", "name the copy");
    // Read-only, and a backup of a WAL database has to come with its -wal, or checkpointed.
    auto const backup = sqlite::Connection::open(path, SQLITE_OPEN_READONLY);
    auto check = backup.prepare("PRAGMA integrity_check");
    while (check.step()) {
        // About rows, not about the file; and SQLite 3.40 takes another column for this one where the key of a table WITHOUT ROWID is not its first
        // columns.
        auto const found = check.text(0);
        if (found != "ok" && !found.starts_with("NULL value in ")) refuse("SQLite says: " + found, "make another one");
    }
    auto const head = head_of(backup);
    auto const& connection = workplace.own();
    refuse_unexpanded(workplace, connection);
    if (head.sequence == 0) refuse("it was made before evolver's first step in this database", "make a new one");
    if (!has_row(connection, head))
        refuse("it is of another database, or of another history of this one", "make a new one of this database");
    sqlite::WriteTransaction transaction{connection, workplace.wait()};
    ledger::make_rollout(connection);
    // A file that says that it comes from the future is of now.
    auto const made_at = std::min<std::int64_t>(file.st_mtime, ledger::now(connection));
    ledger::note_backup(connection, workplace.plan().name(), path, made_at);
    workplace.audit(connection, "backup verified", {}, path, 0, {});
    transaction.commit();
}

}  // namespace evolver
