#include "execute/spot_check.hpp"

#include "dialect/sqlite/inspect.hpp"
#include "execute/bisect.hpp"
#include "execute/row_values.hpp"
#include "ledger/runs.hpp"
#include "ledger/usage.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver {

namespace {

bool is_comparable(ledger::Entry const& entry) {
    return entry.phase == Phase::expanded && entry.filled &&
           (entry.stage == Stage::dual || entry.stage == Stage::switched);
}

}  // namespace

/// Compiling costs milliseconds, and is needed only where the schema, or what is open, has changed.
void SpotCheck::prepare(ledger::State const& state) {
    auto const& connection = workplace_.own();
    auto const open = std::ranges::count_if(state.entries, is_comparable);
    auto const version = connection.integer("PRAGMA schema_version");
    if (version == schema_version_ && open == open_) return;
    walks_.clear();
    auto const moment = look(workplace_, connection);
    for (auto const& entry : moment.state.entries) {
        auto const position = static_cast<std::size_t>(entry.position);
        if (!is_comparable(entry) || position >= workplace_.plan().migrations().size()) continue;
        for (auto& one : looks_of(connection, moment.compiler, position)) {
            if (!one.find) continue;
            Slices slices{connection, one.table, one.key};
            walks_.push_back({.entry = entry, .look = std::move(one), .slices = std::move(slices)});
        }
    }
    schema_version_ = version;
    open_ = open;
}

/// One snapshot from the look at the schema to the last row: a contract in between would take away a column that a statement names.
void SpotCheck::check(std::int64_t rows) {
    std::vector<Difference> differences;
    {
        sqlite::ReadTransaction const snapshot{workplace_.own()};
        auto const state = workplace_.state(workplace_.own());
        if (!state.exists) return;
        prepare(state);
        for (auto& walk : walks_) {
            if (auto keys = differing(walk, rows); !keys.empty())
                differences.push_back({.entry = walk.entry, .table = walk.look.table.text(), .keys = std::move(keys)});
        }
    }
    for (auto const& difference : differences) note(difference);
}

std::vector<std::string> SpotCheck::differing(Walk& walk, std::int64_t rows) {
    auto const& connection = workplace_.own();
    auto const until = walk.slices.end_after(walk.done, rows);
    auto const range = range_of(walk.done, until);
    auto compare = connection.prepare(walk.look.compare(range));
    bind_range(compare, walk.done, until, walk.look.key);
    compare.step();
    walk.slices.had(compare.integer(0));
    bool const differs = compare.integer(1) > 0;
    compare.reset();
    std::vector<std::string> keys;
    if (differs) {
        bool const skips = ledger::has_runs(connection);
        auto found = connection.prepare(walk.look.find(range));
        found.bind(bind_range(found, walk.done, until, walk.look.key), std::int64_t{-1});
        while (found.step()) {
            auto const key = row_of(found, walk.look.key.columns.size());
            if (skips && ledger::is_skipped(connection, workplace_.plan().name(), walk.entry.position,
                                            {.table = walk.look.table.text(), .key = quoted_key(connection, key)}))
                continue;
            keys.push_back(in_words(key));
        }
    }
    walk.done = until;
    return keys;
}

void SpotCheck::note(Difference const& difference) {
    auto const& connection = workplace_.own();
    auto const& plan = workplace_.plan().name();
    auto const different = static_cast<std::int64_t>(difference.keys.size());
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    auto const state = workplace_.state(connection);
    // Contracted, or taken back, since the rows were read: nothing is left to be mended.
    bool const stands = std::ranges::any_of(state.entries, [&](ledger::Entry const& entry) {
        return entry.position == difference.entry.position && is_comparable(entry);
    });
    if (!stands) return;
    ledger::make_usage(connection);
    ledger::add_usage(
        connection, plan, difference.entry.position,
        {.kind = std::string{ledger::mismatch}, .release = workplace_.release(), .day = {}, .uses = different});
    for (auto const& key : difference.keys)
        ledger::note_mismatch(connection, plan, difference.entry.position, {difference.table, key});
    transaction.commit();
    workplace_.tell({.kind = EventKind::warning,
                     .migration = difference.entry.id,
                     .object = difference.table,
                     .message = fmt::format(
                         "{} row{} of {} in which the two shapes do not say the same (key {}): something writes past "
                         "the triggers",
                         different, different == 1 ? "" : "s", difference.table, difference.keys.front())});
}

}  // namespace evolver
