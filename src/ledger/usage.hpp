#pragma once

// Who has used the old shape, and when: per migration, kind, release and day.
//
//   evolver_usage   legacy writes as the triggers have counted them (evolver_legacy), by the day on which somebody looked; fallback reads as
//                   the instances have counted and handed in; rows that were compared in passing and did not agree
//   evolver_mismatch  the first of those rows, by key
//
// A ledger of an older evolver lacks it until make_usage(). All functions work in the transaction that the connection is in.

#include "dialect/sqlite/connection.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::ledger {

inline constexpr std::string_view legacy_write = "legacy write";
inline constexpr std::string_view fallback_read = "fallback read";
inline constexpr std::string_view mismatch = "mismatch";

struct Usage {
    std::string kind;
    std::string
        release;  ///< Of who did it; of a legacy write, the older releases that were alive then, or empty: nobody knows.
    std::string day;  ///< "2026-11-28", in UTC.
    std::int64_t uses = 0;
    std::int64_t last_at = 0;  ///< Seconds since 1970.
};

/// The statement that makes the table.
[[nodiscard]] std::string usage_table();
[[nodiscard]] bool has_usage(sqlite::Connection const& connection);
/// Makes it where it is missing. Inside a write transaction.
void make_usage(sqlite::Connection const& connection);

/// Adds `use.uses` to those of its day, which is today's where it is empty. Inside a write transaction.
void add_usage(sqlite::Connection const& connection, std::string const& plan, std::int64_t position, Usage use);
/// How many legacy writes the triggers have counted that stand under no day yet.
[[nodiscard]] std::int64_t unnoted_legacy_writes(sqlite::Connection const& connection, std::string const& plan,
                                                 std::int64_t position);

struct MismatchedRow {
    std::string table;
    std::string key;  ///< As SQL literals.
};
/// Keeps the first ten of a migration. Inside a write transaction.
void note_mismatch(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                   MismatchedRow const& row);
[[nodiscard]] std::vector<MismatchedRow> mismatched_rows(sqlite::Connection const& connection, std::string const& plan,
                                                         std::int64_t position);

/// Latest day first.
[[nodiscard]] std::vector<Usage> usage_of(sqlite::Connection const& connection, std::string const& plan,
                                          std::int64_t position);
/// The last use of a kind; of none, zero and no release.
[[nodiscard]] Usage last_use(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                             std::string_view kind);

}  // namespace evolver::ledger
