#include "cli/verbs.hpp"

#include <memory>

namespace evolver::cli {

CLI::App& Verbs::add(CLI::App& family, VerbText const& text) {
    auto* const verb = family.add_subcommand(text.name, text.summary);
    verb->fallthrough();
    std::string footer;
    for (auto const& example : text.examples) {
        footer += (footer.empty() ? "Examples:\n" : "\n");
        footer += "  " + program_ + " " + example.words;
        if (!example.purpose.empty()) footer += "\n      " + example.purpose;
    }
    verb->footer(footer);
    return *verb;
}

CLI::App& Verbs::family(VerbText const& text) {
    auto& verb = add(text);
    verb.require_subcommand(1);
    return verb;
}

void Verbs::runs(CLI::App& verb, std::function<ExitCode(Tool&)> action) {
    verb.callback([this, action = std::move(action)] { chosen_ = action; });
}

CLI::Option* add_reason(CLI::App& verb, std::string& reason) {
    return verb.add_option("--reason", reason, "Why, for the audit trail and for whoever wonders")
        ->required()
        ->type_name("TEXT");
}

CLI::Option* add_migration(CLI::App& verb, std::string& id, std::string const& otherwise) {
    return verb.add_option("--migration", id, "The migration; without it, " + otherwise)->type_name("ID");
}

void add_all(Verbs& verbs) {
    add_plan(verbs);
    add_lint(verbs);
    add_dry_run(verbs);
    add_pipeline(verbs);
    add_approve(verbs);
    add_baseline(verbs);
    add_expand(verbs);
    add_backfill(verbs);
    add_resolve(verbs);
    add_reconcile(verbs);
    add_rollout(verbs);
    add_contract(verbs);
    add_rollback_test(verbs);
    add_rollback(verbs);
    add_status(verbs);
    add_gates(verbs);
    add_instances(verbs);
    add_audit(verbs);
    add_runbook(verbs);
    add_report(verbs);
    if (!verbs.plan_is_given()) add_init(verbs);
    add_completion(verbs);
}

}  // namespace evolver::cli
