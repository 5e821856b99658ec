#include "execute/postgresql/filling.hpp"

#include "dialect/postgresql/fill_sql.hpp"
#include "dialect/postgresql/sync.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/execute/backfill_error.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "execute/postgresql/calling.hpp"
#include "execute/postgresql/index_build.hpp"
#include "execute/postgresql/seal.hpp"
#include "execute/workplace.hpp"
#include "ledger/postgresql/claims.hpp"
#include "ledger/postgresql/ledger.hpp"
#include "ledger/postgresql/runs.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace evolver::postgresql {

namespace {

using Clock = std::chrono::steady_clock;

/// So long others wait for a row of a batch. Who commits meanwhile waits, too: for what the batch has written into the log before.
constexpr std::chrono::milliseconds wanted(Pace pace) {
    return std::chrono::milliseconds{pace == Pace::polite ? 10 : 150};
}
constexpr std::int64_t first_rows = 500;
constexpr std::int64_t most_rows = 20'000;

std::vector<std::string> key_of(Rows const& rows) {
    std::vector<std::string> key;
    for (auto const& part : rows.rows.at(0)) key.push_back(part.value_or(""));
    return key;
}

std::vector<Text> parameters(std::vector<std::string> const& first, std::vector<std::string> const& second = {}) {
    std::vector<Text> all{first.begin(), first.end()};
    all.insert(all.end(), second.begin(), second.end());
    return all;
}

/// Two thirds of what is wanted is aimed at; twice as many rows, or half of them, are the most that is tried on the strength of one batch.
std::int64_t next_rows(std::int64_t rows, Clock::duration took, Clock::duration wanted) {
    auto const wish =
        static_cast<double>(wanted.count()) * 2 / 3 / static_cast<double>(std::max<Clock::rep>(1, took.count()));
    auto const next = static_cast<double>(rows) * std::clamp(wish, 0.5, 2.0);
    return std::clamp(static_cast<std::int64_t>(next), std::int64_t{1}, most_rows);
}

}  // namespace

std::optional<Filler::Work> Filler::next() {
    auto const state = site_.state();
    auto const standing = standing_of(state);
    for (auto const& entry : state.entries) {
        auto const position = static_cast<std::size_t>(entry.position);
        if (position >= site_.plan().migrations().size()) break;
        if (entry.phase != Phase::expanded || entry.filled) continue;
        Blueprint const blueprint{site_.plan(), standing, site_.connection(), site_.schema()};
        Work work{.position = position, .chores = {}, .indexes = blueprint.indexes(position)};
        auto const on = [&](Name const& table, RowKey const& key) -> Chore& {
            auto const known = std::ranges::find_if(work.chores, [&](Chore const& one) { return one.table == table; });
            if (known != work.chores.end()) return *known;
            work.chores.push_back({.table = table, .key = key});
            return work.chores.back();
        };
        for (auto& open : blueprint.pairs(position)) on(open.pair.pair.table, open.key).pairs.push_back(open);
        for (auto& open : blueprint.transforms(position)) {
            auto& chore = on(open.transform.table, open.key);
            chore.transforms.push_back(open);
            for (auto& pair : blueprint.carried(open.transform)) chore.carried.push_back(std::move(pair));
        }
        // Those first that the order names, as it does.
        std::ranges::stable_sort(work.chores, {}, [&](Chore const& chore) {
            return std::ranges::find(options_.order, chore.table, &FillOrder::table) - options_.order.begin();
        });
        return work;
    }
    return std::nullopt;
}

KeyOrder Filler::order_of(Name const& table) const {
    auto const named = std::ranges::find(options_.order, table, &FillOrder::table);
    return named == options_.order.end() ? KeyOrder::ascending : named->keys;
}

