#pragma once

// What computes one shape from the other in statements over many rows, on PostgreSQL: backfill and reconciliation.
//
// A conversion can fail, and one row that has no new value must not stop a batch of a thousand. So each new column has a function for its `up`, and each
// old one for its `down`, that give NULL then; the sync trigger, which is about one row and has to be quick, has the expressions themselves. Their
// parameters are named like the columns, so the expressions stand in them as they are.
// Values are compared by representation, record_image_eq(), whatever their types.

#include "dialect/postgresql/in_sync.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace evolver::postgresql {

/// A pair, where it is, and what the names of its functions have in common; no other pair of the database has that.
struct NamedPair {
    PhysicalPair pair;
    std::string schema;
    std::string tag;
    /// No trigger keeps it in step: what the new columns hold may be older than what they are made of (Sync::application).
    bool refilled = false;
};

/// "schema"."name"
[[nodiscard]] std::string in_schema(std::string const& schema, std::string_view name);
[[nodiscard]] std::string table_of(NamedPair const& named);

/// CREATE OR REPLACE FUNCTION, and DROP, of all functions of the pair.
[[nodiscard]] std::vector<std::string> conversion_functions(NamedPair const& named);
[[nodiscard]] std::vector<std::string> drop_conversion_functions(NamedPair const& named);

/// What new column `to` is to hold for the old columns of the row; NULL where that cannot be computed.
[[nodiscard]] std::string converted_up(NamedPair const& named, std::size_t to, Spelling const& spelling = as_column);

/// As filled(), lossless() and in_sync() of in_sync.hpp, and never an error.
[[nodiscard]] std::string is_filled(NamedPair const& named);
[[nodiscard]] std::string is_lossless(NamedPair const& named);
[[nodiscard]] std::string is_in_sync(NamedPair const& named);

/// SELECTs that the server parses and does not run: every name and function of the pair's expressions is there.
[[nodiscard]] std::vector<std::string> parse_checks(NamedPair const& named);
/// A row where `up(down(NULL))` is not NULL: then a new column that a program has emptied cannot be told from one that is not filled yet.
[[nodiscard]] std::string null_check(NamedPair const& named);

}  // namespace evolver::postgresql
