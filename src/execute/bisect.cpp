#include "execute/bisect.hpp"

#include "execute/row_values.hpp"

#include <sqlite3.h>

namespace evolver {

namespace {

constexpr std::size_t most_rows = 10;

class Search {
public:
    Search(Workplace& workplace, Name const& table, sqlite::RowKey const& key,
           std::function<void(KeyRange const&)> const& work)
        : workplace_{workplace}, connection_{workplace.own()}, table_{table}, key_{key}, work_{work} {}

    [[nodiscard]] bool fails(KeyRange const& range) const {
        sqlite::WriteTransaction const rolled_back{connection_, workplace_.wait()};
        try {
            work_(range);
            return false;
        } catch (Error const& error) {
            if (!may_be_a_rows_fault(error)) throw;
            return true;
        }
    }

    /// The last row of the shortest range from the start of `range` that fails; `range` does.
    [[nodiscard]] std::vector<sqlite::Value> first(KeyRange const& range) const {
        KeyRange left = range;  // the row is in it
        for (;;) {
            auto const rows = count(left);
            if (rows <= 1) return left.until;
            auto const middle = key_of_row(left, rows / 2);
            if (middle.empty()) return left.until;
            (fails({.after = range.after, .until = middle}) ? left.until : left.after) = middle;
        }
    }

private:
    [[nodiscard]] static sqlite::Range range_of(KeyRange const& range) {
        return range.after.empty() ? sqlite::Range::until : sqlite::Range::after_until;
    }
    void bind(sqlite::Statement& statement, KeyRange const& range) const {
        bind_all(statement, 1, range.after);
        bind_all(statement, 1 + static_cast<int>(key_.columns.size()), range.until);
    }
    [[nodiscard]] std::int64_t count(KeyRange const& range) const {
        auto rows = connection_.prepare("SELECT count(*) FROM " + sqlite::quoted(table_.text()) + " WHERE " +
                                        sqlite::in_range(key_, range_of(range)));
        bind(rows, range);
        return rows.step() ? rows.integer(0) : 0;
    }
    [[nodiscard]] std::vector<sqlite::Value> key_of_row(KeyRange const& range, std::int64_t number) const {
        auto row = connection_.prepare(sqlite::key_after_rows(table_, key_, range_of(range)));
        bind(row, range);
        row.bind(static_cast<int>(2 * key_.columns.size() + 1), number);
        return row.step() ? row_of(row, key_.columns.size()) : std::vector<sqlite::Value>{};
    }

    Workplace& workplace_;
    sqlite::Connection const& connection_;
    Name const& table_;
    sqlite::RowKey const& key_;
    std::function<void(KeyRange const&)> const& work_;
};

}  // namespace

bool may_be_a_rows_fault(Error const& error) {
    if (error.retry_helps()) return false;
    constexpr int primary_code = 0xff;
    switch (error.native_code() & primary_code) {
        case SQLITE_OK:  // evolver's own, or the application's
        case SQLITE_ERROR:
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
        case SQLITE_TOOBIG:
        case SQLITE_RANGE: return true;
        default: return false;
    }
}

std::vector<std::string> failing_rows(Workplace& workplace, Name const& table, sqlite::RowKey const& key,
                                      KeyRange const& range, std::function<void(KeyRange const&)> const& work) {
    Search const search{workplace, table, key, work};
    std::vector<std::string> found;
    // Over no row at all: then it is not a row's fault.
    if (search.fails({.after = range.until, .until = range.until})) return found;
    for (auto rest = range; found.size() < most_rows && search.fails(rest);) {
        auto row = search.first(rest);
        found.push_back(quoted_key(workplace.own(), row));
        rest.after = std::move(row);
    }
    return found;
}

std::string quoted_key(sqlite::Connection const& connection, std::vector<sqlite::Value> const& key) {
    std::string text;
    for (auto const& part : key) text += (text.empty() ? "" : ", ") + connection.text("SELECT quote(?1)", {&part, 1});
    return text;
}

}  // namespace evolver