bool Filler::is_halted(std::size_t position) {
    auto const run = ledger::run_of(site_.connection(), site_.plan().name(), static_cast<std::int64_t>(position));
    state_ = run.state;
    auto const because = [&](std::string const& what) {
        why_ = "the backfill of \"" + site_.plan().migrations()[position].id.text() + "\" " + what + ": " + run.why;
        return true;
    };
    if (run.state == RunState::paused) return because("is paused");
    if (run.state == RunState::stopped) return because("was stopped");
    return run.state == RunState::failed && because("has failed");
}

std::string Filler::skipped(std::int64_t at, Chore const& chore) const {
    auto const& plan = site_.plan().name();
    if (ledger::skipped_rows(site_.connection(), plan, at, chore.table.text()).empty()) return {};
    return " AND " + is_not_skipped(chore.table, chore.key, plan, at);
}

std::int64_t Filler::fill_rows(Chore& chore, KeySpan const& span, std::string const& besides) const {
    auto const& connection = site_.connection();
    auto const bounds = span.bounds();
    std::int64_t rows = 0;
    connection.run(std::string{filling});
    for (auto const& open : chore.pairs) {
        std::int64_t filled = -1;
        // Those that a session's settings change have to be asked in a function, which sets them.
        if (chore.one_by_one == 0 && fixed_settings({open.pair.pair}).empty()) {
            connection.run(fill_at_once(open.pair, chore.key, span, besides));
            filled = connection.integer(filled_at_once());
            // Where one row cannot be converted, the next one is not far.
            constexpr int batches = 8;
            if (filled < 0) chore.one_by_one = batches;
        }
        if (filled < 0) filled = connection.query(fill(open.pair, chore.key, span.range(), besides), bounds).changed;
        rows += filled;
    }
    if (chore.one_by_one > 0) --chore.one_by_one;
    if (!chore.transforms.empty()) {
        // What a Backfill writes into an old column is carried to the new one, as what anybody writes.
        connection.run(std::string{no_longer_filling});
        for (auto const& open : chore.transforms)
            rows +=
                open.called
                    ? fill_by_calls(connection, *open.called, site_.schema(), chore.key, span, besides)
                    : connection.query(fill(open.transform, site_.schema(), chore.key, span.range(), besides), bounds)
                          .changed;
        for (auto const& open : chore.carried)
            (void)connection.query(fill(open.pair, chore.key, span.range(), besides), bounds);
    }
    // A rule that is looked at when a transaction ends is broken by a row as any other.
    connection.run("SET CONSTRAINTS ALL IMMEDIATE");
    return rows;
}

Filler::Batch Filler::fail(std::size_t position, Chore& chore, ledger::Claim const& seen, KeySpan const& span,
                           EngineError const& error) {
    auto const& connection = site_.connection();
    auto const& plan = site_.plan();
    auto const& table = chore.table;
    auto const at = static_cast<std::int64_t>(position);
    std::string besides;
    std::vector<std::string> passed_over;
    FailedBatch batch{.migration = plan.migrations()[position].id.text(), .table = table.text()};
    site_.patiently([&] {
        passed_over = ledger::skipped_rows(connection, plan.name(), at, table.text());
        besides = skipped(at, chore);
        batch.after = key_in_words(connection, chore.key, span.after);
        batch.until = key_in_words(connection, chore.key, span.until);
    });
    batch.rows = failing_rows(site_, table, chore.key, span,
                              [&](KeySpan const& part) { (void)fill_rows(chore, part, besides); });
    batch.sql = error.sql();
    std::string const words = error.what();
    batch.error = words.substr(0, words.find('\n'));
    bool noted = false;
    site_.patiently([&] {
        Transaction transaction{connection, site_.options().lock_timeout};
        ledger::make_runs(connection);
        ledger::hold_run(connection, plan.name(), at);
        auto const now = ledger::run_of(connection, plan.name(), at);
        // A COMMIT whose answer was lost was one.
        noted = noted && now.state == RunState::failed;
        if (noted) return;
        // It may have been rolled back while the rows were looked for, or another process has found the same, or an operator has stopped it.
        if (!ledger::enter_filling(connection, plan.name(), at) || is_halted(position)) return;
        if (ledger::take_claim(connection, {plan.name(), at, table.text()}, seen.number) != seen ||
            ledger::skipped_rows(connection, plan.name(), at, table.text()) != passed_over)
            return;
        ledger::move_run(
            connection, plan.name(), at,
            {.state = RunState::failed, .why = batch.error, .actor = site_.options().actor, .failed = batch});
        site_.audit(connection,
                    {.plan = {},
                     .event = "batch failed",
                     .migration = batch.migration,
                     .detail = batch.table + ", keys behind " + (batch.after.empty() ? "the start" : batch.after) +
                               " up to " + batch.until + ": " + batch.error,
                     .rows = seen.rows});
        noted = true;
        transaction.commit();
        site_.count_commit();
    });
    if (!noted) return Batch::stale;
    state_ = RunState::failed;
    throw BackfillFailed{std::move(batch)};
}

