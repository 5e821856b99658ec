#pragma once

/// evolver: backward-compatible schema evolution, inside the application.
///
/// An application declares a `Plan` of `Migration`s and calls `expand()` at its start. From then on old and new releases use the same
/// database at the same time: LiveTable writes both shapes and reads whichever is right, sync triggers carry the writes of programs
/// that know one shape only, a backfill fills existing rows in small resumable batches, reconciliation proves that nothing was lost, and
/// `contract()` removes the old shape once it is proven that nobody needs it.
///
///     soci::session db{soci::sqlite3, "db=catalogue.db timeout=5"};
///     evolver::Evolver evolver{db, catalogue_plan(), {.release = "2.0"}};
///     evolver.expand();
///     auto const packages = evolver.table("packages");
///     db << packages.insert({"name", "size_bytes"}), soci::use(name, "name"), soci::use(bytes, "size_bytes");
///     while (evolver.advance(std::chrono::milliseconds{8})) {}
///     evolver.reconcile();
///     evolver.contract();
///
/// Words: expand only adds; in transition both shapes live; contract removes. A pair is the old and the new shape of the same facts in
/// one row. A legacy write reached the old shape only and was carried over by a trigger. The floor is the oldest release that can still
/// use the database. The ledger is evolver's own tables, `evolver_*`, in the same database.
///
/// Prepared statements for hot paths are in access/live_statement.hpp, which includes SOCI's headers; this header does not.

#include "evolver/access/dual_column.hpp"
#include "evolver/access/flag.hpp"
#include "evolver/access/live_table.hpp"
#include "evolver/access/pin.hpp"
#include "evolver/compile/lint.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/error.hpp"
#include "evolver/execute/backfill_error.hpp"
#include "evolver/execute/compare_databases.hpp"
#include "evolver/execute/contract_options.hpp"
#include "evolver/execute/fingerprint.hpp"
#include "evolver/execute/invariant_error.hpp"
#include "evolver/execute/reconcile_error.hpp"
#include "evolver/execute/reconcile_options.hpp"
#include "evolver/execute/reconciliation.hpp"
#include "evolver/execute/status.hpp"
#include "evolver/execute/violation_error.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/fleet/lease_expired.hpp"
#include "evolver/fleet/stage_order.hpp"
#include "evolver/ledger/audit_entry.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "evolver/observe/observer.hpp"
#include "evolver/observe/progress_line.hpp"
#include "evolver/options.hpp"
#include "evolver/plan/plan.hpp"
#include "evolver/plan/step.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace soci {
class session;
}

namespace evolver {

namespace detail {
struct Reporting;
}

/// The face. Belongs to the thread of its session (advance, backfill and all other calls work on that thread); the LiveTables that it
/// makes belong to any thread. The session must outlive it.
///
/// Every call but table() throws Error or a class derived from it; `database_changed()` and `retry_helps()` say what to do next.
/// The work itself runs on a connection of evolver's own to the same database, so calls are refused inside an open transaction of the
/// session. A database of SQLite's in memory has only the session's.
///
/// The session says which engine it is: one of soci::sqlite3, or, where it was built with libpq, of soci::postgresql. What is said here of locks, files
/// and WAL is SQLite's. On PostgreSQL a call that is not there yet throws Error before it does anything, and says its name; contract() waits until every
/// other instance has renewed its lease, 10 s for each migration, for 31 s or Options::wait at most. README, PostgreSQL, lists what is there.
class Evolver {
public:
    /// Reads and writes nothing. Throws PlanError if the plan does not name the release; EngineError where the session is not open, or of an engine
    /// that this build does not know.
    Evolver(soci::session& session, Plan plan, Options options = {});
    ~Evolver();
    Evolver(Evolver&&) noexcept;
    Evolver& operator=(Evolver&&) noexcept;

    // ---- at start

    /// Brings the database to a schema that serves this release and every older one down to the floor. Safe at every start and from many
    /// processes at once: one does the work, the others wait or go on. Never backfills.
    ///
    /// Ensures:  each migration of the plan is expanded, or nothing was written. A killed expand is finished by the next one.
    /// Throws:   PlanError, before the first write, for whatever is wrong with the plan on this database; ViolationError, before the first
    ///           write, where rows break a rule that a migration adds; HistoryError; DriftError;
    ///           SchemaTooNew, if this release is below the floor; EngineError.
    /// Cost:     with nothing to do, one SELECT of one row, no write, and no lock on the database.
    Report expand();

