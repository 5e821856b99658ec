#include "execute/rollout.hpp"

#include "evolver/fleet/gate.hpp"
#include "execute/completion.hpp"
#include "fleet/gates/gates.hpp"
#include "ledger/rollout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace evolver {

namespace {

/// Which migrations have two shapes now, by position. Before the write lock: it compiles.
std::vector<bool> two_shaped(Workplace& workplace, std::string_view call) {
    workplace.refuse_open_transaction(call);
    auto const& connection = workplace.own();
    refuse_unexpanded(workplace, connection);
    auto const moment = look(workplace, connection);
    std::vector<bool> found;
    for (std::size_t position = 0; position < moment.state.entries.size(); ++position)
        found.push_back(position >= moment.standing.contracted && position < workplace.plan().migrations().size() &&
                        moment.compiler.removes(position));
    return found;
}

/// The migration that an order is about, under the write lock.
class OrderedStage {
public:
    OrderedStage(Workplace& workplace, std::string_view call, std::optional<MigrationId> const& wanted)
        : workplace_{workplace},
          call_{call},
          two_shaped_{two_shaped(workplace, call)},
          transaction_{workplace.own(), workplace.wait()} {
        auto const state = workplace.state(connection());
        auto const meant = std::ranges::find_if(state.entries, [&](ledger::Entry const& entry) {
            auto const position = static_cast<std::size_t>(entry.position);
            if (entry.phase != Phase::expanded || position >= two_shaped_.size() || !two_shaped_[position])
                return false;
            return !wanted || wanted->text() == entry.id;
        });
        if (meant == state.entries.end()) {
            refuse(wanted ? "migration \"" + wanted->text() + "\" does not have two shapes now"
                          : std::string{"no migration has two shapes now"},
                   "status() says where each stands");
        }
        entry_ = *meant;
        relaxed_ = std::ranges::any_of(state.relaxed,
                                       [&](ledger::Relaxed const& one) { return one.position == entry_.position; });
        ledger::make_rollout(connection());
    }

    [[nodiscard]] sqlite::Connection const& connection() const { return workplace_.own(); }
    [[nodiscard]] std::string const& plan() const { return workplace_.plan().name(); }
    [[nodiscard]] ledger::Entry const& entry() const { return entry_; }
    /// A way back from `complete` has begun, and not ended.
    [[nodiscard]] bool is_relaxed() const { return relaxed_; }

    void need_reason(std::string const& reason) const {
        if (reason.empty()) refuse("no reason was given", call_ + "({.reason = \"…\"}): it goes into the audit trail");
    }
    [[noreturn]] void refuse(std::string const& why, std::string instead) const {
        throw HistoryError{Failure{.what = call_ + "() was refused: " + why + ".",
                                   .object = entry_.id.empty() ? workplace_.path() : entry_.id,
                                   .instead = std::move(instead)}};
    }
    void commit(std::string const& event, std::string const& detail) {
        workplace_.audit(connection(), event, entry_.id, detail, 0, {});
        workplace_.presence().publish(0);  // snapshots from before this belong to an earlier epoch; see reconcile()
        transaction_.commit();
        workplace_.presence().publish(0);
    }

private:
    Workplace& workplace_;
    std::string call_;
    std::vector<bool> two_shaped_;
    sqlite::WriteTransaction transaction_;
    ledger::Entry entry_;
    bool relaxed_ = false;
};

}  // namespace

void refuse_unproven(Plan const& plan, ledger::Entry const& entry, ledger::Legacy const& legacy) {
    contract_gates::Facts const facts{.plan = plan,
                                      .migration = plan.migrations()[static_cast<std::size_t>(entry.position)],
                                      .entry = entry,
                                      .legacy = legacy};
    std::vector<Gate> closed;
    for (auto const* condition : {&contract_gates::backfill, &contract_gates::reconciliation}) {
        if (auto reason = condition->reason(facts); !reason.empty())
            closed.push_back({std::string{condition->name}, entry.id, false, std::move(reason)});
    }
    if (!closed.empty()) throw GateClosed{std::move(closed), "advance_stage()"};
}

void hold_stage(Workplace& workplace, StageOrder const& order) {
    OrderedStage stage{workplace, "hold_stage", order.migration};
    stage.need_reason(order.reason);
    ledger::hold(stage.connection(), stage.plan(), stage.entry().position, order.reason, workplace.actor());
    stage.commit("stage held", order.reason);
}

void release_stage(Workplace& workplace, StageOrder const& order) {
    OrderedStage stage{workplace, "release_stage", order.migration};
    if (!ledger::rollout_of(stage.connection(), stage.plan(), stage.entry().position).held) return;
    ledger::release_hold(stage.connection(), stage.plan(), stage.entry().position);
    stage.commit("stage released", order.reason);
}

