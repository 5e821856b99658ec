#include "execute/postgresql/site.hpp"

#include "compile/history_facts.hpp"
#include "dialect/postgresql/code_connection.hpp"
#include "dialect/postgresql/inspect.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "execute/workplace.hpp"
#include "ledger/postgresql/audit.hpp"
#include "ledger/postgresql/ledger.hpp"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include <unistd.h>

namespace evolver::postgresql {

Site::Site(Connection connection, Plan plan, SiteOptions options)
    : connection_{std::move(connection)},
      plan_{std::move(plan)},
      options_{std::move(options)},
      parameters_{connection_.parameters()},
      release_position_{plan_.position_of(Release{options_.release})},
      schema_{current_schema(connection_)} {
    constexpr int oldest = 140000;  // CREATE OR REPLACE TRIGGER
    if (connection_.server_version() < oldest) {
        throw Error{Failure{.what = "This server is older than PostgreSQL 14.",
                            .object = std::to_string(connection_.server_version()),
                            .instead = "upgrade it: 13 has had no support since November 2025"}};
    }
}

ledger::State Site::state() const {
    auto state = ledger::read(connection_, plan_.name());
    ledger::verify(state, plan_, release_position_, options_.release);
    return state;
}

ledger::State Site::look() const {
    ledger::State seen;
    patiently([&] { seen = state(); });
    return seen;
}

Roster& Site::roster() {
    std::lock_guard const lock{joining_};
    if (!roster_) {
        RosterOptions options{.plan = plan_.name(), .lock_timeout = options_.lock_timeout};
        for (auto const& release : plan_.releases()) options.releases.push_back(release.text());
        roster_ = std::make_unique<Roster>(Connection::open(parameters_), std::move(options));
    }
    return *roster_;
}

Lease& Site::lease() {
    std::lock_guard const lock{joining_};
    if (!lease_) {
        lease_ = std::make_unique<Lease>(roster(),
                                         Enrolment{.release = options_.release,
                                                   .release_position = static_cast<std::int64_t>(release_position_),
                                                   .plan_digest = plan_.digest(),
                                                   .host = ledger::host_name(),
                                                   .process = getpid()},
                                         options_.lease);
    }
    return *lease_;
}

void Site::audit(Connection const& connection, ledger::AuditRow row) const {
    row.plan = plan_.name();
    row.actor = options_.actor;
    row.on_behalf_of = options_.on_behalf_of;
    row.release = options_.release;
    row.plan_digest = plan_.digest();
    ledger::append(connection, row);
}

void Site::patiently(std::function<void()> const& work, std::chrono::milliseconds at_least) const {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds longest_rest{200};
    auto const end = Clock::now() + std::max(options_.wait, at_least);
    std::minstd_rand draw{static_cast<unsigned>(Clock::now().time_since_epoch().count())};
    for (std::chrono::milliseconds rest{10};; rest = std::min(rest * 2, longest_rest)) {
        try {
            connection_.revive();
            return work();
        } catch (Error const& error) {
            if (!error.retry_helps() || Clock::now() >= end) throw;
        }
        // Two who rest equally long meet again.
        std::this_thread::sleep_for(rest / 2 + rest * static_cast<int>(draw() % 100) / 100);
    }
}

void refuse_drift(Site const& site) {
    Transaction const snapshot{site.connection(), site.options().lock_timeout, Sees::one_moment};
    auto const state = site.state();
    refuse_drift(site, state, inspect(site.connection(), site.schema()));
}

void refuse_drift(Site const& site, ledger::State const& state, Schema const& live) {
    std::vector<bool> filled;
    for (auto const& entry : state.entries) filled.push_back(entry.filled);
    std::string found;
    auto const is_of_type = [&](Type const& planned, Type const& there) {
        return is_called(site.connection(), there.declared(), type_words(planned, Engine::postgresql));
    };
    for (auto const& line : contradictions(site.plan(), standing_of(state), live, filled, is_of_type))
        found += "\n  " + line;
    if (found.empty()) return;
    throw DriftError{
        Failure{.what = "The database's schema is not what its history says:" + found,
                .object = site.plan().name(),
                .instead = "undo what was changed by hand, or bring it into the plan; nothing was written"}};
}

namespace {

void call(Step const& step, Connection const& connection) {
    CodeConnection database{connection};
    try {
        call_code(step, database);
    } catch (Error const&) {
        // A lock that somebody holds is waited for, as with any other step: the whole phase is done again.
        if (database.passing()) std::rethrow_exception(database.passing());
        throw;
    }
}

}  // namespace

void run_steps(std::vector<Step> const& steps, Connection const& connection, Code code) {
    // What the application's own words set would be in the way of whatever comes next.
    auto const path = connection.text("SELECT current_setting('search_path')");
    for (auto const& step : steps) {
        if (!step.refuse_if.empty() && !connection.query(step.refuse_if).empty()) {
            throw PlanError{Failure{.what = "Migration \"" + step.migration + "\", step \"" + step.what +
                                            "\" is refused: " + step.refusal + ".",
                                    .object = step.migration}};
        }
        for (auto const& sql : step.sql) connection.run(sql);
        if (step.code && code == Code::called) call(step, connection);
    }
    connection.query("SELECT set_config('search_path', $1, false) WHERE current_setting('search_path') <> $1", {path});
}

}  // namespace evolver::postgresql
