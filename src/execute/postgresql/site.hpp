#pragma once

// What every piece of work on PostgreSQL needs: the plan, a connection of evolver's own, the fleet, the observer; and the patience to give way.

#include "compile/postgresql/blueprint.hpp"
#include "dialect/postgresql/connection.hpp"
#include "evolver/observe/observer.hpp"
#include "evolver/plan/plan.hpp"
#include "fleet/lease.hpp"
#include "fleet/postgresql_roster.hpp"
#include "ledger/audit.hpp"
#include "ledger/ledger.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace evolver::postgresql {

struct SiteOptions {
    std::string release;
    std::string actor = {};
    std::string on_behalf_of = {};
    Observer* observer = nullptr;
    /// How long to go on trying to get a lock that somebody else holds.
    std::chrono::milliseconds wait = std::chrono::seconds{10};
    /// How long one statement waits for a lock: so long others wait behind it.
    std::chrono::milliseconds lock_timeout{100};
    LeaseTerms lease = {};
};

class Site {
public:
    /// `connection`: evolver's own. Reads the schema that is the current one.
    Site(Connection connection, Plan plan, SiteOptions options);

    [[nodiscard]] Connection const& connection() const noexcept { return connection_; }
    [[nodiscard]] Plan const& plan() const noexcept { return plan_; }
    [[nodiscard]] std::string const& schema() const noexcept { return schema_; }
    [[nodiscard]] SiteOptions const& options() const noexcept { return options_; }
    [[nodiscard]] std::size_t release_position() const noexcept { return release_position_; }

    /// The ledger's state, checked against the plan. Throws HistoryError, SchemaTooNew.
    [[nodiscard]] ledger::State state() const;
    /// The same, patiently: outside of a transaction.
    [[nodiscard]] ledger::State look() const;
    /// This instance in the fleet; it comes in when it is first needed. Throws SchemaTooNew. Threads: any number.
    [[nodiscard]] Lease& lease();
    [[nodiscard]] Roster& roster();
    /// Whatever an instance has been told, it has acknowledged by then, when it renewed its lease, or it is gone.
    [[nodiscard]] std::chrono::milliseconds longest_silence() const {
        return options_.lease.length + std::chrono::seconds{1};
    }

    void tell(Event const& event) const {
        if (options_.observer != nullptr) options_.observer->on(event);
    }
    /// How many steps have been committed.
    [[nodiscard]] std::int64_t commits() const noexcept { return commits_; }
    void count_commit() const noexcept { ++commits_; }

    /// Appends to the trail, with plan, release and actor filled in. `connection`: that of the transaction that the row speaks of.
    void audit(Connection const& connection, ledger::AuditRow row) const;

    /// Does `work` again, from its beginning, as long as a retry helps and the time to wait is not over, with a rest in between: locks that
    /// somebody holds, deadlocks, a connection that was cut (it is opened anew). What it does has to look at the ledger first: a COMMIT whose answer was
    /// lost may have been one.
    /// `at_least`: so long, if that is longer than the time to wait.
    void patiently(std::function<void()> const& work, std::chrono::milliseconds at_least = {}) const;

private:
    Connection connection_;
    Plan plan_;
    SiteOptions options_;
    std::string parameters_;
    std::size_t release_position_;
    std::string schema_;
    mutable std::int64_t commits_ = 0;
    std::recursive_mutex joining_;  // who joins needs the roster
    std::unique_ptr<Roster> roster_;
    std::unique_ptr<Lease> lease_;  // leaves before its roster goes
};

/// Throws DriftError where tables, columns, indexes or views that the plan has made are gone, or are there again; of what RawSql makes, and of types, nothing is
/// said. `live` is of the moment of `state`; otherwise both are read in a snapshot, for somebody may contract in between.
void refuse_drift(Site const& site, ledger::State const& state, Schema const& live);
void refuse_drift(Site const& site);

/// The application's functions are for rows: a rehearsal, which has none, leaves them out.
enum class Code { called, left_out };

/// Runs the steps in the transaction that is open.
void run_steps(std::vector<Step> const& steps, Connection const& connection, Code code = Code::called);

}  // namespace evolver::postgresql
