#include "access/sqlite_access.hpp"

#include "access/stood.hpp"
#include "dialect/sqlite/access_sql.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/soci_handle.hpp"
#include "ledger/ledger.hpp"
#include "ledger/rollout.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace evolver::detail {

namespace {

Shape read_shape(Plan const& plan, sqlite::Connection const& connection, Name const& table) {
    sqlite::ReadTransaction const snapshot{connection};
    auto const state = ledger::read(connection, plan.name());
    auto const [standing, stages] = stood_in(state, plan);
    auto physical = sqlite::inspect_table(connection, physical_name(plan, standing, table));
    // The release is held to what the old column was declared as, also while that accepts NULL.
    for (auto const& relaxed : state.relaxed) {
        if (!physical || !(physical->name == Name{relaxed.table})) continue;
        if (auto* const column = physical->find(Name{relaxed.column})) column->nullable = false;
    }
    std::vector<Parent> parents;
    for (auto& parent : parents_of(plan, standing, table)) {
        auto found = sqlite::inspect_table(connection, parent.stored);
        if (!found) continue;
        parent.table = std::move(*found);
        parents.push_back(std::move(parent));
    }
    auto shape = shape_of(plan, standing, stages, table, physical, parents);
    cross_over_columns(shape, plan, standing, connection);
    if (physical && !shape.rules.empty()) shape.key = sqlite::row_key(connection, physical->name).columns;
    return shape;
}

}  // namespace

SqliteAccess::SqliteAccess(Plan plan, std::shared_ptr<Presence> presence, std::string path, sqlite3* given, double draw)
    : plan_{std::move(plan)},
      presence_{std::move(presence)},
      path_{std::move(path)},
      vfs_{sqlite::Connection::borrow(given).vfs()},
      given_{given},
      draw_{draw} {}

sqlite::Connection const& SqliteAccess::connection() {
    if (connection_) return *connection_;
    if (path_.empty()) {
        connection_.emplace(sqlite::Connection::borrow(given_));
    } else {
        // Read-write, because a reader of a WAL must be able to make the -shm file; nothing is written.
        connection_.emplace(sqlite::Connection::open(path_, SQLITE_OPEN_READWRITE, vfs_));
        connection_->busy_timeout(std::chrono::seconds{10});
    }
    return *connection_;
}

Shape const& SqliteAccess::shape(Name const& table) {
    auto const known = shapes_.find(table.text());
    if (known != shapes_.end()) return known->second;
    return shapes_.emplace(table.text(), read_shape(plan_, connection(), table)).first->second;
}

void SqliteAccess::be_at(std::uint64_t epoch) {
    if (epoch == epoch_) return;
    shapes_.clear();
    texts_.clear();
    ahead_.reset();
    epoch_ = epoch;
}

SqlText SqliteAccess::written(Recipe const& recipe, Shape const& shape) {
    SqlText made{.sql = recipe.write(sqlite::AccessSql{shape})};
    if (recipe.reads) {
        auto const by_fallback = [&](OpenPair const& open) {
            return open.stage == Stage::dual && open.pair.kind != PairKind::alias &&
                   std::ranges::any_of(open.pair.to, [&](Column const& to) { return recipe.reads(to.name); });
        };
        Counters counters;
        for (auto const& open : shape.pairs) {
            if (by_fallback(open)) counters.all.push_back(fallback_reads_.of(open.migration));
        }
        if (!counters.all.empty()) made.counted = std::make_shared<Counters const>(std::move(counters));
    }
    return made;
}

SqlText SqliteAccess::text(Moment const& moment, Name const& table, Recipe const& recipe) {
    std::lock_guard const lock{mutex_};
    if (moment.past != nullptr)
        return written(recipe, read_shape(plan_, sqlite::Connection::borrow(moment.past), table));
    be_at(moment.epoch);
    auto const known = texts_.find(recipe.key);
    if (known != texts_.end()) return known->second;
    return texts_.emplace(recipe.key, written(recipe, shape(table))).first->second;
}

void SqliteAccess::hand_in(sqlite::Connection const& connection, std::string const& release,
                           std::chrono::milliseconds wait) {
    auto const counts = fallback_reads_.take();
    try {
        if (!hand_in_usage(connection, {.plan = plan_, .release = release, .presence = *presence_, .wait = wait},
                           counts))
            fallback_reads_.give_back(counts);
    } catch (...) {
        fallback_reads_.give_back(counts);
        throw;
    }
}

bool SqliteAccess::is_ahead(std::size_t migration) {
    std::lock_guard const lock{mutex_};
    be_at(presence_->epoch());
    if (!ahead_) {
        sqlite::ReadTransaction const snapshot{connection()};
        auto const state = ledger::read(connection(), plan_.name());
        std::vector<bool> ahead;
        for (auto const& entry : state.entries) {
            bool const goes_first = entry.stage == Stage::dual &&
                                    draw_ < ledger::rollout_of(connection(), plan_.name(), entry.position).canary;
            ahead.push_back(entry.stage == Stage::switched || entry.stage == Stage::complete || goes_first);
        }
        ahead_ = std::move(ahead);
    }
    return migration < ahead_->size() && (*ahead_)[migration];
}

/// A snapshot in which every migration stands where it stands now is as good as the epoch: whoever always reads by hand first is not to have
/// each of his statements written anew.
bool SqliteAccess::sees_what_is(sqlite3* session) {
    auto const in_snapshot = ledger::read(sqlite::Connection::borrow(session), plan_.name());
    auto const now = ledger::read(connection(), plan_.name());
    auto const stands_alike = [](ledger::Entry const& one, ledger::Entry const& other) {
        return one.id == other.id && one.expanded_at == other.expanded_at && one.phase == other.phase &&
               one.stage == other.stage;
    };
    return in_snapshot.exists == now.exists && std::ranges::equal(in_snapshot.entries, now.entries, stands_alike) &&
           in_snapshot.relaxed.size() == now.relaxed.size();
}

void SqliteAccess::end(soci::statement& statement) noexcept { sqlite::end(statement); }

Moment SqliteAccess::look_at_schema(soci::session& given, std::uint64_t epoch) {
    auto* const session = sqlite::handle_of(given);
    {
        std::lock_guard const lock{mutex_};
        auto const known = looked_.find(session);
        if (known != looked_.end() && known->second == epoch) return {.epoch = epoch};
    }
    bool const in_the_past = sqlite3_txn_state(session, "main") ==
                             SQLITE_TXN_READ;  // a snapshot may be older than the epoch: look again after it
    // A column that is not there: before SQLite says so, it looks whether its schema is the file's. Unlike a SELECT that runs, this leaves no
    // snapshot behind, with which a transaction that has just begun could not write any more once somebody else has.
    sqlite3_stmt* none = nullptr;
    sqlite3_prepare_v2(session, "SELECT evolver_is_not_here FROM main.sqlite_schema", -1, &none, nullptr);
    sqlite3_finalize(none);
    std::lock_guard const lock{mutex_};
    if (in_the_past && !sees_what_is(session)) return {.epoch = epoch, .past = session};
    looked_[session] = epoch;
    return {.epoch = epoch};
}

}  // namespace evolver::detail