    /// The same for a process that may not change the schema: joins the fleet, checks history and floor. The database may still be
    /// before expand; LiveTables then go through the old shape.
    void attach();

    /// Says, until the first expand(), that the database, which existed before evolver, is what the migrations up to `last` would have made. Throws
    /// DriftError with the differences where it is not; of SQL of your own that renames what is not the plan's, a warning tells that nothing was compared.
    void baseline(MigrationId const& last);

    // ---- in transition

    /// The table `name` as this release knows it. Never fails: what is wrong shows at the first statement.
    [[nodiscard]] LiveTable table(Name const& name) const;

    /// Works on backfills, and on indexes that wait for them, until `budget` is used up: at most one batch longer. For an idle loop.
    /// True: it did work, call again. False: nothing is left, or it waits: why() says for what.
    bool advance(std::chrono::microseconds budget);
    /// What the last advance() waited for; empty where nothing is left to do.
    [[nodiscard]] std::string const& why() const noexcept;

    /// Runs all backfills to their end. It waits while the run is held by a signal or paused by somebody, and where a reader holds a
    /// snapshot for so long that 64 MB wait in the WAL; advance() returns false then, and says so in why().
    ///
    /// Throws:   BackfillFailed where a batch fails, or has failed before; BackfillStopped where somebody has stopped the run; Error with
    ///           Retry::helps where it is told to stop, or a reader goes on for longer than Options::wait. GateClosed where a migration says
    ///           Sync::application, and older releases are still there.
    void backfill(Speed speed = Speed::polite);
    void backfill(BackfillOptions const& options);

    /// What an operator says to the run of a backfill, from any process; see ledger/run_state.hpp. It holds once the call has returned, and
    /// goes into the audit trail.
    ///
    /// Requires: a reason, but for a resume. Throws HistoryError where the run cannot go from its state to the wanted one.
    void pause_backfill(RunOrder const& order);
    void stop_backfill(RunOrder const& order);
    void resume_backfill(RunOrder const& order = {});
    /// The rows that the failed batch named stay as they are, for ever: a resume passes over them. Returns how many. Rows that have no new
    /// value keep their old one, so contract is closed by them until their loss is accepted.
    std::int64_t skip_failed_rows(RunOrder const& order);

    /// Compares the old and the new shape of every open migration, row by row, and moves reads to the new shape where they agree.
    ///
    /// Ensures:  a difference is a fact, also while others write: each chunk of rows is one statement of one snapshot. One that was stopped or
    ///           killed is gone on with, unless the schema has changed, rows that differ had been found, or legacy writes have come in
    ///           since reads moved; contract is never opened by a comparison of which any part is older than a legacy write.
    /// Throws:   ReconcileError, which names rows; InvariantError; GateClosed while a backfill is not complete; Error with Retry::helps
    ///           where `options` stop it before its end.
    /// Cost:     one scan of each pair of shapes. It takes the write lock for a moment where it begins, for its record, and for its position,
    ///           once a second. Memory is constant.
    Reconciliation reconcile(ReconcileOptions const& options = {});

    // ---- the rollout, by hand; each order holds once the call has returned, and goes into the audit trail

    /// The stage of the migration stays what it is: reconcile() moves no reads, contract() leaves it and those behind it alone.
    /// Requires: a reason. Throws HistoryError where the migration does not have two shapes now.
    void hold_stage(StageOrder const& order);
    /// Ends a hold; without one it does nothing.
    void release_stage(StageOrder const& order = {});
    /// Moves the migration on by one stage, and ends a hold. Returns the stage that is reached.
    ///   dual → switched      reads use the new shape, as reconcile() would have them
    ///   switched → complete  programs of this release write the new shape only, and old columns accept NULL; the triggers go on filling them.
    ///                        Contract does not need it: it is where one can rest, and see that nobody needs the old shape
    /// Throws GateClosed where that is not proven, for `complete` as contract() does but for what only removing needs; HistoryError where the
    ///         next step is contract().
    Stage advance_stage(StageOrder const& order = {});
    /// Moves the migration back by one stage, and holds it there. Returns the stage that is reached. From `complete`, rows that lack an old value
    /// get it, in batches; one that was killed is gone on with.
    /// Requires: a reason. Throws HistoryError where the step before is rollback(), or where an old value that is missing cannot be computed.
    Stage step_back(StageOrder const& order);
    /// Sends a share of the instances ahead: their flags are on at stage `dual`.
    /// Requires: a reason, a share from 0 to 1.
    void set_canary(Canary const& canary);

