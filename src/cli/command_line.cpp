#include "cli/command_line.hpp"

#include "cli/failure_words.hpp"
#include "cli/usage_error.hpp"
#include "cli/verbs.hpp"
#include "evolver/version.hpp"
#include "observe/json.hpp"
#include "schema/nearest.hpp"

#include <algorithm>
#include <iostream>
#include <span>
#include <sstream>

#include <pwd.h>
#include <unistd.h>

namespace evolver::cli {

namespace {

/// The user, as the system knows them: environment variables can say anything, and sudo leaves some of them as they were.
std::string user() {
    auto const* const entry = getpwuid(getuid());
    return entry != nullptr && entry->pw_name != nullptr ? entry->pw_name : std::to_string(getuid());
}

std::string base_name(std::string const& program) {
    auto const slash = program.rfind('/');
    return slash == std::string::npos ? program : program.substr(slash + 1);
}

void add_options(CLI::App& app, Given& given, bool plan_is_given) {
    app.add_option("-d,--database", given.database, "The SQLite file, or a connection string of SOCI's")
        ->envname("EVOLVER_DATABASE")
        ->type_name("FILE");
    if (!plan_is_given) {
        app.add_option("-m,--migrations", given.migrations, "The folder of the migrations")
            ->envname("EVOLVER_MIGRATIONS")
            ->type_name("FOLDER");
        app.add_option("--plan-name", given.plan_name, "What the ledger calls the plan; without it, the folder's name")
            ->type_name("NAME");
        app.add_option("--engine-folder", given.engine_folder, "The folder within it that has the texts for SQLite")
            ->type_name("NAME");
        app.add_option("--at-contract", given.at_contract, "A migration that runs at contract instead of at expand")
            ->type_name("ID")
            ->allow_extra_args(false);
        app.add_option("--leave-out", given.leave_out, "A file or folder that is no migration")
            ->type_name("PATH")
            ->allow_extra_args(false);
        app.add_option("--accept-finding", given.accepted_findings,
                       "A finding of lint that is taken as it is, and why: '0007_x drop-index packages_name=unused'")
            ->type_name("TEXT")
            ->allow_extra_args(false);
        app.add_option("--release-start", given.starts, "Where a release begins, in order: 0004_sizes=2.0")
            ->type_name("ID=RELEASE")
            ->allow_extra_args(false);
    }
    app.add_option("--release", given.release, "The release to work as; without it, the last of the plan")
        ->type_name("RELEASE");
    app.add_option("--actor", given.actor, "Who does this, for the audit trail; without it, your user name")
        ->envname("EVOLVER_ACTOR")
        ->type_name("NAME");
    app.add_option("--wait", given.wait, "How long to wait for a lock that somebody else holds")
        ->type_name("TIME")
        ->capture_default_str();
    app.add_option("--soak", given.soak, "How long the old shape must not have been used before contract (24h)")
        ->type_name("TIME");
    app.add_flag("--json", given.json, "One JSON object per line, for programs");
    auto* const quiet = app.add_flag("-q,--quiet", given.quiet, "Only what was asked for, and errors");
    app.add_flag("-v,--verbose", given.verbose, "More: SQL, notes")->excludes(quiet);
    app.add_option("--color", given.colour, "Colours: auto, always, never; NO_COLOR is honoured")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->type_name("WHEN")
        ->capture_default_str();
    app.add_option("--events", given.events, "Appends every event to FILE, as JSON Lines")->type_name("FILE");
    app.add_option("--log", given.log, "Appends every event to FILE, as lines of a log")->type_name("FILE");
    app.add_option("--metrics", given.metrics, "Writes figures of the run to FILE, for Prometheus")->type_name("FILE");
}

/// The verb that was understood last.
CLI::App& deepest(CLI::App& app) {
    auto* found = &app;
    while (!found->get_subcommands().empty()) found = found->get_subcommands().front();
    return *found;
}

std::vector<std::string> names_of_verbs(CLI::App const& app) {
    std::vector<std::string> names;
    for (auto const* verb : app.get_subcommands([](CLI::App const*) { return true; }))
        names.push_back(verb->get_name());
    return names;
}

std::vector<std::string> names_of_options(CLI::App const& verb) {
    std::vector<std::string> names;
    for (auto const* app = &verb; app != nullptr; app = app->get_parent()) {
        for (auto const* option : app->get_options()) {
            for (auto const& name : option->get_lnames()) names.push_back("--" + name);
        }
    }
    return names;
}

/// What CLI11 says, and what was probably meant.
UsageError explained(CLI::ParseError const& error, CLI::App& app, std::string const& program) {
    auto& verb = deepest(app);
    auto path = program;
    for (auto* at = &app; !at->get_subcommands().empty();) {
        at = at->get_subcommands().front();
        path += " " + at->get_name();
    }
    auto const extras = app.remaining(true);
    bool const no_verb = !names_of_verbs(verb).empty();
    std::string const help = "see " + path + " --help";
    if (!extras.empty() && extras.front().starts_with("-")) {
        auto const name = extras.front().substr(0, extras.front().find('='));
        auto const near = nearest(name, names_of_options(verb));
        return UsageError{Failure{.what = "There is no option \"" + name + "\" of " + path + ".",
                                  .object = name,
                                  .instead = near.empty() ? help : "did you mean \"" + near + "\"?"}};
    }
    if (!extras.empty() && no_verb) {
        return UsageError{Failure{.what = "There is no verb \"" + extras.front() + "\" of " + path + ".",
                                  .object = extras.front(),
                                  .instead = did_you_mean(extras.front(), names_of_verbs(verb))}};
    }
    if (no_verb) {
        std::string list;
        for (auto const& name : names_of_verbs(verb)) list += (list.empty() ? "" : ", ") + name;
        return UsageError{Failure{.what = path + " needs a verb: " + list + ".", .object = path, .instead = help}};
    }
    std::string what = error.what();
    if (!what.ends_with('.')) what += '.';
    return UsageError{Failure{.what = path + ": " + what, .object = path, .instead = help}};
}

/// CLI11 names the line, and not the file.
std::string in_configuration(CLI::App& app, std::string const& what) {
    return app.get_config_ptr()->as<std::string>() + ": " + what;
}

ExitCode do_it(Verbs const& verbs, Tool& tool) {
    try {
        return verbs.chosen()(tool);
    } catch (std::exception const& failure) {
        return tell(failure, tool);
    }
}

/// The command line is wrong: said without a Tool, which it did not make.
int refuse(RunOptions const& options, std::span<std::string const> words, Error const& error, ExitCode code) {
    if (std::ranges::find(words, "--json") != words.end()) {
        json_text::Object record{
            {"kind", "error"}, {"what", error.what()}, {"instead", error.instead()}, {"exit", static_cast<int>(code)}};
        *options.out << json_text::write(std::move(record)) << '\n' << std::flush;
    }
    *options.error << "error: " << error.what() << '\n' << std::flush;
    return static_cast<int>(code);
}

}  // namespace

int understand_and_do(int argc, char const* const* argv, std::optional<Plan> plan, RunOptions options) {
    if (options.out == nullptr) options.out = &std::cout;
    if (options.error == nullptr) options.error = &std::cerr;
    std::vector<std::string> words(argv, argv + argc);
    if (words.empty()) words.emplace_back("evolver");
    auto const program = base_name(words.front());
    bool const plan_is_given = plan.has_value();

    Given given;
    given.actor = user();
    CLI::App app{plan_is_given ? "Takes a database along the plan \"" + plan->name() +
                                     "\", while old and new releases of the application use it."
                               : "Takes a database along a folder of migrations, while old and new releases of an "
                                 "application use it.",
                 program};
    app.set_version_flag("--version", program + " (evolver " + std::to_string(EVOLVER_VERSION_MAJOR) + "." +
                                          std::to_string(EVOLVER_VERSION_MINOR) + "." +
                                          std::to_string(EVOLVER_VERSION_PATCH) + ")");
    add_options(app, given, plan_is_given);
    app.set_config("--config", "evolver.toml", "Options, one per line: database = \"catalogue.db\"")
        ->type_name("FILE")
        ->envname("EVOLVER_CONFIG");
    app.allow_config_extras(CLI::config_extras_mode::error);
    app.get_formatter()->column_width(34);
    Verbs verbs{app, program, plan_is_given};
    add_all(verbs);
    app.require_subcommand(1);
    app.footer(
        "Exit codes: 0 done or nothing to do, 1 findings or differences, 2 failed, 3 blocked by a gate, an approval, "
        "a\n"
        "window or a lock, 4 stopped, 64 usage, 65 input, 78 configuration.\n\n" +
        program + " VERB --help has examples. Start with: " + program + " status");

    try {
        std::vector<std::string> reversed(words.rbegin(), words.rend() - 1);
        app.parse(std::move(reversed));
    } catch (CLI::Success const& asked) {
        std::ostringstream text;
        app.exit(asked, text, text);
        *options.out << text.str() << std::flush;
        return static_cast<int>(ExitCode::done);
    } catch (CLI::ConfigError const& error) {
        return refuse(options, words,
                      UsageError{Failure{.what = in_configuration(app, error.what()),
                                         .instead = "see " + program + " --help for the names"}},
                      ExitCode::configuration);
    } catch (CLI::FileError const& error) {
        return refuse(options, words,
                      UsageError{Failure{.what = error.what(), .instead = "--config names a file that is there"}},
                      ExitCode::configuration);
    } catch (CLI::ParseError const& error) {
        return refuse(options, words, explained(error, app, program), ExitCode::usage);
    }
    try {
        Tool tool{options, given, words, std::move(plan)};
        int const code = static_cast<int>(do_it(verbs, tool));
        if (*options.out << std::flush) return code;
        *options.error << "error: what was answered could not be written: its end is missing\n" << std::flush;
        return static_cast<int>(ExitCode::failed);
    } catch (std::exception const& error) {
        *options.error << "error: " << error.what() << '\n' << std::flush;
        return static_cast<int>(ExitCode::failed);
    }
}

}  // namespace evolver::cli
