#include "pipeline/report/sections.hpp"

#include "observe/words.hpp"
#include "pipeline/report/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace evolver::report {

namespace {

Html none(std::string_view words) { return "<p class=\"quiet\">" + Html::text(words) + "</p>\n"; }

Html figure(std::int64_t value) {
    auto words = counted(value, "");
    return Html::text(words.substr(0, words.find(' ')));
}

/// A dash where there is none: most steps are not about rows.
Html some(std::int64_t value) { return value == 0 ? Html{"–"} : figure(value); }

Html time_of(std::chrono::microseconds time) { return Html::text(time.count() > 0 ? words_of(time) : "–"); }

/// "dry run", within a sentence.
std::string words_for(PipelineStage stage) {
    std::string name{name_of(stage)};
    std::ranges::replace(name, '_', ' ');
    return name;
}

double seconds(std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); }
double milliseconds(std::chrono::microseconds time) { return seconds(time) * 1e3; }

}  // namespace

std::string_view tone_of(StageOutcome outcome) noexcept {
    switch (outcome) {
        case StageOutcome::passed: return "good";
        case StageOutcome::failed: return "bad";
        case StageOutcome::blocked:
        case StageOutcome::stopped: return "careful";
        case StageOutcome::pending:
        case StageOutcome::running:
        case StageOutcome::skipped: break;
    }
    return "";
}

Html badge_of(StageOutcome outcome) {
    return "<span class=\"badge " + Html::text(tone_of(outcome)) + "\">" + Html::text(name_of(outcome)) + "</span>";
}

std::string title_of(PipelineStage stage) {
    auto name = words_for(stage);
    name.front() = static_cast<char>(name.front() - 'a' + 'A');
    return name;
}

std::chrono::microseconds took(StageRecord const& stage) {
    return stage.ended > stage.started ? stage.ended - stage.started : std::chrono::microseconds{0};
}

Html timeline(PipelineRun const& run) {
    Instant begin = run.started;
    Instant end = std::max(run.ended, run.started + std::chrono::milliseconds{1});
    for (auto const& stage : run.stages) end = std::max(end, stage.ended);
    auto const whole = seconds(end - begin);
    Html items;
    for (auto const& stage : run.stages) {
        bool const ran = took(stage).count() > 0;
        auto const from = ran ? std::clamp(100 * seconds(stage.started - begin) / whole, 0.0, 99.0) : 0;
        auto const share = ran ? std::clamp(100 * seconds(took(stage)) / whole, 0.4, 100 - from) : 0;
        items += "<li><span class=\"name\"><a href=\"#stage-" + Html::text(name_of(stage.stage)) + "\">" +
                 Html::text(title_of(stage.stage)) + "</a></span><span class=\"track\" aria-hidden=\"true\">";
        if (ran)
            items += "<span class=\"span " + Html::text(tone_of(stage.outcome)) +
                     "\" style=\"left:" + Html::text(fmt::format("{:.2f}%;width:{:.2f}%", from, share)) + "\"></span>";
        items += "</span><span class=\"took\"><span>" + time_of(took(stage)) + "</span>" + badge_of(stage.outcome) +
                 "</span></li>\n";
    }
    return "<ol class=\"timeline\">\n" + items + "</ol>\n<p class=\"scale\"><span>" +
           Html::text(words_of(std::chrono::floor<std::chrono::system_clock::duration>(begin))) + "</span><span>" +
           Html::text(words_of(end - begin)) + " later</span></p>\n";
}

