#include "execute/backfill.hpp"

#include "dialect/sqlite/fill_sql.hpp"
#include "evolver/execute/backfill_error.hpp"
#include "execute/row_values.hpp"
#include "ledger/figures.hpp"
#include "ledger/runs.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace evolver {

namespace {

Failure failure_of(FailedBatch const& batch) {
    std::string rows;
    for (auto const& key : batch.rows) rows += (rows.empty() ? "" : "; ") + key;
    return Failure{
        .what = "Migration \"" + batch.migration + "\": a batch of table " + batch.table +
                " has failed, and was rolled back: " + batch.error +
                (rows.empty() ? "" : "\n  rows that cannot be filled, by key: " + rows),
        .object = batch.table,
        .instead =
            "the run has stopped there. Mend these rows, then resume_backfill(); or "
            "resume_backfill({.batches = Batches::halved}); or skip_failed_rows({.reason = \"…\"}), which leaves "
            "them as they are, and resume_backfill()",
        .sql = batch.sql,
        .changed = Changed::partly};
}

/// How wide a row is at most.
std::int64_t row_bytes(sqlite::Connection const& connection, Name const& table) {
    auto const file = connection.integer("PRAGMA page_count") * connection.integer("PRAGMA page_size");
    auto const rows = std::max<std::int64_t>(1, sqlite::estimated_rows(connection, table));
    return std::max<std::int64_t>(1, file / rows);
}

/// Nothing is known yet of what a row costs, but how wide it is at most: a first batch of wide rows is small.
std::int64_t first_rows(sqlite::Connection const& connection, Name const& table) {
    constexpr std::int64_t first_bytes = 512 * 1024;
    return std::clamp<std::int64_t>(first_bytes / row_bytes(connection, table), 1, first_batch);
}

/// Does the number of rows that the UPDATE changes tell whether `where` holds still for any? Then no function is called, which costs more.
bool counts(OpenTransform const& open) {
    return open.carried.empty() && open.crossed.empty() && sqlite::fills_empty(open.transform) &&
           std::ranges::none_of(open.transform.set, [](auto const& one) { return sqlite::calls_function(one.value); });
}

/// For an UPDATE that calls a function, which might fail in its midst, SQLite keeps a copy of each page that it changes: 64 KB of them in
/// memory (SQLITE_STMTJRNL_SPILL), all others in a temporary file, which takes half as long again. So such a statement fills what fits
/// into memory, with room for the pages beside those that are split. To look up where it ends costs little, but not nothing: not for a handful of rows, where the table is a small one in a
/// large file.
std::int64_t rows_of_piece(sqlite::Connection const& connection, TableWork const& work) {
    bool const calls =
        std::ranges::any_of(work.transforms, [](auto const& open) { return !counts(open); }) ||
        std::ranges::any_of(work.pairs, [](auto const& pair) {
            return std::ranges::any_of(pair.up, [](auto const& up) { return sqlite::calls_function(up); });
        });
    constexpr std::int64_t bytes = 24 * 1024;
    constexpr std::int64_t least = 50;
    return calls ? std::max(least, bytes / row_bytes(connection, work.table)) : 0;
}

/// What happened, without the statement and the advice.
std::string first_line(std::string const& text) { return text.substr(0, text.find('\n')); }

}  // namespace

BackfillFailed::BackfillFailed(FailedBatch batch)
    : Error{failure_of(batch)}, batch_{std::make_shared<FailedBatch const>(std::move(batch))} {}

/// Where a run stands, as the ledger has it.
struct Filling::Position {
    bool begun = false;
    bool finished = false;
    bool descending = false;
    std::int64_t schema_version = 0;
    std::int64_t rows = 0;
    std::int64_t batches = 0;          // tells whether somebody else has worked on it since
    std::vector<sqlite::Value> done;   // empty: at the start
    std::vector<sqlite::Value> bound;  // empty: the table was empty
};

Filling::Filling(Workplace& workplace, std::size_t position, TableWork work, KeyOrder order)
    : workplace_{workplace},
      position_{position},
      work_{std::move(work)},
      key_{sqlite::row_key(workplace.own(), work_.table)},
      id_{workplace.plan().migrations()[position].id.text()},
      schema_version_{workplace.own().integer("PRAGMA schema_version")},
      rebuilds_{ledger::has_rebuilds(workplace.own())},
      runs_{ledger::has_runs(workplace.own())},
      figures_{ledger::has_figures(workplace.own())} {
    // Without the table, nobody else would know of the order.
    walk(figures_ && order == KeyOrder::descending);
    auto const& plan_name = workplace_.plan().name();
    auto const number = static_cast<std::int64_t>(position_);
    if (runs_) skips_ = ledger::skipped_rows(workplace_.own(), plan_name, number, work_.table.text());
    piece_rows_ = rows_of_piece(workplace_.own(), work_);
    if (skips_ > 0) skipped_ = sqlite::is_skipped(work_.table, key_, plan_name, number);
}

