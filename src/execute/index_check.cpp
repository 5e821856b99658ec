#include "execute/index_check.hpp"

#include "execute/row_values.hpp"

#include <utility>

namespace evolver {

void IndexCheck::Digest::add(sqlite::Statement& statement, bool negative) {
    if (!statement.step()) return;
    auto const more = static_cast<std::uint64_t>(statement.integer(1));
    rows += negative ? -statement.integer(0) : statement.integer(0);
    sum += negative ? 0 - more : more;
    statement.reset();
}

IndexCheck::IndexCheck(sqlite::Connection const& connection, sqlite::IndexLayout const& layout, Pieces pieces)
    : pieces_{pieces} {
    connection.run(sqlite::make_sorted(layout));
    auto end = connection.prepare(sqlite::last_key(layout.index.table, layout.key));
    if (end.step()) bound_ = row_of(end, layout.key.columns.size());
}

IndexCheck::Result IndexCheck::piece(sqlite::Connection const& connection, sqlite::IndexLayout const& layout,
                                     std::int64_t rows) {
    if (table_read_) return read_holder(connection, layout, rows);
    read_table(connection, layout, rows);
    return Result::going_on;
}

void IndexCheck::read_table(sqlite::Connection const& connection, sqlite::IndexLayout const& layout,
                            std::int64_t rows) {
    auto const& key = layout.key;
    auto const parts = static_cast<int>(key.columns.size());
    bool const from_start = until_.empty();
    std::vector<sqlite::Value> until;
    if (!whole() && !bound_.empty()) {
        auto next = connection.prepare(sqlite::key_after_rows(
            layout.index.table, key, from_start ? sqlite::Range::until : sqlite::Range::after_until));
        if (!from_start) bind_all(next, 1, until_);
        next.bind(bind_all(next, 1 + parts, bound_), rows);
        if (next.step()) until = row_of(next, key.columns.size());
    }
    // The last range has no end: what is noted may have been a row beyond the last that is there now.
    table_read_ = until.empty();
    auto const range = table_read_ ? (from_start ? sqlite::Range::all : sqlite::Range::after)
                                   : (from_start ? sqlite::Range::until : sqlite::Range::after_until);
    auto const bind = [&](sqlite::Statement& statement) {
        if (!from_start) bind_all(statement, 1, until_);
        bind_all(statement, 1 + parts, until);
    };
    bool const noted = connection.integer(sqlite::any_noted(layout)) != 0;
    auto digest = connection.prepare(sqlite::digest_table(layout, range, noted));
    bind(digest);
    table_.add(digest);
    if (noted) {
        auto exclude = connection.prepare(sqlite::exclude_noted(layout, range));
        bind(exclude);
        exclude.run();
    }
    until_ = std::move(until);  // nothing, in the end: the holder is next, from its start
}

IndexCheck::Result IndexCheck::read_holder(sqlite::Connection const& connection, sqlite::IndexLayout const& layout,
                                           std::int64_t rows) {
    auto const columns = layout.columns.size();
    auto const limit = static_cast<int>(columns + 1);
    std::vector<bool> is_null;
    for (auto const& value : until_) is_null.push_back(std::holds_alternative<sqlite::Null>(value));
    auto const bind = [&](sqlite::Statement& statement) {
        bind_all(statement, 1, until_);
        statement.bind(limit, whole() ? -1 : rows);  // -1: all
    };
    for (auto const& range : sqlite::ranges_after(layout, is_null)) {
        std::vector<sqlite::Value> last;
        if (!whole()) {
            auto next = connection.prepare(sqlite::entry_after(layout, range));
            bind(next);
            if (next.step()) last = row_of(next, columns);
        }
        auto digest =
            connection.prepare(whole() ? sqlite::digest_holder(layout) : sqlite::digest_holder(layout, range));
        if (!whole()) bind(digest);
        holder_.add(digest);
        if (layout.index.unique) {
            auto duplicate = connection.prepare(sqlite::duplicate_in(layout, range));
            bind(duplicate);
            if (duplicate.step()) return Result::duplicates;
        }
        if (last.empty()) continue;
        until_ = std::move(last);
        return Result::going_on;
    }
    auto excluded = connection.prepare(sqlite::digest_excluded(layout));
    holder_.add(excluded, true);
    return holder_ == table_ ? Result::equal : Result::different;
}

}  // namespace evolver
