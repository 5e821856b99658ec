#include "compile/lint/judge.hpp"

#include <algorithm>

namespace evolver::lint_rules {

namespace {

bool matches(Acceptance const& accepted, Migration const& migration, Finding const& finding) {
    return finding.rule == accepted.rule && same_identifier(finding.object, accepted.object) &&
           (finding.migration.empty() || finding.migration == migration.id.text());
}

void accept(Plan const& plan, std::size_t contracted, Live const* live, std::vector<Finding>& findings) {
    std::vector<Finding> more;
    for (auto position = contracted; position < plan.migrations().size(); ++position) {
        auto const& migration = plan.migrations()[position];
        Case const seen{.migration = &migration};
        for (auto const& accepted : migration.accept) {
            if (accepted.reason.find_first_not_of(" \t\n") == std::string::npos) {
                Tell{acceptance_without_reason, seen, more}(Severity::warning, accepted.object,
                                                            "the acceptance of " + accepted.rule + " for " +
                                                                accepted.object + " has no reason and accepts nothing",
                                                            ".reason = \"why the hazard is none here\"");
                continue;
            }
            auto const before = findings.size();
            std::erase_if(findings, [&](Finding const& finding) { return matches(accepted, migration, finding); });
            if (findings.size() != before) continue;
            bool const known = find(accepted.rule) != nullptr;
            Tell{unused_acceptance, seen, more}(
                live != nullptr && known ? Severity::info : Severity::warning, accepted.object,
                known ? "nothing of " + accepted.rule + " is found for " + accepted.object
                      : "there is no rule \"" + accepted.rule + "\"",
                "take the acceptance out, or write rule and object as the finding has them");
        }
    }
    findings.insert(findings.end(), more.begin(), more.end());
}

}  // namespace

std::vector<Finding> judged(Plan const& plan, std::size_t contracted, std::vector<Case> const& cases) {
    std::vector<Finding> findings;
    for (auto const& seen : cases) {
        for (auto const* rule : all()) {
            bool const applies = rule->judge != nullptr && (!rule->only || *rule->only == seen.engine());
            if (applies) rule->judge(seen, Tell{*rule, seen, findings});
        }
    }
    accept(plan, contracted, cases.front().live, findings);
    std::stable_sort(findings.begin(), findings.end(),
                     [](Finding const& left, Finding const& right) { return left.severity < right.severity; });
    return findings;
}

}  // namespace evolver::lint_rules
