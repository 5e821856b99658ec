#include "execute/index_build.hpp"

#include "dialect/sqlite/fill_sql.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/row_digest.hpp"
#include "evolver/schema/digest.hpp"
#include "execute/batch.hpp"
#include "execute/row_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace evolver {

namespace {

using Clock = std::chrono::steady_clock;
using Values = std::vector<sqlite::Value>;

constexpr std::int64_t first_rows = 500;
constexpr std::int64_t first_slice = 2'000;
/// Each costs queries of its own, and a run that is sorted one more for each batch.
constexpr std::int64_t least_slice = 1'000;
/// Sorted at once, the rest waits: SQLite sorts on the disk, so this bounds the time, not the memory.
constexpr std::int64_t largest_slice = 4'000'000;
/// With more time to read than that nobody waits: what fits into one slice is one.
constexpr std::chrono::milliseconds no_hurry{500};

std::chrono::microseconds since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
}

}  // namespace

IndexBuild::IndexBuild(Workplace& workplace, std::size_t position, sqlite::IndexLayout layout)
    : workplace_{workplace},
      position_{position},
      layout_{std::move(layout)},
      id_{workplace.plan().migrations()[position].id.text()},
      schema_version_{workplace.own().integer("PRAGMA schema_version")},
      batch_rows_{first_rows},
      slice_rows_{first_slice} {}

/// The parameters by which evolver_index knows a build: plan, position, index.
sqlite::Statement& IndexBuild::bind_build(sqlite::Statement& statement) const {
    return statement.bind(1, std::string_view{workplace_.plan().name()})
        .bind(2, static_cast<std::int64_t>(position_))
        .bind(3, std::string_view{layout_.index.name.text()});
}

IndexBuild::State IndexBuild::read_state() const {
    State state;
    auto build = workplace_.own().prepare(
        "SELECT state, schema_version, rows, batches FROM evolver_index WHERE plan = ?1 AND position = ?2 AND "
        "index_name = ?3");
    bind_build(build);
    if (!build.step()) return state;
    auto const words = build.text(0);
    // Finished, and yet to be built: somebody has dropped the index.
    state.stage = words == "filling" ? Stage::filling : words == "settling" ? Stage::settling : Stage::none;
    state.schema_version = build.integer(1);
    state.rows = build.integer(2);
    state.batches = build.integer(3);
    return state;
}

bool IndexBuild::as_it_was_made(State const& state) const {
    // VACUUM gives hidden rowids other numbers; all that it leaves behind is another schema_version.
    if (layout_.key.hidden_rowid && state.schema_version != schema_version_) return false;
    auto const statements = sqlite::begin_build(layout_);
    return std::all_of(statements.begin(), statements.end(), [&](std::string const& sql) {
        sqlite::Value const text = sql;
        return workplace_.own().integer("SELECT count(*) FROM sqlite_schema WHERE sql = ?1", {&text, 1}) == 1;
    });
}

/// The triggers and the empty holder; what was left of an earlier try waits to be taken away.
Batch IndexBuild::begin() {
    auto const& connection = workplace_.own();
    auto why = sqlite::adoption_refused(connection);
    if (why.empty()) why = sqlite::adoption_refused(workplace_.given());
    if (!why.empty()) {
        throw Error{Failure{.what = "The index " + layout_.index.name.text() + " cannot be built online: " + why + ".",
                            .object = layout_.index.name.text(),
                            .instead = "run it in a maintenance window, and say so in the operation: .lock = "
                                       "Lock::in_window"}};
    }
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    if (connection.integer("PRAGMA schema_version") != schema_version_) return Batch::stale;
    for (auto const& sql : sqlite::discard_build(connection, layout_.index.name)) connection.run(sql);
    for (auto const& sql : sqlite::begin_build(layout_)) connection.run(sql);
    auto build = connection.prepare(
        "INSERT OR REPLACE INTO evolver_index (plan, position, index_name, state, schema_version, started_at) VALUES "
        "(?1, ?2, ?3, 'filling', ?4, ?5)");
    bind_build(build).bind(4, connection.integer("PRAGMA schema_version")).bind(5, ledger::now(connection));
    build.run();
    transaction.commit();
    held_ = transaction.held();
    return Batch::stale;  // the schema is another now
}

