#pragma once

// What an Evolver does on PostgreSQL. What it does not do yet, it refuses by name.

#include "access/postgresql_access.hpp"
#include "execute/postgresql/filling.hpp"
#include "execute/postgresql/site.hpp"
#include "room/room.hpp"

namespace evolver {

class PostgresqlRoom : public Room {
public:
    /// The session has to be open, and one of PostgreSQL.
    PostgresqlRoom(soci::session& session, Plan plan, Release release, Options const& options);

    [[nodiscard]] Plan const& plan() const override { return plan_; }
    [[nodiscard]] std::int64_t commits() const noexcept override { return site_ ? site_->commits() : 0; }

    Report expand() override;
    void attach() override;
    void baseline(MigrationId const& last) override;

    [[nodiscard]] std::shared_ptr<detail::AccessState> access() override { return own_access(); }
    [[nodiscard]] detail::Reporting reporting() override;
    void heartbeat() override;

    bool advance(std::chrono::microseconds budget) override;
    [[nodiscard]] std::string const& why() const noexcept override { return why_; }
    void backfill(BackfillOptions const& options) override;
    void pause_backfill(RunOrder const& order) override;
    void stop_backfill(RunOrder const& order) override;
    void resume_backfill(RunOrder const& order) override;
    std::int64_t skip_failed_rows(RunOrder const& order) override;
    Reconciliation reconcile(ReconcileOptions const& options) override;

    void hold_stage(StageOrder const& order) override;
    void release_stage(StageOrder const& order) override;
    Stage advance_stage(StageOrder const& order) override;
    Stage step_back(StageOrder const& order) override;
    void set_canary(Canary const& canary) override;
    void sign_off(SignOff const& sign_off) override;
    void verify_backup(std::string const&) override { refuse("verify_backup()"); }

    Report contract(ContractOptions const& options) override;
    [[nodiscard]] std::vector<Gate> gates(ContractOptions const& options) override;
    Report rollback(RollbackOptions const& options) override;

    [[nodiscard]] Report dry_run() override;
    [[nodiscard]] std::vector<Finding> lint() override;
    [[nodiscard]] Status status() override;
    [[nodiscard]] Fingerprint fingerprint(FingerprintOptions const& options) override;

    [[nodiscard]] std::optional<std::string> verify_audit(AuditHead const& anchored) override;
    [[nodiscard]] AuditHead audit_head() override;
    void audit(std::function<void(AuditEntry const&)> const& each, std::int64_t after) override;

private:
    bool advance(std::chrono::microseconds budget, Pace pace, std::vector<Override> const& overridden);
    [[nodiscard]] std::shared_ptr<detail::PostgresqlAccess> const& own_access();
    [[noreturn]] void refuse(std::string_view what) const;
    void refuse_open_transaction(std::string_view call) const;
    /// Where nothing of the plan is expanded there is nothing to do.
    void refuse_unexpanded();
    /// Connects when it is first needed.
    [[nodiscard]] postgresql::Site& site();
    /// What is known of the schema is looked at anew.
    void changed();

    postgresql::Connection given_;  // borrowed
    Plan plan_;
    postgresql::SiteOptions site_options_;
    Options options_;
    std::shared_ptr<postgresql::Site> site_;
    std::optional<postgresql::Filler> filler_;
    std::shared_ptr<detail::PostgresqlAccess> access_;
    std::string why_;
};

}  // namespace evolver