namespace {

Html steps_of(StageRecord const& stage) {
    Table table{"Steps of the " + words_for(stage.stage),
                {{"Step"},
                 {"Migration", Cells::names},
                 {"Rows planned", Cells::numbers},
                 {"Rows", Cells::numbers},
                 {"Took", Cells::numbers},
                 {"Waited", Cells::numbers}}};
    Html sql;
    for (auto const& step : stage.steps) {
        table.row({Html::text(step.what), Html::text(step.migration.empty() ? "–" : step.migration),
                   some(step.planned_rows), some(step.rows), time_of(step.duration), time_of(step.lock_wait)});
        for (auto const& statement : step.sql) sql += "<pre>" + Html::text(statement) + "</pre>\n";
    }
    if (table.empty()) return {};
    auto result = table.html();
    if (!sql.empty()) result += "<details><summary>SQL of these steps</summary>\n" + sql + "</details>\n";
    return result;
}

Html log_of(StageRecord const& stage) {
    if (stage.log.empty()) return {};
    Html lines;
    for (auto const& line : stage.log) {
        auto const at = to_text(line.at);
        lines += "<li><time datetime=\"" + Html::text(at) + "\">" +
                 Html::text(at.size() > 23 ? at.substr(11, 12) : at) + "</time><span>" + Html::text(line.text) +
                 "</span></li>\n";
    }
    if (stage.log_lines_left_out > 0)
        lines += "<li><span></span><span>" + Html::text(counted(stage.log_lines_left_out, "line")) +
                 " more were left out</span></li>\n";
    return "<details><summary>Log, " + Html::text(counted(static_cast<std::int64_t>(stage.log.size()), "line")) +
           "</summary>\n<ol class=\"log\">\n" + lines + "</ol></details>\n";
}

Html failure_of(StageRecord const& stage) {
    if (!stage.failure) return {};
    auto const& failure = *stage.failure;
    Html result = "<pre>" + Html::text(failure.what) + "</pre>\n";
    if (!failure.table.empty())
        result += "<p>The batch of <code>" + Html::text(failure.table) + "</code> behind key " +
                  code(failure.after.empty() ? "the first" : failure.after) + " up to " + code(failure.until) +
                  ".</p>\n";
    if (!failure.error.empty()) result += "<p>The engine says: " + Html::text(failure.error) + "</p>\n";
    if (!failure.sql.empty())
        result += "<details><summary>The statement</summary><pre>" + Html::text(failure.sql) + "</pre></details>\n";
    return result;
}

}  // namespace

Html stages(PipelineRun const& run) {
    Html cards;
    for (auto const& stage : run.stages) {
        cards += "<article class=\"card\" id=\"stage-" + Html::text(name_of(stage.stage)) + "\">\n<h3>" +
                 Html::text(title_of(stage.stage)) + " " + badge_of(stage.outcome) + "</h3>\n";
        if (!stage.why.empty()) cards += "<p>" + Html::text(stage.why) + "</p>\n";
        if (!stage.database.empty())
            cards += "<p class=\"quiet\">on " + code(stage.database) +
                     (stage.paused.count() > 0 ? ", paused for " + time_of(stage.paused) : Html{}) + "</p>\n";
        cards += failure_of(stage);
        if (!stage.warnings.empty()) {
            cards += "<ul class=\"plain\">";
            for (auto const& warning : stage.warnings) cards += "<li>" + Html::text(warning) + "</li>";
            cards += "</ul>\n";
        }
        cards += steps_of(stage) + log_of(stage) + "</article>\n";
    }
    return cards;
}

namespace {

/// Latency and throughput of a stage's batches.
Html plots_of(StageRecord const& stage, std::string const& id) {
    auto const& points = stage.batches.points();
    if (points.empty()) return {};
    Series mean{.name = "mean", .mark = Mark::line};
    Series longest{.name = "longest", .mark = Mark::line};
    bool drawn_together = false;  // else the mean and the longest are the same
    Series rate{.name = "rows a second", .mark = Mark::area};
    auto before = stage.started;
    std::int64_t rows = 0;
    double most = 0;
    for (auto const& point : points) {
        auto const at = seconds(point.at - stage.started);
        auto const batches = std::max<std::int64_t>(1, point.batches);
        mean.points.emplace_back(at, milliseconds(point.duration) / static_cast<double>(batches));
        longest.points.emplace_back(at, milliseconds(point.longest));
        auto const passed = std::max(1e-3, seconds(point.at - before));
        rate.points.emplace_back(at, static_cast<double>(point.rows) / passed);
        before = point.at;
        rows += point.rows;
        drawn_together = drawn_together || point.batches > 1;
        most = std::max(most, milliseconds(point.longest));
    }
    auto const whole = std::max(1e-3, seconds(points.back().at - stage.started));
    if (!drawn_together) longest.name = "each batch";
    std::vector<Series> lengths;
    if (drawn_together) lengths.push_back(std::move(mean));
    lengths.push_back(std::move(longest));
    return "<div class=\"plots\">\n" +
           figure_of({.id = id + "-latency",
                      .title = "How long batches held the write lock",
                      .description = fmt::format("The longest batch held it for {:.1f} ms. A batch is to hold it for 8 "
                                                 "ms at most, and nothing for more than 50 ms.",
                                                 most),
                      .x_title = "seconds",
                      .y_title = "ms",
                      .series = std::move(lengths),
                      .guides = {{8, "8 ms, the aim"}, {50, "50 ms, the bound"}}}) +
           figure_of({.id = id + "-throughput",
                      .title = "How fast rows were filled",
                      .description = fmt::format("{} in {:.1f} s, {:.0f} rows a second on average, with all pauses.",
                                                 counted(rows, "row"), whole, static_cast<double>(rows) / whole),
                      .x_title = "seconds",
                      .y_title = "rows a second",
                      .series = {std::move(rate)}}) +
           "</div>\n";
}

}  // namespace

