#include "cli/advice.hpp"
#include "cli/report_lines.hpp"
#include "cli/verbs.hpp"

#include <fmt/format.h>

#include <memory>

namespace evolver::cli {

namespace {

ExitCode show(Tool& tool, bool sql) {
    auto& out = tool.out();
    auto const& plan = tool.plan();
    std::vector<MigrationStatus> standing;
    if (tool.has_database()) standing = tool.evolver().status().migrations;
    out.answer(fmt::format("{}, {}, {}", plan.name(),
                           counted(static_cast<std::int64_t>(plan.migrations().size()), "migration"),
                           counted(static_cast<std::int64_t>(plan.releases().size()), "release")));
    std::string release;
    std::size_t position = 0;
    for (auto const& migration : plan.migrations()) {
        if (migration.release.text() != release)
            out.answer(out.toned(Tone::strong, "release " + migration.release.text()));
        release = migration.release.text();
        auto const phase = position < standing.size() ? std::string{name_of(standing[position].phase)} : std::string{};
        out.answer(fmt::format("  {}{}{}", migration.id.text(),
                               migration.summary.empty() ? "" : "  " + migration.summary,
                               phase.empty() ? "" : "  (" + phase + ")"));
        out.detail("      digest " + plan.digest(position));
        json_text::Object record{{"id", migration.id.text()},
                                 {"release", release},
                                 {"summary", migration.summary},
                                 {"operations", static_cast<std::int64_t>(migration.operations.size())},
                                 {"digest", plan.digest(position)}};
        if (!phase.empty()) record.emplace_back("phase", phase);
        out.record("migration", std::move(record));
        ++position;
    }
    out.answer("digest " + plan.digest());
    out.record("summary", {{"verb", "plan"}, {"plan", plan.name()}, {"digest", plan.digest()}});
    if (sql) {
        out.answer("");
        tell_steps(tool.evolver().dry_run(), tool, true);
    }
    return ExitCode::done;
}

}  // namespace

void add_plan(Verbs& verbs) {
    auto const sql = std::make_shared<bool>(false);
    auto const releases = std::make_shared<bool>(false);
    auto& verb =
        verbs.add({.name = "plan",
                   .summary = "The migrations and their releases, and where the database stands if one is named",
                   .examples = {{"plan", ""}, {"plan --sql", "with what is still to be run on the database"}}});
    verb.add_flag("--sql", *sql, "Shows the steps that the database has still to take, with their SQL");
    verb.add_flag("--releases", *releases, "Only the names of the releases, oldest first");
    verbs.runs(verb, [sql, releases](Tool& tool) {
        if (!*releases) return show(tool, *sql);
        for (auto const& release : tool.plan().releases()) tool.out().raw(release.text() + "\n");
        return ExitCode::done;
    });
}

}  // namespace evolver::cli
