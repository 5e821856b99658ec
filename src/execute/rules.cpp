#include "execute/rules.hpp"

#include "execute/violation_words.hpp"

#include <algorithm>
#include <thread>

namespace evolver {

namespace {

using Key = std::vector<sqlite::Value>;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t chunk_rows = 2'000;
constexpr std::int64_t most_samples = 5;

void bind_all(sqlite::Statement& statement, int first, Key const& values) {
    for (auto const& value : values) statement.bind(first++, value);
}

Key key_of(sqlite::Statement& statement, std::size_t columns) {
    Key key;
    for (std::size_t i = 0; i < columns; ++i) key.push_back(statement.value(static_cast<int>(i)));
    return key;
}

std::string in_words(Key const& key) {
    std::string text;
    for (auto const& part : key) text += (text.empty() ? "" : ", ") + sqlite::to_text(part);
    return key.size() == 1 ? text : "(" + text + ")";
}

bool is_there(sqlite::Connection const& connection, sqlite::PhysicalRule const& rule) {
    auto const table = sqlite::inspect_table(connection, rule.rule.table);
    bool const has_columns = table && std::all_of(rule.rule.columns.begin(), rule.rule.columns.end(),
                                                  [&](Name const& column) { return table->find(column) != nullptr; });
    return has_columns && (!rule.rule.reference || sqlite::inspect_table(connection, rule.rule.reference->table));
}

sqlite::Range range_of(Key const& done, Key const& until) {
    if (done.empty()) return until.empty() ? sqlite::Range::all : sqlite::Range::until;
    return until.empty() ? sqlite::Range::after : sqlite::Range::after_until;
}

/// Works through one rule of one table.
class Mending {
public:
    Mending(Workplace& workplace, sqlite::PhysicalRule const& rule, std::string const& migration)
        : workplace_{workplace}, connection_{workplace.own()}, rule_{rule}, migration_{migration} {}

    std::int64_t all() {
        std::int64_t rows = 0;
        Key done;
        for (bool more = true; more;) {
            Key const until = end_after(done);
            more = !until.empty();
            if (any(done, until)) {
                auto const start = Clock::now();
                sqlite::WriteTransaction transaction{connection_, workplace_.wait()};
                rows += range(done, until);
                transaction.commit();
                // Others get in between two batches.
                std::this_thread::sleep_for((Clock::now() - start) / 2);
            }
            done = until;
            workplace_.checkpoint_if_due();
        }
        return rows;
    }

    std::int64_t range(Key const& done, Key const& until) const {
        std::int64_t rows = 0;
        for (auto const& sql : sqlite::mend(rule_, range_of(done, until))) {
            auto statement = connection_.prepare(sql);
            bind_range(statement, done, until);
            auto const after = static_cast<int>(2 * rule_.key.columns.size());
            if (sql.starts_with("INSERT")) {
                statement.bind(after + 1, std::string_view{workplace_.plan().name()})
                    .bind(after + 2, std::string_view{migration_});
            }
            rows = statement.run();
        }
        return rows;
    }

private:
    void bind_range(sqlite::Statement& statement, Key const& done, Key const& until) const {
        if (!done.empty()) bind_all(statement, 1, done);
        if (!until.empty()) bind_all(statement, 1 + static_cast<int>(rule_.key.columns.size()), until);
    }

    [[nodiscard]] Key end_after(Key const& done) const {
        auto const range = done.empty() ? sqlite::Range::all : sqlite::Range::after;
        auto next = connection_.prepare(sqlite::key_after_rows(rule_.rule.table, rule_.key, range));
        bind_range(next, done, {});
        next.bind(static_cast<int>(2 * rule_.key.columns.size() + 1), chunk_rows);
        return next.step() ? key_of(next, rule_.key.columns.size()) : Key{};
    }

    [[nodiscard]] bool any(Key const& done, Key const& until) const {
        if (range_of(done, until) == sqlite::Range::all) return true;
        auto found = connection_.prepare(sqlite::find_broken(rule_, range_of(done, until)));
        bind_range(found, done, until);
        found.bind(static_cast<int>(2 * rule_.key.columns.size() + 1), std::int64_t{1});
        return found.step();
    }

    Workplace& workplace_;
    sqlite::Connection const& connection_;
    sqlite::PhysicalRule const& rule_;
    std::string const& migration_;
};

}  // namespace

Violations violations(sqlite::Connection const& connection, sqlite::PhysicalRule const& rule) {
    Violations found;
    if (!is_there(connection, rule)) return found;
    sqlite::ReadTransaction const snapshot{connection};
    {
        auto counts = connection.prepare(sqlite::count_broken(rule));
        counts.step();
        found.count = counts.integer(0);
        found.groups = counts.integer(1);
    }
    found.rows = connection.integer("SELECT count(*) FROM " + sqlite::quoted(rule.rule.table.text()));
    if (found.count == 0) return found;
    auto keys = connection.prepare(sqlite::find_broken(rule, sqlite::Range::all));
    keys.bind(static_cast<int>(2 * rule.key.columns.size() + 1), most_samples);
    while (keys.step()) found.keys.push_back(in_words(key_of(keys, rule.key.columns.size())));
    return found;
}

void measure(sqlite::Connection const& connection, Compiled const& compiled, std::string const& migration,
             std::vector<std::string>& warnings) {
    for (auto const& rule : compiled.rules) {
        auto const found = violations(connection, rule);
        if (found.count == 0) continue;
        warnings.push_back(warning_of(migration, rule.rule, found));
    }
}

std::int64_t mend_rows(Workplace& workplace, std::vector<sqlite::PhysicalRule> const& rules,
                       std::string const& migration) {
    std::int64_t rows = 0;
    for (auto const& rule : rules) {
        if (mends(rule.rule)) rows += Mending{workplace, rule, migration}.all();
    }
    return rows;
}

std::int64_t mend_rest(Workplace& workplace, std::vector<sqlite::PhysicalRule> const& rules,
                       std::string const& migration) {
    std::int64_t rows = 0;
    for (auto const& rule : rules) {
        if (mends(rule.rule)) rows += Mending{workplace, rule, migration}.range({}, {});
    }
    return rows;
}

}  // namespace evolver