Html backfill(PipelineRun const& run) {
    auto const& stage = run.at(PipelineStage::backfill);
    Table table{"What each table took, beside what was expected",
                {{"Table"},
                 {"Migration", Cells::names},
                 {"Rows", Cells::numbers},
                 {"Expected", Cells::numbers},
                 {"Batches", Cells::numbers},
                 {"Rows a second", Cells::numbers},
                 {"Lock held", Cells::numbers},
                 {"Longest", Cells::numbers},
                 {"Expected", Cells::numbers},
                 {"Skipped", Cells::numbers}}};
    for (auto const& it : stage.backfills) {
        table.row({Html::text(it.table), Html::text(it.migration), figure(it.rows),
                   it.expected.rows > 0 ? figure(it.expected.rows) : Html{"–"}, figure(it.batches),
                   std::isfinite(it.rows_per_second) ? figure(whole_of(it.rows_per_second)) : Html{"–"},
                   time_of(it.work), time_of(it.longest_lock), time_of(it.expected.lock), figure(it.skipped)});
    }
    if (table.empty() && stage.batches.points().empty()) return none("Nothing had to be filled.");
    return plots_of(stage, "backfill") + (table.empty() ? Html{} : table.html());
}

Html lock_waits(PipelineRun const& run) {
    Table table{"How long evolver waited for locks that others held",
                {{"Stage"},
                 {"Waits of a millisecond or more", Cells::numbers},
                 {"Together", Cells::numbers},
                 {"The longest", Cells::numbers}}};
    Series waits{.name = "waited", .mark = Mark::bars};
    auto const& stage = run.at(PipelineStage::backfill);
    for (auto const& point : stage.batches.points())
        waits.points.emplace_back(seconds(point.at - stage.started), milliseconds(point.lock_wait));
    std::int64_t count = 0;
    for (auto const& one : run.stages) {
        count += one.lock_waits.count;
        table.row({Html::text(title_of(one.stage)), figure(one.lock_waits.count), time_of(one.lock_waits.total),
                   time_of(one.lock_waits.longest)});
    }
    auto drawn = figure_of(
        {.id = "lock-waits-plot",
         .title = "Waits of the backfill for the write lock",
         .description = count == 0 ? "No wait was longer than a millisecond."
                                   : fmt::format("{} of a millisecond or more in all stages.", counted(count, "wait")),
         .x_title = "seconds",
         .y_title = "ms",
         .series = {std::move(waits)}});
    return (drawn.empty() ? Html{} : "<div class=\"plots\">\n" + drawn + "</div>\n") + table.html();
}

Html reconciliation(PipelineRun const& run) {
    auto const& stage = run.at(PipelineStage::reconciliation);
    Table pairs{"Old and new shape, row by row",
                {{"Columns"},
                 {"Table"},
                 {"Migration", Cells::names},
                 {"Rows", Cells::numbers},
                 {"Different", Cells::numbers},
                 {"Lossy", Cells::numbers},
                 {"Took", Cells::numbers}}};
    for (auto const& it : stage.comparisons)
        pairs.row({Html::text(it.columns), Html::text(it.table), Html::text(it.migration), figure(it.rows),
                   figure(it.different), figure(it.lossy), time_of(it.duration)});
    Table rows{"Rows that differ, by key", {{"Key"}, {"Table"}, {"Migration", Cells::names}}};
    for (auto const& it : stage.mismatches) rows.row({code(it.key), Html::text(it.table), Html::text(it.migration)});
    Table invariants{"Invariants", {{"Name"}, {"Before"}, {"After"}}};
    for (auto const& it : stage.invariants)
        invariants.row({Html::text(it.name), Html::text(it.before.empty() ? "holds" : it.before),
                        Html::text(it.after.empty() ? "holds" : it.after)});
    Html result;
    if (!pairs.empty()) result += pairs.html();
    if (!rows.empty()) result += rows.html();
    if (!invariants.empty()) result += invariants.html();
    return result.empty()
               ? none("Nothing was compared: no migration of this run has two shapes, or the stage was not reached.")
               : result;
}

