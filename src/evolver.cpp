#include "evolver/evolver.hpp"

#include "access/access_state.hpp"
#include "access/reporting.hpp"
#include "dialect/sqlite/soci_handle.hpp"
#include "execute/advance.hpp"
#include "execute/backup.hpp"
#include "execute/baseline.hpp"
#include "execute/contract.hpp"
#include "execute/expand.hpp"
#include "execute/fingerprint.hpp"
#include "execute/hazards.hpp"
#include "execute/reconcile.hpp"
#include "execute/rollback.hpp"
#include "execute/rollout.hpp"
#include "execute/run_control.hpp"
#include "execute/spot_check.hpp"
#include "execute/status.hpp"
#include "execute/workplace.hpp"
#include "ledger/audit.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace evolver {

namespace {

/// Different in each instance, and no secret.
double drawn() {
    std::random_device device;
    return std::uniform_real_distribution<double>{0, 1}(device);
}

}  // namespace

struct Evolver::Parts {
    Parts(sqlite3* handle, Plan plan, Release release, Options const& options)
        : workplace{handle, std::move(plan), std::move(release), options.actor, options.observer, options.wait},
          soak{options.soak},
          compared_rows{options.compared_rows},
          flags{options.flags},
          canary_draw{options.canary_draw},
          advancer{
              workplace,
              {.signals = options.signals, .rows_per_second = options.rows_per_second, .order = options.fill_order}} {
        workplace.act_as({.on_behalf_of = options.on_behalf_of});
    }

    Workplace workplace;
    std::chrono::seconds soak;
    std::int64_t compared_rows;
    std::optional<SpotCheck> spot_check;
    std::vector<FixedFlag> flags;
    std::optional<double> canary_draw;
    Advancer advancer;
    std::string why;
    std::shared_ptr<detail::AccessState> access;
};

Evolver::Evolver(soci::session& session, Plan plan, Options options) {
    auto release = options.release ? *options.release : plan.releases().back();
    parts_ = std::make_unique<Parts>(sqlite::handle_of(session), std::move(plan), std::move(release), options);
}

Evolver::~Evolver() = default;
Evolver::Evolver(Evolver&&) noexcept = default;
Evolver& Evolver::operator=(Evolver&&) noexcept = default;

Report Evolver::expand() { return evolver::expand(parts_->workplace); }

void Evolver::attach() {
    auto& workplace = parts_->workplace;
    if (!nothing_to_expand(workplace)) (void)workplace.state(workplace.given());
}

void Evolver::baseline(MigrationId const& last) { evolver::baseline(parts_->workplace, last); }

std::shared_ptr<detail::AccessState> const& Evolver::access() const {
    auto& parts = *parts_;
    if (!parts.access) {
        auto& workplace = parts.workplace;
        parts.access = std::make_shared<detail::AccessState>(workplace.plan(), workplace.shared_presence(),
                                                             workplace.path(), workplace.given().handle(),
                                                             parts.canary_draw ? *parts.canary_draw : drawn());
    }
    return parts.access;
}

detail::Reporting Evolver::reporting() const {
    auto const& workplace = parts_->workplace;
    return {access(),          workplace.plan(), Release{workplace.release()},
            workplace.actor(), workplace.wait(), parts_->compared_rows};
}

LiveTable Evolver::table(Name const& name) const { return LiveTable{access(), name}; }

