#pragma once

// What every piece of work needs: the plan, a connection, the fleet, the observer.

#include "compile/compiler.hpp"
#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/schema_digests.hpp"
#include "evolver/observe/observer.hpp"
#include "evolver/plan/plan.hpp"
#include "fleet/presence.hpp"
#include "ledger/ledger.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evolver {

/// For whom, and as part of what, the work is done: for the audit trail.
struct Acting {
    std::string on_behalf_of = {};
    std::string environment = {};
    std::string run = {};
    std::string stage = {};
};

/// What the audit trail has of a hop beside its words.
struct Hop {
    std::string schema_before = {};
    std::string schema_after = {};
    std::int64_t planned_rows = 0;
    std::chrono::microseconds lock_wait{0};
    std::vector<std::string> steps = {};
    std::vector<std::string> warnings = {};
};

class Workplace {
public:
    Workplace(sqlite3* session, Plan plan, Release release, std::string actor, Observer* observer,
              std::chrono::milliseconds wait);

    /// The connection that the application gave. Only read from, and only by the thread that owns the session.
    [[nodiscard]] sqlite::Connection const& given() const noexcept { return given_; }

    /// evolver's own connection to the same file, opened when it is first needed: open rowsets, temporary tables and settings of the
    /// application's session are not in the way then. A database in memory has only the given one. Throws EngineError where the session may only
    /// read, be it by its file, how it was opened, or PRAGMA query_only.
    [[nodiscard]] sqlite::Connection const& own();
    /// The same for work that only reads: the given one where that may do no more.
    [[nodiscard]] sqlite::Connection const& reader() { return may_write() ? own() : given_; }
    [[nodiscard]] bool may_write() const { return !given_.read_only() && given_.integer("PRAGMA query_only") == 0; }
    [[nodiscard]] bool has_own() const noexcept { return !path_.empty(); }
    /// How many transactions of this workplace have changed something.
    [[nodiscard]] std::int64_t commits() const noexcept { return given_.commits() + (own_ ? own_->commits() : 0); }

    /// This instance in the fleet; joined when it is first needed.
    [[nodiscard]] Presence& presence();
    /// The same, present and not yet mapped if this is the first need: for at_rest() alone.
    [[nodiscard]] Presence& present();
    [[nodiscard]] std::shared_ptr<Presence> shared_presence();

    [[nodiscard]] Plan const& plan() const noexcept { return plan_; }
    [[nodiscard]] std::string const& release() const noexcept { return release_.text(); }
    [[nodiscard]] std::size_t release_position() const noexcept { return release_position_; }
    [[nodiscard]] std::string const& actor() const noexcept { return actor_; }
    [[nodiscard]] std::chrono::milliseconds wait() const noexcept { return wait_; }
    [[nodiscard]] std::string const& path() const noexcept { return path_; }

    void tell(Event const& event) const {
        if (observer_ != nullptr) observer_->on(event);
    }

    /// The ledger's state, checked against the plan. Throws HistoryError, SchemaTooNew.
    [[nodiscard]] ledger::State state(sqlite::Connection const& connection) const;

    /// Writes an audit row with plan, digest, release, actor and what act_as() was told filled in.
    void audit(sqlite::Connection const& connection, std::string event, std::string migration, std::string detail,
               std::int64_t rows, std::chrono::microseconds duration, Hop hop = {}) const;
    /// The digest of the schema that a connection shows. Cheap where the same schema was looked at before, which is how a hop under the
    /// write lock asks for it: before the lock is taken, the schema as it stands, and the compiler's clone as it will stand, are looked at.
    [[nodiscard]] std::string schema_digest(sqlite::Connection const& connection) const {
        return schema_digests_.of(connection);
    }
    /// Looks at the schema as it stands and as it will stand: call it before the lock.
    void foresee(Compiler const& compiler) {
        (void)schema_digests_.of(own());
        (void)schema_digests_.of(compiler.clone());
    }
    /// From here on, audit rows say so.
    void act_as(Acting acting) { acting_ = std::move(acting); }
    [[nodiscard]] Acting const& acting() const noexcept { return acting_; }

    /// Refuses to work inside a transaction of the application's: evolver's own would wait for it for ever.
    void refuse_open_transaction(std::string_view call) const;

    /// Checkpoints the WAL once it has grown by a few megabytes, so that no commit of the application's has to. Returns how long that kept
    /// writers out: nothing, but where the WAL has to start over.
    std::chrono::microseconds checkpoint_if_due();

    /// Why nothing more is to be written for now: a reader keeps checkpoints from passing, and the WAL has grown to its limit. Empty
    /// otherwise. Tries to checkpoint first.
    [[nodiscard]] std::string held_up_by_reader();

private:
    Plan plan_;
    Release release_;
    std::size_t release_position_;
    std::string actor_;
    Acting acting_;
    Observer* observer_;
    std::chrono::milliseconds wait_;
    sqlite::Connection given_;
    std::string path_;
    std::optional<sqlite::Connection> own_;
    std::shared_ptr<Presence> presence_;
    mutable sqlite::SchemaDigests schema_digests_;
    int wal_frames_ = 0;
    int wal_kept_ = 0;  // frames that the last checkpoint could not copy
};

/// Refuses a call inside an open transaction of the session's, on any engine. `object`: the database, or the plan.
[[noreturn]] void refuse_within_transaction(std::string_view call, std::string const& object);
/// Refuses one about a plan of which the database knows nothing.
[[noreturn]] void refuse_unknown_plan(std::string const& plan, std::string const& object);

/// The digest of the live schema.
[[nodiscard]] std::string schema_digest(sqlite::Connection const& connection);
/// What the steps do, in words.
[[nodiscard]] std::vector<std::string> in_words(std::vector<Step> const& steps);

[[nodiscard]] Standing standing_of(ledger::State const& state);

/// The ledger's state, and a compiler that stands where it says.
struct Moment {
    ledger::State state;
    Standing standing;
    Compiler compiler;
};

/// Both are of one moment: another process may be about to commit the next migration. Throws HistoryError, SchemaTooNew; PlanError if an
/// open migration does not fit the live schema; where `drift` is refused, DriftError.
enum class Drift { allowed, refused };
[[nodiscard]] Moment look(Workplace const& workplace, sqlite::Connection const& connection,
                          Drift drift = Drift::allowed);

/// Throws DriftError where the live schema lacks what the history has made, or has it differently. What the application has added beside
/// it (tables, columns, indexes, triggers, views) is its own affair.
void refuse_drift(Workplace const& workplace, Standing standing, sqlite::Connection const& connection);

/// Throws HistoryError where the database knows nothing of the plan: there is nothing to fill or to compare.
void refuse_unexpanded(Workplace const& workplace, sqlite::Connection const& connection);

/// What a step came to.
struct StepTaken {
    std::chrono::microseconds duration{0};
    std::int64_t rows = 0;  ///< That it changed, those of triggers included.
};

/// What a rehearsal leaves out: the copy on which a plan is tried has no rows, and the application's functions are for rows.
void warn_of_code(Plan const& plan, Standing standing, std::vector<std::string>& warnings);

/// The step's function; what it throws comes out as Error with the migration's name.
void call_code(Step const& step, CodeDatabase& database);

/// Runs the steps inside the transaction that is open; tells the observer nothing (a lock is held). Throws EngineError, PlanError.
std::vector<StepTaken> run_steps(std::vector<Step> const& steps, sqlite::Connection const& connection);
/// Tells the observer of them, once they are committed.
void tell_steps(Workplace const& workplace, std::vector<Step> const& steps, std::vector<StepTaken> const& taken);

}  // namespace evolver
