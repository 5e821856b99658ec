#include "execute/run_control.hpp"

#include "ledger/runs.hpp"

#include <algorithm>
#include <string_view>

namespace evolver {

namespace {

/// The run that an order is about, under the write lock.
class OrderedRun {
public:
    OrderedRun(Workplace& workplace, std::string_view call, RunOrder const& order)
        : workplace_{workplace}, call_{call}, transaction_{begin(workplace, call), workplace.wait()} {
        refuse_unexpanded(workplace, connection());
        auto const state = workplace.state(connection());
        auto const known = workplace.plan().migrations();
        auto const meant = std::ranges::find_if(state.entries, [&](ledger::Entry const& entry) {
            return order.migration ? order.migration->text() == entry.id
                                   : entry.phase == Phase::expanded && !entry.filled &&
                                         static_cast<std::size_t>(entry.position) < known.size();
        });
        if (meant == state.entries.end()) {
            refuse(order.migration ? "migration \"" + order.migration->text() + "\" is not expanded"
                                   : std::string{"every migration that is expanded is filled"},
                   "status() lists what is filled, and how far");
        }
        position_ = meant->position;
        id_ = meant->id;
        ledger::make_runs(connection());
        run_ = ledger::run_of(connection(), workplace.plan().name(), position_);
        if (meant->phase != Phase::expanded || meant->filled) run_.state = RunState::finished;
    }

    [[nodiscard]] sqlite::Connection const& connection() const { return workplace_.own(); }
    [[nodiscard]] std::string const& plan() const { return workplace_.plan().name(); }
    [[nodiscard]] std::int64_t position() const { return position_; }
    [[nodiscard]] ledger::Run const& run() const { return run_; }

    void need_reason(RunOrder const& order) const {
        if (order.reason.empty())
            refuse("no reason was given", call_ + "({.reason = \"…\"}): it goes into the audit trail");
    }
    void need(bool holds) const {
        if (!holds)
            refuse("the backfill of \"" + id_ + "\" is " + std::string{name_of(run_.state)},
                   run_.state == RunState::failed ? "resume_backfill(), or skip_failed_rows({.reason = \"…\"}) first"
                                                  : "status() says where it stands");
    }
    void commit(RunState to, std::string const& event, std::string const& reason, std::int64_t rows = 0) {
        ledger::move_run(connection(), plan(), position_,
                         {.state = to,
                          .why = to == RunState::failed ? run_.why : reason,
                          .actor = workplace_.actor(),
                          .failed = to == RunState::failed ? run_.failed : FailedBatch{}});
        workplace_.audit(connection(), event, id_, reason, rows, {});
        transaction_.commit();
    }

private:
    static sqlite::Connection const& begin(Workplace& workplace, std::string_view call) {
        workplace.refuse_open_transaction(call);
        return workplace.own();
    }
    [[noreturn]] void refuse(std::string const& why, std::string instead) const {
        throw HistoryError{Failure{.what = call_ + "() was refused: " + why + ".",
                                   .object = id_.empty() ? workplace_.path() : id_,
                                   .instead = std::move(instead)}};
    }

    Workplace& workplace_;
    std::string call_;
    sqlite::WriteTransaction transaction_;
    std::int64_t position_ = 0;
    std::string id_;
    ledger::Run run_;
};

}  // namespace

void pause_backfill(Workplace& workplace, RunOrder const& order) {
    OrderedRun run{workplace, "pause_backfill", order};
    run.need_reason(order);
    if (run.run().state == RunState::paused) return;
    run.need(ledger::may_move(run.run().state, RunState::paused));
    run.commit(RunState::paused, "backfill paused", order.reason);
}

void stop_backfill(Workplace& workplace, RunOrder const& order) {
    OrderedRun run{workplace, "stop_backfill", order};
    run.need_reason(order);
    if (run.run().state == RunState::stopped) return;
    run.need(ledger::may_move(run.run().state, RunState::stopped));
    run.commit(RunState::stopped, "backfill stopped", order.reason);
}

void resume_backfill(Workplace& workplace, RunOrder const& order) {
    OrderedRun run{workplace, "resume_backfill", order};
    auto const state = run.run().state;
    if (state == RunState::running || state == RunState::planned) return;
    run.need(ledger::may_move(state, RunState::running));
    if (order.batches == Batches::halved) ledger::halve_batches(run.connection(), run.plan(), run.position());
    ledger::forget_failed_rows(run.connection(), run.plan(), run.position());
    run.commit(RunState::running, "backfill resumed", order.reason);
}

std::int64_t skip_failed_rows(Workplace& workplace, RunOrder const& order) {
    OrderedRun run{workplace, "skip_failed_rows", order};
    run.need_reason(order);
    run.need(run.run().state == RunState::failed);
    auto const rows = ledger::skip_failed_rows(run.connection(), run.plan(), run.position(), order.reason);
    run.commit(RunState::failed, "rows skipped", order.reason, rows);
    return rows;
}

}  // namespace evolver
