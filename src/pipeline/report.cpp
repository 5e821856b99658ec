#include "evolver/pipeline/report.hpp"

#include "observe/words.hpp"
#include "pipeline/report/sections.hpp"
#include "pipeline/report/style.hpp"

#include <algorithm>

namespace evolver {

namespace {

using report::Html;

Html tile(std::string_view figure, std::string_view name) {
    return "<li><span class=\"figure\">" + Html::text(figure) + "</span><span class=\"name\">" + Html::text(name) +
           "</span></li>\n";
}

std::string number(std::int64_t value) {
    auto const words = counted(value, "");
    return words.substr(0, words.find(' '));
}

Html tiles(PipelineRun const& run) {
    std::int64_t filled = 0;
    std::int64_t compared = 0;
    std::int64_t different = 0;
    std::chrono::microseconds longest{0};
    for (auto const& it : run.at(PipelineStage::backfill).backfills) {
        filled += it.rows;
        longest = std::max(longest, it.longest_lock);
    }
    for (auto const& it : run.at(PipelineStage::reconciliation).comparisons) {
        compared += it.rows;
        different += it.different;
    }
    auto const errors = std::ranges::count_if(run.at(PipelineStage::dry_run).findings,
                                              [](Finding const& it) { return it.severity != Severity::info; });
    return "<ul class=\"tiles\">\n" +
           tile(number(static_cast<std::int64_t>(run.migrations.size())), "migrations brought") +
           tile(number(filled), "rows filled") +
           tile(longest.count() > 0 ? words_of(longest) : "–", "the longest lock of a batch") +
           tile(number(compared), "rows compared") + tile(number(different), "rows that differ") +
           tile(number(errors), "errors and warnings of lint") + "</ul>\n";
}

Html fact(std::string_view name, std::string_view value, bool is_code = false) {
    if (value.empty()) return {};
    return "<div><dt>" + Html::text(name) + "</dt><dd>" + (is_code ? report::code(value) : Html::text(value)) +
           "</dd></div>\n";
}

std::string moment(Instant at) {
    auto const text = to_text(at);
    return text.empty() ? text : text.substr(0, 10) + " " + text.substr(11, 8) + " UTC";
}

Html facts(PipelineRun const& run) {
    std::string migrations;
    for (auto const& id : run.migrations) migrations += (migrations.empty() ? "" : ", ") + id;
    return "<dl class=\"facts\">\n" + fact("Began", moment(run.started)) + fact("Ended", moment(run.ended)) +
           fact("Done by", run.actor + (run.on_behalf_of.empty() ? "" : " for " + run.on_behalf_of)) +
           fact("Planned by", run.planner) + fact("Migrations", migrations) + fact("Release", run.release) +
           fact("Does at most", name_of(run.change)) + fact("Worked on", run.database, true) +
           (run.original == run.database ? Html{} : fact("Original", run.original, true)) + fact("Host", run.host) +
           fact("Engine", run.engine) + fact("evolver", run.evolver_version) +
           fact("Digest of the plan", run.plan_digest, true) +
           fact("Digest of the schema before", run.schema_before, true) + "</dl>\n";
}

/// What stopped it, and what leads on.
Html notice(PipelineRun const& run) {
    if (run.outcome == StageOutcome::passed && run.next.why.empty()) return {};
    auto const stage =
        std::ranges::find_if(run.stages, [&](StageRecord const& it) { return it.outcome == run.outcome; });
    bool const ended_early = run.outcome != StageOutcome::passed && stage != run.stages.end();
    Html inside;
    if (ended_early) {
        if (!stage->why.empty()) inside += "<p>" + Html::text(stage->why) + "</p>\n";
        if (stage->failure && !stage->failure->choices.empty()) {
            inside += "<ul>";
            for (auto const& choice : stage->failure->choices) inside += "<li>" + Html::text(choice) + "</li>";
            inside += "</ul>\n";
        }
    }
    if (!run.next.why.empty()) inside += "<p>" + Html::text(run.next.why) + "</p>\n";
    if (!run.next.call.empty()) inside += "<pre>" + Html::text(run.next.call) + "</pre>\n";
    if (inside.empty()) return {};
    auto const title = ended_early ? report::title_of(stage->stage) + " " + std::string{name_of(run.outcome)}
                                   : std::string{"What is next"};
    auto const tone = run.outcome == StageOutcome::passed ? "" : report::tone_of(run.outcome);
    return "<div class=\"notice " + Html::text(tone) + "\" role=\"note\">\n<h2>" + Html::text(title) + "</h2>\n" +
           inside + "</div>\n";
}

}  // namespace

std::string html_report(PipelineRun const& run) {
    auto const title = run.plan + ", " + run.environment_name + ": " + std::string{name_of(run.outcome)};
    Html contents;
    Html body;
    for (auto const& section : report::sections) {
        contents += "<li><a href=\"#" + Html::text(section.id) + "\">" + Html::text(section.title) + "</a></li>\n";
        body += "<section id=\"" + Html::text(section.id) + "\" aria-labelledby=\"" + Html::text(section.id) +
                "-title\">\n<h2 id=\"" + Html::text(section.id) + "-title\">" + Html::text(section.title) + "</h2>\n" +
                section.inside(run) + "</section>\n";
    }
    Html const page =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" "
        "content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n<title>" +
        Html::text(title) + "</title>\n<style>" + report::style_sheet() +
        "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the content</a>\n<div class=\"page\">\n<header "
        "class=\"top\">\n"
        "<p class=\"kicker\">Pipeline report</p>\n<h1>" +
        Html::text(run.plan) + " " + report::badge_of(run.outcome) + "</h1>\n<p class=\"lead\">" +
        Html::text(run.environment_name + ", run " + run.id) + "</p>\n" + notice(run) + tiles(run) + facts(run) +
        "</header>\n<nav aria-label=\"Sections\"><ul>\n" + contents + "</ul></nav>\n<main id=\"main\">\n" + body +
        "</main>\n<footer>\n<p>Written by evolver " + Html::text(run.evolver_version) +
        ". The page is complete in itself: nothing is fetched, and nothing is "
        "sent.</p>\n</footer>\n</div>\n</body>\n</html>\n";
    return page.string();
}

}  // namespace evolver