Flag Evolver::flag(MigrationId const& migration) const {
    auto const known = parts_->workplace.plan().migrations();
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

void Evolver::heartbeat() {
    auto& workplace = parts_->workplace;
    workplace.refuse_open_transaction("heartbeat");
    access()->hand_in(workplace.own(), workplace.release(), workplace.wait());
    if (parts_->compared_rows <= 0) return;
    if (!parts_->spot_check) parts_->spot_check.emplace(workplace);
    parts_->spot_check->check(parts_->compared_rows);
}

void Evolver::hold_stage(StageOrder const& order) { evolver::hold_stage(parts_->workplace, order); }
void Evolver::release_stage(StageOrder const& order) { evolver::release_stage(parts_->workplace, order); }
Stage Evolver::advance_stage(StageOrder const& order) {
    return evolver::advance_stage(parts_->workplace, parts_->soak, order);
}
Stage Evolver::step_back(StageOrder const& order) { return evolver::step_back(parts_->workplace, order); }
void Evolver::set_canary(Canary const& canary) { evolver::set_canary(parts_->workplace, canary); }
void Evolver::sign_off(SignOff const& sign_off) { evolver::sign_off(parts_->workplace, sign_off); }
void Evolver::verify_backup(std::string const& path) { evolver::verify_backup(parts_->workplace, path); }

bool Evolver::advance(std::chrono::microseconds budget) {
    auto result = parts_->advancer.advance(budget, Pace::polite);
    parts_->why = std::move(result.why);
    return result.worked;
}

std::string const& Evolver::why() const noexcept { return parts_->why; }

void Evolver::backfill(Speed speed) { backfill(BackfillOptions{.speed = speed}); }

void Evolver::backfill(BackfillOptions const& options) {
    refuse_unexpanded(parts_->workplace, parts_->workplace.own());
    parts_->advancer.to_the_end(options.speed == Speed::full ? Pace::full_speed : Pace::polite, options.stop,
                                options.override_gates);
}

void Evolver::pause_backfill(RunOrder const& order) { evolver::pause_backfill(parts_->workplace, order); }
void Evolver::stop_backfill(RunOrder const& order) { evolver::stop_backfill(parts_->workplace, order); }
void Evolver::resume_backfill(RunOrder const& order) { evolver::resume_backfill(parts_->workplace, order); }
std::int64_t Evolver::skip_failed_rows(RunOrder const& order) {
    return evolver::skip_failed_rows(parts_->workplace, order);
}

Reconciliation Evolver::reconcile(ReconcileOptions const& options) {
    return evolver::reconcile(parts_->workplace, options);
}

Report Evolver::contract(ContractOptions const& options) {
    return evolver::contract(parts_->workplace, parts_->soak, options);
}
std::vector<Gate> Evolver::gates(ContractOptions const& options) {
    return evolver::gates(parts_->workplace, parts_->soak, options);
}
Report Evolver::rollback(RollbackOptions const& options) { return evolver::rollback(parts_->workplace, options); }
Report Evolver::dry_run() { return rehearse(parts_->workplace); }

std::vector<Finding> Evolver::lint() {
    auto const& workplace = parts_->workplace;
    return look_for_hazards(workplace, workplace.given());
}

Fingerprint Evolver::fingerprint(FingerprintOptions const& options) {
    parts_->workplace.refuse_open_transaction("fingerprint");
    return evolver::fingerprint(parts_->workplace.reader(), options);
}

Status Evolver::status() { return status_of(parts_->workplace); }

std::optional<std::string> Evolver::verify_audit() { return verify_audit(AuditHead{}); }

std::optional<std::string> Evolver::verify_audit(AuditHead const& anchored) {
    auto const& connection = parts_->workplace.given();
    auto const missing = ledger::missing_in_trail(connection, parts_->workplace.plan().name());
    if (!ledger::has_audit(connection)) {
        if (missing || anchored.sequence == 0) return missing;
        return "there is no audit trail, and there was one: its row " + std::to_string(anchored.sequence) +
               " was anchored";
    }
    auto const broken = ledger::verify_audit(connection, anchored);
    if (!broken) return missing;
    return "row " + std::to_string(broken->sequence) + " of evolver_audit: " + broken->why;
}

AuditHead Evolver::audit_head() {
    auto const& connection = parts_->workplace.given();
    return ledger::has_audit(connection) ? ledger::audit_head(connection) : AuditHead{};
}

void Evolver::audit(std::function<void(AuditEntry const&)> const& each, std::int64_t after) {
    auto const& connection = parts_->workplace.given();
    if (ledger::has_audit(connection)) ledger::read_audit(connection, after, each);
}

}  // namespace evolver