void Filling::walk(bool descending) {
    key_.descending = descending;
    for (auto& pair : work_.missing) pair.source_row.descending = descending;
    ready_.clear();
}

bool Filling::is_next(Position const& from) {
    auto const& connection = workplace_.own();
    if (connection.integer("PRAGMA schema_version") != schema_version_) return false;
    auto const now = read_position();
    if (now.batches != from.batches || now.descending != from.descending) return false;
    if (!runs_) return true;
    auto const& plan = workplace_.plan().name();
    auto const number = static_cast<std::int64_t>(position_);
    auto const state = ledger::run_of(connection, plan, number).state;
    return (state == RunState::planned || state == RunState::running || state == RunState::held) &&
           ledger::skipped_rows(connection, plan, number, work_.table.text()) == skips_;
}

sqlite::Statement& Filling::ready(std::string const& name, sqlite::Range range,
                                  std::function<std::string()> const& text) {
    std::pair const key{name, range};
    auto known = ready_.find(key);
    if (known == ready_.end()) known = ready_.emplace(key, workplace_.own().prepare(text())).first;
    // What was not read to its end would hold a snapshot.
    known->second.reset();
    return known->second;
}

/// The triggers of a rebuild do not see what is filled in.
void Filling::forget_rebuild(Name const& table) {
    if (!rebuilds_) return;
    auto& any = ready("any rebuild", sqlite::Range::all, [] { return "SELECT 1 FROM evolver_rebuild LIMIT 1"; });
    bool const found = any.step();
    any.reset();
    if (found) ledger::forget_rebuild(workplace_.own(), table.text());
}

Filling::Position Filling::read_position() {
    Position at;
    auto& run = ready("position", sqlite::Range::all, [this] {
        return std::string{"SELECT state, batch_rows, schema_version, rows, batches, "} +
               (figures_ ? "(SELECT descending FROM evolver_figure WHERE plan = ?1 AND position = ?2 AND table_name = "
                           "?3)"
                         : "0") +
               " FROM evolver_backfill WHERE plan = ?1 AND position = ?2 AND table_name = ?3";
    });
    run.bind(1, std::string_view{workplace_.plan().name()})
        .bind(2, static_cast<std::int64_t>(position_))
        .bind(3, std::string_view{work_.table.text()});
    if (!run.step()) return at;
    at.begun = true;
    at.finished = run.text(0) == "finished";
    if (batch_rows_ == 0) batch_rows_ = run.integer(1);
    at.schema_version = run.integer(2);
    at.rows = run.integer(3);
    at.batches = run.integer(4);
    at.descending = run.integer(5) != 0;
    run.reset();
    auto& parts = ready("checkpoint", sqlite::Range::all, [] {
        return "SELECT done, bound FROM evolver_checkpoint WHERE plan = ?1 AND position = ?2 AND table_name = ?3 ORDER "
               "BY part";
    });
    parts.bind(1, std::string_view{workplace_.plan().name()})
        .bind(2, static_cast<std::int64_t>(position_))
        .bind(3, std::string_view{work_.table.text()});
    while (parts.step()) {
        if (!parts.is_null(0)) at.done.push_back(parts.value(0));
        at.bound.push_back(parts.value(1));
    }
    return at;
}

