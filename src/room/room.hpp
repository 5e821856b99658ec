#pragma once

// What an Evolver does, on one engine. Evolver is the face; the session that it is given decides which room lies behind it. What each call promises
// stands in evolver/evolver.hpp.

#include "access/access_state.hpp"
#include "evolver/compile/lint.hpp"
#include "evolver/execute/contract_options.hpp"
#include "evolver/execute/fingerprint.hpp"
#include "evolver/execute/reconcile_options.hpp"
#include "evolver/execute/reconciliation.hpp"
#include "evolver/execute/status.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/fleet/stage_order.hpp"
#include "evolver/ledger/audit_entry.hpp"
#include "evolver/options.hpp"
#include "evolver/plan/plan.hpp"
#include "evolver/plan/step.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soci {
class session;
}

namespace evolver {

/// What a Heartbeat does again and again, on its own thread and its own session.
using Beat = std::function<void()>;

namespace detail {
/// Made by the thread of an Evolver; called by that of a Heartbeat, with a session that is open.
struct Reporting {
    std::function<Beat(soci::session&)> begin;
};
}  // namespace detail

class Room {
public:
    Room() = default;
    virtual ~Room() = default;
    Room(Room const&) = delete;
    Room& operator=(Room const&) = delete;

    [[nodiscard]] virtual Plan const& plan() const = 0;
    /// How many steps have been committed, of whatever kind. It only grows.
    [[nodiscard]] virtual std::int64_t commits() const noexcept = 0;

    virtual Report expand() = 0;
    virtual void attach() = 0;
    virtual void baseline(MigrationId const& last) = 0;

    [[nodiscard]] virtual std::shared_ptr<detail::AccessState> access() = 0;
    [[nodiscard]] virtual detail::Reporting reporting() = 0;
    virtual void heartbeat() = 0;

    virtual bool advance(std::chrono::microseconds budget) = 0;
    [[nodiscard]] virtual std::string const& why() const noexcept = 0;
    virtual void backfill(BackfillOptions const& options) = 0;
    virtual void pause_backfill(RunOrder const& order) = 0;
    virtual void stop_backfill(RunOrder const& order) = 0;
    virtual void resume_backfill(RunOrder const& order) = 0;
    virtual std::int64_t skip_failed_rows(RunOrder const& order) = 0;
    virtual Reconciliation reconcile(ReconcileOptions const& options) = 0;

    virtual void hold_stage(StageOrder const& order) = 0;
    virtual void release_stage(StageOrder const& order) = 0;
    virtual Stage advance_stage(StageOrder const& order) = 0;
    virtual Stage step_back(StageOrder const& order) = 0;
    virtual void set_canary(Canary const& canary) = 0;
    virtual void sign_off(SignOff const& sign_off) = 0;
    virtual void verify_backup(std::string const& path) = 0;

    virtual Report contract(ContractOptions const& options) = 0;
    [[nodiscard]] virtual std::vector<Gate> gates(ContractOptions const& options) = 0;
    virtual Report rollback(RollbackOptions const& options) = 0;

    [[nodiscard]] virtual Report dry_run() = 0;
    [[nodiscard]] virtual std::vector<Finding> lint() = 0;
    [[nodiscard]] virtual Status status() = 0;
    [[nodiscard]] virtual Fingerprint fingerprint(FingerprintOptions const& options) = 0;

    [[nodiscard]] virtual std::optional<std::string> verify_audit(AuditHead const& anchored) = 0;
    [[nodiscard]] virtual AuditHead audit_head() = 0;
    virtual void audit(std::function<void(AuditEntry const&)> const& each, std::int64_t after) = 0;
};

/// Throws EngineError where the session is closed, or of an engine that this build does not know; PlanError where the plan does not name the release.
[[nodiscard]] std::unique_ptr<Room> room_for(soci::session& session, Plan plan, Options const& options);

/// What is given, or a number from 0 to 1 that is another one each time, and no secret.
[[nodiscard]] double given_or_drawn(std::optional<double> given);

}  // namespace evolver
