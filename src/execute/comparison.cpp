#include "execute/comparison.hpp"

#include "evolver/schema/digest.hpp"
#include "execute/bisect.hpp"
#include "execute/row_values.hpp"
#include "ledger/runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace evolver {

namespace {

using Microseconds = std::chrono::microseconds;

/// Nobody waits for a reader in WAL mode; a chunk at full speed is as long as somebody would notice who wants it to stop.
constexpr Microseconds full_target{30'000};
constexpr std::int64_t first_chunk = 1000;
constexpr std::int64_t largest_chunk = 1'000'000;
/// A killed run compares no more than this again.
constexpr std::chrono::seconds keep_every{1};

/// What is in the row, `size = '12', unit = 'kB'`, from column `first` of the statement on.
std::string said(sqlite::Statement const& row, int first, std::vector<Name> const& columns) {
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        text +=
            (i > 0 ? ", " : "") + columns[i].text() + " = " + sqlite::to_text(row.value(first + static_cast<int>(i)));
    }
    return text;
}

std::string form_of(Look const& look) { return digest_of(look.compare(sqlite::Range::after_until)); }

}  // namespace

ComparisonRun::ComparisonRun(Workplace& workplace, std::string call, ReconcileOptions options, Resumable resumable)
    : workplace_{workplace},
      options_{std::move(options)},
      resumable_{resumable == Resumable::yes},
      loop_{.call = std::move(call),
            .pace = options_.speed == Speed::full ? Pace::full_speed : Pace::polite,
            .stop = options_.stop} {}

ComparisonRun::Outcome ComparisonRun::compare(Compiler const& compiler, ledger::Entry const& entry) {
    auto const looks = looks_of(workplace_.own(), compiler, static_cast<std::size_t>(entry.position));
    if (schema_version_ == 0) schema_version_ = compiler.schema_version();
    auto up_to = positions(looks, entry);
    // Counted before the first row is compared: a legacy write after it makes the result one that does not hold for contract.
    writes_ = up_to.empty() ? 0 : up_to.front().writes;
    bool recorded = !looks.empty();
    for (std::size_t i = 0; i < looks.size(); ++i) {
        writes_ = std::min(writes_, up_to[i].writes);
        found_.pairs.push_back(PairComparison{.migration = entry.id,
                                              .table = looks[i].table.text(),
                                              .columns = looks[i].columns,
                                              .rows = up_to[i].rows,
                                              .lossy = up_to[i].lossy,
                                              .chunks = up_to[i].chunks,
                                              .resumed = up_to[i].chunks > 0});
        recorded = recorded && up_to[i].state == ledger::ComparedUpTo::State::recorded;
        if (up_to[i].state != ledger::ComparedUpTo::State::running) continue;
        auto const start = Clock::now();
        walk(looks[i], entry, up_to, i);
        found_.pairs.back().duration = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
    }
    if (looks.empty()) writes_ = watched_writes(entry);
    return recorded ? Outcome::recorded : Outcome::compared;
}

ComparisonRun::Positions ComparisonRun::positions(std::vector<Look> const& looks, ledger::Entry const& entry) const {
    auto const& connection = workplace_.own();
    auto const& plan = workplace_.plan().name();
    auto const writes = watched_writes(entry);
    Positions all;
    for (auto const& look : looks) {
        all.push_back({.number = static_cast<std::int64_t>(all.size()),
                       .form = form_of(look),
                       .writes = writes,
                       .schema_version = schema_version_,
                       .done = {}});
    }
    if (!resumable_ || !options_.resume) return all;
    auto const kept = ledger::compared(connection, plan, entry.position);
    bool const holds = std::all_of(kept.begin(), kept.end(), [&](ledger::ComparedUpTo const& one) {
        auto const number = static_cast<std::size_t>(one.number);
        return number < all.size() && one.form == all[number].form && one.schema_version == schema_version_ &&
               (one.writes == writes || entry.stage == Stage::dual);
    });
    if (!holds) return all;
    for (auto const& one : kept) all[static_cast<std::size_t>(one.number)] = one;
    return all;
}

std::int64_t ComparisonRun::watched_writes(ledger::Entry const& entry) const {
    if (!resumable_) return 0;  // nothing is recorded
    sqlite::WriteTransaction transaction{workplace_.own(), workplace_.wait()};
    auto const writes = ledger::watch_legacy(workplace_.own(), workplace_.plan().name(), entry.position);
    transaction.commit();
    return writes;
}

void ComparisonRun::walk(Look const& look, ledger::Entry const& entry, Positions& positions, std::size_t number) {
    auto& up_to = positions[number];
    auto const estimate = sqlite::estimated_rows(workplace_.own(), look.table);
    Slices slices{workplace_.own(), look.table, look.key};
    std::int64_t size = first_chunk;
    try {
        while (up_to.state == ledger::ComparedUpTo::State::running) {
            refuse_to_go_on(look);
            detail::before_batch(workplace_, pacer_, loop_);
            size = next_chunk(look, entry, slices, up_to, size);
            auto& pair = found_.pairs.back();
            pair.rows = up_to.rows;
            pair.lossy = up_to.lossy;
            pair.chunks = up_to.chunks;
            workplace_.tell({.kind = EventKind::scanned,
                             .migration = entry.id,
                             .object = look.table.text(),
                             .done = up_to.rows,
                             .total = estimate});
            if (auto const why = enough(estimate); !why.empty()) throw ReconcileError{found_, rows_, why};
            if (Clock::now() - kept_ >= keep_every) keep(entry, positions);
        }
    } catch (ReconcileError const&) {
        throw;
    } catch (...) {
        try {
            keep(entry, positions);
        } catch (Error const&) {
            // What has stopped the run is the news; the next one goes on a second earlier.
            kept_ = start_;
        }
        throw;
    }
}

