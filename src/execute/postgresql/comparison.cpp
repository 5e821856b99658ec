#include "execute/postgresql/comparison.hpp"

#include "dialect/postgresql/fill_sql.hpp"
#include "dialect/postgresql/sync.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/schema/digest.hpp"
#include "execute/batch.hpp"
#include "execute/workplace.hpp"
#include "ledger/postgresql/runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace evolver::postgresql {

namespace {

using Microseconds = std::chrono::microseconds;

/// Nobody waits for a reader; a chunk is as long as somebody would notice who wants it to stop.
constexpr Microseconds target{30'000};
constexpr std::int64_t first_chunk = 1000;
constexpr std::int64_t largest_chunk = 100'000;
/// A killed run compares no more than this again.
constexpr std::chrono::seconds keep_every{1};

std::string listed(std::vector<Side> const& sides) {
    std::string text;
    for (auto const& side : sides) text += (text.empty() ? "" : ", ") + side.column.text();
    return text;
}

/// `size = '12', unit = 'kB'`, from column `first` of the row on.
std::string said(Rows const& found, std::size_t row, std::size_t first, std::vector<Side> const& sides) {
    std::string text;
    for (std::size_t i = 0; i < sides.size(); ++i)
        text += (i > 0 ? ", " : "") + sides[i].column.text() + " = " + found.text(row, first + i);
    return text;
}

std::string form_of(Connection const& connection, OpenPair const& open) {
    return digest_of(compare(open.pair, open.key, Range::after_until) + "\n" +
                     connection.text(version_of_triggers(), {table_of(open.pair)}));
}

}  // namespace

/// What one statement has come to.
struct Comparison::Chunk {
    bool last = false;  ///< There was no row left; nothing was compared.
    std::int64_t rows = 0;
    std::int64_t different = 0;
    std::int64_t lossy = 0;
    std::vector<std::string> until = {};
    std::vector<Mismatch> named = {};
    std::vector<std::string> lossy_keys = {};
};

Comparison::Outcome Comparison::compare(ledger::Entry const& entry, std::int64_t writes) {
    std::vector<OpenPair> pairs;
    Positions up_to;
    std::size_t contracted = 0;  // when the pairs were looked up
    auto const look = [&] {
        Transaction const snapshot{site_.connection(), site_.options().lock_timeout, Sees::one_moment};
        auto const standing = standing_of(site_.state());
        contracted = standing.contracted;
        pairs = Blueprint{site_.plan(), standing, site_.connection(), site_.schema()}.pairs(
            static_cast<std::size_t>(entry.position));
    };
    site_.patiently([&] {
        look();
        up_to = positions(pairs, entry, writes);
    });
    writes_ = writes;
    // An earlier migration's contract may give the table another name meanwhile; its rows are those that they were.
    auto const has_moved = [&](std::size_t number) {
        auto const then = contracted;
        auto const all = pairs.size();
        site_.patiently(look);
        if (contracted == then || pairs.size() != all) return false;
        found_.pairs.back().table = pairs[number].pair.pair.table.text();
        if (resumable_) site_.patiently([&] { up_to[number].form = form_of(site_.connection(), pairs[number]); });
        return true;
    };
    bool recorded = !pairs.empty();
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        auto const& pair = pairs[i].pair.pair;
        writes_ = std::min(writes_, up_to[i].writes);
        found_.pairs.push_back({.migration = entry.id,
                                .table = pair.table.text(),
                                .columns = listed(pair.from) + " → " + listed(pair.to),
                                .rows = up_to[i].rows,
                                .lossy = up_to[i].lossy,
                                .chunks = up_to[i].chunks,
                                .resumed = up_to[i].chunks > 0});
        recorded = recorded && up_to[i].state == ledger::ComparedRows::State::recorded;
        if (up_to[i].state != ledger::ComparedRows::State::running) continue;
        auto const start = Clock::now();
        for (bool is_walked = false; !is_walked;) {
            try {
                walk(pairs[i], entry, up_to, i);
                is_walked = true;
            } catch (EngineError const& error) {
                if (error.native_code() != undefined_table || !has_moved(i)) throw;
            }
        }
        found_.pairs.back().duration = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
    }
    return recorded ? Outcome::recorded : Outcome::compared;
}