bool Filling::begin(Position const& seen) {
    auto const& connection = workplace_.own();
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    auto const now = read_position();
    if (now.begun != seen.begun || now.schema_version != seen.schema_version) return false;  // another was quicker
    // After a rollback the run would stand in the ledger with a bound that is too low for the next one.
    if (connection.integer("PRAGMA schema_version") != schema_version_) return false;
    std::vector<sqlite::Value> bound;
    auto last = connection.prepare(sqlite::last_key(work_.table, key_));
    if (last.step()) bound = row_of(last, key_.columns.size());
    last.reset();
    std::vector<sqlite::Value> const owner{workplace_.plan().name(), static_cast<std::int64_t>(position_),
                                           work_.table.text()};
    auto clear =
        connection.prepare("DELETE FROM evolver_checkpoint WHERE plan = ?1 AND position = ?2 AND table_name = ?3");
    bind_all(clear, 1, owner);
    clear.run();
    for (std::size_t part = 0; part < bound.size(); ++part) {
        auto insert = connection.prepare(
            "INSERT INTO evolver_checkpoint (plan, position, table_name, part, done, bound) VALUES (?1, ?2, ?3, ?4, "
            "NULL, ?5)");
        bind_all(insert, 1, owner);
        insert.bind(4, static_cast<std::int64_t>(part)).bind(5, bound[part]);
        insert.run();
    }
    auto run = connection.prepare(
        "INSERT INTO evolver_backfill (plan, position, table_name, state, batch_rows, schema_version, started_at) "
        "VALUES (?1, ?2, ?3, 'running', ?4, "
        "?5, ?6) ON CONFLICT (plan, position, table_name) DO UPDATE SET state = 'running', schema_version = "
        "excluded.schema_version");
    if (figures_)
        ledger::note_order(connection, workplace_.plan().name(), static_cast<std::int64_t>(position_),
                           work_.table.text(), key_.descending);
    bind_all(run, 1, owner);
    run.bind(4, first_rows(connection, work_.table))
        .bind(5, connection.integer("PRAGMA schema_version"))
        .bind(6, ledger::now(connection));
    run.run();
    transaction.commit();
    begun_ = transaction.held();
    return true;
}

Batch Filling::batch(std::chrono::microseconds target) {
    held_ = {};
    walked_ = 0;
    auto at = read_position();
    if (at.finished) return Batch::finished;
    if (at.begun && at.descending != key_.descending) walk(at.descending);  // somebody else has begun it
    bool const renumbered =
        key_.hidden_rowid && at.begun && at.schema_version != workplace_.own().integer("PRAGMA schema_version");
    if (!at.begun || renumbered) {
        if (!begin(at)) return Batch::stale;
        at = read_position();
    }
    return fill(at, target);
}

Batch Filling::fill(Position const& from, std::chrono::microseconds target) {
    auto const& connection = workplace_.own();
    if (batch_rows_ <= 0) batch_rows_ = first_rows(connection, work_.table);
    auto const parts = key_.columns.size();
    // The end of the batch is looked up before the lock is taken. Rows that come or go meanwhile do not matter: the range stays what it is.
    std::vector<sqlite::Value> until = from.bound;
    bool last = true;
    auto const looked_up_at = version_of_others();
    if (!from.bound.empty()) {
        auto const range = from.done.empty() ? sqlite::Range::until : sqlite::Range::after_until;
        auto& next = ready("next", range, [&] { return sqlite::key_after_rows(work_.table, key_, range); });
        bind_all(next, 1, from.done);
        bind_all(next, 1 + static_cast<int>(parts), from.bound);
        next.bind(static_cast<int>(2 * parts + 1), batch_rows_);
        if (next.step()) {
            until = row_of(next, parts);
            last = false;
        }
        next.reset();
    }
    KeyRange const range{.after = from.done, .until = until};
    std::optional<Error> failure;
    std::optional<sqlite::WriteTransaction> transaction{std::in_place, connection, workplace_.wait()};
    // What was looked up before the lock holds only if nobody was quicker: another worker, a rollback, a contract, an operator.
    if (!is_next(from)) return Batch::stale;
    // The rows that were walked over are those of the range, if nobody has written since.
    auto const known = !last && version_of_others() == looked_up_at ? std::optional{batch_rows_} : std::nullopt;
    std::int64_t rows = 0;
    if (!from.bound.empty()) {
        try {
            rows = apply(range, known);
        } catch (Error const& error) {
            if (!may_be_a_rows_fault(error)) throw;
            failure = error;
        }
    }
    if (failure) {
        transaction.reset();
        return fail(from, range, *failure);
    }
    std::vector<sqlite::Value> const owner{workplace_.plan().name(), static_cast<std::int64_t>(position_),
                                           work_.table.text()};
    for (std::size_t part = 0; part < until.size(); ++part) {
        auto& checkpoint = ready("note checkpoint", sqlite::Range::all, [] {
            return "UPDATE evolver_checkpoint SET done = ?5 WHERE plan = ?1 AND position = ?2 AND table_name = ?3 AND "
                   "part = ?4";
        });
        bind_all(checkpoint, 1, owner);
        checkpoint.bind(4, static_cast<std::int64_t>(part)).bind(5, until[part]);
        checkpoint.run();
    }
    auto& run = ready("note batch", sqlite::Range::all, [] {
        return "UPDATE evolver_backfill SET rows = rows + ?4, batches = batches + 1, batch_rows = ?5, state = ?6, "
               "updated_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE plan = ?1 AND position = ?2 AND table_name = "
               "?3";
    });
    bind_all(run, 1, owner);
    run.bind(4, rows).bind(5, batch_rows_).bind(6, std::string_view{last ? "finished" : "running"});
    run.run();
    auto const noted = transaction->held();
    if (figures_) {
        auto& took = ready("note time", sqlite::Range::all, [] {
            return "UPDATE evolver_figure SET microseconds = microseconds + ?4 + ?5, longest = max(longest, ?4) WHERE "
                   "plan = ?1 AND position = ?2 AND table_name = ?3";
        });
        bind_all(took, 1, owner);
        took.bind(4, noted.count()).bind(5, std::exchange(unnoted_, {}).count());
        took.run();
    }
    transaction->commit();
    auto const held = transaction->held();
    unnoted_ = held - noted;
    auto const kept_out = workplace_.checkpoint_if_due();
    held_ = held + kept_out;
    walked_ = batch_rows_;
    batch_rows_ = size_.next(batch_rows_, target, held, transaction->committing());
    if (estimate_ == 0) estimate_ = sqlite::estimated_rows(connection, work_.table);
    workplace_.tell({.kind = EventKind::batch,
                     .migration = id_,
                     .object = work_.table.text(),
                     .done = from.rows + rows,
                     .total = estimate_,
                     .duration = std::max({held, kept_out, std::exchange(begun_, {})}),
                     .waited = transaction->waited()});
    return Batch::committed;
}

