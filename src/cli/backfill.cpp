#include "cli/advice.hpp"
#include "cli/duration.hpp"
#include "cli/pipeline_lines.hpp"
#include "cli/reasons.hpp"
#include "cli/speed_option.hpp"
#include "cli/usage_error.hpp"
#include "cli/verbs.hpp"
#include "observe/words.hpp"

#include <fmt/format.h>

#include <charconv>
#include <memory>

namespace evolver::cli {

namespace {

struct Start {
    std::string speed = "polite";
    std::vector<std::string> overrides = {};
    double rows_per_second = 0;
    std::string between = {};
};

/// "01:00-05:30"
DailyWindow window_of(std::string const& text) {
    auto const minutes = [&](std::string_view part) -> std::optional<std::chrono::minutes> {
        int hour = 0;
        int minute = 0;
        auto const colon = part.find(':');
        if (colon == std::string_view::npos || colon == 0 || part.size() - colon != 3) return std::nullopt;
        auto const [a, wrong_hour] = std::from_chars(part.data(), part.data() + colon, hour);
        auto const [b, wrong_minute] = std::from_chars(part.data() + colon + 1, part.data() + part.size(), minute);
        bool const whole = a == part.data() + colon && b == part.data() + part.size();
        if (wrong_hour != std::errc{} || wrong_minute != std::errc{} || !whole || hour > 23 || minute > 59)
            return std::nullopt;
        return std::chrono::hours{hour} + std::chrono::minutes{minute};
    };
    auto const dash = text.find('-');
    auto const from = minutes(std::string_view{text}.substr(0, dash));
    auto const until = dash == std::string::npos ? std::nullopt : minutes(std::string_view{text}.substr(dash + 1));
    if (from && until) return {.from = *from, .until = *until};
    throw UsageError{Failure{.what = "--between is no part of the day: \"" + text + "\".",
                             .object = "--between",
                             .instead = "two times in UTC: --between 01:00-05:30"}};
}

ExitCode start(Tool& tool, Start const& said) {
    if (is_in_the_way(tool)) return ExitCode::blocked;
    auto& settings = tool.settings();
    if (said.rows_per_second > 0) settings.rows_per_second = said.rows_per_second;
    if (!said.between.empty()) settings.signals.push_back(between(window_of(said.between)));
    auto& evolver = tool.evolver();
    evolver.backfill(
        {.speed = speed_of(said.speed), .stop = tool.stop(), .override_gates = overrides_of(said.overrides)});
    std::int64_t rows = 0;
    for (auto const& migration : evolver.status().migrations) rows += migration.rows_filled;
    tool.out().unit("filled: " + counted(rows, "row") + " in all");
    tool.out().record("summary", {{"verb", "backfill start"}, {"rows", rows}});
    tell_next(tool);
    return ExitCode::done;
}

json_text::Object record_of(std::string const& migration, BackfillStatus const& run) {
    return {{"migration", migration},
            {"table", run.table},
            {"state", name_of(run.state)},
            {"why", run.why},
            {"rows", run.rows},
            {"batches", run.batches},
            {"skipped", run.skipped},
            {"percent", run.percent},
            {"rows_per_second", run.rows_per_second},
            {"seconds_left", run.seconds_left},
            {"checkpoint", run.checkpoint},
            {"work_microseconds", std::int64_t{run.work.count()}},
            {"longest_lock_microseconds", std::int64_t{run.longest_lock.count()}},
            {"expected_rows", run.expected.rows},
            {"expected_microseconds", std::int64_t{run.expected.time.count()}}};
}

ExitCode show(Tool& tool) {
    auto& out = tool.out();
    auto const status = tool.evolver().status();
    std::int64_t runs = 0;
    for (auto const& migration : status.migrations) {
        for (auto const& run : migration.backfills) {
            ++runs;
            out.answer(fmt::format("{}  {}  {}{}", migration.id, run.table, name_of(run.state),
                                   run.why.empty() ? "" : ": " + run.why));
            out.answer(fmt::format("    {:.0f} %, {}, {}, {} a second{}", run.percent, counted(run.rows, "row"),
                                   counted(run.batches, "batch", "batches"),
                                   counted(whole_of(run.rows_per_second), "row"),
                                   run.skipped > 0 ? ", " + counted(run.skipped, "row") + " skipped" : ""));
            if (run.seconds_left > 0)
                out.answer("    about " + words_of(std::chrono::microseconds{whole_of(run.seconds_left * 1e6)}) +
                           " left");
            if (run.work.count() > 0)
                out.answer(fmt::format("    locks: {} together, the longest {}", words_of(run.work),
                                       words_of(run.longest_lock)));
            if (run.expected.rows > 0)
                out.answer(fmt::format("    expected: {}, {}", counted(run.expected.rows, "row"),
                                       words_of(run.expected.time)));
            if (!run.checkpoint.empty()) out.detail("    last key: " + run.checkpoint);
            out.record("backfill", record_of(migration.id, run));
        }
    }
    if (runs == 0) out.answer("no backfill has begun");
    tell_next(tool);
    return ExitCode::done;
}

using Call = void (Evolver::*)(RunOrder const&);

/// pause and stop: the same but for what is called and said.
void add_order(Verbs& verbs, CLI::App& family, VerbText const& text, Call call, std::string const& done) {
    auto const order = std::make_shared<std::pair<std::string, std::string>>();  // reason and migration
    auto& verb = verbs.add(family, text);
    add_reason(verb, order->first);
    add_migration(verb, order->second, "the first that is not filled");
    verbs.runs(verb, [order, call, done](Tool& tool) {
        (tool.evolver().*call)({.reason = order->first, .migration = tool.optional_migration(order->second)});
        tool.out().unit(done);
        tell_next(tool);
        return ExitCode::done;
    });
}

}  // namespace

void add_backfill(Verbs& verbs) {
    auto& family = verbs.family(
        {.name = "backfill",
         .summary = "Fills the new shape for the rows that are there",
         .examples = {{"backfill start", "fills, and goes on where it stopped; Ctrl-C stops at the next batch"},
                      {"backfill pause --reason 'black friday'", "from anywhere: whoever fills waits"},
                      {"backfill status", ""}}});

    auto const said = std::make_shared<Start>();
    auto& verb =
        verbs.add(family, {.name = "start",
                           .summary = "Fills until every row is filled",
                           .examples = {{"backfill start", "beside everybody, in batches of a few milliseconds"},
                                        {"backfill start --between 01:00-05:00 --rows-per-second 50000", ""},
                                        {"backfill start --speed full", "where nobody else uses the database"}}});
    add_speed(verb, said->speed);
    verb.add_option("--rows-per-second", said->rows_per_second, "At most so many rows in a second")
        ->check(CLI::PositiveNumber);
    verb.add_option("--between", said->between, "Only in this part of the day, in UTC: 01:00-05:00")
        ->type_name("FROM-UNTIL");
    add_overrides(verb, said->overrides);
    verbs.runs(verb, [said](Tool& tool) { return start(tool, *said); });

    add_order(verbs, family,
              {.name = "pause",
               .summary = "Whoever fills waits, from this moment on",
               .examples = {{"backfill pause --reason 'black friday'", ""}}},
              &Evolver::pause_backfill, "paused: no batch is committed until it is resumed");
    add_order(verbs, family,
              {.name = "stop",
               .summary = "Whoever fills ends, from this moment on",
               .examples = {{"backfill stop --reason 'not this week'", ""}}},
              &Evolver::stop_backfill, "stopped: what is filled stays");

    auto const resumed = std::make_shared<std::pair<std::string, std::string>>();
    auto& resume = verbs.add(
        family, {.name = "resume",
                 .summary = "Ends a pause, a stop or a failure; whoever fills goes on",
                 .examples = {{"backfill resume", "then `backfill start`, unless an application fills by itself"}}});
    resume.add_option("--reason", resumed->first, "For the audit trail")->type_name("TEXT");
    add_migration(resume, resumed->second, "the first that is not filled");
    verbs.runs(resume, [resumed](Tool& tool) {
        tool.evolver().resume_backfill(
            {.reason = resumed->first, .migration = tool.optional_migration(resumed->second)});
        tool.out().unit("resumed: whoever fills goes on");
        tell_next(tool);
        return ExitCode::done;
    });

    auto& status = verbs.add(
        family, {.name = "status", .summary = "How far it is, table by table", .examples = {{"backfill status", ""}}});
    verbs.runs(status, show);
}

}  // namespace evolver::cli
