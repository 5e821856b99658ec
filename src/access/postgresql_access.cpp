#include "access/postgresql_access.hpp"

#include "dialect/postgresql/access_sql.hpp"
#include "dialect/postgresql/inspect.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/fleet/lease_expired.hpp"
#include "ledger/postgresql/ledger.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace evolver::detail {

namespace {

/// The name to write to: from complete on that which contract is about to give the table. A view of that name is there since expand.
Name spoken(Plan const& plan, Stood const& stood, Name stored) {
    for (auto position = stood.standing.contracted; position < stood.standing.expanded; ++position) {
        if (stood.stages.at(position) != Stage::complete) continue;
        for (auto const& operation : plan.migrations()[position].operations) {
            auto const* const renamed = std::get_if<RenameTable>(&operation);
            if (renamed != nullptr && renamed->from == stored) stored = renamed->to;
        }
    }
    return stored;
}

}  // namespace

PostgresqlAccess::PostgresqlAccess(std::shared_ptr<postgresql::Site> site, double draw)
    : site_{std::move(site)}, parameters_{site_->connection().parameters()}, draw_{draw} {}

postgresql::Connection const& PostgresqlAccess::connection() {
    if (!connection_) connection_.emplace(postgresql::Connection::open(parameters_));
    connection_->revive();
    return *connection_;
}

void PostgresqlAccess::patiently(std::function<void()> const& look) {
    constexpr std::chrono::milliseconds rest{10};
    auto const end = std::chrono::steady_clock::now() + site_->options().wait;
    for (;;) {
        try {
            return look();
        } catch (EngineError const& error) {
            if (!error.retry_helps() || std::chrono::steady_clock::now() >= end) throw;
        }
        std::this_thread::sleep_for(rest);
    }
}

/// Where there is no ledger yet there is nothing to join, and nobody who could move the shape. So it is looked for each time.
bool PostgresqlAccess::has_joined() {
    std::lock_guard const lock{mutex_};
    if (lease_ != nullptr) return true;
    patiently([&] {
        if (!ledger::exists(connection())) return;
        auto const state = ledger::read(connection(), site_->plan().name());
        if (!state.exists) return;
        ledger::verify(state, site_->plan(), site_->release_position(), site_->options().release);
        lease_ = &site_->lease();
    });
    return lease_ != nullptr;
}

UseGuard PostgresqlAccess::use() {
    if (!has_joined()) return UseGuard{std::shared_ptr<Lease::Guard const>{}};
    auto const guard = [&] { return UseGuard{std::make_shared<Lease::Guard const>(lease_->guard())}; };
    if (!lease_->is_due()) return guard();
    try {
        renew();
    } catch (EngineError const&) {
        // Whoever moves the shape may hold the row for a moment: two thirds of the lease are left.
        try {
            return guard();
        } catch (LeaseExpired const&) {
        }
        throw;
    }
    return guard();
}

void PostgresqlAccess::renew() {
    if (!has_joined()) return;
    lease_->renew();
    // A stage may have moved without a new epoch: reads that are switched, or a migration that somebody has expanded.
    std::lock_guard const lock{mutex_};
    patiently([&] {
        auto stood = stood_in(ledger::read(connection(), site_->plan().name()), site_->plan());
        auto shares = ledger::canary_shares(connection(), site_->plan().name());
        if (stood == stood_ && shares == shares_) return;
        stood_ = std::move(stood);
        shares_ = std::move(shares);
        forget();
    });
}

void PostgresqlAccess::be_at(std::uint64_t epoch) {
    std::pair<std::uint64_t, std::uint64_t> const now{epoch, changes_};
    if (now == known_at_) return;
    shapes_.clear();
    texts_.clear();
    ahead_.reset();
    known_at_ = now;
}

PostgresqlAccess::Known PostgresqlAccess::read(Name const& table) {
    Known known{.shape = {.table = table}, .pairs = {}};
    patiently([&] {
        auto const& own = connection();
        auto const& plan = site_->plan();
        postgresql::Transaction transaction{own, site_->options().lock_timeout};
        ledger::State state;
        if (ledger::exists(own)) {
            ledger::hold_still(own, plan.name());
            state = ledger::read(own, plan.name());
        }
        auto const stood = stood_in(state, plan);
        auto const& [standing, stages] = stood;
        auto const schema = postgresql::inspect(own, site_->schema());
        auto const* const found = schema.find_table(physical_name(plan, standing, table));
        std::vector<Parent> parents;
        for (auto& parent : parents_of(plan, standing, table)) {
            auto const* const there = schema.find_table(parent.stored);
            if (there == nullptr) continue;
            parent.table = *there;
            parents.push_back(std::move(parent));
        }
        known.shape =
            shape_of(plan, standing, stages, table, found == nullptr ? std::nullopt : std::optional{*found}, parents);
        if (found != nullptr) known.shape.key = found->key_columns();
        known.pairs.clear();
        if (standing.expanded > standing.contracted) {
            postgresql::Blueprint const blueprint{plan, standing, own, site_->schema()};
            for (auto& open : blueprint.pairs()) {
                if (open.pair.pair.table == known.shape.physical_table()) known.pairs.push_back(std::move(open.pair));
            }
        }
        known.shape.stands_for = spoken(plan, stood, known.shape.physical_table());
        for (auto& rule : known.shape.rules) {
            rule.table = spoken(plan, stood, rule.table);
            if (rule.reference) rule.reference->table = spoken(plan, stood, rule.reference->table);
        }
        transaction.commit();
    });
    return known;
}

SqlText PostgresqlAccess::text(Moment const& moment, Name const& table, Recipe const& recipe) {
    std::lock_guard const lock{mutex_};
    be_at(moment.epoch);
    auto const written = texts_.find(recipe.key);
    if (written != texts_.end()) return written->second;
    auto known = shapes_.find(table.text());
    if (known == shapes_.end()) known = shapes_.emplace(table.text(), read(table)).first;
    auto const& [shape, pairs] = known->second;
    return texts_
        .emplace(recipe.key, SqlText{.sql = recipe.write(postgresql::AccessSql{shape, site_->schema(), pairs})})
        .first->second;
}

bool PostgresqlAccess::is_ahead(std::size_t migration) {
    auto const epoch = use().epoch();
    std::lock_guard const lock{mutex_};
    be_at(epoch);
    if (!ahead_) {
        std::vector<bool> ahead;
        patiently([&] {
            ahead.clear();
            if (!ledger::exists(connection())) return;
            auto shares = ledger::canary_shares(connection(), site_->plan().name());
            for (auto const& entry : ledger::read(connection(), site_->plan().name()).entries) {
                bool const goes_first = entry.stage == Stage::dual && draw_ < shares[entry.position];
                ahead.push_back(entry.stage == Stage::switched || entry.stage == Stage::complete || goes_first);
            }
        });
        ahead_ = std::move(ahead);
    }
    return migration < ahead_->size() && (*ahead_)[migration];
}

}  // namespace evolver::detail
