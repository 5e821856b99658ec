#include "execute/postgresql/bisect.hpp"

#include "dialect/postgresql/conversion.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace evolver::postgresql {

namespace {

constexpr std::size_t most_rows = 10;

class Search {
public:
    Search(Site const& site, Name const& table, RowKey const& key, std::function<void(KeySpan const&)> const& work)
        : site_{site}, table_{in_schema(site.schema(), table.text())}, key_{key}, work_{work} {}

    [[nodiscard]] bool fails(KeySpan const& span) const {
        bool failed = false;
        // Somebody who holds a row for a moment says nothing about it.
        site_.patiently([&] {
            failed = false;
            Transaction const rolled_back{site_.connection(), site_.options().lock_timeout};
            try {
                work_(span);
            } catch (EngineError const& error) {
                if (!may_be_a_rows_fault(error)) throw;
                failed = true;
            }
        });
        return failed;
    }

    /// The last row of the shortest span from the start of `span` that fails; `span` does.
    [[nodiscard]] std::vector<std::string> first(KeySpan const& span) const {
        KeySpan left = span;  // the row is in it
        for (;;) {
            auto const rows = count(left);
            if (rows <= 1) return left.until;
            auto middle = key_of_row(left, rows / 2);
            if (middle.empty() || middle == left.until) return left.until;
            bool const before = fails({.after = span.after, .until = middle});
            (before ? left.until : left.after) = std::move(middle);
        }
    }

private:
    [[nodiscard]] std::int64_t count(KeySpan const& span) const {
        std::int64_t rows = 0;
        site_.patiently([&] {
            rows = site_.connection().integer(
                "SELECT count(*) FROM " + table_ + " WHERE " + in_range(key_, span.range()), span.bounds());
        });
        return rows;
    }
    [[nodiscard]] std::vector<std::string> key_of_row(KeySpan const& span, std::int64_t number) const {
        std::vector<std::string> parts;
        site_.patiently([&] {
            parts.clear();
            auto const found =
                site_.connection().query(key_after_rows(table_, key_, span.range(), number), span.bounds());
            if (found.empty()) return;
            for (auto const& part : found.rows[0]) parts.push_back(part.value_or(""));
        });
        return parts;
    }

    Site const& site_;
    std::string table_;
    RowKey const& key_;
    std::function<void(KeySpan const&)> const& work_;
};

}  // namespace

bool may_be_a_rows_fault(EngineError const& error) {
    if (error.retry_helps()) return false;
    // Connection, transaction, resources, state of the server, operator, system; and a right that is missing.
    constexpr std::array others{code_of("08"), code_of("25"), code_of("40"), code_of("53"),
                                code_of("55"), code_of("57"), code_of("58"), code_of("XX")};
    constexpr int letters_behind_class = 36 * 36 * 36;
    return error.native_code() != insufficient_privilege &&
           std::ranges::find(others, error.native_code() / letters_behind_class) == others.end();
}

std::vector<std::string> failing_rows(Site const& site, Name const& table, RowKey const& key, KeySpan const& span,
                                      std::function<void(KeySpan const&)> const& work) {
    Search const search{site, table, key, work};
    std::vector<std::string> found;
    // Over no row at all: then it is not a row's fault.
    if (search.fails({.after = span.until, .until = span.until})) return found;
    for (auto rest = span; found.size() < most_rows && search.fails(rest);) {
        auto row = search.first(rest);
        site.patiently([&] { found.push_back(key_in_words(site.connection(), key, row)); });
        rest.after = std::move(row);
    }
    return found;
}

std::string key_in_words(Connection const& connection, RowKey const& key, std::vector<std::string> const& parts) {
    if (parts.empty()) return {};
    std::string columns;
    for (std::size_t i = 0; i < parts.size(); ++i)
        columns += (i > 0 ? ", CAST($" : "CAST($") + std::to_string(i + 1) + " AS " + key.columns[i].type + ") AS " +
                   quoted(key.columns[i].column.text());
    return connection.text("SELECT " + key_text(key) + " FROM (SELECT " + columns + ") AS row",
                           {parts.begin(), parts.end()});
}

}  // namespace evolver::postgresql
