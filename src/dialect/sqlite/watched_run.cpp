#include "dialect/sqlite/watched_run.hpp"

#include <sqlite3.h>

namespace evolver::sqlite {

namespace {

bool is_own(std::string_view table) { return table.starts_with("sqlite_"); }

int watch(void* context, int action, char const* first, char const*, char const* database, char const*) noexcept {
    auto& touched = *static_cast<Touched*>(context);
    std::string const table = first != nullptr ? first : "";
    bool const main = database != nullptr && std::string_view{database} == "main";
    switch (action) {
        case SQLITE_INSERT:
            if (main && !is_own(table)) touched.inserted.insert(table);
            break;
        case SQLITE_UPDATE:
            if (main && !is_own(table)) touched.updated.insert(table);
            break;
        case SQLITE_DELETE:
            if (main && !is_own(table)) touched.deleted.insert(table);
            break;
        case SQLITE_DROP_TABLE:
        case SQLITE_DROP_VTABLE: touched.dropped.insert(table); [[fallthrough]];
        case SQLITE_CREATE_INDEX:
        case SQLITE_CREATE_TABLE:
        case SQLITE_CREATE_TEMP_INDEX:
        case SQLITE_CREATE_TEMP_TABLE:
        case SQLITE_CREATE_TEMP_TRIGGER:
        case SQLITE_CREATE_TEMP_VIEW:
        case SQLITE_CREATE_TRIGGER:
        case SQLITE_CREATE_VIEW:
        case SQLITE_CREATE_VTABLE:
        case SQLITE_DROP_INDEX:
        case SQLITE_DROP_TEMP_INDEX:
        case SQLITE_DROP_TEMP_TABLE:
        case SQLITE_DROP_TEMP_TRIGGER:
        case SQLITE_DROP_TEMP_VIEW:
        case SQLITE_DROP_TRIGGER:
        case SQLITE_DROP_VIEW:
        case SQLITE_ALTER_TABLE: touched.schema = true; break;
        case SQLITE_TRANSACTION:
        case SQLITE_SAVEPOINT: touched.transaction = true; break;
        default: break;
    }
    return SQLITE_OK;
}

class Watching {
public:
    Watching(Connection const& connection, Touched& touched) : handle_{connection.handle()} {
        sqlite3_set_authorizer(handle_, watch, &touched);
    }
    ~Watching() { sqlite3_set_authorizer(handle_, nullptr, nullptr); }
    Watching(Watching const&) = delete;
    Watching& operator=(Watching const&) = delete;

private:
    sqlite3* handle_;
};

}  // namespace

Touched watched_run(Connection const& connection, std::string_view statement, StandIns& stand_ins) {
    Touched touched;
    Watching const watching{connection, touched};
    // Again from the start: a statement that fails leaves nothing behind.
    stand_ins.retry([&] {
        touched = {};
        connection.prepare(statement).run();
    });
    if (touched.schema) touched.inserted = touched.updated = touched.deleted = {};
    return touched;
}

Touched watched_look(Connection const& connection, std::string_view statement, StandIns& stand_ins) {
    Touched touched;
    Watching const watching{connection, touched};
    stand_ins.retry([&] {
        touched = {};
        (void)connection.prepare(statement);
    });
    if (touched.schema) touched.inserted = touched.updated = touched.deleted = {};
    return touched;
}

}  // namespace evolver::sqlite
