#include "execute/reconcile.hpp"

#include "dialect/sqlite/fill_sql.hpp"
#include "evolver/fleet/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace evolver {

namespace {

constexpr std::int64_t chunk_rows = 10'000;
constexpr std::int64_t most_samples = 10;

using Key = std::vector<sqlite::Value>;

void bind_all(sqlite::Statement& statement, int first, Key const& values) {
    for (auto const& value : values) statement.bind(first++, value);
}

std::string in_words(Key const& key) {
    std::string text;
    for (auto const& part : key) text += (text.empty() ? "" : ", ") + sqlite::to_text(part);
    return text;
}

/// What is compared over one table.
struct Look {
    Name table;
    sqlite::RowKey key;
    std::function<std::string(sqlite::Range)> compare;
    std::function<std::string(sqlite::Range)> find;  ///< None: there are no rows that differ to be named.
};

/// Walks one look over its table, chunk by chunk.
class Walk {
public:
    Walk(Workplace& workplace, Look const& look, std::string migration, Comparison& found)
        : workplace_{workplace},
          connection_{workplace.own()},
          look_{look},
          key_{look.key},
          migration_{std::move(migration)},
          found_{found},
          estimate_{sqlite::estimated_rows(connection_, look.table)} {}

    void all() {
        Key done;
        for (bool more = true; more;) {
            auto const range = done.empty() ? sqlite::Range::all : sqlite::Range::after;
            Key until;
            {
                auto next = connection_.prepare(sqlite::key_after_rows(look_.table, key_, range));
                bind_all(next, 1, done);
                next.bind(static_cast<int>(2 * key_.columns.size() + 1), chunk_rows);
                if (next.step()) {
                    for (std::size_t i = 0; i < key_.columns.size(); ++i)
                        until.push_back(next.value(static_cast<int>(i)));
                }
            }
            more = !until.empty();
            chunk(done, until);
            done = until;
            workplace_.tell({.kind = EventKind::scanned,
                             .migration = migration_,
                             .object = look_.table.text(),
                             .done = found_.rows,
                             .total = estimate_});
        }
    }

private:
    static sqlite::Range range_of(Key const& done, Key const& until) {
        if (done.empty()) return until.empty() ? sqlite::Range::all : sqlite::Range::until;
        return until.empty() ? sqlite::Range::after : sqlite::Range::after_until;
    }

    void chunk(Key const& done, Key const& until) {
        auto const first = look(done, until);
        auto const again = first.different > 0 ? look(done, until) : first;
        found_.rows += again.rows;
        found_.different += again.different;
        found_.lossy += again.lossy;
        if (again.different > 0) name_rows(done, until);
    }

    [[nodiscard]] Comparison look(Key const& done, Key const& until) const {
        auto statement = connection_.prepare(look_.compare(range_of(done, until)));
        bind_all(statement, 1, done);
        bind_all(statement, 1 + static_cast<int>(key_.columns.size()), until);
        statement.step();
        return Comparison{.rows = statement.integer(0),
                          .different = statement.integer(1),
                          .lossy = statement.integer(2) - statement.integer(1),
                          .samples = {}};
    }

    void name_rows(Key const& done, Key const& until) {
        auto const room = most_samples - static_cast<std::int64_t>(found_.samples.size());
        if (room <= 0) return;
        auto rows = connection_.prepare(look_.find(range_of(done, until)));
        bind_all(rows, 1, done);
        bind_all(rows, 1 + static_cast<int>(key_.columns.size()), until);
        rows.bind(static_cast<int>(2 * key_.columns.size() + 1), room);
        while (rows.step()) {
            Key key;
            for (std::size_t i = 0; i < key_.columns.size(); ++i) key.push_back(rows.value(static_cast<int>(i)));
            found_.samples.push_back({migration_, look_.table.text(), in_words(key)});
        }
    }

    Workplace& workplace_;
    sqlite::Connection const& connection_;
    Look const& look_;
    sqlite::RowKey const& key_;
    std::string migration_;
    Comparison& found_;
    std::int64_t estimate_;
};

Failure failure_of(std::int64_t count, std::vector<Mismatch> const& rows) {
    std::string what =
        fmt::format("Reconciliation found {} row{} in which the old and the new shape do not say the same:", count,
                    count == 1 ? "" : "s");
    for (auto const& row : rows) what += fmt::format("\n  {} · {} · key {}", row.migration, row.table, row.key);
    if (count > static_cast<std::int64_t>(rows.size())) what += "\n  …";
    return Failure{.what = std::move(what),
                   .object = rows.empty() ? "" : rows.front().table,
                   .instead =
                       "look at these rows: something wrote past the triggers (a trigger was dropped, or triggers were "
                       "switched off). Write the right value "
                       "through LiveTable, then reconcile again"};
}

}  // namespace

