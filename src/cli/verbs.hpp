#pragma once

// The verbs of the tool: what each is called, how it is spelled, and what it does.

#include "cli/tool.hpp"
#include "evolver/cli/run.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace evolver::cli {

/// An example of a command line, and what it is for. The program's name is put before it.
struct Example {
    std::string words;
    std::string purpose;
};

/// A verb that is being made. A member of a family (`backfill pause`) has the family as its parent.
struct VerbText {
    std::string name;
    std::string summary;
    std::vector<Example> examples = {};
};

class Verbs {
public:
    Verbs(CLI::App& app, std::string program, bool plan_is_given)
        : app_{app}, program_{std::move(program)}, plan_is_given_{plan_is_given} {}

    CLI::App& add(VerbText const& text) { return add(app_, text); }
    CLI::App& add(CLI::App& family, VerbText const& text);
    /// A verb that has members, one of which has to follow it.
    CLI::App& family(VerbText const& text);

    /// What the verb does once the whole command line is understood.
    void runs(CLI::App& verb, std::function<ExitCode(Tool&)> action);

    [[nodiscard]] CLI::App& app() const noexcept { return app_; }
    [[nodiscard]] bool plan_is_given() const noexcept { return plan_is_given_; }
    [[nodiscard]] std::function<ExitCode(Tool&)> const& chosen() const noexcept { return chosen_; }

private:
    CLI::App& app_;
    std::string program_;
    bool plan_is_given_;
    std::function<ExitCode(Tool&)> chosen_;
};

/// `--reason`, which has to be given.
CLI::Option* add_reason(CLI::App& verb, std::string& reason);
/// `--migration`, which may be.
CLI::Option* add_migration(CLI::App& verb, std::string& id, std::string const& otherwise);

// A file each, or one for those that belong together, in the order in which --help shows them.
void add_plan(Verbs& verbs);
void add_lint(Verbs& verbs);
void add_dry_run(Verbs& verbs);
void add_pipeline(Verbs& verbs);
void add_approve(Verbs& verbs);
void add_baseline(Verbs& verbs);
void add_expand(Verbs& verbs);
void add_backfill(Verbs& verbs);
void add_resolve(Verbs& verbs);
void add_reconcile(Verbs& verbs);
void add_rollout(Verbs& verbs);
void add_contract(Verbs& verbs);
void add_rollback_test(Verbs& verbs);
void add_rollback(Verbs& verbs);
void add_status(Verbs& verbs);
void add_gates(Verbs& verbs);
void add_instances(Verbs& verbs);
void add_audit(Verbs& verbs);
void add_runbook(Verbs& verbs);
void add_report(Verbs& verbs);
void add_init(Verbs& verbs);
void add_completion(Verbs& verbs);

void add_all(Verbs& verbs);

}  // namespace evolver::cli