Batch IndexBuild::batch(std::chrono::microseconds target, std::chrono::microseconds reading) {
    held_ = {};
    auto const& connection = workplace_.own();
    if (connection.integer("PRAGMA schema_version") != schema_version_) return Batch::stale;
    sqlite::Value const name = layout_.index.name.text();
    if (connection.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = ?1 COLLATE NOCASE",
                           {&name, 1}) != 0)
        return Batch::finished;
    auto const state = read_state();
    if (!looked_at_) {
        if (state.stage == Stage::none || !as_it_was_made(state)) return begin();
        sqlite::add_row_digest(connection);
        // Outside WAL mode who reads keeps out who commits.
        looked_at_ = true;
        estimate_ = sqlite::estimated_rows(connection, layout_.index.table);
    }
    if (connection.text("PRAGMA journal_mode") != "wal" && workplace_.has_own()) reading = target;
    see_holder();
    if (state.stage == Stage::filling) return collected_ ? fill(state, target) : collect(reading);
    bool const checking = check_ && checked_at_ == state.batches && !checked_;
    if (!checking && noted(batch_rows_) >= batch_rows_) return settle(state, target);
    return checked_ && checked_at_ == state.batches ? publish(state) : check(state, reading);
}

void IndexBuild::see_holder() const {
    if (!layout_.nullable()) return;
    auto const& connection = workplace_.own();
    sqlite::Value const name = sqlite::written_name(layout_);
    if (connection.integer("SELECT count(*) FROM pragma_table_info(?1)", {&name, 1}) != 0) return;
    sqlite::Value const holder = sqlite::holder_name(layout_.index.name);
    auto const root =
        connection.integer("SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?1", {&holder, 1});
    connection.make_imposter(static_cast<int>(root), sqlite::imposter(layout_));
}

/// Inside the transaction: nobody has moved the schema or the build on.
bool IndexBuild::current(State const& state) const {
    auto const& connection = workplace_.own();
    return connection.integer("PRAGMA schema_version") == schema_version_ && read_state().batches == state.batches;
}

Batch IndexBuild::collect(std::chrono::microseconds reading) {
    auto const& connection = workplace_.own();
    auto const& table = layout_.index.table;
    auto const& key = layout_.key;
    auto const parts = key.columns.size();
    if (runs_ == 0) {
        connection.run("PRAGMA temp.secure_delete = OFF");
        connection.run(sqlite::make_sorted(layout_));
    }
    auto const start = Clock::now();
    bool last = true;
    {
        // Rows that come later are noted by the triggers, which are there already.
        sqlite::ReadTransaction const snapshot{connection};
        if (connection.integer("PRAGMA schema_version") != schema_version_) return Batch::stale;
        if (runs_ == 0) {
            auto end = connection.prepare(sqlite::last_key(table, key));
            if (end.step()) bound_ = row_of(end, parts);
        }
        ++runs_;
        if (!bound_.empty()) {
            bool const from_start = read_until_.empty();
            auto const range = from_start ? sqlite::Range::until : sqlite::Range::after_until;
            auto until = bound_;
            if (reading >= no_hurry) slice_rows_ = largest_slice;
            if (reading < no_hurry || estimate_ > largest_slice || !from_start) {
                auto next = connection.prepare(sqlite::key_after_rows(table, key, range));
                if (!from_start) bind_all(next, 1, read_until_);
                next.bind(bind_all(next, 1 + static_cast<int>(parts), bound_), slice_rows_);
                if (next.step()) {
                    until = row_of(next, parts);
                    last = false;
                }
            }
            auto sort = connection.prepare(sqlite::collect(layout_, from_start));
            if (!from_start) bind_all(sort, 1, read_until_);
            bind_all(sort, 1 + static_cast<int>(parts), until);
            auto run = connection.prepare("INSERT INTO temp.evolver_runs (next, last) VALUES (?1 + 1, ?1 + ?2)");
            auto const sorted = sort.run();
            run.bind(1, sorted_).bind(2, sorted);
            run.run();
            sorted_ += sorted;
            read_until_ = std::move(until);
        }
    }
    slice_rows_ = std::max(least_slice, next_batch(slice_rows_, reading, since(start), largest_slice));
    if (last) {
        collected_ = true;
        auto held = connection.prepare(sqlite::last_held(layout_));
        if (held.step()) {
            auto skip = connection.prepare(sqlite::skip_held(layout_));
            bind_all(skip, 1, row_of(held, sqlite::bound_size(layout_)));
            skip.run();
        }
    }
    return Batch::committed;
}

