#include "room/sqlite_room.hpp"

#include "dialect/sqlite/soci_handle.hpp"
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
#include "execute/status.hpp"
#include "ledger/audit.hpp"

#include <utility>

namespace evolver {

SqliteRoom::SqliteRoom(soci::session& session, Plan plan, Release release, Options const& options)
    : workplace_{sqlite::handle_of(session), std::move(plan), std::move(release), options.actor,
                 options.observer,           options.wait},
      soak_{options.soak},
      compared_rows_{options.compared_rows},
      canary_draw_{options.canary_draw},
      advancer_{workplace_,
                {.signals = options.signals, .rows_per_second = options.rows_per_second, .order = options.fill_order}} {
    workplace_.act_as({.on_behalf_of = options.on_behalf_of});
}

Report SqliteRoom::expand() { return evolver::expand(workplace_); }

void SqliteRoom::attach() {
    if (!nothing_to_expand(workplace_)) (void)workplace_.state(workplace_.given());
}

void SqliteRoom::baseline(MigrationId const& last) { evolver::baseline(workplace_, last); }

std::shared_ptr<detail::SqliteAccess> const& SqliteRoom::own_access() {
    if (!access_) {
        access_ =
            std::make_shared<detail::SqliteAccess>(workplace_.plan(), workplace_.shared_presence(), workplace_.path(),
                                                   workplace_.given().handle(), given_or_drawn(canary_draw_));
    }
    return access_;
}

void SqliteRoom::heartbeat() {
    workplace_.refuse_open_transaction("heartbeat");
    own_access()->hand_in(workplace_.own(), workplace_.release(), workplace_.wait());
    if (compared_rows_ <= 0) return;
    if (!spot_check_) spot_check_.emplace(workplace_);
    spot_check_->check(compared_rows_);
}

detail::Reporting SqliteRoom::reporting() {
    // What the thread needs of this room, it takes along: the Evolver may be gone before it.
    struct Taken {
        std::shared_ptr<detail::SqliteAccess> counted;
        Plan plan;
        Release release;
        std::string actor;
        std::chrono::milliseconds wait;
        std::int64_t compared_rows;
    };
    Taken const taken{.counted = own_access(),
                      .plan = workplace_.plan(),
                      .release = Release{workplace_.release()},
                      .actor = workplace_.actor(),
                      .wait = workplace_.wait(),
                      .compared_rows = compared_rows_};
    return {[taken](soci::session& session) -> Beat {
        struct Work {
            Work(soci::session& session, Taken const& taken)
                : workplace{sqlite::handle_of(session), taken.plan, taken.release, taken.actor, nullptr, taken.wait},
                  spot_check{workplace} {}
            Workplace workplace;
            SpotCheck spot_check;
        };
        return [taken, work = std::make_shared<Work>(session, taken)] {
            taken.counted->hand_in(work->workplace.own(), work->workplace.release(), std::chrono::milliseconds{0});
            if (taken.compared_rows > 0) work->spot_check.check(taken.compared_rows);
        };
    }};
}

void SqliteRoom::hold_stage(StageOrder const& order) { evolver::hold_stage(workplace_, order); }
void SqliteRoom::release_stage(StageOrder const& order) { evolver::release_stage(workplace_, order); }
Stage SqliteRoom::advance_stage(StageOrder const& order) { return evolver::advance_stage(workplace_, soak_, order); }
Stage SqliteRoom::step_back(StageOrder const& order) { return evolver::step_back(workplace_, order); }
void SqliteRoom::set_canary(Canary const& canary) { evolver::set_canary(workplace_, canary); }
void SqliteRoom::sign_off(SignOff const& sign_off) { evolver::sign_off(workplace_, sign_off); }
void SqliteRoom::verify_backup(std::string const& path) { evolver::verify_backup(workplace_, path); }

bool SqliteRoom::advance(std::chrono::microseconds budget) {
    auto result = advancer_.advance(budget, Pace::polite);
    why_ = std::move(result.why);
    return result.worked;
}

void SqliteRoom::backfill(BackfillOptions const& options) {
    refuse_unexpanded(workplace_, workplace_.own());
    advancer_.to_the_end(options.speed == Speed::full ? Pace::full_speed : Pace::polite, options.stop,
                         options.override_gates);
}

void SqliteRoom::pause_backfill(RunOrder const& order) { evolver::pause_backfill(workplace_, order); }
void SqliteRoom::stop_backfill(RunOrder const& order) { evolver::stop_backfill(workplace_, order); }
void SqliteRoom::resume_backfill(RunOrder const& order) { evolver::resume_backfill(workplace_, order); }
std::int64_t SqliteRoom::skip_failed_rows(RunOrder const& order) {
    return evolver::skip_failed_rows(workplace_, order);
}

Reconciliation SqliteRoom::reconcile(ReconcileOptions const& options) {
    return evolver::reconcile(workplace_, options);
}

Report SqliteRoom::contract(ContractOptions const& options) { return evolver::contract(workplace_, soak_, options); }
std::vector<Gate> SqliteRoom::gates(ContractOptions const& options) {
    return evolver::gates(workplace_, soak_, options);
}
Report SqliteRoom::rollback(RollbackOptions const& options) { return evolver::rollback(workplace_, options); }
Report SqliteRoom::dry_run() { return rehearse(workplace_); }
std::vector<Finding> SqliteRoom::lint() { return look_for_hazards(workplace_, workplace_.given()); }
Status SqliteRoom::status() { return status_of(workplace_); }

Fingerprint SqliteRoom::fingerprint(FingerprintOptions const& options) {
    workplace_.refuse_open_transaction("fingerprint");
    return evolver::fingerprint(workplace_.reader(), options);
}

std::optional<std::string> SqliteRoom::verify_audit(AuditHead const& anchored) {
    auto const& connection = workplace_.given();
    auto const missing = ledger::missing_in_trail(connection, workplace_.plan().name());
    if (!ledger::has_audit(connection)) {
        if (missing || anchored.sequence == 0) return missing;
        return "there is no audit trail, and there was one: its row " + std::to_string(anchored.sequence) +
               " was anchored";
    }
    auto const broken = ledger::verify_audit(connection, anchored);
    if (!broken) return missing;
    return "row " + std::to_string(broken->sequence) + " of evolver_audit: " + broken->why;
}

AuditHead SqliteRoom::audit_head() {
    auto const& connection = workplace_.given();
    return ledger::has_audit(connection) ? ledger::audit_head(connection) : AuditHead{};
}

void SqliteRoom::audit(std::function<void(AuditEntry const&)> const& each, std::int64_t after) {
    auto const& connection = workplace_.given();
    if (ledger::has_audit(connection)) ledger::read_audit(connection, after, each);
}

}  // namespace evolver
