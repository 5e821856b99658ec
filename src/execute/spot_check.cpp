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
void SpotCheck::prepare() {
    auto const& connection = workplace_.own();
    auto const state = workplace_.state(connection);
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

void SpotCheck::check(std::int64_t rows) {
    if (!workplace_.state(workplace_.own()).exists) return;
    prepare();
    for (auto& walk : walks_) check(walk, rows);
}

void SpotCheck::check(Walk& walk, std::int64_t rows) {
    auto const& connection = workplace_.own();
    auto const until = walk.slices.end_after(walk.done, rows);
    auto const range = range_of(walk.done, until);
    auto compare = connection.prepare(walk.look.compare(range));
    bind_range(compare, walk.done, until, walk.look.key);
    compare.step();
    walk.slices.had(compare.integer(0));
    bool const differs = compare.integer(1) > 0;
    compare.reset();
    std::int64_t different = 0;
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
            ++different;
            keys.push_back(in_words(key));
        }
    }
    walk.done = until;
    if (different > 0) note(walk, different, keys);
}

void SpotCheck::note(Walk const& walk, std::int64_t different, std::vector<std::string> const& keys) {
    auto const& connection = workplace_.own();
    auto const& plan = workplace_.plan().name();
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    ledger::make_usage(connection);
    ledger::add_usage(
        connection, plan, walk.entry.position,
        {.kind = std::string{ledger::mismatch}, .release = workplace_.release(), .day = {}, .uses = different});
    for (auto const& key : keys)
        ledger::note_mismatch(connection, plan, walk.entry.position, {walk.look.table.text(), key});
    transaction.commit();
    workplace_.tell({.kind = EventKind::warning,
                     .migration = walk.entry.id,
                     .object = walk.look.table.text(),
                     .message = fmt::format(
                         "{} row{} of {} in which the two shapes do not say the same (key {}): something writes past "
                         "the triggers",
                         different, different == 1 ? "" : "s", walk.look.table.text(), keys.front())});
}

}  // namespace evolver
