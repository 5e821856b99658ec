#include "cli/advice.hpp"
#include "cli/duration.hpp"
#include "cli/speed_option.hpp"
#include "cli/verbs.hpp"
#include "evolver/observe/metrics.hpp"
#include "observe/words.hpp"

#include <fmt/format.h>

#include <memory>

namespace evolver::cli {

namespace {

struct Said {
    std::string speed = "polite";
    std::string longest = {};
    std::int64_t most_differences = 0;
    double most_percent = 0;
    std::int64_t samples = 10;
    bool show_values = false;
    bool anew = false;
};

void tell(Reconciliation const& found, Tool& tool) {
    auto& out = tool.out();
    for (auto const& pair : found.pairs) {
        out.unit(fmt::format("{}  {}: {}  {} compared, {} different, {} lossy{}", pair.migration, pair.table,
                             pair.columns, counted(pair.rows, "row"), pair.different, pair.lossy,
                             pair.resumed ? ", going on from an earlier comparison" : ""));
        json_text::Array keys;
        for (auto const& key : pair.lossy_keys) keys.emplace_back(key);
        out.record("pair", {{"migration", pair.migration},
                            {"table", pair.table},
                            {"columns", pair.columns},
                            {"rows", pair.rows},
                            {"different", pair.different},
                            {"lossy", pair.lossy},
                            {"lossy_keys", std::move(keys)},
                            {"microseconds", std::int64_t{pair.duration.count()}}});
        if (auto* const metrics = tool.metrics()) {
            auto const count = [&](std::string const& result, std::int64_t rows) {
                metrics->record("evolver.reconcile.rows", static_cast<double>(rows),
                                {{"migration", pair.migration}, {"table", pair.table}, {"result", result}});
            };
            count("match", pair.rows - pair.different);
            count("mismatch", pair.different);
        }
    }
    for (auto const& invariant : found.invariants) out.unit("invariant holds: " + invariant.name);
}

ExitCode reconcile(Tool& tool, Said const& said) {
    ReconcileOptions options{.speed = speed_of(said.speed),
                             .stop = tool.stop(),
                             .most_differences = said.most_differences,
                             .most_percent = said.most_percent,
                             .samples = said.samples,
                             .show_values = said.show_values,
                             .resume = !said.anew};
    if (!said.longest.empty()) options.longest = duration_of(said.longest, "--longest");
    auto& out = tool.out();
    try {
        auto const found = tool.evolver().reconcile(options);
        tell(found, tool);
        out.unit(fmt::format("reconciled: {} compared, none differs{}", counted(found.rows(), "row"),
                             found.lossy() > 0 ? ", " + counted(found.lossy(), "lossy row") : ""));
        out.record("summary", {{"verb", "reconcile"},
                               {"rows", found.rows()},
                               {"different", found.different()},
                               {"lossy", found.lossy()}});
    } catch (ReconcileError const& error) {
        tell(error.found(), tool);
        for (auto const& row : error.rows()) {
            json_text::Object record{{"migration", row.migration}, {"table", row.table}, {"key", row.key}};
            if (said.show_values) {
                record.emplace_back("old", row.old_values);
                record.emplace_back("new", row.new_values);
            }
            out.record("mismatch", std::move(record));
        }
        throw;
    }
    tell_next(tool);
    return ExitCode::done;
}

}  // namespace

void add_reconcile(Verbs& verbs) {
    auto const said = std::make_shared<Said>();
    auto& verb = verbs.add(
        {.name = "reconcile",
         .summary = "Compares the old and the new shape row by row, and moves reads where they agree",
         .examples = {{"reconcile", "while everybody goes on writing"},
                      {"reconcile --longest 10m", "goes on from there the next time"},
                      {"reconcile --most-differences 100 --show-values", "shows what is in rows that differ"}}});
    add_speed(verb, said->speed);
    verb.add_option("--longest", said->longest, "Stops after so long, and goes on the next time")->type_name("TIME");
    verb.add_option("--most-differences", said->most_differences, "Stops once so many rows differ")
        ->check(CLI::PositiveNumber);
    verb.add_option("--most-percent", said->most_percent, "Stops once more than so many in a hundred differ")
        ->check(CLI::PositiveNumber);
    verb.add_option("--samples", said->samples, "How many rows are named")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    verb.add_flag("--show-values", said->show_values, "Shows what is in rows that differ; otherwise only their keys");
    verb.add_flag("--anew", said->anew, "Compares everything, also where an earlier one was stopped");
    verbs.runs(verb, [said](Tool& tool) { return reconcile(tool, *said); });
}

}  // namespace evolver::cli
