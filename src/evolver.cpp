#include "evolver/evolver.hpp"

#include "access/access_state.hpp"
#include "room/room.hpp"

#include <algorithm>
#include <utility>

namespace evolver {

struct Evolver::Parts {
    std::unique_ptr<Room> room;
    std::vector<FixedFlag> flags;
    std::shared_ptr<detail::AccessState> access = {};
};

namespace {

/// What a call throws says truly whether the database has changed: also where steps were committed before the one that failed.
template <class Call>
auto truly(Room& room, Call call) {
    auto const before = room.commits();
    try {
        return call();
    } catch (Error& error) {
        if (room.commits() != before) error.after_committed_steps();
        throw;
    }
}

}  // namespace

Evolver::Evolver(soci::session& session, Plan plan, Options options)
    : parts_{new Parts{room_for(session, std::move(plan), options), options.flags}} {}

Evolver::~Evolver() = default;
Evolver::Evolver(Evolver&&) noexcept = default;
Evolver& Evolver::operator=(Evolver&&) noexcept = default;

Report Evolver::expand() {
    return truly(*parts_->room, [&] { return parts_->room->expand(); });
}
void Evolver::attach() { parts_->room->attach(); }
void Evolver::baseline(MigrationId const& last) {
    return truly(*parts_->room, [&] { return parts_->room->baseline(last); });
}

std::shared_ptr<detail::AccessState> const& Evolver::access() const {
    if (!parts_->access) parts_->access = parts_->room->access();
    return parts_->access;
}
detail::Reporting Evolver::reporting() const { return parts_->room->reporting(); }

LiveTable Evolver::table(Name const& name) const { return LiveTable{access(), name}; }

Flag Evolver::flag(MigrationId const& migration) const {
    auto const known = parts_->room->plan().migrations();
    auto const found = std::ranges::find_if(known, [&](Migration const& one) { return one.id == migration; });
    if (found == known.end()) {
        throw PlanError{
            Failure{.what = "The plan has no migration \"" + migration.text() + "\" that a flag could follow.",
                    .object = migration.text(),
                    .instead = "status() lists the migrations"}};
    }
    std::optional<bool> fixed;
    for (auto const& flag : parts_->flags) {
        if (flag.migration == migration.text()) fixed = flag.on;
    }
    return Flag{access(), static_cast<std::size_t>(found - known.begin()), fixed};
}

Pin Evolver::pin() const { return Pin{access()}; }
void Evolver::heartbeat() { parts_->room->heartbeat(); }

void Evolver::hold_stage(StageOrder const& order) { parts_->room->hold_stage(order); }
void Evolver::release_stage(StageOrder const& order) { parts_->room->release_stage(order); }
Stage Evolver::advance_stage(StageOrder const& order) {
    return truly(*parts_->room, [&] { return parts_->room->advance_stage(order); });
}
Stage Evolver::step_back(StageOrder const& order) {
    return truly(*parts_->room, [&] { return parts_->room->step_back(order); });
}
void Evolver::set_canary(Canary const& canary) { parts_->room->set_canary(canary); }
void Evolver::sign_off(SignOff const& sign_off) { parts_->room->sign_off(sign_off); }
void Evolver::verify_backup(std::string const& path) { parts_->room->verify_backup(path); }

bool Evolver::advance(std::chrono::microseconds budget) {
    return truly(*parts_->room, [&] { return parts_->room->advance(budget); });
}
std::string const& Evolver::why() const noexcept { return parts_->room->why(); }
void Evolver::backfill(Speed speed) { backfill(BackfillOptions{.speed = speed}); }
void Evolver::backfill(BackfillOptions const& options) {
    return truly(*parts_->room, [&] { return parts_->room->backfill(options); });
}
void Evolver::pause_backfill(RunOrder const& order) { parts_->room->pause_backfill(order); }
void Evolver::stop_backfill(RunOrder const& order) { parts_->room->stop_backfill(order); }
void Evolver::resume_backfill(RunOrder const& order) { parts_->room->resume_backfill(order); }
std::int64_t Evolver::skip_failed_rows(RunOrder const& order) {
    return truly(*parts_->room, [&] { return parts_->room->skip_failed_rows(order); });
}

Reconciliation Evolver::reconcile(ReconcileOptions const& options) {
    return truly(*parts_->room, [&] { return parts_->room->reconcile(options); });
}
Report Evolver::contract(ContractOptions const& options) {
    return truly(*parts_->room, [&] { return parts_->room->contract(options); });
}
std::vector<Gate> Evolver::gates(ContractOptions const& options) { return parts_->room->gates(options); }
Report Evolver::rollback(RollbackOptions const& options) {
    return truly(*parts_->room, [&] { return parts_->room->rollback(options); });
}

Report Evolver::dry_run() { return parts_->room->dry_run(); }
std::vector<Finding> Evolver::lint() { return parts_->room->lint(); }
Fingerprint Evolver::fingerprint(FingerprintOptions const& options) { return parts_->room->fingerprint(options); }
Status Evolver::status() { return parts_->room->status(); }

std::optional<std::string> Evolver::verify_audit() { return verify_audit(AuditHead{}); }
std::optional<std::string> Evolver::verify_audit(AuditHead const& anchored) {
    return parts_->room->verify_audit(anchored);
}
AuditHead Evolver::audit_head() { return parts_->room->audit_head(); }
void Evolver::audit(std::function<void(AuditEntry const&)> const& each, std::int64_t after) {
    parts_->room->audit(each, after);
}

}  // namespace evolver