std::int64_t Filling::version_of_others() {
    auto& version = ready("version", sqlite::Range::all, [] { return "PRAGMA data_version"; });
    version.step();
    auto const now = version.integer(0);
    version.reset();
    return now;
}

std::int64_t Filling::apply(KeyRange const& keys, std::optional<std::int64_t> known) {
    if (piece_rows_ == 0) return apply_at_once(keys, known);
    auto const parts = static_cast<int>(key_.columns.size());
    std::int64_t rows = 0;
    for (KeyRange piece = keys;;) {
        auto const range = piece.after.empty() ? sqlite::Range::until : sqlite::Range::after_until;
        auto& next = ready("next", range, [&] { return sqlite::key_after_rows(work_.table, key_, range); });
        bind_all(next, 1, piece.after);
        bind_all(next, 1 + parts, keys.until);
        next.bind(2 * parts + 1, piece_rows_);
        bool const last = !next.step();
        piece.until = last ? keys.until : row_of(next, key_.columns.size());
        next.reset();
        rows += apply_at_once(piece, last ? std::nullopt : std::optional{piece_rows_});
        if (last) return rows;
        piece.after = piece.until;
    }
}

std::int64_t Filling::apply_at_once(KeyRange const& keys, std::optional<std::int64_t> known) {
    auto const& connection = workplace_.own();
    auto const range = keys.after.empty() ? sqlite::Range::until : sqlite::Range::after_until;
    auto const bind = [&](sqlite::Statement& statement) {
        bind_all(statement, 1, keys.after);
        bind_all(statement, 1 + static_cast<int>(key_.columns.size()), keys.until);
    };
    // The application's own connection, where there is no other, is as it was whenever the application is asked or told something.
    std::optional<TriggersOff> quiet;
    if (!workplace_.has_own()) quiet.emplace(connection);
    forget_rebuild(work_.table);
    std::int64_t rows = 0;
    if (!work_.pairs.empty()) {
        auto& update =
            ready("fill", range, [&] { return sqlite::fill(work_.table, key_, work_.pairs, range, skipped_); });
        bind(update);
        rows = update.run();
    }
    // After the pairs, from which they may read.
    for (auto const& open : work_.transforms) rows += transform(open, range, bind, known);
    for (auto const& pair : work_.missing) {
        auto make = connection.prepare(sqlite::make_missing(pair, range, skipped_));
        bind(make);
        forget_rebuild(pair.pair.target);
        rows += make.run();
    }
    return rows;
}

