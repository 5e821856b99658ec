#pragma once

// A statement of the application's, run with values that are made up, and taken back: what it returns, and what its
// release sees afterwards in the tables that it has written.

#include "dialect/sqlite/statement_look.hpp"
#include "evolver/schema/schema.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::sqlite {

struct Trial {
    std::string failure = {};                                   ///< The engine's words; empty where it ran.
    std::int64_t changes = 0;                                   ///< Rows that it wrote.
    std::vector<std::string> rows = {};                         ///< That it returned, sorted.
    std::map<std::string, std::vector<std::string>> left = {};  ///< The rows of each table that it has written, sorted.

    /// Did it return or write anything?
    [[nodiscard]] bool did_something() const { return changes > 0 || !rows.empty(); }
    /// By what they returned and left.
    friend bool operator==(Trial const& a, Trial const& b) {
        return a.failure == b.failure && a.rows == b.rows && a.left == b.left;
    }
};

/// The columns of `schema` by which a release looks at its tables.
using Sight = std::map<std::string, std::vector<std::string>>;
[[nodiscard]] Sight sight_of(Schema const& schema);

/// Runs it and rolls it back. Of the tables of `look` that it writes, those that `sight` has are read afterwards.
[[nodiscard]] Trial try_statement(Connection const& connection, std::string_view sql, StatementLook const& look,
                                  std::vector<Value> const& binds, Sight const& sight, StandIns& stand_ins);

/// Values to try a statement with, the likeliest first: by the columns that its placeholders are named after, or inserted
/// into; then some of one kind.
[[nodiscard]] std::vector<std::vector<Value>> values_for(std::string_view sql, StatementLook const& look,
                                                         Schema const& schema);

}  // namespace evolver::sqlite
