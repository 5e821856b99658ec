#include "execute/postgresql/reconcile.hpp"

#include "dialect/postgresql/fill_sql.hpp"
#include "dialect/postgresql/render.hpp"
#include "evolver/execute/reconcile_error.hpp"
#include "evolver/fleet/gate.hpp"
#include "execute/workplace.hpp"
#include "ledger/postgresql/ledger.hpp"
#include "ledger/postgresql/rollout.hpp"
#include "ledger/postgresql/runs.hpp"

#include <algorithm>
#include <utility>

namespace evolver::postgresql {

namespace {

constexpr std::int64_t chunk_rows = 10'000;
constexpr int named_rows = 10;

std::string in_words(PhysicalPair const& pair) {
    auto const listed = [](std::vector<Side> const& sides) {
        std::string text;
        for (auto const& side : sides) text += (text.empty() ? "" : ", ") + side.column.text();
        return text;
    };
    return listed(pair.from) + " → " + listed(pair.to);
}

/// Chunk by chunk of the key, each a statement of its own snapshot: what holds is local to a row.
PairComparison compare_pair(Site const& site, OpenPair const& open, std::vector<Mismatch>& rows) {
    auto const& connection = site.connection();
    auto const& id = site.plan().migrations()[open.position].id.text();
    PairComparison found{.migration = id, .table = open.pair.pair.table.text(), .columns = in_words(open.pair.pair)};
    auto const start = std::chrono::steady_clock::now();
    auto const skipped = ledger::skipped_rows(connection, site.plan().name(), static_cast<std::int64_t>(open.position),
                                              open.pair.pair.table.text());
    std::vector<Text> done;
    for (bool more = true; more;) {
        auto const range = done.empty() ? Range::all : Range::after;
        auto const next = connection.query(key_after_rows(table_of(open.pair), open.key, range, chunk_rows), done);
        if (next.empty()) break;
        auto bounds = done;
        bounds.insert(bounds.end(), next.rows[0].begin(), next.rows[0].end());
        auto const until = done.empty() ? Range::until : Range::after_until;
        auto const counts = connection.query(compare(open.pair, open.key, until), bounds);
        found.rows += counts.integer(0, 0);
        found.lossy += counts.integer(0, 2);
        if (counts.integer(0, 1) > 0) {
            auto const keys = connection.query(find_different(open.pair, open.key, until, chunk_rows), bounds);
            for (std::size_t row = 0; row < keys.rows.size(); ++row) {
                auto const key = keys.text(row, 0);
                // What was skipped is known to have no new value: contract would lose the old one.
                bool const is_skipped = std::ranges::find(skipped, key) != skipped.end();
                ++(is_skipped ? found.lossy : found.different);
                if (!is_skipped && rows.size() < named_rows)
                    rows.push_back({.migration = id, .table = open.pair.pair.table.text(), .key = key});
            }
        }
        if (counts.integer(0, 2) > 0 && found.lossy_keys.size() < named_rows) {
            auto const keys = connection.query(find_lossy(open.pair, open.key, until, named_rows), bounds);
            for (std::size_t row = 0; row < keys.rows.size(); ++row) found.lossy_keys.push_back(keys.text(row, 0));
        }
        ++found.chunks;
        done = next.rows[0];
    }
    found.duration = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
    return found;
}

}  // namespace

Reconciliation compare_shapes(Site& site, std::optional<std::size_t> position) {
    Reconciliation all;
    std::vector<Mismatch> rows;
    site.patiently([&] {
        all = {};
        rows.clear();
        Blueprint const blueprint{site.plan(), standing_of(site.state()), site.connection(), site.schema()};
        for (auto const& open : blueprint.pairs(position)) all.pairs.push_back(compare_pair(site, open, rows));
    });
    if (all.different() > 0) throw ReconcileError{std::move(all), std::move(rows)};
    return all;
}

Reconciliation reconcile(Site& site) {
    auto const& connection = site.connection();
    auto const& plan = site.plan();
    Reconciliation all;
    auto const before = site.look();
    for (auto const& entry : before.entries) {
        auto const position = static_cast<std::size_t>(entry.position);
        if (position >= plan.migrations().size() || entry.phase != Phase::expanded) continue;
        if (!entry.filled) {
            throw GateClosed{{{.name = "backfill",
                               .migration = entry.id,
                               .open = false,
                               .reason = "the backfill is not complete: call advance() until it returns false"}},
                             "Reconciliation"};
        }
        // Counted before the first row is looked at: what comes in from here on is found to be newer. A sequence shows a write before its
        // transaction ends, and its row is not seen until then: so the count is taken when nobody is in the middle of writing.
        std::int64_t writes = 0;
        site.patiently([&] {
            Transaction transaction{connection, site.options().lock_timeout};
            Blueprint const blueprint{plan, standing_of(site.state()), connection, site.schema()};
            for (auto const& pair : blueprint.pairs(position))
                connection.run(wait_for_writers(site.schema(), pair.pair.pair.table));
            writes = ledger::legacy_of(connection, plan.name(), entry.position).writes;
            transaction.commit();
        });
        auto found = compare_shapes(site, position);
        site.patiently([&] {
            Transaction transaction{connection, site.options().lock_timeout};
            ledger::take_pen(connection, plan.name());
            auto const state = site.state();
            bool const open = position < state.entries.size() && state.entries[position].phase == Phase::expanded &&
                              state.entries[position].expanded_at == entry.expanded_at;
            if (!open) return;
            ledger::mark_reconciled(connection, plan.name(), entry.position, writes, found.lossy());
            bool const held = !plan.migrations()[position].contract.held.empty() ||
                              ledger::rollout_of(connection, plan.name(), entry.position).held;
            if (state.entries[position].stage == Stage::dual && !held)
                ledger::move_stage(connection, plan.name(), entry.position, Stage::switched);
            site.audit(connection, {.plan = {}, .event = "reconcile", .migration = entry.id, .rows = found.rows()});
            transaction.commit();
            site.count_commit();
        });
        site.tell({.kind = EventKind::reconciled, .migration = entry.id, .done = found.rows()});
        for (auto& pair : found.pairs) all.pairs.push_back(std::move(pair));
    }
    return all;
}

}  // namespace evolver::postgresql
