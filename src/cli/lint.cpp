#include "cli/finding_lines.hpp"
#include "cli/usage_error.hpp"
#include "cli/verbs.hpp"
#include "evolver/observe/metrics.hpp"
#include "observe/words.hpp"
#include "schema/nearest.hpp"

#include <algorithm>
#include <memory>

namespace evolver::cli {

namespace {

struct Said {
    std::string format = "text";
    std::string fail_on = "warning";
    std::string explain = {};
    bool rules = false;
    bool without_database = false;
    std::vector<std::string> sources = {};
};

std::int64_t count(std::span<Finding const> findings, Severity severity) {
    return std::ranges::count(findings, severity, &Finding::severity);
}

ExitCode explain_rule(Tool& tool, std::string const& rule) {
    auto const known = rules_of_lint();
    if (std::ranges::find(known, rule) == known.end()) {
        throw UsageError{Failure{
            .what = "There is no rule \"" + rule + "\".", .object = rule, .instead = did_you_mean(rule, known)}};
    }
    tool.out().raw(explain(rule) + "\n");
    return ExitCode::done;
}

ExitCode lint_plan(Tool& tool, Said const& said) {
    auto& out = tool.out();
    if (!said.explain.empty()) return explain_rule(tool, said.explain);
    if (said.rules) {
        for (auto const& rule : rules_of_lint()) out.raw(rule + "\n");
        return ExitCode::done;
    }
    bool const with_database = tool.has_database() && !said.without_database;
    auto const findings = with_database ? tool.evolver().lint() : evolver::lint(tool.plan());
    FindingLines lines{tool, said.sources};
    if (said.format == "github") lines.annotate(findings);
    if (said.format == "gitlab") lines.quality_report(findings);
    if (said.format == "text") lines.tell(findings);
    auto const errors = count(findings, Severity::error);
    auto const warnings = count(findings, Severity::warning);
    auto const infos = count(findings, Severity::info);
    if (auto* const metrics = tool.metrics()) {
        metrics->record("evolver.lint.findings", static_cast<double>(errors), {{"severity", "error"}});
        metrics->record("evolver.lint.findings", static_cast<double>(warnings), {{"severity", "warning"}});
        metrics->record("evolver.lint.findings", static_cast<double>(infos), {{"severity", "info"}});
    }
    if (said.format == "text") {
        out.unit(findings.empty()
                     ? "nothing found"
                     : counted(errors, "error") + ", " + counted(warnings, "warning") + ", " + counted(infos, "info"));
        out.record("summary", {{"verb", "lint"}, {"errors", errors}, {"warnings", warnings}, {"infos", infos}});
        if (!findings.empty())
            out.hint("a page on each rule: " + tool.command("lint --explain " + findings.front().rule));
    }
    return fails(findings, said.fail_on) ? ExitCode::findings : ExitCode::done;
}

}  // namespace

void add_lint(Verbs& verbs) {
    auto const said = std::make_shared<Said>();
    auto& verb = verbs.add(
        {.name = "lint",
         .summary = "The hazards of the plan, with facts of the database where one is named: 1 where there are any",
         .examples = {{"lint", ""},
                      {"lint --explain drop-column-in-use", "a page on the rule"},
                      {"lint --format github --no-database", "annotations of a pull request"}}});
    verb.add_option("--format", said->format,
                    "text; github: annotations of a pull request; gitlab: a code quality report")
        ->check(CLI::IsMember({"text", "github", "gitlab"}))
        ->type_name("FORMAT")
        ->capture_default_str();
    add_fail_on(verb, said->fail_on);
    verb.add_option("--explain", said->explain, "A page on the rule, with an example")->type_name("RULE");
    verb.add_flag("--rules", said->rules, "The names of all rules");
    verb.add_flag("--no-database", said->without_database,
                  "Judges the plan alone, on a database that it makes from nothing");
    if (verbs.plan_is_given())
        verb.add_option("--source", said->sources,
                        "A file of the plan, in which findings are pointed at by the migration's id")
            ->type_name("FILE")
            ->allow_extra_args(false);
    verbs.runs(verb, [said](Tool& tool) { return lint_plan(tool, *said); });
}

}  // namespace evolver::cli