    /// A program that the plan names as a reader of the old shape (ContractPolicy::readers) no longer is one.
    /// Requires: a reason. Throws HistoryError where no migration between expand and contract names it.
    void sign_off(SignOff const& sign_off);

    /// Looks at a backup of this database: whether it is whole, and of this history. For ContractPolicy::backup_within. Its age is that of its
    /// file. Throws Error that says why it cannot be relied on.
    /// Cost: reads the backup from end to end.
    void verify_backup(std::string const& path);

    /// Follows the migration: on once its new shape is what is read. Throws PlanError if the plan does not name it.
    [[nodiscard]] Flag flag(MigrationId const& migration) const;

    /// A scope in which the shape stays what it is. Throws Error with Retry::helps where a contract that has begun does not end.
    [[nodiscard]] Pin pin() const;

    /// Hands in what this instance has counted: reads of the old shape by fallback, and legacy writes under their day. And compares some rows in
    /// passing (Options::compared_rows): what differs is in status(), and a warning to the observer. For an idle loop, some times a minute;
    /// heartbeat.hpp has a thread for it. Throws EngineError with Retry::helps where somebody holds the lock for longer than Options::wait; what
    /// was counted is kept for the next one.
    /// Cost: one look at the ledger and the rows; one small transaction where there is something new.
    void heartbeat();

    // ---- at the end

    /// Removes the old shapes, in plan order: of every migration that is due and not held, up to the first that is not.
    /// Throws GateClosed with every closed gate, before anything is removed; also where there is none that is due. Throws DriftError where somebody has
    /// removed by hand what the plan has made.
    Report contract(ContractOptions const& options = {});
    /// Every gate of every open migration, open or closed.
    [[nodiscard]] std::vector<Gate> gates(ContractOptions const& options = {});

    /// Takes the new shape of the last expanded migration away; writes that reached the old shape stay. Throws HistoryError, DriftError, and GateClosed
    /// where something would be lost that is not accepted.
    ///
    /// Programs with LiveTables go on. On PostgreSQL it waits until each of them has left the new shape: a third of a lease, and a whole one (30 s)
    /// where one has died. One that was interrupted is gone on with by another rollback(), or given up by advance_stage().
    Report rollback(RollbackOptions const& options);

    // ---- at any time

    /// What expand() would do, tried on a copy of the schema in memory, with contract after it. Writes nothing.
    /// With lint()'s errors and warnings among its findings.
    [[nodiscard]] Report dry_run();

    /// The hazards of what this plan has still to do to this database, with facts from its rows; see compile/lint.hpp. Writes nothing.
    ///
    /// Ensures:  errors first, then in plan order; without those that a migration accepts with a reason.
    /// Cost:     reads tables that operations are about from end to end; holds no lock that writers wait for in WAL mode, or on PostgreSQL.
    [[nodiscard]] std::vector<Finding> lint();

    [[nodiscard]] Status status();

    /// What the database holds, in a few numbers, to be held against what it holds later with differences(). Writes nothing.
    ///
    /// Ensures:  all is of one moment. Equal schemas and equal rows have equal fingerprints, in whatever order rows and columns stand.
    /// Throws:   Error for a table that is not there, and where it is told to stop.
    /// Cost:     one scan of every table, two where it looks at columns; constant memory. In WAL mode nobody waits for it, but the WAL grows until
    ///           it has ended: for staging, a snapshot, or a window.
    [[nodiscard]] Fingerprint fingerprint(FingerprintOptions const& options = {});

    /// Checks the chain of the audit trail; nothing where it is whole, otherwise where it breaks, in words. Reads only.
    [[nodiscard]] std::optional<std::string> verify_audit();
    /// The same, and that the trail still has, unchanged, the end that it had when audit_head() was asked: one that was cut off, or written anew
    /// with hashes that fit, is found, too.
    [[nodiscard]] std::optional<std::string> verify_audit(AuditHead const& anchored);
    /// Where the trail ends now; see ledger/audit_entry.hpp.
    [[nodiscard]] AuditHead audit_head();
    /// Calls `each` with every row behind `after`, oldest first, all of one moment. to_json() makes a line of each.
    void audit(std::function<void(AuditEntry const&)> const& each, std::int64_t after = 0);

private:
    friend class Heartbeat;
    struct Parts;

    [[nodiscard]] std::shared_ptr<detail::AccessState> const& access() const;
    [[nodiscard]] detail::Reporting reporting() const;

    std::unique_ptr<Parts> parts_;
};

}  // namespace evolver
