#include "dialect/sqlite/online_copy.hpp"

#include "dialect/sqlite/file_rights.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "observe/words.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include <sys/statvfs.h>

namespace evolver::sqlite {

namespace {

[[noreturn]] void refuse_hot_journal(std::string const& path, Error const& error) {
    throw Error{Failure{.what = "The database \"" + path +
                                "\" has a transaction in its journal that a killed process has left there. Reading it "
                                "would mean to roll that back, which is writing.",
                        .object = path,
                        .instead = "recover first: open it once for writing, with sqlite3 \"" + path +
                                   "\" 'SELECT count(*) FROM sqlite_schema', or by starting the application",
                        .native_code = error.native_code()}};
}

void refuse_too_little_room(Connection const& source, std::string const& path) {
    auto const wanted = source.integer("PRAGMA page_count") * source.integer("PRAGMA page_size");
    auto folder = std::filesystem::path{path}.parent_path();
    if (folder.empty()) folder = ".";
    struct statvfs disk {};
    if (statvfs(folder.c_str(), &disk) != 0) return;
    auto const room = static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize);
    if (room > wanted) return;
    throw Error{
        Failure{.what = fmt::format("The disk of \"{}\" has {} free, and the copy of \"{}\" needs {}.", folder.string(),
                                    words_of_bytes(room), source.path(), words_of_bytes(wanted)),
                .object = path,
                .instead = "free space there, or name another folder"}};
}

}  // namespace

Connection open_for_reading(std::string const& path, std::chrono::milliseconds wait) {
    auto connection = Connection::open(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX);
    connection.wait_for_locks(wait);
    try {
        (void)connection.integer("SELECT count(*) FROM main.sqlite_schema");
    } catch (Error const& error) {
        if (error.native_code() == SQLITE_READONLY_ROLLBACK) refuse_hot_journal(path, error);
        throw;
    }
    if (!connection.read_only()) {
        throw Error{Failure{.what = "The database \"" + path + "\" was to be opened for reading only, and was not.",
                            .object = path}};
    }
    return connection;
}

Connection open_for_writing(std::string const& path, std::chrono::milliseconds wait, Durability durability,
                            Missing missing) {
    auto const flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (missing == Missing::made ? SQLITE_OPEN_CREATE : 0);
    auto connection = Connection::open(path, flags);
    connection.wait_for_locks(wait);
    if (durability == Durability::none) connection.run("PRAGMA synchronous = OFF");
    return connection;
}

void copy_to_file(Connection const& source, std::string const& path, CopyProgress const& progress) {
    constexpr int pages_at_once = 2048;
    refuse_too_little_room(source, path);
    ReadTransaction const snapshot{source};
    (void)source.integer("SELECT count(*) FROM main.sqlite_schema");  // BEGIN alone takes no snapshot
    try {
        make_no_more_open(path, source.path());
        auto const copy = open_for_writing(path, std::chrono::milliseconds{0}, Durability::none, Missing::made);
        auto const finish = [](sqlite3_backup* backup) { sqlite3_backup_finish(backup); };
        std::unique_ptr<sqlite3_backup, decltype(finish)> const backup{
            sqlite3_backup_init(copy.handle(), "main", source.handle(), "main"), finish};
        auto code = backup ? SQLITE_OK : sqlite3_errcode(copy.handle());
        while (code == SQLITE_OK) {
            code = sqlite3_backup_step(backup.get(), pages_at_once);
            auto const total = sqlite3_backup_pagecount(backup.get());
            if (progress) progress(total - sqlite3_backup_remaining(backup.get()), total);
        }
        if (code != SQLITE_DONE) {
            throw EngineError{
                Failure{.what = "SQLite: \"" + source.path() + "\" could not be copied to \"" + path +
                                "\": " + sqlite3_errstr(code),
                        .object = path,
                        .instead = code == SQLITE_FULL ? "free space on the disk, then call again" : "",
                        .native_code = code,
                        .retry = code == SQLITE_BUSY || code == SQLITE_LOCKED ? Retry::helps : Retry::useless}};
        }
    } catch (...) {
        remove_database(path);
        throw;
    }
}

void remove_database(std::string const& path) {
    for (auto const* const end : {"", "-wal", "-shm", "-journal", "-evolver"}) {
        std::error_code ignored;
        std::filesystem::remove(path + end, ignored);
    }
}

std::string engine_version() { return std::string{"SQLite "} + sqlite3_libversion(); }

}  // namespace evolver::sqlite
