#include "cli/advice.hpp"
#include "cli/reasons.hpp"
#include "cli/report_lines.hpp"
#include "cli/speed_option.hpp"
#include "cli/usage_error.hpp"
#include "cli/verbs.hpp"
#include "evolver/observe/metrics.hpp"
#include "evolver/plan/day.hpp"
#include "observe/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace evolver::cli {

namespace {

struct Run {
    bool yes = false;
    std::string until = {};
    std::string speed = "polite";
    std::vector<std::string> overrides = {};
    std::vector<std::string> accept_loss = {};
};

ExitCode run(Tool& tool, Run const& said) {
    if (!said.yes) {
        throw UsageError{Failure{.what = "contract run removes the old shape, for good, and --yes was not said.",
                                 .object = "contract run",
                                 .instead = tool.command("contract due") + " says what would go; then add --yes"}};
    }
    auto const report = tool.evolver().contract({.until = tool.optional_migration(said.until),
                                                 .override_gates = overrides_of(said.overrides),
                                                 .accept_loss = losses_of(said.accept_loss),
                                                 .speed = speed_of(said.speed),
                                                 .stop = tool.stop()});
    tell_warnings(report, tool);
    auto const steps = static_cast<std::int64_t>(report.steps.size());
    tool.out().unit("contracted: " + counted(steps, "step") + "; the old shape is gone");
    tool.out().record("summary", {{"verb", "contract run"}, {"steps", steps}});
    tell_next(tool);
    return ExitCode::done;
}

std::string closed_gates(std::string const& migration, std::vector<Gate> const& gates) {
    std::string closed;
    for (auto const& gate : gates) {
        if (gate.migration == migration && !gate.open) closed += (closed.empty() ? "" : ", ") + gate.name;
    }
    return closed;
}

/// What could be contracted, what waits for what, and what is late.
ExitCode due(Tool& tool) {
    auto const [status, gates] = standpoint_of(tool);
    auto& out = tool.out();
    std::int64_t ready = 0;
    std::int64_t waiting = 0;
    auto const now = std::chrono::duration_cast<std::chrono::seconds>(tool.now().time_since_epoch()).count();
    for (auto const& migration : status.migrations) {
        if (migration.phase != Phase::expanded || !migration.known) continue;
        auto const known = tool.plan().migrations();
        auto const planned =
            std::ranges::find_if(known, [&](Migration const& one) { return one.id.text() == migration.id; });
        auto const& day = planned->contract.remove_after;
        auto const closed = closed_gates(migration.id, gates);
        ++(closed.empty() ? ready : waiting);
        out.answer(fmt::format("{}  {}{}", migration.id, closed.empty() ? "may be contracted now" : "waits: " + closed,
                               day.empty() ? "" : ", to be removed after " + day));
        std::int64_t overdue = 0;
        if (auto const due_at = seconds_of_day(day); !day.empty() && due_at)
            overdue = std::max<std::int64_t>(0, now - *due_at);
        if (auto* const metrics = tool.metrics(); metrics != nullptr && !day.empty())
            metrics->record("evolver.contract.overdue", static_cast<double>(overdue), {{"migration", migration.id}});
        out.record("due", {{"migration", migration.id},
                           {"ready", closed.empty()},
                           {"waits_for", closed},
                           {"remove_after", day},
                           {"overdue_seconds", overdue}});
    }
    if (ready + waiting == 0) out.answer("no migration has two shapes now");
    tell_next(tool);
    return ready > 0 ? ExitCode::findings : ExitCode::done;
}

void add_run(Verbs& verbs, CLI::App& family) {
    auto const said = std::make_shared<Run>();
    auto& verb = verbs.add(
        family, {.name = "run",
                 .summary = "Removes the old shape of what is due, once every gate is open",
                 .examples = {{"contract run --yes", ""},
                              {"contract run --yes --until 0002-sizes", "and none behind it"},
                              {"contract run --yes --override 'soak=the last 1.0 was shut down an hour ago'",
                               "a gate is overridden by name, with a reason"},
                              {"contract run --yes --accept-loss '0002-sizes=sizes like 12 kB become 12'", ""}}});
    verb.add_flag("--yes", said->yes, "Yes, remove it for good");
    verb.add_option("--until", said->until, "The last migration whose old shape goes")->type_name("ID");
    add_speed(verb, said->speed);
    add_overrides(verb, said->overrides);
    add_accept_loss(verb, said->accept_loss);
    verbs.runs(verb, [said](Tool& tool) { return run(tool, *said); });
}

void add_sign_off(Verbs& verbs, CLI::App& family) {
    struct Said {
        std::string reader = {};
        std::string reason = {};
        std::string migration = {};
    };
    auto const said = std::make_shared<Said>();
    auto& verb = verbs.add(
        family, {.name = "sign-off",
                 .summary = "A reader that the plan names no longer needs the old shape",
                 .examples = {{"contract sign-off 'nightly report' --reason 'reads size_bytes since version 7'", ""}}});
    verb.add_option("reader,--reader", said->reader, "As the plan spells it")->required()->type_name("READER");
    add_reason(verb, said->reason);
    add_migration(verb, said->migration, "every one that names the reader");
    verbs.runs(verb, [said](Tool& tool) {
        tool.evolver().sign_off(
            {.reader = said->reader, .reason = said->reason, .migration = tool.optional_migration(said->migration)});
        tool.out().unit("signed off: " + said->reader);
        tell_next(tool);
        return ExitCode::done;
    });
}

void add_verify_backup(Verbs& verbs, CLI::App& family) {
    auto const path = std::make_shared<std::string>();
    auto& verb = verbs.add(family, {.name = "verify-backup",
                                    .summary = "Looks at a backup: is it whole, and of this database?",
                                    .examples = {{"contract verify-backup /backup/catalogue.db", ""}}});
    verb.add_option("file", *path, "The backup")->required()->type_name("FILE");
    verbs.runs(verb, [path](Tool& tool) {
        tool.evolver().verify_backup(*path);
        tool.out().unit("good: " + *path);
        tell_next(tool);
        return ExitCode::done;
    });
}

}  // namespace

void add_contract(Verbs& verbs) {
    auto& family = verbs.family(
        {.name = "contract",
         .summary = "Removes old shapes, once nothing speaks against it",
         .examples = {{"contract due", "what may go, and what waits for what"}, {"contract run --yes", "removes it"}}});
    auto& shown = verbs.add(family, {.name = "due",
                                     .summary = "What may go, and what waits for what: 1 where something may go now",
                                     .examples = {{"contract due", ""}}});
    verbs.runs(shown, due);
    add_run(verbs, family);
    add_sign_off(verbs, family);
    add_verify_backup(verbs, family);
}

}  // namespace evolver::cli
