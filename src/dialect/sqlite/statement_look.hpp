#pragma once

// What a statement of the application's is about, in the words of SQLite's authorizer; and the little that only its text
// says.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/stand_ins.hpp"

#include <compare>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::sqlite {

struct ColumnUse {
    std::string table;
    std::string column;

    friend auto operator<=>(ColumnUse const&, ColumnUse const&) = default;
};

/// Of the tables of `main`; what triggers do besides is left out.
struct StatementLook {
    std::set<ColumnUse> reads = {};  ///< Through views, too.
    std::set<ColumnUse> updates = {};
    std::set<std::string> inserts = {};  ///< Tables, or views with a trigger.
    std::set<std::string> deletes = {};
    std::vector<std::string> result = {};  ///< The names of what it returns.
    std::vector<std::string> binds = {};   ///< Names of the placeholders without their first letter, empty for `?`.
    bool about_rows = true;        ///< False: DDL, a PRAGMA, BEGIN, and what else cannot be run and rolled back.
    bool reads_catalogue = false;  ///< sqlite_schema and its kin.

    /// Whose rows it writes.
    [[nodiscard]] std::set<std::string> written() const;
};

/// Throws EngineError where the engine does not prepare it.
[[nodiscard]] StatementLook look_at(Connection const& connection, std::string_view sql, StandIns& stand_ins);

/// The head of an INSERT.
struct InsertForm {
    std::string table;
    std::vector<std::string> columns = {};  ///< Empty: it does not name them.
    std::vector<std::string> placeholders =
        {};  ///< One per column where VALUES has nothing but placeholders; else empty.
};

/// None for another statement.
[[nodiscard]] std::optional<InsertForm> insert_form(std::string_view sql);

/// REPLACE INTO, INSERT OR REPLACE, UPDATE OR REPLACE.
[[nodiscard]] bool replaces(std::string_view sql);

}  // namespace evolver::sqlite
