#include "execute/rebuild.hpp"

#include "evolver/schema/digest.hpp"
#include "execute/row_values.hpp"

#include <algorithm>

namespace evolver {

namespace {

using Key = std::vector<sqlite::Value>;

std::int64_t version_of(sqlite::Connection const& connection) { return connection.integer("PRAGMA schema_version"); }

}  // namespace

/// Where the run stands, as the ledger has it.
struct RebuildRun::Position {
    bool begun = false;
    bool complete = false;
    std::int64_t schema_version = 0;
    std::int64_t rows = 0;
    std::int64_t batches = 0;  // tells whether somebody else has worked on it since
    Key done;                  // empty: at the start
};

RebuildRun::RebuildRun(Workplace& workplace, std::size_t position, sqlite::Rebuild rebuild, std::int64_t schema_version)
    : workplace_{workplace},
      position_{position},
      rebuild_{std::move(rebuild)},
      form_digest_{digest_of(sqlite::identity(rebuild_))},
      schema_version_{schema_version} {}

RebuildRun::Position RebuildRun::read_position() const {
    auto const& connection = workplace_.own();
    Position at;
    if (!ledger::has_rebuilds(connection)) return at;
    auto run = connection.prepare(
        "SELECT complete, schema_version, rows, batches FROM evolver_rebuild WHERE id = ?1 AND form = ?2");
    run.bind(1, rebuild_.id).bind(2, std::string_view{form_digest_});
    if (!run.step()) return at;
    at.begun = true;
    at.complete = run.integer(0) != 0;
    at.schema_version = run.integer(1);
    at.rows = run.integer(2);
    at.batches = run.integer(3);
    run.reset();
    auto parts = connection.prepare("SELECT done FROM evolver_rebuild_key WHERE id = ?1 ORDER BY part");
    parts.bind(1, rebuild_.id);
    while (parts.step()) at.done.push_back(parts.value(0));
    return at;
}

bool RebuildRun::begun() const { return read_position().begun; }

bool RebuildRun::begin() {
    auto const& connection = workplace_.own();
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    if (version_of(connection) != schema_version_) return false;
    ledger::create(connection, workplace_.plan().name());
    give_up_rebuild(connection, rebuild_.table);
    for (auto const& sql : sqlite::make_shadow(rebuild_)) connection.run(sql);
    for (auto const& sql : sqlite::carry_triggers(rebuild_)) connection.run(sql);
    schema_version_ = version_of(connection);
    auto run = connection.prepare(
        "INSERT INTO evolver_rebuild (id, plan, position, table_name, form, schema_version, started_at) VALUES (?1, "
        "?2, ?3, ?4, ?5, ?6, ?7)");
    run.bind(1, rebuild_.id)
        .bind(2, std::string_view{workplace_.plan().name()})
        .bind(3, static_cast<std::int64_t>(position_))
        .bind(4, std::string_view{rebuild_.table.text()})
        .bind(5, std::string_view{form_digest_})
        .bind(6, schema_version_)
        .bind(7, ledger::now(connection));
    run.run();
    workplace_.audit(connection, "rebuild begun", workplace_.plan().migrations()[position_].id.text(),
                     rebuild_.table.text(), 0, transaction.held());
    transaction.commit();
    held_ = transaction.held();
    return true;
}

/// The last key of the next batch; empty where fewer rows are left.
std::vector<sqlite::Value> RebuildRun::end_of_batch(Position const& from) const {
    auto const parts = rebuild_.key.columns.size();
    auto const range = from.done.empty() ? sqlite::Range::all : sqlite::Range::after;
    auto next = workplace_.own().prepare(sqlite::key_after_rows(rebuild_.table, rebuild_.key, range));
    bind_all(next, 1, from.done);
    next.bind(static_cast<int>(2 * parts + 1), batch_rows_);
    return next.step() ? row_of(next, parts) : Key{};
}

Batch RebuildRun::batch(std::chrono::microseconds target) {
    auto const& connection = workplace_.own();
    auto const now = version_of(connection);
    if (now != schema_version_) return Batch::stale;
    auto const at = read_position();
    bool const renumbered = at.begun && rebuild_.key.hidden_rowid && at.schema_version != now;
    if (!at.begun || renumbered) return begin() ? Batch::committed : Batch::stale;
    if (at.complete) return Batch::finished;

    // Looked up before the lock is taken: rows that come or go meanwhile do not matter. Only the last batch looks again, because what comes
    // after it is for the triggers alone.
    auto until = end_of_batch(at);
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    if (version_of(connection) != schema_version_ || read_position().batches != at.batches) return Batch::stale;
    if (until.empty()) until = end_of_batch(at);
    auto const range = at.done.empty() ? (until.empty() ? sqlite::Range::all : sqlite::Range::until)
                                       : (until.empty() ? sqlite::Range::after : sqlite::Range::after_until);
    auto copy = connection.prepare(sqlite::copy_rows(rebuild_, range));
    bind_all(copy, 1, at.done);
    bind_all(copy, 1 + static_cast<int>(rebuild_.key.columns.size()), until);
    auto const rows = copy.run();
    for (std::size_t part = 0; part < until.size(); ++part) {
        auto key = connection.prepare("REPLACE INTO evolver_rebuild_key (id, part, done) VALUES (?1, ?2, ?3)");
        key.bind(1, rebuild_.id).bind(2, static_cast<std::int64_t>(part)).bind(3, until[part]);
        key.run();
    }
    auto run = connection.prepare(
        "UPDATE evolver_rebuild SET rows = rows + ?2, batches = batches + 1, complete = ?3, updated_at = ?4 WHERE id = "
        "?1");
    run.bind(1, rebuild_.id)
        .bind(2, rows)
        .bind(3, std::int64_t{until.empty() ? 1 : 0})
        .bind(4, ledger::now(connection));
    run.run();
    transaction.commit();
    auto const held = transaction.held();
    auto const kept_out = workplace_.checkpoint_if_due();
    held_ = held + kept_out;
    batch_rows_ = size_.next(batch_rows_, target, held, transaction.committing());
    if (estimate_ == 0) estimate_ = sqlite::estimated_rows(connection, rebuild_.table);
    workplace_.tell({.kind = EventKind::batch,
                     .migration = workplace_.plan().migrations()[position_].id.text(),
                     .object = rebuild_.table.text(),
                     .done = at.rows + rows,
                     .total = estimate_,
                     .duration = std::max(held, kept_out),
                     .waited = transaction.waited()});
    return Batch::committed;
}

void RebuildRun::verify() {
    auto const& connection = workplace_.own();
    auto facts = connection.prepare(sqlite::compare_whole(rebuild_));
    facts.step();
    auto const table = facts.text(0);
    auto const shadow = facts.text(1);
    facts.reset();
    if (table == shadow) return;
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    give_up_rebuild(connection, rebuild_.table);
    transaction.commit();
    throw Error{Failure{
        .what = "Table " + rebuild_.table.text() + " was made anew, and its rows are not all there: the table has " +
                table + " in its checksum, the new one " + shadow + ". The new one was thrown away.",
        .object = rebuild_.table.text(),
        .instead = "look for what writes with triggers switched off (SQLITE_DBCONFIG_ENABLE_TRIGGER), then call "
                   "contract() again: the rebuild begins anew",
        .changed = Changed::no,
        .retry = Retry::helps}};
}

bool RebuildRun::ready() const {
    if (version_of(workplace_.own()) != schema_version_) return false;
    auto const at = read_position();
    return at.complete && (!rebuild_.key.hidden_rowid || at.schema_version == schema_version_);
}

void RebuildRun::done() const { ledger::forget_rebuild(workplace_.own(), rebuild_.table.text()); }

void give_up_rebuild(sqlite::Connection const& connection, Name const& table) {
    for (auto const& sql : sqlite::give_up(connection, table, sqlite::free_trash(connection))) connection.run(sql);
    ledger::forget_rebuild(connection, table.text());
}

}  // namespace evolver
