#include "execute/advance.hpp"

#include "evolver/execute/backfill_error.hpp"
#include "execute/mend.hpp"
#include "execute/seal.hpp"
#include "ledger/figures.hpp"
#include "ledger/runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <thread>
#include <type_traits>

namespace evolver {

namespace {

using Clock = std::chrono::steady_clock;

/// What only reads keeps nobody out, but the caller.
constexpr std::chrono::microseconds longest_reading{250'000};
constexpr std::chrono::microseconds full_speed_reading{1'000'000};

/// The migration that is first to be filled; none if all expanded ones are.
std::optional<std::size_t> unfilled(ledger::State const& state, std::size_t known) {
    for (auto const& entry : state.entries) {
        auto const position = static_cast<std::size_t>(entry.position);
        if (position < known && entry.phase == Phase::expanded && !entry.filled) return position;
    }
    return std::nullopt;
}

/// What was expected of the migration's backfills, and what they took, in words.
std::string figures(sqlite::Connection const& connection, std::vector<sqlite::Value> const& owner) {
    if (!ledger::has_figures(connection)) return {};
    auto const milliseconds = [&](std::string const& column) {
        return connection.integer("SELECT CAST(round(total(" + column +
                                      ") / 1000) AS INTEGER) FROM evolver_figure WHERE plan = ?1 AND position = ?2",
                                  owner);
    };
    return fmt::format("the write lock for {} ms, where {} ms were expected", milliseconds("microseconds"),
                       milliseconds("expected_microseconds"));
}

/// The indexes that waited, and the mark that nothing is left to fill. Returns how long that held the write lock.
std::chrono::microseconds finish(Workplace& workplace, std::size_t position) {
    auto const& connection = workplace.own();
    auto const& plan = workplace.plan();
    auto const& id = plan.migrations()[position].id.text();
    auto compiler = look(workplace, connection).compiler;
    if (!compiler.online(position).empty()) return {};  // one was dropped meanwhile: it is built first
    auto const compiled = compiler.filled(position);
    workplace.foresee(compiler);
    std::int64_t rows = 0;
    std::chrono::microseconds held{0};
    std::vector<StepTaken> taken;
    Hop hop{.steps = in_words(compiled.steps)};
    {
        sqlite::WriteTransaction transaction{connection, workplace.wait()};
        auto const state = workplace.state(connection);
        if (unfilled(state, plan.migrations().size()) != position) return {};  // another process was quicker
        hop.schema_before = workplace.schema_digest(connection);
        taken = run_steps(compiled.steps, connection);
        ledger::mark_filled(connection, plan.name(), static_cast<std::int64_t>(position));
        std::vector<sqlite::Value> const owner{plan.name(), static_cast<std::int64_t>(position)};
        rows = connection.integer(
            "SELECT CAST(total(rows) AS INTEGER) FROM evolver_backfill WHERE plan = ?1 AND position = ?2", owner);
        if (ledger::has_figures(connection))
            hop.planned_rows = connection.integer(
                "SELECT CAST(total(expected_rows) AS INTEGER) FROM evolver_figure WHERE plan = ?1 AND position = ?2",
                owner);
        hop.lock_wait = transaction.waited();
        hop.schema_after = workplace.schema_digest(connection);
        workplace.audit(connection, "backfill finished", id, figures(connection, owner), rows, transaction.held(),
                        std::move(hop));
        transaction.commit();
        held = transaction.held();
    }
    tell_steps(workplace, compiled.steps, taken);
    workplace.tell({.kind = EventKind::filled, .migration = id, .done = rows, .duration = held});
    return held;
}

bool something_to_contract(Workplace& workplace, ledger::State const& state) {
    auto const standing = standing_of(state);
    auto const known = workplace.plan().migrations().size();
    if (standing.contracted == standing.expanded || standing.expanded > known) return false;
    Compiler const compiler{workplace.plan(), standing, workplace.own()};
    for (auto position = standing.contracted; position < standing.expanded; ++position) {
        if (compiler.removes(position)) return true;
    }
    return false;
}

/// Those first that `order` names, as it does.
std::vector<Filling> backfills_of(Workplace& workplace, std::size_t position, std::vector<FillOrder> const& order) {
    auto const compiler = look(workplace, workplace.own()).compiler;
    auto works = work_of(compiler, position);
    auto const place = [&](TableWork const& work) {
        return std::ranges::find_if(order, [&](FillOrder const& one) { return compiler.at(one.table) == work.table; }) -
               order.begin();
    };
    std::ranges::stable_sort(works, {}, place);
    std::vector<Filling> backfills;
    for (auto& work : works) {
        auto const named = static_cast<std::size_t>(place(work));
        auto const keys = named < order.size() ? order[named].keys : KeyOrder::ascending;
        backfills.emplace_back(workplace, position, std::move(work), keys);
    }
    return backfills;
}

/// What a contract has begun, and left for another day.
std::vector<RebuildRun> rebuilds_begun(Workplace& workplace) {
    std::vector<RebuildRun> begun;
    if (!ledger::rebuilds(workplace.own(), workplace.plan().name())) return begun;
    auto compiler = look(workplace, workplace.own()).compiler;
    auto const position = compiler.standing().contracted;
    if (position == compiler.standing().expanded) return begun;
    for (auto const& rebuild : compiler.contract().rebuilds) {
        RebuildRun run{workplace, position, rebuild.form, compiler.schema_version()};
        if (run.begun()) begun.push_back(std::move(run));
    }
    return begun;
}

}  // namespace

Advancer::Work& Advancer::work(ledger::State const& state, std::optional<std::size_t> position) {
    auto version = workplace_.own().integer("PRAGMA schema_version");
    if (work_.schema_version == version && work_.position == position) return work_;
    mend_sync(workplace_);
    version = workplace_.own().integer("PRAGMA schema_version");
    work_ = Work{.schema_version = version,
                 .position = position,
                 .backfills = {},
                 .indexes = {},
                 .rebuilds = {},
                 .contract_waits = false,
                 .runs = ledger::has_runs(workplace_.own())};
    if (position) {
        work_.backfills = backfills_of(workplace_, *position, throttle_.order);
        for (auto& layout : look(workplace_, workplace_.own()).compiler.online(*position))
            work_.indexes.emplace_back(workplace_, *position, std::move(layout));
    } else {
        work_.contract_waits = something_to_contract(workplace_, state);
        work_.rebuilds = rebuilds_begun(workplace_);
    }
    return work_;
}

std::optional<Advance> Advancer::halted(std::size_t position) {
    auto const& id = workplace_.plan().migrations()[position].id.text();
    bool held = false;
    if (work_.runs) {
        auto const run =
            ledger::run_of(workplace_.own(), workplace_.plan().name(), static_cast<std::int64_t>(position));
        auto const because = [&](std::string const& what, Wait wait) {
            return Advance{.why = "the backfill of \"" + id + "\" " + what + ": " + run.why, .wait = wait};
        };
        if (run.state == RunState::paused) return because("is paused", Wait::paused);
        if (run.state == RunState::stopped) return because("was stopped", Wait::stopped);
        if (run.state == RunState::failed) return because("has failed", Wait::failed);
        held = run.state == RunState::held;
    }
    for (auto const& signal : throttle_.signals) {
        auto why = signal();
        if (why.empty()) continue;
        note_hold(position, why);
        return Advance{.why = std::move(why), .wait = Wait::signal};
    }
    hold_.reset();
    if (held) note_hold(position, {});  // whoever has held it: it goes on
    return std::nullopt;
}

void Advancer::note_hold(std::size_t position, std::string const& why) {
    constexpr std::chrono::seconds worth_a_write{1};
    bool const over = why.empty();
    if (!over) {
        // Once: of two processes, one may have a signal that the other does not, and they would go on contradicting each other.
        if (!hold_) hold_ = Hold{.since = Clock::now()};
        if (hold_->noted || Clock::now() - hold_->since < worth_a_write) return;
        hold_->noted = true;
    }
    auto const& connection = workplace_.own();
    auto const& plan = workplace_.plan();
    auto const number = static_cast<std::int64_t>(position);
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    // Somebody may have paused it meanwhile, or rolled the migration back.
    if (unfilled(workplace_.state(connection), plan.migrations().size()) != position) return;
    ledger::make_runs(connection);
    auto const from = ledger::run_of(connection, plan.name(), number).state;
    auto const to = over ? RunState::running : RunState::held;
    if (over ? from != RunState::held : !ledger::may_move(from, to)) return;
    ledger::move_run(connection, plan.name(), number, {.state = to, .why = why, .actor = workplace_.actor()});
    transaction.commit();
}

template <class Run>
bool Advancer::batches_of(Run& run, Pace pace, Advance& result,
                          std::function<std::chrono::microseconds()> const& left) {
    [[maybe_unused]] std::optional<TriggersOff> quiet;
    if constexpr (std::is_same_v<Run, Filling>) {
        if (workplace_.has_own()) quiet.emplace(workplace_.own());
    }
    for (;;) {
        if (!pacer_.rested(left())) {
            result.worked = true;
            return false;
        }
        if (work_.position) {
            if (auto halt = halted(*work_.position)) {
                halt->worked = result.worked;
                result = std::move(*halt);
                return false;
            }
        }
        if (auto reader = workplace_.held_up_by_reader(); !reader.empty()) {
            result.why = std::move(reader);
            result.wait = Wait::reader;
            return false;
        }
        auto const begun = Clock::now();
        auto const time = std::max(least_target, left());
        Batch batch{};
        if constexpr (std::is_same_v<Run, IndexBuild>) {
            batch = run.batch(std::min(batch_target, time),
                              pace == Pace::polite ? std::min(longest_reading, time) : full_speed_reading);
        } else {
            batch = run.batch(std::min(batch_target, time));
        }
        if (batch == Batch::finished) return true;
        result.worked = true;
        auto const held = run.held();  // nothing, where it only read
        if (pace == Pace::polite && held.count() > 0) pacer_.rest_after(held);
        if constexpr (std::is_same_v<Run, Filling>) {
            if (throttle_.rows_per_second > 0)
                pacer_.rest_until(begun + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{
                                              static_cast<double>(run.walked()) / throttle_.rows_per_second}));
        }
        if (batch == Batch::stale) {
            work_ = {};
            return false;
        }
        if (left().count() <= 0) return false;
    }
}

Advance Advancer::advance(std::chrono::microseconds budget, Pace pace, std::stop_token const& stop,
                          std::vector<Override> const& overridden) {
    workplace_.refuse_open_transaction("advance");
    auto const start = Clock::now();
    auto const left = [&] {
        if (stop.stop_requested()) return std::chrono::microseconds{0};
        return budget - std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
    };
    auto const count = workplace_.plan().migrations().size();
    Advance result;
    for (;;) {
        auto const state = workplace_.state(workplace_.own());
        if (!state.exists) {
            result.why = "the database is not expanded: call expand() first";
            return result;
        }
        auto const position = unfilled(state, count);
        auto& todo = work(state, position);
        if (!position) {
            for (auto& run : todo.rebuilds) {
                if (!batches_of(run, pace, result, left)) return result;
            }
            if (!batches_of(sweep_, pace, result, left)) return result;
            if (!result.worked && state.entries.size() < count) {
                result.why = "a migration is not expanded: call expand() first";
            } else if (!result.worked && !todo.rebuilds.empty()) {
                result.why = "a table is rebuilt, and waits for contract() to take its place";
            } else if (!result.worked && todo.contract_waits)
                result.why = "everything is filled: reconcile(), then contract()";
            return result;
        }
        auto sealing = seal(workplace_, *position, overridden);
        if (!sealing.busy.empty()) {
            result.why = std::move(sealing.busy);
            result.wait = Wait::signal;
            return result;
        }
        if (auto& closed = sealing.closed; !closed.empty()) {
            result.why = "the backfill of \"" + workplace_.plan().migrations()[*position].id.text() +
                         "\" has to wait, for no trigger carries what older releases write: " + closed.front().reason;
            result.wait = Wait::gate;
            result.closed = std::move(closed);
            return result;
        }
        for (auto& backfill : todo.backfills) {
            if (!batches_of(backfill, pace, result, left)) return result;
        }
        for (auto& index : todo.indexes) {
            if (!batches_of(index, pace, result, left)) return result;
        }
        if (pace == Pace::polite && !pacer_.rested(left())) {
            result.worked = true;
            return result;
        }
        if (auto halt = halted(*position)) {
            halt->worked = result.worked;
            return std::move(*halt);
        }
        auto const held = finish(workplace_, *position);
        if (pace == Pace::polite) pacer_.rest_after(held);
        result.worked = true;
        if (left().count() <= 0) return result;
    }
}

void Advancer::to_the_end(Pace pace, std::stop_token const& stop, std::vector<Override> const& overridden) {
    constexpr std::chrono::milliseconds look_again{20};
    auto const refuse = [&](std::string what, std::string instead) {
        throw Error{Failure{.what = std::move(what),
                            .object = workplace_.path(),
                            .instead = std::move(instead),
                            .changed = Changed::partly,
                            .retry = Retry::helps}};
    };
    refuse_unknown_overrides(overridden);
    std::optional<Clock::time_point> waiting;
    std::string told;
    for (;;) {
        if (stop.stop_requested())
            refuse("backfill() was told to stop, and stopped between two batches.",
                   "call it again: it goes on where it stopped");
        auto const result = advance(std::chrono::seconds{1}, pace, stop, overridden);
        if (result.worked) {
            waiting.reset();
            continue;
        }
        if (result.wait == Wait::none) return;
        if (result.wait == Wait::failed) throw_failure();
        if (result.wait == Wait::gate) throw GateClosed{result.closed, "Backfill"};
        if (result.wait == Wait::stopped) {
            throw BackfillStopped{Failure{.what = "Nothing more is filled: " + result.why + ".",
                                          .object = workplace_.path(),
                                          .instead = "resume_backfill() lets it go on where it stopped",
                                          .changed = Changed::partly}};
        }
        if (!waiting || told != result.why) {
            if (!waiting) waiting = Clock::now();
            told = result.why;
            workplace_.tell({.kind = EventKind::waiting, .message = result.why});
        }
        if (result.wait == Wait::reader && Clock::now() - *waiting >= workplace_.wait())
            refuse("The backfill has stopped: " + result.why + ".",
                   "end the reader's transaction, then call again: it goes on where it stopped");
        std::this_thread::sleep_for(look_again);
    }
}

/// As the ledger has it: it may have been another process, days ago.
void Advancer::throw_failure() {
    auto const& connection = workplace_.own();
    auto const& plan = workplace_.plan();
    auto const position = unfilled(workplace_.state(connection), plan.migrations().size());
    if (!position) return;
    auto batch = ledger::run_of(connection, plan.name(), static_cast<std::int64_t>(*position)).failed;
    batch.migration = plan.migrations()[*position].id.text();
    batch.rows = ledger::failed_rows(connection, plan.name(), static_cast<std::int64_t>(*position));
    throw BackfillFailed{std::move(batch)};
}

}  // namespace evolver
