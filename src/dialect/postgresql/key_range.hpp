#pragma once

// A walk through a table by ranges of its key.
//
// Ranges are half-open at the start: (done, until]. Keys are row values, which PostgreSQL compares and seeks in the index of the key; they travel as text,
// and are only ever compared by the server, as the key's own types.

#include "dialect/postgresql/in_sync.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::postgresql {

/// How the rows of a table are addressed: its primary key.
struct RowKey {
    std::vector<Side> columns;
    bool descending = false;  ///< Walked from the largest key on: what is behind a key is below it.
};

/// Which ends of a range are given. The parameters are $1 … $k for the start and $k+1 … $2k for the end, or $1 … $k for the only one.
enum class Range { all, after, until, after_until };

/// Rows by their keys: behind `after` (empty: from the start), up to `until`.
struct KeySpan {
    std::vector<std::string> after;
    std::vector<std::string> until;

    [[nodiscard]] Range range() const noexcept { return after.empty() ? Range::until : Range::after_until; }
    /// The parameters of range().
    [[nodiscard]] std::vector<std::optional<std::string>> bounds() const;
};

/// "id", "line"
[[nodiscard]] std::string columns_of(RowKey const& key);
/// The condition of a range: "true", or row values compared.
[[nodiscard]] std::string in_range(RowKey const& key, Range range);
/// The same with literals, for what takes no parameters.
[[nodiscard]] std::string in_span(RowKey const& key, KeySpan const& span);
/// What a column of a row holds, as a literal: 17, 'a', NULL.
[[nodiscard]] std::string literal_of(Side const& side, std::string_view row = {});
/// The key of a row as text, "17, 'a'"; `row` stands before each column: "NEW.".
[[nodiscard]] std::string key_text(RowKey const& key, std::string_view row = {});

/// The last key of a walk; no row for an empty table.
[[nodiscard]] std::string last_key(std::string const& table, RowKey const& key);

/// The last key of the next `rows` rows in the range; no row where none is left.
[[nodiscard]] std::string key_after_rows(std::string const& table, RowKey const& key, Range range, std::int64_t rows);

/// How many rows the table $1 has, as the planner has it: 0 where nobody has analyzed it.
[[nodiscard]] std::string estimated_rows();

}  // namespace evolver::postgresql
