#pragma once

// Cuts a table into ranges of its key with about as many rows as are wanted, for work that only reads.
//
// A table with a rowid is cut by arithmetic: a number of rows is a span of rowids, corrected by how many rows the last span had, and a
// gap is jumped over. Nothing is read for it but the way down to one row, where looking for the n-th row of the key would walk over
// all of them once more. Other keys are cut so.

#include "dialect/sqlite/fill_sql.hpp"

#include <cstdint>
#include <vector>

namespace evolver {

using Key = std::vector<sqlite::Value>;

class Slices {
public:
    /// The connection has to live as long.
    Slices(sqlite::Connection const& connection, Name table, sqlite::RowKey key);

    /// The last key of the range after `done` (empty: from the start) that has about `rows` rows. Empty: the range is the last, and has no end, so
    /// that it takes in what is appended meanwhile.
    [[nodiscard]] Key end_after(Key const& done, std::int64_t rows);
    /// How many rows the range was found to have, whose end was given last.
    void had(std::int64_t rows) noexcept;

    [[nodiscard]] sqlite::RowKey const& key() const noexcept { return key_; }

private:
    [[nodiscard]] Key end_by_rowid(Key const& done, std::int64_t rows);

    sqlite::Connection const& connection_;
    Name table_;
    sqlite::RowKey key_;
    std::int64_t span_ = 0;  // of rowids, of the last range
    double rowids_per_row_ = 1;
};

/// Which ends a range from `done` to `until` has.
[[nodiscard]] sqlite::Range range_of(Key const& done, Key const& until) noexcept;

/// Binds both to a statement over such a range; returns the number of the first parameter after those of a range.
int bind_range(sqlite::Statement& statement, Key const& done, Key const& until, sqlite::RowKey const& key);

/// As SQL literals.
[[nodiscard]] std::string in_words(Key const& key);

}  // namespace evolver