void Filler::throw_failure() {
    auto const& connection = site_.connection();
    auto const& plan = site_.plan();
    FailedBatch batch;
    site_.patiently([&] {
        batch = {};
        for (auto const& entry : site_.state().entries) {
            auto const position = static_cast<std::size_t>(entry.position);
            if (position >= plan.migrations().size()) break;
            if (entry.phase != Phase::expanded || entry.filled) continue;
            auto run = ledger::run_of(connection, plan.name(), entry.position);
            if (run.state != RunState::failed) return;
            batch = std::move(run.failed);
            batch.migration = entry.id;
            batch.rows = ledger::failed_rows(connection, plan.name(), entry.position);
            return;
        }
    });
    if (!batch.migration.empty()) throw BackfillFailed{std::move(batch)};
}

Filler::Batch Filler::claim(std::int64_t at, Chore& chore) {
    auto const& connection = site_.connection();
    auto const& plan = site_.plan().name();
    auto const& table = chore.table.text();
    ledger::make_claims(connection);  // an older evolver has made the ledger
    ledger::lock_frontier(connection, plan, at, table);
    auto progress = ledger::filling_of(connection, plan, at, table).value_or(ledger::Filling{});
    if (progress.complete) return Batch::finished;
    chore.key.descending = progress.descending;  // the run's, whoever has begun it
    if (progress.bound.empty()) {
        chore.key.descending = order_of(chore.table) == KeyOrder::descending && ledger::has_fill_order(connection);
        if (chore.key.descending) ledger::note_descending(connection, plan, at, table);
        // Whatever is written from expand on is filled by the trigger, wherever its key lies.
        auto const last = connection.query(last_key(in_schema(site_.schema(), table), chore.key));
        if (!last.empty()) progress.bound = key_of(last);
        progress.batch_rows = first_rows;
    }
    ledger::Claim next{.rows = progress.batch_rows};
    ledger::Claimed const about{plan, at, table};
    if (move_on(chore, progress, next)) {
        ledger::add_claim(connection, about, next);
    } else if (ledger::claims_of(connection, about) > 0) {
        return Batch::others;
    } else {
        progress.complete = true;
    }
    ledger::keep_filling(connection, plan, at, table, progress);
    return progress.complete ? Batch::finished : Batch::done;
}

bool Filler::move_on(Chore const& chore, ledger::Filling& progress, ledger::Claim& claim) const {
    if (progress.bound.empty()) return false;
    bool const begun = !progress.done.empty();
    auto const until =
        site_.connection().query(key_after_rows(in_schema(site_.schema(), chore.table.text()), chore.key,
                                                begun ? Range::after_until : Range::until, claim.rows),
                                 begun ? parameters(progress.done, progress.bound) : parameters(progress.bound));
    if (until.empty()) return false;
    claim.whole = true;
    claim.done = std::exchange(progress.done, key_of(until));
    claim.until = progress.done;
    return true;
}

