#include "execute/postgresql/rollout.hpp"

#include "evolver/ledger/ledger_error.hpp"
#include "execute/postgresql/contract.hpp"
#include "execute/postgresql/rollback.hpp"
#include "execute/postgresql/seal.hpp"
#include "execute/rollout.hpp"
#include "execute/workplace.hpp"
#include "ledger/postgresql/ledger.hpp"
#include "ledger/postgresql/rollout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evolver::postgresql {

namespace {

/// An order about one migration, in the transaction that it is given in.
class Ordered {
public:
    Ordered(Site& site, std::string_view call, std::optional<MigrationId> const& wanted)
        : site_{site}, call_{call}, transaction_{site.connection(), site.options().lock_timeout} {
        ledger::take_pen(connection(), plan());
        auto const state = site.state();
        Blueprint const blueprint{site.plan(), standing_of(state), connection(), site.schema()};
        auto const known = site.plan().migrations().size();
        auto const meant = std::ranges::find_if(state.entries, [&](ledger::Entry const& entry) {
            auto const position = static_cast<std::size_t>(entry.position);
            bool const has_two = entry.phase == Phase::expanded && position < known && blueprint.removes(position);
            return has_two && (!wanted || wanted->text() == entry.id);
        });
        if (meant == state.entries.end()) {
            refuse(wanted ? "migration \"" + wanted->text() + "\" does not have two shapes now"
                          : std::string{"no migration has two shapes now"},
                   "status() says where each stands");
        }
        entry_ = *meant;
        ledger::make_rollout(connection());
    }

    [[nodiscard]] Connection const& connection() const { return site_.connection(); }
    [[nodiscard]] std::string const& plan() const { return site_.plan().name(); }
    [[nodiscard]] ledger::Entry const& entry() const { return entry_; }
    [[nodiscard]] Migration migration() const {
        return site_.plan().migrations()[static_cast<std::size_t>(entry_.position)];
    }

    void need_reason(std::string const& reason) const {
        if (reason.empty())
            refuse("no reason was given", std::string{call_} + "({.reason = \"…\"}): it goes into the audit trail");
    }
    [[noreturn]] void refuse(std::string const& why, std::string instead) const {
        throw HistoryError{Failure{.what = std::string{call_} + "() was refused: " + why + ".",
                                   .object = entry_.id.empty() ? plan() : entry_.id,
                                   .instead = std::move(instead)}};
    }
    void commit(std::string const& event, std::string const& detail) {
        site_.audit(connection(), {.plan = {}, .event = event, .migration = entry_.id, .detail = detail});
        transaction_.commit();
        site_.count_commit();
    }

private:
    Site& site_;
    std::string_view call_;
    Transaction transaction_;
    ledger::Entry entry_;
};

void refuse_unexpanded(Site const& site) {
    auto const& plan = site.plan().name();
    if (site.look().entries.empty()) refuse_unknown_plan(plan, plan);
}

}  // namespace

void hold_stage(Site& site, StageOrder const& order) {
    refuse_unexpanded(site);
    site.patiently([&] {
        Ordered stage{site, "hold_stage", order.migration};
        stage.need_reason(order.reason);
        ledger::hold(stage.connection(), stage.plan(), stage.entry().position, order.reason, site.options().actor);
        stage.commit("stage held", order.reason);
    });
}

void release_stage(Site& site, StageOrder const& order) {
    refuse_unexpanded(site);
    site.patiently([&] {
        Ordered stage{site, "release_stage", order.migration};
        if (!ledger::rollout_of(stage.connection(), stage.plan(), stage.entry().position).held) return;
        ledger::release_hold(stage.connection(), stage.plan(), stage.entry().position);
        stage.commit("stage released", order.reason);
    });
}

