#pragma once

// What an Evolver does on SQLite.

#include "access/sqlite_access.hpp"
#include "execute/advance.hpp"
#include "execute/spot_check.hpp"
#include "execute/workplace.hpp"
#include "room/room.hpp"

namespace evolver {

class SqliteRoom : public Room {
public:
    SqliteRoom(soci::session& session, Plan plan, Release release, Options const& options);

    [[nodiscard]] Plan const& plan() const override { return workplace_.plan(); }
    [[nodiscard]] std::int64_t commits() const noexcept override { return workplace_.commits(); }

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
    void verify_backup(std::string const& path) override;

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
    [[nodiscard]] std::shared_ptr<detail::SqliteAccess> const& own_access();

    Workplace workplace_;
    std::chrono::seconds soak_;
    std::int64_t compared_rows_;
    std::optional<SpotCheck> spot_check_;
    std::optional<double> canary_draw_;
    Advancer advancer_;
    std::string why_;
    std::shared_ptr<detail::SqliteAccess> access_;
};

}  // namespace evolver