ReconcileError::ReconcileError(std::int64_t count, std::vector<Mismatch> rows)
    : Error{failure_of(count, rows)},
      count_{count},
      rows_{std::make_shared<std::vector<Mismatch> const>(std::move(rows))} {}

Comparison compare(Workplace& workplace, Compiler const& compiler, std::size_t position, std::string const& migration) {
    using sqlite::Range;
    std::vector<Look> looks;
    auto const pairs = compiler.pairs(position);
    for (auto const& open : pairs) {
        auto const& pair = open.pair;
        auto const key = sqlite::row_key(workplace.own(), pair.table);
        looks.push_back(
            {.table = pair.table,
             .key = key,
             .compare = [&pair, key](Range range) { return sqlite::compare(pair, key, range); },
             .find = [&pair,
                      key](Range range) { return sqlite::find(pair, key, "NOT " + sqlite::in_sync(pair), range); }});
    }
    auto const crossings = compiler.crossings(position);
    for (auto const& open : crossings) {
        auto const& pair = open.pair;
        looks.push_back({.table = pair.pair.target,
                         .key = pair.target_row,
                         .compare = [&pair](Range range) { return sqlite::compare_targets(pair, range); },
                         .find = [&pair](Range range) { return sqlite::find_differing(pair, range); }});
        looks.push_back({.table = pair.pair.source,
                         .key = pair.source_row,
                         .compare = [&pair](Range range) { return sqlite::compare_sources(pair, range); },
                         .find = {}});
    }
    Comparison found;
    for (auto const& look : looks) Walk{workplace, look, migration, found}.all();
    return found;
}

void reconcile(Workplace& workplace) {
    workplace.refuse_open_transaction("reconcile");
    auto const& plan = workplace.plan();
    auto const& connection = workplace.own();
    refuse_unexpanded(workplace, connection);
    auto const [state, standing, compiler] = look(workplace, connection);

    std::vector<Gate> closed;
    for (auto const& entry : state.entries) {
        if (entry.phase == Phase::expanded && !entry.filled &&
            static_cast<std::size_t>(entry.position) < plan.migrations().size()) {
            closed.push_back({"backfill", entry.id, false,
                              "the backfill is not complete: call backfill(), or advance() until it returns false"});
        }
    }
    if (!closed.empty()) throw GateClosed{std::move(closed), "Reconciliation"};

    std::int64_t different = 0;
    std::vector<Mismatch> samples;
    bool moved = false;
    for (auto position = standing.contracted; position < std::min(standing.expanded, plan.migrations().size());
         ++position) {
        auto const& id = plan.migrations()[position].id.text();
        auto const start = std::chrono::steady_clock::now();
        // Counted before the comparison: a legacy write during it makes the result one that does not hold for contract.
        auto const writes = ledger::legacy_of(connection, plan.name(), static_cast<std::int64_t>(position)).writes;
        auto const found = compare(workplace, compiler, position, id);
        different += found.different;
        samples.insert(samples.end(), found.samples.begin(), found.samples.end());
        sqlite::WriteTransaction transaction{connection, workplace.wait()};
        auto const duration =
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
        if (found.different > 0) {
            workplace.audit(connection, "reconciliation failed", id, fmt::format("{} rows differ", found.different),
                            found.rows, duration);
            transaction.commit();
            continue;
        }
        ledger::mark_reconciled(connection, plan.name(), static_cast<std::int64_t>(position), writes, found.lossy);
        auto const& entry = state.entries[position];
        bool const moves = entry.stage == Stage::dual;
        if (moves) ledger::move_stage(connection, plan.name(), entry.position, Stage::switched);
        workplace.audit(connection, "reconcile", id, fmt::format("{} lossy", found.lossy), found.rows, duration);
        transaction.commit();
        moved = moved || moves;
        workplace.tell(
            {.kind = EventKind::reconciled, .migration = id, .done = found.rows, .duration = transaction.held()});
        if (moves) workplace.tell({.kind = EventKind::switched, .migration = id});
    }
    if (moved) workplace.presence().publish(0);
    if (different > 0) throw ReconcileError{different, std::move(samples)};
}

}  // namespace evolver
