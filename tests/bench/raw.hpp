#pragma once

// SQLite without SOCI: <sqlite3.h> and SOCI's backend cannot meet in one source file.

#include <string>

struct sqlite3;

namespace bench::raw {

/// Prepares, runs and finalizes one SELECT of one row, as a program would by hand that looks into the ledger.
void look_into_ledger(sqlite3* database, std::string const& plan);

/// Runs a script. Throws std::runtime_error.
void run(sqlite3* database, std::string const& script);

}  // namespace bench::raw
