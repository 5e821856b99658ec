#include "evolver/evolver.hpp"

#include "access/access_state.hpp"
#include "dialect/sqlite/soci_handle.hpp"
#include "execute/advance.hpp"
#include "execute/contract.hpp"
#include "execute/expand.hpp"
#include "execute/fingerprint.hpp"
#include "execute/hazards.hpp"
#include "execute/reconcile.hpp"
#include "execute/rollback.hpp"
#include "execute/run_control.hpp"
#include "execute/status.hpp"
#include "execute/workplace.hpp"
#include "ledger/audit.hpp"

#include <utility>

namespace evolver {

struct Evolver::Parts {
    Parts(sqlite3* handle, Plan plan, Release release, Options const& options)
        : workplace{handle, std::move(plan), std::move(release), options.actor, options.observer, options.wait},
          soak{options.soak},
          advancer{
              workplace,
              {.signals = options.signals, .rows_per_second = options.rows_per_second, .order = options.fill_order}} {}

    Workplace workplace;
    std::chrono::seconds soak;
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

LiveTable Evolver::table(Name const& name) const {
    auto& parts = *parts_;
    if (!parts.access) {
        auto& workplace = parts.workplace;
        parts.access = std::make_shared<detail::AccessState>(workplace.plan(), workplace.shared_presence(),
                                                             workplace.path(), workplace.given().handle());
    }
    return LiveTable{parts.access, name};
}

bool Evolver::advance(std::chrono::microseconds budget) {
    auto result = parts_->advancer.advance(budget, Pace::polite);
    parts_->why = std::move(result.why);
    return result.worked;
}

std::string const& Evolver::why() const noexcept { return parts_->why; }

void Evolver::backfill(Speed speed) { backfill(BackfillOptions{.speed = speed}); }

void Evolver::backfill(BackfillOptions const& options) {
    refuse_unexpanded(parts_->workplace, parts_->workplace.own());
    parts_->advancer.to_the_end(options.speed == Speed::full ? Pace::full_speed : Pace::polite, options.stop);
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
    return evolver::fingerprint(parts_->workplace.own(), options);
}

Status Evolver::status() { return status_of(parts_->workplace); }

std::optional<std::string> Evolver::verify_audit() {
    auto const& connection = parts_->workplace.given();
    if (!ledger::exists(connection)) return std::nullopt;
    auto const broken = ledger::verify_audit(connection);
    if (!broken) return std::nullopt;
    return "row " + std::to_string(broken->sequence) + " of evolver_audit: " + broken->why;
}

}  // namespace evolver