Batch IndexBuild::fill(State const& state, std::chrono::microseconds target) {
    auto const& connection = workplace_.own();
    auto const count = std::max<std::int64_t>(1, batch_rows_ / std::max<std::int64_t>(1, runs_));
    auto take = sqlite::Take::one_run;
    Values until;
    bool to_end = false;
    if (runs_ > 1) {
        // As many of each run, until the first of them ends there: no run has more.
        connection.run("DELETE FROM temp.evolver_proposed");
        auto propose = connection.prepare(sqlite::propose(layout_));
        propose.bind(1, count);
        propose.run();
        auto first = connection.prepare(sqlite::first_proposed(layout_));
        if (first.step()) until = row_of(first, sqlite::bound_size(layout_));
        to_end = until.empty();
        take = to_end ? sqlite::Take::rest : sqlite::Take::until_bound;
    } else {
        sqlite::Value const taken = count;
        to_end = connection.integer("SELECT count(*) FROM temp.evolver_runs WHERE next + ?1 <= last", {&taken, 1}) == 0;
    }
    auto insert = connection.prepare(sqlite::fill_holder(layout_, take));
    insert.bind(1, count);
    bind_all(insert, 2, until);
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    if (!current(state)) return Batch::stale;
    auto const rows = insert.run();
    // Temporary tables belong to the transaction: both are done, or neither.
    auto next = connection.prepare(sqlite::move_on(layout_, take));
    next.bind(1, count);
    bind_all(next, 2, until);
    next.run();
    write_state(state, to_end ? "settling" : "filling", rows);
    transaction.commit();
    done(transaction, state.rows + rows, target);
    if (to_end) {
        connection.run(sqlite::make_sorted(layout_));  // what is sorted is not needed any more
        batch_rows_ = first_batch / 10;                // notes come in any order, and cost more than rows
    }
    return Batch::committed;
}

Batch IndexBuild::settle(State const& state, std::chrono::microseconds target) {
    sqlite::WriteTransaction transaction{workplace_.own(), workplace_.wait()};
    if (!current(state)) return Batch::stale;
    auto const changed = settle_notes(batch_rows_);
    write_state(state, "settling", changed);
    transaction.commit();
    if (checked_ && checked_at_ == state.batches) ++checked_at_;
    done(transaction, state.rows + changed, target);
    return Batch::committed;
}

