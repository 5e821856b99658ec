#include "execute/workplace.hpp"

#include "compile/history_facts.hpp"
#include "dialect/sqlite/code_connection.hpp"
#include "dialect/sqlite/functions.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/unfilled.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/schema/diff.hpp"
#include "evolver/schema/digest.hpp"
#include "ledger/audit.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

namespace evolver {

Workplace::Workplace(sqlite3* session, Plan plan, Release release, std::string actor, Observer* observer,
                     std::chrono::milliseconds wait)
    : plan_{std::move(plan)},
      release_{std::move(release)},
      release_position_{plan_.position_of(release_)},
      actor_{std::move(actor)},
      observer_{observer},
      wait_{wait},
      given_{sqlite::Connection::borrow(session)},
      path_{given_.path()} {
    if (!path_.empty()) return;
    sqlite::add_functions(given_, plan_);  // there is no other connection to fill by
    sqlite::add_unfilled(given_);
}

sqlite::Connection const& Workplace::own() {
    if (path_.empty()) return given_;
    if (own_) return *own_;
    if (given_.read_only()) {
        throw EngineError{
            Failure{.what = "The database \"" + path_ + "\" is open for reading only.",
                    .object = path_,
                    .instead = "open it for writing, or call attach() in a process that may not change the schema"}};
    }
    // A connection of evolver's own would not know of it, and write.
    if (given_.integer("PRAGMA query_only") != 0) {
        throw EngineError{Failure{
            .what = "The session on the database \"" + path_ + "\" may not write: PRAGMA query_only is ON.",
            .object = path_,
            .instead = "set PRAGMA query_only = OFF, or call attach() in a process that may not change the schema"}};
    }
    // Through the session's VFS: it may encrypt, or lock in its own way.
    auto connection = sqlite::Connection::open(path_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, given_.vfs());
    connection.wait_for_locks(
        wait_);  // reads, too: outside WAL mode each commit of somebody else's locks readers out for a moment
    connection.run("PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = OFF; PRAGMA synchronous = " +
                   std::to_string(given_.integer("PRAGMA synchronous")));
    // An automatic checkpoint lands in whoever commits, with the lock just released and others waiting; evolver does it between batches.
    sqlite3_wal_hook(
        connection.handle(),
        [](void* frames, sqlite3*, char const*, int count) {
            *static_cast<int*>(frames) = count;
            return SQLITE_OK;
        },
        &wal_frames_);
    sqlite::add_functions(connection, plan_);
    sqlite::add_unfilled(connection);
    own_.emplace(std::move(connection));
    return *own_;
}

Presence& Workplace::presence() { return *shared_presence(); }

Presence& Workplace::present() {
    if (!presence_) {
        presence_ = path_.empty() || given_.read_only() ? Presence::alone(plan_.name(), release())
                                                        : Presence::enter(path_, plan_.name(), release());
    }
    return *presence_;
}

std::shared_ptr<Presence> Workplace::shared_presence() {
    present().map();
    return presence_;
}

ledger::State Workplace::state(sqlite::Connection const& connection) const {
    auto state = ledger::read(connection, plan_.name());
    ledger::verify(state, plan_, release_position_, release());
    return state;
}

void Workplace::audit(sqlite::Connection const& connection, std::string event, std::string migration,
                      std::string detail, std::int64_t rows, std::chrono::microseconds duration, Hop hop) const {
    ledger::append(connection, {.plan = plan_.name(),
                                .event = std::move(event),
                                .migration = std::move(migration),
                                .actor = actor_,
                                .release = release(),
                                .plan_digest = plan_.digest(),
                                .detail = std::move(detail),
                                .rows = rows,
                                .duration = duration,
                                .on_behalf_of = acting_.on_behalf_of,
                                .environment = acting_.environment,
                                .run = acting_.run,
                                .stage = acting_.stage,
                                .schema_before = std::move(hop.schema_before),
                                .schema_after = std::move(hop.schema_after),
                                .planned_rows = hop.planned_rows,
                                .lock_wait = hop.lock_wait,
                                .steps = std::move(hop.steps),
                                .warnings = std::move(hop.warnings)});
}

void refuse_within_transaction(std::string_view call, std::string const& object) {
    throw Error{Failure{.what = std::string{call} + "() was called inside an open transaction of the session.",
                        .object = object,
                        .instead = "commit or roll back first: evolver's own transactions would wait for yours"}};
}

void refuse_unknown_plan(std::string const& plan, std::string const& object) {
    throw HistoryError{Failure{.what = "The database knows nothing of the plan \"" + plan + "\" yet.",
                               .object = object,
                               .instead = "call expand() first"}};
}

void Workplace::refuse_open_transaction(std::string_view call) const {
    if (given_.in_transaction()) refuse_within_transaction(call, path_);
}

std::chrono::microseconds Workplace::checkpoint_if_due() {
    constexpr int due = 1000;      // frames of 4 KiB, SQLite's own default
    constexpr int overdue = 8000;  // two writers that alternate never leave a fully checkpointed WAL to start over in
    if (!own_ || wal_frames_ < due) return {};
    auto const checkpoint = [&](int mode) {
        int frames = 0;
        int copied = 0;
        // Busy is no failure: the next one gets further.
        sqlite3_wal_checkpoint_v2(own_->handle(), "main", mode, &frames, &copied);
        wal_kept_ = std::max(0, frames - copied);
    };
    checkpoint(SQLITE_CHECKPOINT_PASSIVE);
    std::chrono::microseconds kept_out{0};
    if (wal_frames_ >= overdue && wal_kept_ < due) {
        // RESTART holds the write lock while it copies: only what has come in since, and it waits for nobody.
        own_->wait_for_locks(std::chrono::milliseconds{0});
        auto const start = std::chrono::steady_clock::now();
        checkpoint(SQLITE_CHECKPOINT_RESTART);
        kept_out = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
        own_->wait_for_locks(wait_);
    }
    wal_frames_ = 0;
    return kept_out;
}

std::string Workplace::held_up_by_reader() {
    constexpr std::int64_t limit = std::int64_t{64} << 20U;
    auto const page = own().integer("PRAGMA page_size");
    auto const kept = [&] { return wal_kept_ * page; };
    if (kept() <= limit) return {};
    wal_frames_ = wal_kept_;
    (void)checkpoint_if_due();
    if (kept() <= limit) return {};
    return fmt::format(
        "a reader keeps the WAL from being checkpointed, and {} MB wait in it: nothing is written until its "
        "transaction, or its query, has ended",
        kept() >> 20U);
}

std::string schema_digest(sqlite::Connection const& connection) {
    return digest_of(sqlite::inspect(connection), Engine::sqlite);
}

std::vector<std::string> in_words(std::vector<Step> const& steps) {
    std::vector<std::string> words;
    for (auto const& step : steps) words.push_back(step.what);
    return words;
}

Standing standing_of(ledger::State const& state) {
    Standing standing;
    for (auto const& entry : state.entries) {
        if (entry.phase == Phase::planned) break;
        ++standing.expanded;
        if (entry.phase == Phase::contracted && standing.contracted + 1 == standing.expanded) ++standing.contracted;
    }
    for (auto const& relaxed : state.relaxed) {
        auto const position = static_cast<std::size_t>(relaxed.position);
        if (position >= standing.contracted)
            standing.relaxed.push_back({position, Name{relaxed.table}, Name{relaxed.column}});
    }
    return standing;
}

void refuse_drift(Workplace const& workplace, Standing standing, sqlite::Connection const& connection) {
    auto const expected = expected_schema(workplace.plan(), standing);
    auto live = sqlite::inspect(connection);
    for (auto const& relaxed : standing.relaxed) {
        auto* const table = live.find_table(relaxed.table);
        auto* const column = table == nullptr ? nullptr : table->find(relaxed.column);
        if (column != nullptr) column->nullable = false;
    }
    std::string found;
    if (expected) {
        for (auto const& difference : diff(*expected, live, Engine::sqlite)) {
            if (difference.kind != DifferenceKind::unexpected) found += "\n  " + difference.text();
        }
    } else {
        for (auto const& line : contradictions(workplace.plan(), standing, live)) found += "\n  " + line;
    }
    if (found.empty()) return;
    throw DriftError{
        Failure{.what = "The database's schema is not what its history says:" + found,
                .object = workplace.path(),
                .instead = "undo what was changed by hand, or bring it into the plan; nothing was written"}};
}

Moment look(Workplace const& workplace, sqlite::Connection const& connection, Drift drift) {
    sqlite::ReadTransaction const snapshot{connection};
    auto state = workplace.state(connection);
    auto const standing = standing_of(state);
    if (drift == Drift::refused) refuse_drift(workplace, standing, connection);
    return Moment{std::move(state), standing, Compiler{workplace.plan(), standing, connection}};
}

void refuse_unexpanded(Workplace const& workplace, sqlite::Connection const& connection) {
    if (!workplace.state(connection).exists) refuse_unknown_plan(workplace.plan().name(), workplace.path());
}

void warn_of_code(Plan const& plan, Standing standing, std::vector<std::string>& warnings) {
    for (auto position = standing.contracted; position < plan.migrations().size(); ++position) {
        auto const& migration = plan.migrations()[position];
        for (auto const& operation : migration.operations) {
            auto const* code = std::get_if<RunCode>(&operation);
            if (code == nullptr) continue;
            bool const expands = code->expand && position >= standing.expanded;
            if (!expands && !code->contract) continue;
            auto const* const phases = !expands ? "contract" : code->contract ? "expand and contract" : "expand";
            warnings.push_back("not rehearsed: migration \"" + migration.id.text() + "\" runs the code \"" +
                               code->name.text() + "\" at " + phases + ", which nobody can try without its rows");
        }
    }
}

void call_code(Step const& step, CodeDatabase& database) {
    auto const fail = [&](std::string const& why, Retry retry, int native_code) {
        throw Error{Failure{.what = "Migration \"" + step.migration + "\" cannot " + step.what + ": " + why,
                            .object = step.migration,
                            .native_code = native_code,
                            .retry = retry}};
    };
    try {
        step.code(database);
    } catch (Error const& error) {
        fail(error.what(), error.retry_helps() ? Retry::helps : Retry::useless, error.native_code());
    } catch (std::exception const& error) {
        fail(error.what(), Retry::useless, 0);
    } catch (...) {
        fail("it threw something that is no std::exception", Retry::useless, 0);
    }
}

std::vector<StepTaken> run_steps(std::vector<Step> const& steps, sqlite::Connection const& connection) {
    std::vector<StepTaken> taken;
    for (auto const& step : steps) {
        auto const start = std::chrono::steady_clock::now();
        auto const changed = sqlite3_total_changes64(connection.handle());
        if (!step.refuse_if.empty() && connection.prepare(step.refuse_if).step()) {
            throw PlanError{Failure{.what = "Migration \"" + step.migration + "\" cannot go on: " + step.refusal + ".",
                                    .object = step.migration,
                                    .instead = "see the rows with: " + step.refuse_if}};
        }
        for (auto const& sql : step.sql) connection.run(sql);
        if (step.code) {
            sqlite::CodeConnection database{connection};
            call_code(step, database);
        }
        taken.push_back({.duration = std::chrono::duration_cast<std::chrono::microseconds>(
                             std::chrono::steady_clock::now() - start),
                         .rows = sqlite3_total_changes64(connection.handle()) - changed});
    }
    return taken;
}

void tell_steps(Workplace const& workplace, std::vector<Step> const& steps, std::vector<StepTaken> const& taken) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        workplace.tell({.kind = EventKind::step,
                        .migration = steps[i].migration,
                        .object = steps[i].what,
                        .done = i < taken.size() ? taken[i].rows : 0,
                        .took = i < taken.size() ? taken[i].duration : std::chrono::microseconds{0}});
    }
}

}  // namespace evolver
