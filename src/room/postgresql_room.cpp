#include "room/postgresql_room.hpp"

#include "dialect/postgresql/soci_handle.hpp"
#include "evolver/execute/backfill_error.hpp"
#include "execute/postgresql/baseline.hpp"
#include "execute/postgresql/contract.hpp"
#include "execute/postgresql/expand.hpp"
#include "execute/postgresql/fingerprint.hpp"
#include "execute/postgresql/hazards.hpp"
#include "execute/postgresql/reconcile.hpp"
#include "execute/postgresql/rollback.hpp"
#include "execute/postgresql/rollout.hpp"
#include "execute/postgresql/run_control.hpp"
#include "execute/postgresql/status.hpp"
#include "execute/seal.hpp"
#include "execute/workplace.hpp"
#include "ledger/postgresql/audit.hpp"
#include "ledger/postgresql/ledger.hpp"

#include <thread>
#include <utility>

namespace evolver {

PostgresqlRoom::PostgresqlRoom(soci::session& session, Plan plan, Release release, Options const& options)
    : given_{postgresql::Connection::borrow(postgresql::handle_of(session))},
      plan_{std::move(plan)},
      site_options_{.release = release.text(),
                    .actor = options.actor,
                    .on_behalf_of = options.on_behalf_of,
                    .observer = options.observer,
                    .wait = options.wait},
      options_{options} {
    (void)plan_.position_of(release);
}

void PostgresqlRoom::refuse(std::string_view what) const {
    throw Error{Failure{.what = std::string{what} + " is not there on PostgreSQL yet.",
                        .object = plan_.name(),
                        .instead = "README, PostgreSQL, lists what is"}};
}

void PostgresqlRoom::refuse_open_transaction(std::string_view call) const {
    if (given_.in_transaction()) refuse_within_transaction(call, plan_.name());
}

postgresql::Site& PostgresqlRoom::site() {
    if (!site_) site_ = std::make_shared<postgresql::Site>(given_.another(), plan_, site_options_);
    return *site_;
}

void PostgresqlRoom::changed() {
    if (access_) access_->forget();
}

void PostgresqlRoom::refuse_unexpanded() {
    if (site().look().entries.empty()) refuse_unknown_plan(plan_.name(), plan_.name());
}

Report PostgresqlRoom::expand() {
    refuse_open_transaction("expand");
    auto report = postgresql::expand(site());
    changed();
    return report;
}

void PostgresqlRoom::attach() {
    if (site().look().exists) (void)site().lease();
}

void PostgresqlRoom::baseline(MigrationId const& last) {
    refuse_open_transaction("baseline");
    postgresql::baseline(site(), last);
    changed();
}

std::shared_ptr<detail::PostgresqlAccess> const& PostgresqlRoom::own_access() {
    (void)site();
    if (!access_) access_ = std::make_shared<detail::PostgresqlAccess>(site_, given_or_drawn(options_.canary_draw));
    return access_;
}

void PostgresqlRoom::heartbeat() { own_access()->renew(); }

detail::Reporting PostgresqlRoom::reporting() {
    return {[kept = own_access()](soci::session&) -> Beat { return [kept] { kept->renew(); }; }};
}

bool PostgresqlRoom::advance(std::chrono::microseconds budget) { return advance(budget, Pace::polite, {}); }

bool PostgresqlRoom::advance(std::chrono::microseconds budget, Pace pace, std::vector<Override> const& overridden) {
    refuse_open_transaction("advance");
    why_.clear();
    for (auto const& signal : options_.signals) {
        why_ = signal();
        if (!why_.empty()) return false;
    }
    if (!site().look().exists) return false;
    if (!filler_)
        filler_.emplace(site(), postgresql::FillerOptions{.rows_per_second = options_.rows_per_second,
                                                          .order = options_.fill_order});
    bool const worked = filler_->advance(budget, pace, overridden);
    why_ = filler_->why();
    return worked;
}

void PostgresqlRoom::backfill(BackfillOptions const& options) {
    refuse_unexpanded();
    refuse_unknown_overrides(options.override_gates);
    constexpr std::chrono::milliseconds slice{50};
    constexpr std::chrono::milliseconds rest{100};
    auto const stopped = [&] {
        if (!options.stop.stop_requested()) return;
        throw Error{Failure{.what = "The backfill was told to stop.",
                            .object = plan_.name(),
                            .instead = "call backfill() again: it goes on where it stopped",
                            .changed = Changed::partly,
                            .retry = Retry::helps}};
    };
    for (;;) {
        stopped();
        if (advance(slice, options.speed == Speed::full ? Pace::full_speed : Pace::polite, options.override_gates))
            continue;
        if (why_.empty()) return;
        if (filler_ && !filler_->closed().empty()) throw GateClosed{filler_->closed(), "Backfill"};
        if (filler_ && filler_->state() == RunState::failed) filler_->throw_failure();
        if (filler_ && filler_->state() == RunState::stopped) {
            throw BackfillStopped{Failure{.what = "Nothing more is filled: " + why_ + ".",
                                          .object = plan_.name(),
                                          .instead = "resume_backfill() lets it go on where it stopped",
                                          .changed = Changed::partly}};
        }
        std::this_thread::sleep_for(rest);  // a signal says why not
    }
}

void PostgresqlRoom::pause_backfill(RunOrder const& order) {
    refuse_open_transaction("pause_backfill");
    postgresql::pause_backfill(site(), order);
}
void PostgresqlRoom::stop_backfill(RunOrder const& order) {
    refuse_open_transaction("stop_backfill");
    postgresql::stop_backfill(site(), order);
}
void PostgresqlRoom::resume_backfill(RunOrder const& order) {
    refuse_open_transaction("resume_backfill");
    postgresql::resume_backfill(site(), order);
}
std::int64_t PostgresqlRoom::skip_failed_rows(RunOrder const& order) {
    refuse_open_transaction("skip_failed_rows");
    return postgresql::skip_failed_rows(site(), order);
}

Reconciliation PostgresqlRoom::reconcile(ReconcileOptions const& options) {
    refuse_open_transaction("reconcile");
    refuse_unexpanded();
    auto found = postgresql::reconcile(site(), options);
    changed();
    return found;
}

void PostgresqlRoom::hold_stage(StageOrder const& order) {
    refuse_open_transaction("hold_stage");
    postgresql::hold_stage(site(), order);
}
void PostgresqlRoom::release_stage(StageOrder const& order) {
    refuse_open_transaction("release_stage");
    postgresql::release_stage(site(), order);
}
Stage PostgresqlRoom::advance_stage(StageOrder const& order) {
    refuse_open_transaction("advance_stage");
    auto const reached = postgresql::advance_stage(site(), options_.soak, order);
    changed();
    return reached;
}
Stage PostgresqlRoom::step_back(StageOrder const& order) {
    refuse_open_transaction("step_back");
    auto const reached = postgresql::step_back(site(), order);
    changed();
    return reached;
}
void PostgresqlRoom::set_canary(Canary const& canary) {
    refuse_open_transaction("set_canary");
    postgresql::set_canary(site(), canary);
    changed();
}
void PostgresqlRoom::sign_off(SignOff const& sign_off) {
    refuse_open_transaction("sign_off");
    postgresql::sign_off(site(), sign_off);
}

Report PostgresqlRoom::contract(ContractOptions const& options) {
    refuse_open_transaction("contract");
    auto report = postgresql::contract(site(), options_.soak, options);
    changed();
    return report;
}

std::vector<Gate> PostgresqlRoom::gates(ContractOptions const& options) {
    return postgresql::gates(site(), options_.soak, options);
}

Report PostgresqlRoom::rollback(RollbackOptions const& options) {
    refuse_open_transaction("rollback");
    auto report = postgresql::rollback(site(), options);
    changed();
    return report;
}

Report PostgresqlRoom::dry_run() {
    refuse_open_transaction("dry_run");
    auto report = postgresql::rehearse(site());
    warn_of_code(plan_, standing_of(site().look()), report.warnings);
    report.findings = postgresql::look_for_hazards(site());
    std::erase_if(report.findings, [](Finding const& finding) { return finding.severity == Severity::info; });
    return report;
}

std::vector<Finding> PostgresqlRoom::lint() {
    refuse_open_transaction("lint");
    return postgresql::look_for_hazards(site());
}

Fingerprint PostgresqlRoom::fingerprint(FingerprintOptions const& options) {
    refuse_open_transaction("fingerprint");
    return postgresql::fingerprint(site(), options);
}

Status PostgresqlRoom::status() { return postgresql::status_of(site()); }

std::optional<std::string> PostgresqlRoom::verify_audit(AuditHead const& anchored) {
    std::optional<std::string> found;
    site().patiently([&] {
        found.reset();
        auto const& connection = site().connection();
        if (!ledger::has_audit(connection)) {
            if (anchored.sequence != 0)
                found = "there is no audit trail, and there was one: its row " + std::to_string(anchored.sequence) +
                        " was anchored";
            return;
        }
        auto const broken = ledger::verify_audit(connection, anchored);
        if (broken) found = "row " + std::to_string(broken->sequence) + " of evolver_audit: " + broken->why;
    });
    return found;
}

AuditHead PostgresqlRoom::audit_head() {
    AuditHead head;
    site().patiently([&] {
        auto const& connection = site().connection();
        head = ledger::has_audit(connection) ? ledger::audit_head(connection) : AuditHead{};
    });
    return head;
}

void PostgresqlRoom::audit(std::function<void(AuditEntry const&)> const& each, std::int64_t after) {
    auto const& connection = site().connection();
    connection.revive();
    if (ledger::has_audit(connection)) ledger::read_audit(connection, after, each);
}

}  // namespace evolver