/// Returns by how many entries the holder has grown.
std::int64_t IndexBuild::settle_notes(std::int64_t limit) {
    auto const& connection = workplace_.own();
    std::vector<Values> notes;
    std::int64_t last = 0;
    {
        auto next = connection.prepare(sqlite::next_notes(layout_));
        next.bind(1, limit);
        while (next.step()) {
            last = next.integer(0);
            notes.push_back(row_of(next, layout_.columns.size(), 1));
        }
    }
    if (notes.empty()) return 0;
    auto take_out = connection.prepare(sqlite::take_out(layout_));
    auto put_in = connection.prepare(sqlite::put_in(layout_));
    auto const key_of = [&](Values const& note) {
        Values key;
        for (auto const i : layout_.key_at) key.push_back(note[i]);
        return key;
    };
    std::int64_t grown = 0;
    for (auto const& note : notes) {
        bind_all(take_out, 1, note);
        grown -= take_out.run();
        bind_all(put_in, 1, key_of(note));
        grown += put_in.run();
    }
    auto forget = connection.prepare(sqlite::forget_notes(layout_));
    forget.bind(1, last);
    forget.run();
    if (layout_.index.unique && checked_) {
        auto duplicate = connection.prepare(sqlite::duplicate_of(layout_));
        for (auto const& note : notes) {
            bind_all(duplicate, 1, key_of(note));
            if (duplicate.step()) refuse_duplicates();
        }
    }
    return grown;
}

std::int64_t IndexBuild::noted(std::int64_t up_to) const {
    sqlite::Value const limit = up_to;
    return workplace_.own().integer(
        "SELECT count(*) FROM (SELECT 1 FROM " + sqlite::quoted(sqlite::notes_name(layout_.index.name)) + " LIMIT ?1)",
        {&limit, 1});
}

Batch IndexBuild::check(State const& state, std::chrono::microseconds reading) {
    auto const& connection = workplace_.own();
    auto result = IndexCheck::Result::going_on;
    {
        sqlite::ReadTransaction const snapshot{connection};
        if (!current(state)) return Batch::stale;
        // Somebody else has settled something meanwhile: from the start.
        if (!check_ || checked_at_ != state.batches) {
            checked_ = false;
            checked_at_ = state.batches;
            bool const at_once = reading >= no_hurry && estimate_ <= largest_slice;
            check_.emplace(connection, layout_, at_once ? IndexCheck::Pieces::whole : IndexCheck::Pieces::of_some_rows);
            slice_rows_ = reading >= no_hurry ? largest_slice / 8 : first_slice;
        }
        auto const start = Clock::now();
        result = check_->piece(connection, layout_, slice_rows_);
        slice_rows_ = std::max(least_slice, next_batch(slice_rows_, reading, since(start), largest_slice));
    }
    switch (result) {
        case IndexCheck::Result::going_on: break;
        case IndexCheck::Result::equal: checked_ = true; break;
        case IndexCheck::Result::different: refuse_difference();
        case IndexCheck::Result::duplicates: refuse_duplicates();
    }
    return Batch::committed;
}

Batch IndexBuild::publish(State const& state) {
    auto const& connection = workplace_.own();
    // Before the lock: looking at the whole schema takes longer than a batch.
    auto const before = workplace_.schema_digest(connection);
    auto schema = sqlite::inspect(connection);
    schema.indexes.push_back(layout_.index);
    auto const after = digest_of(schema, Engine::sqlite);
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    if (!current(state)) return Batch::stale;
    if (noted(batch_rows_) >= batch_rows_) return Batch::committed;  // they have come meanwhile: next time
    auto const grown = settle_notes(batch_rows_);
    Hop hop{.schema_before = workplace_.schema_digest(connection), .lock_wait = transaction.waited()};
    write_state(state, "finished", grown);
    for (auto const& sql : sqlite::adopt(layout_)) connection.run(sql);
    // What ANALYZE has said of the holder is of no use to anybody.
    sqlite::Value const holder = sqlite::holder_name(layout_.index.name);
    for (auto const* statistics : {"sqlite_stat1", "sqlite_stat4"}) {
        sqlite::Value const table = std::string{statistics};
        if (connection.integer("SELECT count(*) FROM sqlite_schema WHERE name = ?1", {&table, 1}) == 0) continue;
        auto forget = connection.prepare(std::string{"DELETE FROM "} + statistics + " WHERE tbl = ?1");
        forget.bind(1, holder);
        forget.run();
    }
    hop.schema_after = hop.schema_before == before ? after : workplace_.schema_digest(connection);
    workplace_.audit(connection, "index built", id_, layout_.index.name.text(), state.rows + grown, transaction.held(),
                     std::move(hop));
    transaction.commit();
    connection.run(
        "DROP TABLE IF EXISTS temp.evolver_sorted; DROP TABLE IF EXISTS temp.evolver_runs; DROP TABLE IF "
        "EXISTS temp.evolver_proposed; DROP TABLE IF EXISTS temp.evolver_excluded");
    held_ = transaction.held() + workplace_.checkpoint_if_due();
    workplace_.tell({.kind = EventKind::batch,
                     .migration = id_,
                     .object = layout_.index.name.text(),
                     .done = state.rows + grown,
                     .total = estimate_,
                     .duration = held_});
    return Batch::stale;  // the schema is another now
}