Comparison::Positions Comparison::positions(std::vector<OpenPair> const& pairs, ledger::Entry const& entry,
                                            std::int64_t writes) const {
    auto const& connection = site_.connection();
    Positions all;
    for (auto const& open : pairs) {
        all.push_back({.number = std::ssize(all),
                       .form = resumable_ ? form_of(connection, open) : std::string{},
                       .writes = writes});
    }
    if (!resumable_ || !options_.resume) return all;
    auto const kept = ledger::compared(connection, site_.plan().name(), entry.position);
    bool const holds = std::ranges::all_of(kept, [&](ledger::ComparedRows const& one) {
        auto const number = static_cast<std::size_t>(one.number);
        return number < all.size() && one.form == all[number].form &&
               (one.writes == writes || entry.stage == Stage::dual);
    });
    if (!holds) return all;
    for (auto const& one : kept) all[static_cast<std::size_t>(one.number)] = one;
    return all;
}

void Comparison::walk(OpenPair const& open, ledger::Entry const& entry, Positions& positions, std::size_t number) {
    auto& up_to = positions[number];
    auto const& table = open.pair.pair.table;
    std::int64_t estimate = 0;
    std::set<std::string> skipped;
    site_.patiently([&] {
        auto const& connection = site_.connection();
        auto const keys = ledger::skipped_rows(connection, site_.plan().name(), entry.position, table.text());
        skipped = {keys.begin(), keys.end()};
        estimate = connection.integer(estimated_rows(), {table_of(open.pair)});
        // Of a table that nobody has analyzed nothing is known.
        if (estimate == 0 && options_.most_percent > 0)
            estimate = connection.integer("SELECT count(*) FROM " + table_of(open.pair));
    });
    std::int64_t size = first_chunk;
    try {
        while (up_to.state == ledger::ComparedRows::State::running) {
            refuse_to_go_on(table);
            auto const start = Clock::now();
            auto chunk = next_chunk(open, up_to.done, size, skipped);
            if (chunk.last) {
                up_to.state = ledger::ComparedRows::State::finished;
                break;
            }
            size =
                next_batch(size, target, std::chrono::duration_cast<Microseconds>(Clock::now() - start), largest_chunk);
            begun_ = true;
            up_to.done = std::move(chunk.until);
            up_to.rows += chunk.rows;
            up_to.lossy += chunk.lossy;
            ++up_to.chunks;
            auto& pair = found_.pairs.back();
            pair.rows = up_to.rows;
            pair.lossy = up_to.lossy;
            pair.chunks = up_to.chunks;
            pair.different += chunk.different;
            for (auto& row : chunk.named) {
                row.migration = entry.id;
                rows_.push_back(std::move(row));
            }
            pair.lossy_keys.insert(pair.lossy_keys.end(), chunk.lossy_keys.begin(), chunk.lossy_keys.end());
            site_.tell({.kind = EventKind::scanned,
                        .migration = entry.id,
                        .object = table.text(),
                        .done = up_to.rows,
                        .total = estimate});
            if (auto const why = enough(estimate); !why.empty()) throw ReconcileError{found_, rows_, why};
            if (Clock::now() - kept_ >= keep_every) keep(entry, positions);
        }
    } catch (ReconcileError const&) {
        throw;
    } catch (...) {
        keep(entry, positions);
        throw;
    }
}

