#include "cli/advice.hpp"
#include "cli/failure_words.hpp"
#include "cli/verbs.hpp"
#include "observe/words.hpp"

#include <algorithm>
#include <memory>

namespace evolver::cli {

namespace {

struct Said {
    std::string reason = {};
    std::string migration = {};
};

bool has_failed(Evolver& evolver) {
    auto const status = evolver.status();
    return std::ranges::any_of(status.migrations, [](MigrationStatus const& migration) {
        return std::ranges::any_of(migration.backfills,
                                   [](BackfillStatus const& run) { return run.state == RunState::failed; });
    });
}

ExitCode show(Tool& tool) {
    auto& evolver = tool.evolver();
    auto& out = tool.out();
    if (!has_failed(evolver)) {
        out.answer("nothing has failed");
        tell_next(tool);
        return ExitCode::done;
    }
    try {
        evolver.backfill();  // a run that has failed fills nothing: it says again what it said then
    } catch (BackfillFailed const& failed) {
        auto const& batch = failed.batch();
        out.answer(in_commands(failed.what(), tool));
        out.answer("the three ways on, none of which is taken by itself:");
        out.answer("  " + tool.command("resolve resume") + "\n      once the rows are mended");
        out.answer("  " + tool.command("resolve split") + "\n      tries again with batches half as large");
        out.answer("  " + tool.command("resolve skip --reason 'why'") +
                   "\n      leaves these rows as they are, for ever");
        json_text::Array rows;
        for (auto const& key : batch.rows) rows.emplace_back(key);
        out.record("failed batch", {{"migration", batch.migration},
                                    {"table", batch.table},
                                    {"after", batch.after},
                                    {"until", batch.until},
                                    {"rows", std::move(rows)},
                                    {"sql", batch.sql},
                                    {"error", batch.error}});
        return ExitCode::findings;
    }
    out.answer("somebody has resolved it meanwhile, and it is filled");
    return ExitCode::done;
}

ExitCode resume(Tool& tool, Said const& said, Batches batches) {
    tool.evolver().resume_backfill(
        {.reason = said.reason, .migration = tool.optional_migration(said.migration), .batches = batches});
    tool.out().unit("resumed: whoever fills goes on");
    tell_next(tool);
    return ExitCode::done;
}

}  // namespace

void add_resolve(Verbs& verbs) {
    auto& family = verbs.family({.name = "resolve",
                                 .summary = "Leads on from a batch that has failed",
                                 .examples = {{"resolve show", "which rows, which statement, and the three ways on"},
                                              {"resolve skip --reason 'ticket 17'", "leaves those rows as they are"}}});
    auto& shown = verbs.add(family, {.name = "show", .summary = "What has failed", .examples = {{"resolve show", ""}}});
    verbs.runs(shown, show);

    auto const said = std::make_shared<Said>();
    auto const add = [&](VerbText const& text, auto action) {
        auto& verb = verbs.add(family, text);
        verb.add_option("--reason", said->reason, "For the audit trail")->type_name("TEXT");
        add_migration(verb, said->migration, "the first that is not filled");
        verbs.runs(verb, action);
        return &verb;
    };
    add({.name = "resume", .summary = "The rows are mended: try again", .examples = {{"resolve resume", ""}}},
        [said](Tool& tool) { return resume(tool, *said, Batches::as_before); });
    add({.name = "split", .summary = "Try again with batches half as large", .examples = {{"resolve split", ""}}},
        [said](Tool& tool) { return resume(tool, *said, Batches::halved); });
    auto* const skip = add({.name = "skip",
                            .summary = "Leave the rows that failed as they are, and go on behind them",
                            .examples = {{"resolve skip --reason 'ticket 17'", ""}}},
                           [said](Tool& tool) {
                               auto const rows = tool.evolver().skip_failed_rows(
                                   {.reason = said->reason, .migration = tool.optional_migration(said->migration)});
                               tool.out().unit(counted(rows, "row") + " skipped");
                               return resume(tool, *said, Batches::as_before);
                           });
    skip->get_option("--reason")->required();
}

}  // namespace evolver::cli