void IndexBuild::write_state(State const& state, std::string_view stage, std::int64_t rows) {
    auto const& connection = workplace_.own();
    auto build = connection.prepare(
        "UPDATE evolver_index SET state = ?4, rows = ?5, batches = ?6, updated_at = ?7 WHERE plan = ?1 AND position = "
        "?2 AND index_name = ?3");
    bind_build(build)
        .bind(4, stage)
        .bind(5, state.rows + rows)
        .bind(6, state.batches + 1)
        .bind(7, ledger::now(connection));
    build.run();
}

void IndexBuild::done(sqlite::WriteTransaction const& transaction, std::int64_t rows,
                      std::chrono::microseconds target) {
    batch_rows_ = size_.next(batch_rows_, target, transaction.held(), transaction.committing());
    auto const kept_out = workplace_.checkpoint_if_due();
    held_ = transaction.held() + kept_out;
    workplace_.tell({.kind = EventKind::batch,
                     .migration = id_,
                     .object = layout_.index.name.text(),
                     .done = rows,
                     .total = estimate_,
                     .duration = std::max(transaction.held(), kept_out)});
}

void IndexBuild::refuse_duplicates() {
    check_.reset();
    checked_ = false;
    std::string parts;
    for (std::size_t i = 0; i < layout_.parts; ++i) parts += (i > 0 ? ", " : "") + layout_.columns[i].value;
    auto const& table = layout_.index.table.text();
    throw Error{Failure{
        .what = fmt::format("The index {} is unique, and there are rows of {} that share their values: it is not made.",
                            layout_.index.name.text(), table),
        .object = layout_.index.name.text(),
        .instead =
            fmt::format("mend the rows, then call again; see them with: SELECT {0}, count(*) FROM {1}{2} GROUP BY {0} "
                        "HAVING count(*) > 1",
                        parts, sqlite::quoted(table),
                        layout_.index.where ? " WHERE " + layout_.index.where->text(Engine::sqlite) : ""),
        .changed = Changed::partly}};
}

void IndexBuild::refuse_difference() {
    auto const& connection = workplace_.own();
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    for (auto const& sql : sqlite::discard_build(connection, layout_.index.name)) connection.run(sql);
    auto forget = connection.prepare("DELETE FROM evolver_index WHERE plan = ?1 AND position = ?2 AND index_name = ?3");
    bind_build(forget);
    forget.run();
    workplace_.audit(connection, "index differed", id_, layout_.index.name.text(), 0, {});
    transaction.commit();
    throw Error{Failure{
        .what = fmt::format("The index {} is not made: what was built differs from the table {}. Somebody has written "
                            "to it without its triggers.",
                            layout_.index.name.text(), layout_.index.table.text()),
        .object = layout_.index.name.text(),
        .instead = "let no connection turn triggers off (SQLITE_DBCONFIG_ENABLE_TRIGGER) meanwhile, then call again: "
                   "it starts over",
        .changed = Changed::partly}};
}

}  // namespace evolver