Comparison::Chunk Comparison::next_chunk(OpenPair const& open, std::vector<std::string> const& done, std::int64_t size,
                                         std::set<std::string> const& skipped) const {
    auto const& connection = site_.connection();
    auto const& pair = open.pair.pair;
    auto const room = [&](std::size_t named) {
        return std::max<std::int64_t>(0, options_.samples - static_cast<std::int64_t>(named));
    };
    auto const room_for_rows = room(rows_.size());
    auto const room_for_keys = room(found_.pairs.back().lossy_keys.size());
    Chunk chunk;
    site_.patiently([&] {
        chunk = {};
        std::vector<Text> bounds{done.begin(), done.end()};
        auto const next = connection.query(
            key_after_rows(table_of(open.pair), open.key, done.empty() ? Range::all : Range::after, size), bounds);
        chunk.last = next.empty();
        if (chunk.last) return;
        for (auto const& part : next.rows[0]) chunk.until.push_back(part.value_or(""));
        bounds.insert(bounds.end(), chunk.until.begin(), chunk.until.end());
        auto const range = done.empty() ? Range::until : Range::after_until;
        auto const counts = connection.query(postgresql::compare(open.pair, open.key, range), bounds);
        chunk.rows = counts.integer(0, 0);
        chunk.lossy = counts.integer(0, 2);
        if (chunk.lossy > 0 && room_for_keys > 0) {
            auto const keys = connection.query(find_lossy(open.pair, open.key, range, room_for_keys), bounds);
            for (std::size_t row = 0; row < keys.rows.size(); ++row) chunk.lossy_keys.push_back(keys.text(row, 0));
        }
        if (counts.integer(0, 1) == 0) return;
        // The second look: what differs still, does. All of them: the chunk is their limit.
        auto const values = options_.show_values ? Values::shown : Values::masked;
        auto const found = connection.query(
            find_different(open.pair, open.key, range, std::numeric_limits<std::int64_t>::max(), values), bounds);
        for (std::size_t row = 0; row < found.rows.size(); ++row) {
            // What was skipped is known to have no new value: contract would lose the old one.
            if (skipped.contains(found.text(row, 0))) {
                ++chunk.lossy;
                continue;
            }
            ++chunk.different;
            if (std::ssize(chunk.named) >= room_for_rows) continue;
            Mismatch mismatch{.migration = {}, .table = pair.table.text(), .key = found.text(row, 0)};
            if (options_.show_values) {
                mismatch.old_values = said(found, row, 1, pair.from);
                mismatch.new_values = said(found, row, 1 + pair.from.size(), pair.to);
            }
            chunk.named.push_back(std::move(mismatch));
        }
    });
    return chunk;
}

std::string Comparison::told_to_stop() const {
    if (options_.stop.stop_requested()) return "it was told to stop";
    if (begun_ && options_.longest.count() > 0 && Clock::now() - start_ >= options_.longest)
        return fmt::format("its {} ms are over", options_.longest.count());
    return {};
}

void Comparison::refuse_to_go_on(Name const& table) const {
    auto const why = told_to_stop();
    if (why.empty()) return;
    if (found_.different() > 0) throw ReconcileError{found_, rows_, why};
    throw Error{Failure{.what = "reconcile() has stopped between two chunks: " + why + ".",
                        .object = table.text(),
                        .instead = "call reconcile() again: it goes on where it stopped",
                        .changed = Changed::partly,
                        .retry = Retry::helps}};
}

std::string Comparison::enough(std::int64_t estimate) const {
    auto const different = found_.different();
    if (different == 0) return {};
    if (options_.most_differences > 0 && different >= options_.most_differences)
        return fmt::format("it was to stop at {}", options_.most_differences);
    auto const& pair = found_.pairs.back();
    auto const rows = static_cast<double>(std::max({pair.rows, estimate, std::int64_t{1}}));
    if (options_.most_percent > 0 && static_cast<double>(pair.different) * 100 > options_.most_percent * rows)
        return fmt::format("it was to stop at {} % of a table", options_.most_percent);
    return {};
}

void Comparison::keep(ledger::Entry const& entry, Positions const& positions) {
    // Rows that differ may be mended before the next run: it looks at all of them again.
    if (!resumable_ || found_.different() > 0) return;
    kept_ = Clock::now();
    try {
        site_.connection().revive();
        Transaction transaction{site_.connection(), site_.options().lock_timeout};
        ledger::make_comparisons(site_.connection());
        for (auto const& one : positions) {
            if (one.chunks > 0) ledger::keep_compared(site_.connection(), site_.plan().name(), entry.position, one);
        }
        transaction.commit();
    } catch (Error const&) {
        // What cannot be kept is compared again; and where something has stopped the run, that is the news.
        return;
    }
}

}  // namespace evolver::postgresql
