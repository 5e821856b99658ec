#pragma once

// The statements of a backfill and of a reconciliation over one table, by ranges of its key.
//
// Ranges are half-open at the start: (done, until]. `a >= ? AND (a > ? OR b > ?)` seeks in an index where the shorter `a > ? OR (a = ? AND b > ?)`
// scans. Keys are only ever compared by SQLite: never in C++.

#include "dialect/sqlite/in_sync.hpp"
#include "dialect/sqlite/inspect.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::sqlite {

/// Which ends of a range are given. The parameters are ?1 … ?k for the start and ?k+1 … ?2k for the end, k columns of the key.
enum class Range { all, after, until, after_until };

[[nodiscard]] std::string in_range(RowKey const& key, Range range);

/// The last key; no row for an empty table.
[[nodiscard]] std::string last_key(Name const& table, RowKey const& key);

/// The last key of the next `?` rows (the parameter after those of the range) that are in the range; no row where fewer are left.
[[nodiscard]] std::string key_after_rows(Name const& table, RowKey const& key, Range range);

/// The key of a row as text: "17, 'a'", each part as quote() has it.
[[nodiscard]] std::string key_text(RowKey const& key);

/// Holds for the rows that somebody has skipped; see ledger/runs.hpp.
[[nodiscard]] std::string is_skipped(Name const& table, RowKey const& key, std::string const& plan,
                                     std::int64_t position);

/// Of a table with a rowid: the first that is in the range, NULL where none is, and the last of the table.
[[nodiscard]] std::string ends_of_rowids(Name const& table, RowKey const& key, Range range);

/// May evaluating it call a function? CAST and operators do not, but LIKE and GLOB do.
[[nodiscard]] bool calls_function(std::string_view expression);

/// Fills what is not filled: all pairs of one migration on one table in one pass. Rows for which `left_out` holds are left out; empty: none.
[[nodiscard]] std::string fill(Name const& table, RowKey const& key, std::vector<PhysicalPair> const& pairs,
                               Range range, std::string const& left_out = {});

/// Columns of existing rows that are given values, over physical columns.
struct PhysicalTransform {
    struct Assignment {
        Name column;
        std::string value;
    };
    Name table;
    std::vector<Assignment> set;
    std::string where;
};

/// Is `where` "column IS NULL", of a column that gets a value? Then a row for which it holds still is one whose expression is NULL.
[[nodiscard]] bool fills_empty(PhysicalTransform const& change);

/// Gives the rows of a range for which `where` holds their values, but those for which `left_out` does.
enum class Return {
    nothing,
    keys,    ///< It returns the key of each row.
    filled,  ///< Where it fills_empty(), a row that would stay empty is not changed: as many are changed as are filled.
    unfilled  ///< Where it fills_empty(), the first row that is empty still is noted; see unfilled.hpp.
};
[[nodiscard]] std::string transform(PhysicalTransform const& change, RowKey const& key, Range range,
                                    Return returned = Return::nothing, std::string const& left_out = {});

/// The key of a row of the range for which `where` holds: after transform(), there must be none.
[[nodiscard]] std::string untransformed(PhysicalTransform const& change, RowKey const& key, Range range,
                                        std::string const& left_out = {});

/// Carries the row with the key ?1 … ?k over to the new columns of `pair` where the two do not agree.
[[nodiscard]] std::string carry_up(PhysicalPair const& pair, RowKey const& key);

/// (rows, rows that are not in sync, rows that the new shape cannot give back) of a range, for one pair.
[[nodiscard]] std::string compare(PhysicalPair const& pair, RowKey const& key, Range range);

/// The keys, the old columns and the new columns of rows for which `condition` holds, at most `?` of them (the parameter after those of the range).
[[nodiscard]] std::string find(PhysicalPair const& pair, RowKey const& key, std::string const& condition, Range range);

}  // namespace evolver::sqlite