Filler::Batch Filler::batch(std::size_t position, Chore& chore, Pace pace) {
    auto const& connection = site_.connection();
    auto const& plan = site_.plan().name();
    auto const& table = chore.table;
    auto const at = static_cast<std::int64_t>(position);
    auto const name = in_schema(site_.schema(), table.text());
    auto const start = Clock::now();
    std::optional<Transaction> transaction{std::in_place, connection, site_.options().lock_timeout};
    if (!ledger::enter_filling(connection, plan, at)) return Batch::not_open;
    if (is_halted(position)) return Batch::halted;
    // An earlier migration's contract has given it another name.
    if (connection.text("SELECT to_regclass($1) IS NULL", {name}) == "t") return Batch::stale;
    bool const is_synced = std::ranges::any_of(chore.pairs, [](OpenPair const& open) { return !open.pair.refilled; });
    if (is_synced && connection.text(sync_is_on(site_.schema(), table)) != "t") {
        throw DriftError{Failure{.what = "The sync trigger of table " + table.text() +
                                         " is gone, or is switched off: what "
                                         "old programs write is not carried over.",
                                 .object = table.text(),
                                 .instead = "rollback(), then expand() again"}};
    }
    ledger::Claimed const about{plan, at, table.text()};
    auto claim = ledger::has_claims(connection) ? ledger::take_claim(connection, about) : std::nullopt;
    if (!claim) {
        // In a transaction of its own: as long as it is open, nobody else can claim anything.
        auto const claimed = this->claim(at, chore);
        if (claimed == Batch::others) return claimed;
        transaction->commit();
        site_.count_commit();
        transaction.reset();
        return claimed == Batch::done ? batch(position, chore, pace) : claimed;
    }
    // Its rows and how far it is are in one transaction, and so are lost together in a crash, or not at all: nothing waits for the disk until finish().
    if (pace == Pace::full_speed) connection.run("SET LOCAL synchronous_commit = off");
    chore.key.descending =
        ledger::filling_of(connection, plan, at, table.text()).value_or(ledger::Filling{}).descending;
    auto const rows = claim->rows;
    KeySpan span{.after = claim->done, .until = claim->until};
    if (!claim->whole) {
        auto const part = connection.query(key_after_rows(name, chore.key, span.range(), rows), span.bounds());
        if (!part.empty()) span.until = key_of(part);
    }
    std::int64_t filled = 0;
    std::optional<EngineError> failure;
    try {
        filled = fill_rows(chore, span, skipped(at, chore));
    } catch (EngineError const& error) {
        if (!may_be_a_rows_fault(error)) throw;
        failure = error;
    }
    if (failure) {
        transaction.reset();
        return fail(position, chore, *claim, span, *failure);
    }
    // From here on others wait who are as far as this, too.
    ledger::lock_frontier(connection, plan, at, table.text());
    auto progress = ledger::filling_of(connection, plan, at, table.text()).value_or(ledger::Filling{});
    if (progress.bound.empty()) return Batch::stale;  // it was begun anew, and this claim is of before
    progress.rows += filled;
    ++progress.batches;
    progress.batch_rows = next_rows(rows, Clock::now() - start, wanted(pace));
    claim->rows = progress.batch_rows;
    if (span.until != claim->until) {
        claim->done = span.until;
        ledger::move_claim(connection, about, *claim);
    } else if (move_on(chore, progress, *claim)) {
        ledger::move_claim(connection, about, *claim);
    } else {
        ledger::drop_claim(connection, about, claim->number);
        progress.complete = ledger::claims_of(connection, about) == 0;
    }
    ledger::keep_filling(connection, plan, at, table.text(), progress);
    transaction->commit();
    site_.count_commit();
    // Who writes has a turn in between.
    auto const over = Clock::now();
    if (pace == Pace::polite) pacer_.rest_until(over + (over - start) / 2);
    if (options_.rows_per_second > 0)
        pacer_.rest_until(start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{
                                      static_cast<double>(rows) / options_.rows_per_second}));
    site_.tell({.kind = EventKind::batch,
                .migration = site_.plan().migrations()[position].id.text(),
                .object = table.text(),
                .done = progress.rows,
                .duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start)});
    return progress.complete ? Batch::finished : Batch::done;
}

