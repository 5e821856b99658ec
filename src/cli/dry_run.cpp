#include "cli/finding_lines.hpp"
#include "cli/report_lines.hpp"
#include "cli/verbs.hpp"

#include <memory>

namespace evolver::cli {

void add_dry_run(Verbs& verbs) {
    struct Said {
        bool sql = false;
        std::string fail_on = "error";
    };
    auto const said = std::make_shared<Said>();
    auto& verb = verbs.add(
        {.name = "dry-run",
         .summary = "What expand would do, tried on a copy of the schema with contract after it; writes nothing",
         .examples = {{"dry-run", ""}, {"dry-run --sql", "with every statement"}}});
    verb.add_flag("--sql", said->sql, "Shows the SQL of each step");
    add_fail_on(verb, said->fail_on);
    verbs.runs(verb, [said](Tool& tool) {
        auto const report = tool.evolver().dry_run();
        auto& out = tool.out();
        tell_steps(report, tool, said->sql);
        tell_estimates(report, tool);
        tell_warnings(report, tool);
        FindingLines{tool}.tell(report.findings);
        auto const steps = static_cast<std::int64_t>(report.steps.size());
        out.unit(steps == 0 ? "nothing to do: every migration is expanded"
                            : "dry run: " + counted(steps, "step") + "; nothing was written");
        out.record(
            "summary",
            {{"verb", "dry-run"}, {"steps", steps}, {"findings", static_cast<std::int64_t>(report.findings.size())}});
        if (steps > 0) out.hint("next: " + tool.command("expand"));
        return fails(report.findings, said->fail_on) ? ExitCode::findings : ExitCode::done;
    });
}

}  // namespace evolver::cli
