#include "raw.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace bench::raw {

void look_into_ledger(sqlite3* database, std::string const& plan) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database, "SELECT format, floor, chain FROM main.evolver_plan WHERE plan = ?", -1, &statement,
                       nullptr);
    sqlite3_bind_text(statement, 1, plan.data(), static_cast<int>(plan.size()), SQLITE_STATIC);
    bool const found = sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_bytes(statement, 2) > 0;
    sqlite3_finalize(statement);
    if (!found) throw std::runtime_error{"the ledger has no such row"};
}

void run(sqlite3* database, std::string const& script) {
    if (sqlite3_exec(database, script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        throw std::runtime_error{sqlite3_errmsg(database)};
}

}  // namespace bench::raw