void ComparisonRun::refuse_to_go_on(Look const& look) const {
    auto const why = told_to_stop();
    if (why.empty()) return;
    if (found_.different() > 0) throw ReconcileError{found_, rows_, why};
    throw Error{
        Failure{.what = loop_.call + "() has stopped between two chunks: " + why + ".",
                .object = look.table.text(),
                .instead = "call " + loop_.call + "() again" + (resumable_ ? ": it goes on where it stopped" : ""),
                .changed = Changed::partly,
                .retry = Retry::helps}};
}

/// Returns how many rows the one after it is to have.
std::int64_t ComparisonRun::next_chunk(Look const& look, ledger::Entry const& entry, Slices& slices,
                                       ledger::ComparedUpTo& up_to, std::int64_t size) {
    bool const full = loop_.pace == Pace::full_speed;
    auto const start = Clock::now();
    auto const until = slices.end_after(up_to.done, size);
    auto statement = workplace_.own().prepare(look.compare(range_of(up_to.done, until)));
    bind_range(statement, up_to.done, until, look.key);
    statement.step();
    auto const rows = statement.integer(0);
    auto const different = statement.integer(1);
    auto const lossy = statement.integer(2) - different;
    statement.reset();
    auto const took = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
    auto const skipped = different > 0 ? name_rows(look, entry, up_to.done, until) : 0;
    if (lossy > 0) name_lossy(look, up_to.done, until);
    slices.had(rows);
    if (!full) pacer_.rest_after(took);
    begun_ = true;
    up_to.rows += rows;
    up_to.lossy += lossy + skipped;  // what was skipped is known to have no new value: contract would lose the old one
    ++up_to.chunks;
    up_to.done = until;
    if (until.empty()) up_to.state = ledger::ComparedUpTo::State::finished;
    return next_batch(size, full ? full_target : batch_target, took, largest_chunk);
}

/// The second look: what differs still, does.
std::int64_t ComparisonRun::name_rows(Look const& look, ledger::Entry const& entry, Key const& done, Key const& until) {
    auto& pair = found_.pairs.back();
    auto const& plan = workplace_.plan().name();
    bool const any = ledger::has_runs(workplace_.own()) &&
                     ledger::skipped_rows(workplace_.own(), plan, entry.position, look.table.text()) > 0;
    std::int64_t skipped = 0;
    auto rows = workplace_.own().prepare(look.find(range_of(done, until)));
    rows.bind(bind_range(rows, done, until, look.key), std::int64_t{-1});  // all: the chunk is their limit
    auto const parts = static_cast<int>(look.key.columns.size());
    while (rows.step()) {
        auto const key = row_of(rows, look.key.columns.size());
        if (any && ledger::is_skipped(workplace_.own(), plan, entry.position,
                                      {.table = look.table.text(), .key = quoted_key(workplace_.own(), key)})) {
            ++skipped;
            continue;
        }
        ++pair.different;
        if (static_cast<std::int64_t>(rows_.size()) >= options_.samples) continue;
        Mismatch row{.migration = pair.migration, .table = pair.table, .key = in_words(key)};
        if (options_.show_values) {
            row.old_values = said(rows, parts, look.old_columns);
            row.new_values = said(rows, parts + static_cast<int>(look.old_columns.size()), look.new_columns);
        }
        rows_.push_back(std::move(row));
    }
    return skipped;
}

void ComparisonRun::name_lossy(Look const& look, Key const& done, Key const& until) {
    auto& keys = found_.pairs.back().lossy_keys;
    auto const room = options_.samples - static_cast<std::int64_t>(keys.size());
    if (room <= 0 || !look.find_lossy) return;
    auto rows = workplace_.own().prepare(look.find_lossy(range_of(done, until)));
    rows.bind(bind_range(rows, done, until, look.key), room);
    while (rows.step()) keys.push_back(in_words(row_of(rows, look.key.columns.size())));
}

std::string ComparisonRun::told_to_stop() const {
    if (options_.stop.stop_requested()) return "it was told to stop";
    if (begun_ && options_.longest.count() > 0 && Clock::now() - start_ >= options_.longest)
        return fmt::format("its {} ms are over", options_.longest.count());
    return {};
}

std::string ComparisonRun::enough(std::int64_t estimate) const {
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

void ComparisonRun::keep(ledger::Entry const& entry, Positions& positions) {
    // Rows that differ may be mended before the next run: it looks at all of them again.
    if (!resumable_ || found_.different() > 0) return;
    auto const& connection = workplace_.own();
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    // The tables, once made, change the version: by our own hand, and by nobody else's in this transaction.
    if (connection.integer("PRAGMA schema_version") != schema_version_) return;
    ledger::make_comparisons(connection);
    schema_version_ = connection.integer("PRAGMA schema_version");
    for (auto& one : positions) {
        one.schema_version = schema_version_;
        if (one.chunks > 0) ledger::keep_compared(connection, workplace_.plan().name(), entry.position, one);
    }
    transaction.commit();
    kept_ = Clock::now();
}

}  // namespace evolver