Stage advance_stage(Workplace& workplace, std::chrono::seconds soak, StageOrder const& order) {
    std::size_t position = 0;
    {
        OrderedStage stage{workplace, "advance_stage", order.migration};
        position = static_cast<std::size_t>(stage.entry().position);
        if (auto const& why = workplace.plan().migrations()[position].contract.held; !why.empty()) {
            stage.refuse("the plan holds \"" + stage.entry().id + "\" where it is: " + why,
                         "take .held out of its ContractPolicy");
        }
        if (stage.entry().stage == Stage::complete) {
            stage.refuse("\"" + stage.entry().id + "\" is at stage complete, and what comes next is contract",
                         "call contract() when gates() are open");
        }
        if (stage.entry().stage == Stage::switched &&
            workplace.plan().migrations()[position].sync == Sync::application) {
            stage.refuse("\"" + stage.entry().id +
                             "\" keeps its shapes in step without triggers, and nothing would fill the old column at "
                             "stage complete",
                         "call contract() when gates() are open");
        }
        if (stage.entry().stage == Stage::dual) {
            refuse_unproven(workplace.plan(), stage.entry(),
                            ledger::legacy_of(stage.connection(), stage.plan(), stage.entry().position));
            ledger::move_stage(stage.connection(), stage.plan(), stage.entry().position, Stage::switched);
            ledger::release_hold(stage.connection(), stage.plan(), stage.entry().position);
            stage.commit("stage switched", order.reason);
            workplace.tell({.kind = EventKind::switched, .migration = stage.entry().id});
            return Stage::switched;
        }
    }
    return complete_stage(workplace, soak, position, order);
}

Stage step_back(Workplace& workplace, StageOrder const& order) {
    std::size_t position = 0;
    {
        OrderedStage stage{workplace, "step_back", order.migration};
        stage.need_reason(order.reason);
        position = static_cast<std::size_t>(stage.entry().position);
        if (stage.entry().stage == Stage::dual) {
            stage.refuse("\"" + stage.entry().id + "\" is at stage dual, and what lies behind it is before expand",
                         "call rollback({.migration = \"" + stage.entry().id + "\"})");
        }
        if (stage.entry().stage == Stage::switched && !stage.is_relaxed()) {
            ledger::move_stage(stage.connection(), stage.plan(), stage.entry().position, Stage::dual);
            ledger::hold(stage.connection(), stage.plan(), stage.entry().position, order.reason, workplace.actor());
            stage.commit("stage dual again", order.reason);
            workplace.tell({.kind = EventKind::stepped_back, .migration = stage.entry().id, .message = order.reason});
            return Stage::dual;
        }
    }
    return step_back_from_complete(workplace, position, order);
}

void set_canary(Workplace& workplace, Canary const& canary) {
    OrderedStage stage{workplace, "set_canary", canary.migration};
    stage.need_reason(canary.reason);
    if (!(canary.share >= 0 && canary.share <= 1))
        stage.refuse("a share lies between 0 and 1", "set_canary({.share = 0.1, .reason = \"…\"})");
    ledger::set_canary(stage.connection(), stage.plan(), stage.entry().position, canary.share);
    stage.commit("canary", fmt::format("{} of the instances: {}", canary.share, canary.reason));
}

void sign_off(Workplace& workplace, SignOff const& given) {
    workplace.refuse_open_transaction("sign_off");
    auto const& connection = workplace.own();
    auto const& plan = workplace.plan();
    refuse_unexpanded(workplace, connection);
    auto const refuse = [&](std::string const& why, std::string instead) {
        throw HistoryError{Failure{
            .what = "sign_off() was refused: " + why + ".", .object = given.reader, .instead = std::move(instead)}};
    };
    if (given.reason.empty()) refuse("no reason was given", "say how it is known: it goes into the audit trail");
    sqlite::WriteTransaction transaction{connection, workplace.wait()};
    ledger::make_rollout(connection);
    bool any = false;
    for (auto const& entry : workplace.state(connection).entries) {
        auto const position = static_cast<std::size_t>(entry.position);
        if (position >= plan.migrations().size() || entry.phase != Phase::expanded) continue;
        auto const& migration = plan.migrations()[position];
        if (given.migration && !(migration.id == *given.migration)) continue;
        if (std::ranges::count(migration.contract.readers, given.reader) == 0) continue;
        ledger::sign_off(connection, plan.name(), entry.position,
                         {.reader = given.reader, .actor = workplace.actor(), .reason = given.reason});
        workplace.audit(connection, "reader signed off", entry.id, given.reader + ": " + given.reason, 0, {});
        any = true;
    }
    if (!any)
        refuse("no migration between expand and contract names the reader \"" + given.reader + "\"",
               "spell it as the plan does, in ContractPolicy::readers");
    transaction.commit();
}

}  // namespace evolver