Batch Filling::fail(Position const& from, KeyRange const& range, Error const& error) {
    auto const& connection = workplace_.own();
    auto const& plan = workplace_.plan().name();
    auto const number = static_cast<std::int64_t>(position_);
    FailedBatch batch{
        .migration = id_,
        .table = work_.table.text(),
        .after = quoted_key(connection, range.after),
        .until = quoted_key(connection, range.until),
        .rows = failing_rows(workplace_, work_.table, key_, range, [&](KeyRange const& part) { (void)apply(part); }),
        .sql = error.sql(),
        .error = first_line(error.what())};
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    // It may have been rolled back while the rows were looked for, or another process has found the same, or an operator has stopped it.
    if (!is_next(from)) return Batch::stale;
    ledger::make_runs(connection);
    ledger::keep_batch_rows(connection, plan, number, work_.table.text(), batch_rows_);
    ledger::move_run(connection, plan, number,
                     {.state = RunState::failed, .why = batch.error, .actor = workplace_.actor(), .failed = batch});
    ledger::add_failed_rows(connection, plan, number, batch,
                            key_.hidden_rowid ? connection.integer("PRAGMA schema_version") : 0);
    workplace_.audit(connection, "batch failed", id_,
                     work_.table.text() + ", keys behind " + (batch.after.empty() ? "the start" : batch.after) +
                         " up to " + batch.until + ": " + batch.error,
                     batch_rows_, {});
    transaction.commit();
    batch_rows_ = 0;  // an operator may halve it
    throw BackfillFailed{std::move(batch)};
}

std::int64_t Filling::transform(OpenTransform const& open, sqlite::Range range, Binder const& bind,
                                std::optional<std::int64_t> known) {
    auto const& connection = workplace_.own();
    auto const number = std::to_string(&open - work_.transforms.data());
    std::int64_t rows = 0;
    if (counts(open)) {
        auto& update = ready("transform " + number, range, [&] {
            return sqlite::transform(open.transform, key_, range, sqlite::Return::filled, skipped_);
        });
        bind(update);
        rows = update.run();
        if (rows == known) return rows;
    } else if (open.carried.empty() && open.crossed.empty()) {
        bool const noted = sqlite::fills_empty(open.transform);
        (void)unfilled();  // of a batch that was rolled back
        auto& update = ready("transform " + number, range, [&] {
            return sqlite::transform(open.transform, key_, range,
                                     noted ? sqlite::Return::unfilled : sqlite::Return::nothing, skipped_);
        });
        bind(update);
        rows = update.run();
        if (noted) {
            if (auto const key = unfilled()) refuse_unfilled(open.transform, *key);
            return rows;
        }
    } else {
        std::vector<std::vector<sqlite::Value>> keys;
        auto update =
            connection.prepare(sqlite::transform(open.transform, key_, range, sqlite::Return::keys, skipped_));
        bind(update);
        while (update.step()) keys.push_back(row_of(update, key_.columns.size()));
        for (auto const& pair : open.carried) {
            auto carry = connection.prepare(sqlite::carry_up(pair, key_));
            for (auto const& key : keys) {
                bind_all(carry, 1, key);
                carry.run();
            }
        }
        for (auto const& statement : open.crossed) {
            auto carry = connection.prepare(statement);
            for (auto const& key : keys) {
                bind_all(carry, 1, key);
                carry.run();
            }
        }
        rows = static_cast<std::int64_t>(keys.size());
    }
    auto& left = ready("untransformed " + number, range,
                       [&] { return sqlite::untransformed(open.transform, key_, range, skipped_); });
    bind(left);
    if (!left.step()) return rows;
    auto const key = quoted_key(connection, row_of(left, key_.columns.size()));
    left.reset();
    refuse_unfilled(open.transform, key);
}

std::optional<std::string> Filling::unfilled() {
    auto& take = ready("unfilled", sqlite::Range::all, [] { return "SELECT evolver_unfilled()"; });
    take.step();
    auto key = take.is_null(0) ? std::nullopt : std::optional{take.text(0)};
    take.reset();
    return key;
}

void Filling::refuse_unfilled(sqlite::PhysicalTransform const& transform, std::string const& key) const {
    throw Error{Failure{
        .what =
            "Migration \"" + id_ + "\", Backfill " + work_.table.text() + ": `where` = " + transform.where +
            " holds still for the row with the key " + key +
            " after it was filled. A row may be met again while programs go on writing, and would be computed twice.",
        .object = work_.table.text(),
        .instead =
            "this batch was rolled back: roll the migration back, and let `where` hold for rows only that are not "
            "filled yet; or mend the row",
        .changed = Changed::partly}};
}

}  // namespace evolver
