#include "execute/slices.hpp"

#include "execute/row_values.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace evolver {

Slices::Slices(sqlite::Connection const& connection, Name table, sqlite::RowKey key)
    : connection_{connection}, table_{std::move(table)}, key_{std::move(key)} {}

Key Slices::end_after(Key const& done, std::int64_t rows) {
    if (!key_.rowid_alias.empty()) return end_by_rowid(done, rows);
    auto next = connection_.prepare(
        sqlite::key_after_rows(table_, key_, done.empty() ? sqlite::Range::all : sqlite::Range::after));
    bind_all(next, 1, done);
    next.bind(static_cast<int>(2 * key_.columns.size() + 1), std::max<std::int64_t>(rows, 1));
    return next.step() ? row_of(next, key_.columns.size()) : Key{};
}

Key Slices::end_by_rowid(Key const& done, std::int64_t rows) {
    auto const range = done.empty() ? sqlite::Range::all : sqlite::Range::after;
    auto ends = connection_.prepare(sqlite::ends_of_rowids(table_, key_, range));
    bind_all(ends, 1, done);
    span_ = 0;
    if (!ends.step() || ends.is_null(0)) return {};
    auto const first = ends.integer(0);
    auto const last = ends.integer(1);
    constexpr double most = 4.0e18;  // within what a rowid holds
    auto const wanted = std::clamp(static_cast<double>(rows) * rowids_per_row_, 1.0, most);
    span_ = static_cast<std::int64_t>(wanted);
    // Unsigned: first may be far below zero. What is left beyond `first` always fits.
    auto const left = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
    if (static_cast<std::uint64_t>(span_) > left) return {};
    return {first + (span_ - 1)};
}

void Slices::had(std::int64_t rows) noexcept {
    if (span_ == 0) return;
    // Twice as sparse at most from one range to the next: it may have been a gap, and the rows after it are dense.
    auto const found = static_cast<double>(span_) / static_cast<double>(std::max<std::int64_t>(rows, 1));
    rowids_per_row_ = std::clamp(found, 1.0, 2 * rowids_per_row_);
}

sqlite::Range range_of(Key const& done, Key const& until) noexcept {
    if (done.empty()) return until.empty() ? sqlite::Range::all : sqlite::Range::until;
    return until.empty() ? sqlite::Range::after : sqlite::Range::after_until;
}

int bind_range(sqlite::Statement& statement, Key const& done, Key const& until, sqlite::RowKey const& key) {
    auto const parts = static_cast<int>(key.columns.size());
    bind_all(statement, 1, done);
    bind_all(statement, 1 + parts, until);
    return 1 + 2 * parts;
}

std::string in_words(Key const& key) {
    std::string text;
    for (auto const& part : key) text += (text.empty() ? "" : ", ") + sqlite::to_text(part);
    return text;
}

}  // namespace evolver