Html rollback_test(PipelineRun const& run) {
    auto const& stage = run.at(PipelineStage::rollback_test);
    Html result = "<p>" + badge_of(stage.outcome) + " " + Html::text(stage.why) + "</p>\n";
    Table table{"Digests, before the way back and after going forward again", {{"Of"}, {"Before"}, {"After"}, {""}}};
    auto const add = [&](std::string const& what, std::string const& before, std::string const& after) {
        if (before.empty() && after.empty()) return;
        bool const equal = before == after;
        table.row({Html::text(what), code(before), code(after),
                   equal ? Html{"<span class=\"badge good\">equal</span>"}
                         : Html{"<span class=\"badge bad\">not equal</span>"}});
    };
    add("schema", stage.schema_before, stage.schema_after);
    add("rows", stage.data_before, stage.data_after);
    return table.empty() ? result : result + table.html();
}

Html findings(PipelineRun const& run) {
    Html cards;
    for (auto const& stage : run.stages) {
        for (auto const& it : stage.findings) {
            auto const tone =
                it.severity == Severity::error ? "bad" : (it.severity == Severity::warning ? "careful" : "");
            cards += "<article class=\"card\">\n<h3>" + code(it.rule) + " <span class=\"badge " + Html::text(tone) +
                     "\">" + Html::text(name_of(it.severity)) + "</span></h3>\n<p class=\"quiet\">" +
                     Html::text(it.object) + (it.migration.empty() ? Html{} : " in " + code(it.migration)) +
                     "</p>\n<p>" + Html::text(it.what) + "</p>\n<p>" + Html::text(it.why) + "</p>\n<pre>" +
                     Html::text(it.instead) + "</pre>\n</article>\n";
        }
    }
    return cards.empty() ? none("Lint has found nothing.") : cards;
}

Html gates(PipelineRun const& run) {
    StageRecord const* last = nullptr;
    for (auto const& stage : run.stages) {
        if (!stage.gates.empty()) last = &stage;
    }
    if (last == nullptr) return none("No migration of this run waits for contract.");
    Table table{"What contract waits for, as the " + words_for(last->stage) + " has seen it",
                {{"Gate"}, {"Migration", Cells::names}, {""}, {"Why"}}};
    for (auto const& gate : last->gates) {
        table.row({Html::text(gate.name), Html::text(gate.migration),
                   gate.open ? Html{"<span class=\"badge good\">open</span>"}
                             : Html{"<span class=\"badge careful\">closed</span>"},
                   Html::text(gate.reason)});
    }
    Table given{"Overridden gates and accepted losses", {{"What"}, {"Reason"}}};
    for (auto const& stage : run.stages) {
        for (auto const& it : stage.overridden_gates) given.row({Html::text("gate " + it.gate), Html::text(it.reason)});
        for (auto const& it : stage.accepted_losses)
            given.row({Html::text("loss of " + it.migration), Html::text(it.reason)});
    }
    return given.empty() ? table.html() : table.html() + given.html();
}

Html approvals(PipelineRun const& run) {
    Table table{"Who has approved", {{"Who"}, {"Up to"}, {"Environment"}, {"Given"}, {"Until"}, {""}, {"Reason"}}};
    auto const moment = [](std::int64_t at) {
        return Html::text(words_of(std::chrono::sys_seconds{std::chrono::seconds{at}}));
    };
    for (auto const& [it, alive, why_dead] : run.approvals) {
        table.row({Html::text(it.approver + (it.on_behalf_of.empty() ? "" : " for " + it.on_behalf_of)),
                   Html::text(name_of(it.change)), Html::text(it.environment), moment(it.created_at),
                   moment(it.expires_at),
                   alive ? Html{"<span class=\"badge good\">counts</span>"}
                         : "<span class=\"badge bad\">does not count</span> " + Html::text(why_dead),
                   Html::text(it.reason)});
    }
    if (!table.empty()) return table.html();
    return none(run.environment == Environment::staging
                    ? "A run on staging needs none: it is what an approval rests on."
                    : "None was given.");
}

}  // namespace evolver::report