void Filler::finish(std::size_t position) {
    auto const& connection = site_.connection();
    auto const& plan = site_.plan();
    auto const& id = plan.migrations()[position].id.text();
    Transaction transaction{connection, site_.options().lock_timeout};
    ledger::take_pen(connection, plan.name());
    auto const state = site_.state();
    bool const open = position < state.entries.size() && state.entries[position].phase == Phase::expanded &&
                      !state.entries[position].filled;
    if (!open) return;
    std::int64_t rows = 0;
    for (auto const& chore : work_->chores) {
        auto const progress =
            ledger::filling_of(connection, plan.name(), static_cast<std::int64_t>(position), chore.table.text());
        if (!progress || !progress->complete) return;
        rows += progress->rows;
    }
    ledger::mark_filled(connection, plan.name(), static_cast<std::int64_t>(position));
    site_.audit(connection, {.plan = {}, .event = "backfill finished", .migration = id, .rows = rows});
    transaction.commit();
    site_.count_commit();
    site_.tell({.kind = EventKind::filled, .migration = id, .done = rows});
}

bool Filler::is_unsealed(std::size_t position, std::vector<Override> const& overridden) {
    auto sealing = seal(site_, position, overridden);
    if (!sealing.busy.empty()) why_ = std::move(sealing.busy);
    closed_ = std::move(sealing.closed);
    if (!closed_.empty())
        why_ = "the backfill of \"" + site_.plan().migrations()[position].id.text() +
               "\" has to wait, for no trigger carries what older releases write: " + closed_.front().reason;
    return !why_.empty();
}

bool Filler::advance(std::chrono::microseconds budget, Pace pace, std::vector<Override> const& overridden) {
    auto const end = Clock::now() + budget;
    bool worked = false;
    why_.clear();
    closed_.clear();
    state_ = RunState::running;
    do {
        try {
            site_.connection().revive();
            if (!work_) work_ = next();
            if (!work_) return worked;
            auto const position = work_->position;
            if (is_unsealed(position, overridden)) {
                work_.reset();
                return worked;
            }
            bool ready = true;
            bool closed = false;
            bool others = false;
            for (std::size_t i = 0; i < work_->chores.size() && ready; ++i) {
                auto const left = end - Clock::now();
                if (!pacer_.rested(std::chrono::duration_cast<std::chrono::microseconds>(left))) return true;
                auto const done = batch(position, work_->chores[i], pace);
                if (done == Batch::halted) return worked;
                worked = true;
                others = others || done == Batch::others;
                ready = done == Batch::finished || done == Batch::others;
                closed = done == Batch::not_open || done == Batch::stale;
            }
            if (closed) work_.reset();  // it was filled, contracted or rolled back meanwhile, or somebody was quicker
            if (closed || !ready) continue;
            if (others) {
                // The last batches, and their processes may be killed: then they are free again.
                std::this_thread::sleep_for(std::chrono::milliseconds{5});
                continue;
            }
            if (is_halted(position)) return worked;
            if (!pacer_.rested(std::chrono::duration_cast<std::chrono::microseconds>(end - Clock::now()))) return true;
            worked = true;
            for (auto const& index : work_->indexes) build(site_, index);
            finish(position);
            work_.reset();
        } catch (EngineError const& error) {
            work_.reset();
            if (!error.retry_helps()) throw;
            worked = true;
            why_ = "somebody holds a lock: it is tried again";
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
    } while (Clock::now() < end);
    return worked;
}

}  // namespace evolver::postgresql
