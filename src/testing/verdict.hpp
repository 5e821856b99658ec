#pragma once

// One statement on the schema of its own release, its home, and on another one.

#include "dialect/sqlite/statement_trial.hpp"
#include "evolver/testing/incompatibility.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace evolver::testing {

/// A release's own schema, with rows.
struct Home {
    sqlite::Connection const* connection;
    Schema schema;
    sqlite::Sight sight;
};

/// What a statement does at home.
struct AtHome {
    sqlite::StatementLook look = {};
    std::vector<sqlite::Value> binds = {};
    bool tried = false;  ///< There are values with which it runs.
};

struct Elsewhere {
    sqlite::Connection const* connection;
    Schema schema;
    std::set<sqlite::ColumnUse> unfilled = {};  ///< Columns of open migrations that may still be empty.
    /// The columns of pairs: what an old program's REPLACE does to them the triggers mend.
    std::set<sqlite::ColumnUse> carried = {};
    bool same_rows = false;  ///< It began with the rows of the home.
};

struct Verdict {
    IncompatibilityKind kind;
    std::string error;
    std::string instead;
    std::set<std::string> tables = {};  ///< That it is about.
};

/// Throws EngineError where the statement does not fit.
[[nodiscard]] AtHome at_home(std::string const& sql, Home const& home, sqlite::StandIns& stand_ins);

/// The first thing that is wrong; none where it fits.
[[nodiscard]] std::optional<Verdict> judge(std::string const& sql, Home const& home, AtHome const& known,
                                           Elsewhere const& elsewhere, sqlite::StandIns& home_stand_ins,
                                           sqlite::StandIns& stand_ins);

/// "SQLite: no such column: size\n…" as "no such column: size".
[[nodiscard]] std::string engine_words(Error const& error);

}  // namespace evolver::testing