Stage advance_stage(Site& site, std::chrono::seconds soak, StageOrder const& order) {
    refuse_unexpanded(site);
    std::optional<std::size_t> from_switched;
    auto reached = Stage::switched;
    site.patiently([&] {
        from_switched.reset();
        reached = Stage::switched;
        Ordered stage{site, "advance_stage", order.migration};
        auto const& id = stage.entry().id;
        if (auto const why = stage.migration().contract.held; !why.empty()) {
            stage.refuse("the plan holds \"" + id + "\" where it is: " + why, "take .held out of its ContractPolicy");
        }
        if (stage.entry().stage == Stage::complete) {
            stage.refuse("\"" + id + "\" is at stage complete, and what comes next is contract",
                         "call contract() when gates() are open");
        }
        if (stage.entry().stage == Stage::switched && stage.migration().sync == Sync::application) {
            stage.refuse("\"" + id +
                             "\" keeps its shapes in step without triggers, and nothing would fill the old column at "
                             "stage complete",
                         "call contract() when gates() are open");
        }
        if (stage.entry().stage == Stage::off) {
            ledger::move_stage(stage.connection(), stage.plan(), stage.entry().position, Stage::dual);
            unsettle(site, stage.connection(), static_cast<std::size_t>(stage.entry().position));
            reached = Stage::dual;
            return stage.commit("stage dual again", order.reason);
        }
        if (stage.entry().stage == Stage::switched) {
            from_switched = static_cast<std::size_t>(stage.entry().position);
            return;
        }
        refuse_unproven(site.plan(), stage.entry(),
                        ledger::legacy_of(stage.connection(), stage.plan(), stage.entry().position));
        ledger::move_stage(stage.connection(), stage.plan(), stage.entry().position, Stage::switched);
        ledger::release_hold(stage.connection(), stage.plan(), stage.entry().position);
        stage.commit("stage switched", order.reason);
        site.tell({.kind = EventKind::switched, .migration = id});
    });
    if (!from_switched) return reached;
    complete_stage(site, soak, *from_switched, order);
    return Stage::complete;
}

Stage step_back(Site& site, StageOrder const& order) {
    refuse_unexpanded(site);
    auto reached = Stage::dual;
    site.patiently([&] {
        Ordered stage{site, "step_back", order.migration};
        stage.need_reason(order.reason);
        auto const& id = stage.entry().id;
        refuse_begun_rollback(stage.entry());
        if (stage.entry().stage == Stage::dual) {
            stage.refuse("\"" + id + "\" is at stage dual, and what lies behind it is before expand",
                         "call rollback({.migration = \"" + id + "\"})");
        }
        if (stage.entry().stage == Stage::complete && stage.migration().sync == Sync::application) {
            stage.refuse("\"" + id +
                             "\" keeps its shapes in step without triggers, and nobody has filled the old column since "
                             "its contract began",
                         "call contract() again: it goes on");
        }
        reached = stage.entry().stage == Stage::complete ? Stage::switched : Stage::dual;
        ledger::move_stage(stage.connection(), stage.plan(), stage.entry().position, reached);
        ledger::hold(stage.connection(), stage.plan(), stage.entry().position, order.reason, site.options().actor);
        stage.commit(reached == Stage::dual ? "stage dual again" : "stage switched again", order.reason);
        site.tell({.kind = EventKind::stepped_back, .migration = id, .message = order.reason});
    });
    return reached;
}

void set_canary(Site& site, Canary const& canary) {
    refuse_unexpanded(site);
    site.patiently([&] {
        Ordered stage{site, "set_canary", canary.migration};
        stage.need_reason(canary.reason);
        if (!(canary.share >= 0 && canary.share <= 1))
            stage.refuse("a share lies between 0 and 1", "set_canary({.share = 0.1, .reason = \"…\"})");
        ledger::set_canary(stage.connection(), stage.plan(), stage.entry().position, canary.share);
        stage.commit("canary", fmt::format("{} of the instances: {}", canary.share, canary.reason));
    });
}

void sign_off(Site& site, SignOff const& given) {
    refuse_unexpanded(site);
    auto const refuse = [&](std::string const& why, std::string instead) {
        throw HistoryError{Failure{
            .what = "sign_off() was refused: " + why + ".", .object = given.reader, .instead = std::move(instead)}};
    };
    if (given.reason.empty()) refuse("no reason was given", "say how it is known: it goes into the audit trail");
    auto const& plan = site.plan();
    site.patiently([&] {
        auto const& connection = site.connection();
        Transaction transaction{connection, site.options().lock_timeout};
        ledger::take_pen(connection, plan.name());
        ledger::make_rollout(connection);
        bool any = false;
        for (auto const& entry : site.state().entries) {
            auto const position = static_cast<std::size_t>(entry.position);
            if (position >= plan.migrations().size() || entry.phase != Phase::expanded) continue;
            auto const& migration = plan.migrations()[position];
            if (given.migration && !(migration.id == *given.migration)) continue;
            if (std::ranges::count(migration.contract.readers, given.reader) == 0) continue;
            ledger::sign_off(connection, plan.name(), entry.position,
                             {.reader = given.reader, .actor = site.options().actor, .reason = given.reason});
            site.audit(connection, {.plan = {},
                                    .event = "reader signed off",
                                    .migration = entry.id,
                                    .detail = given.reader + ": " + given.reason});
            any = true;
        }
        if (!any)
            refuse("no migration between expand and contract names the reader \"" + given.reader + "\"",
                   "spell it as the plan does, in ContractPolicy::readers");
        transaction.commit();
        site.count_commit();
    });
}

}  // namespace evolver::postgresql
