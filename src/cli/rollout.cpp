#include "cli/advice.hpp"
#include "cli/reasons.hpp"
#include "cli/verbs.hpp"
#include "observe/words.hpp"

#include <fmt/format.h>

#include <memory>

namespace evolver::cli {

namespace {

struct Said {
    std::string reason = {};
    std::string migration = {};
    std::vector<std::string> overrides = {};
    double share = 0;
};

ExitCode show(Tool& tool) {
    auto& out = tool.out();
    auto const status = tool.evolver().status();
    for (auto const& migration : status.migrations) {
        if (migration.phase != Phase::expanded) continue;
        out.answer(fmt::format(
            "{}  {}{}{}", migration.id, name_of(migration.stage),
            migration.held.empty() ? "" : ", held by " + migration.held_by + ": " + migration.held,
            migration.canary > 0 ? fmt::format(", {:.0f} % of the instances ahead", migration.canary * 100) : ""));
        if (migration.legacy_writes > 0)
            out.answer("    " + counted(migration.legacy_writes, "write") + " reached the old shape only since expand");
        for (auto const& row : migration.mismatched) out.answer("    the two shapes disagree in " + row);
        for (auto const& use : migration.usage)
            out.answer(fmt::format("    {}  {}: {}{}", use.day, use.kind, use.uses,
                                   use.release.empty() ? "" : ", release " + use.release));
        out.record("rollout", {{"migration", migration.id},
                               {"stage", name_of(migration.stage)},
                               {"held", migration.held},
                               {"held_by", migration.held_by},
                               {"canary", migration.canary},
                               {"legacy_writes", migration.legacy_writes},
                               {"mismatched", static_cast<std::int64_t>(migration.mismatched.size())}});
    }
    tell_next(tool);
    return ExitCode::done;
}

template <class Action>
CLI::App& add_order(Verbs& verbs, CLI::App& family, std::shared_ptr<Said> const& said, VerbText const& text,
                    bool needs_reason, Action action) {
    auto& verb = verbs.add(family, text);
    if (needs_reason) {
        add_reason(verb, said->reason);
    } else {
        verb.add_option("--reason", said->reason, "For the audit trail")->type_name("TEXT");
    }
    add_migration(verb, said->migration, "the first that has two shapes now");
    verbs.runs(verb, [said, action](Tool& tool) {
        tool.out().unit(action(tool, StageOrder{.reason = said->reason,
                                                .migration = tool.optional_migration(said->migration),
                                                .override_gates = overrides_of(said->overrides)}));
        tell_next(tool);
        return ExitCode::done;
    });
    return verb;
}

}  // namespace

void add_rollout(Verbs& verbs) {
    auto& family = verbs.family(
        {.name = "rollout",
         .summary = "Where reads and writes are, moved by hand",
         .examples = {{"rollout show", ""},
                      {"rollout hold --reason 'a dashboard still reads size'", "reads stay where they are"},
                      {"rollout back --reason 'reports are slow'", "reads both shapes again"}}});
    auto& shown =
        verbs.add(family, {.name = "show",
                           .summary = "The stage of each migration that has two shapes, and who uses the old one",
                           .examples = {{"rollout show", ""}}});
    verbs.runs(shown, show);

    auto const said = std::make_shared<Said>();
    auto& advance = add_order(verbs, family, said,
                              {.name = "advance",
                               .summary = "Moves on by one stage, where that is proven, and ends a hold",
                               .examples = {{"rollout advance", "dual to switched, or switched to complete"}}},
                              false, [](Tool& tool, StageOrder const& order) {
                                  return "now at stage " + std::string{name_of(tool.evolver().advance_stage(order))};
                              });
    add_overrides(advance, said->overrides);
    add_order(verbs, family, said,
              {.name = "back",
               .summary = "Moves back by one stage, and holds it there",
               .examples = {{"rollout back --reason 'reports are slow'", ""}}},
              true, [](Tool& tool, StageOrder const& order) {
                  return "back at stage " + std::string{name_of(tool.evolver().step_back(order))} + ", and held there";
              });
    add_order(verbs, family, said,
              {.name = "hold",
               .summary = "Keeps the stage what it is: reconcile and contract leave it alone",
               .examples = {{"rollout hold --reason 'a dashboard still reads size'", ""}}},
              true, [](Tool& tool, StageOrder const& order) {
                  tool.evolver().hold_stage(order);
                  return std::string{"held"};
              });
    add_order(verbs, family, said, {.name = "release", .summary = "Ends a hold", .examples = {{"rollout release", ""}}},
              false, [](Tool& tool, StageOrder const& order) {
                  tool.evolver().release_stage(order);
                  return std::string{"released"};
              });
    auto& canary = add_order(
        verbs, family, said,
        {.name = "canary",
         .summary = "Sends a share of the instances ahead: their flags are on at stage dual",
         .examples = {{"rollout canary --share 0.1 --reason 'try it on a tenth'", ""}}},
        true, [said](Tool& tool, StageOrder const& order) {
            tool.evolver().set_canary({.share = said->share, .reason = order.reason, .migration = order.migration});
            return fmt::format("{:.0f} % of the instances go ahead", said->share * 100);
        });
    canary.add_option("--share", said->share, "From 0 to 1")->required()->check(CLI::Range(0.0, 1.0));
}

}  // namespace evolver::cli
