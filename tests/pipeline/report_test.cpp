// The page as text: what is in it, and that nothing of it comes from elsewhere.

#include "evolver/pipeline/report.hpp"

#include "pipeline/report/plot.hpp"
#include "support/sample_run.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace evolver;
using namespace evolver::testing;

namespace {

bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::size_t count(std::string const& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_SUITE("pipeline/report") {
    TEST_CASE("report: whatever comes from data or from people is text, never markup") {
        for (auto const outcome : {StageOutcome::passed, StageOutcome::failed}) {
            auto const page = html_report(sample_run(outcome));
            CHECK_FALSE(has(page, "<script"));
            CHECK(has(page, "&lt;script&gt;document.title = &#39;taken&#39;&lt;/script&gt;"));
        }
    }

    TEST_CASE("report: every section is there, also of a run that has nothing to tell") {
        PipelineRun empty{.id = "r", .plan = "p"};
        for (auto const stage : pipeline_stages) empty.stages.push_back({.stage = stage});
        for (auto const& page :
             {html_report(sample_run()), html_report(sample_run(StageOutcome::failed)), html_report(empty)}) {
            for (auto const* id : {"timeline", "stages", "backfill", "lock-waits", "reconciliation", "rollback-test",
                                   "findings", "gates", "approvals"}) {
                CAPTURE(id);
                CHECK(count(page, "<section id=\"" + std::string{id} + "\" aria-labelledby=\"" + id + "-title\">") ==
                      1);
                CHECK(has(page, "href=\"#" + std::string{id} + "\""));
            }
        }
    }

    TEST_CASE("report: nothing is fetched, and a policy forbids that anything is") {
        auto const page = html_report(sample_run());
        CHECK(has(page, "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"));
        for (auto const* part : {" src=", "url(", "@import", "http:", "https:", "<link", "<iframe", "<form"}) {
            CAPTURE(part);
            CHECK_FALSE(has(page, part));
        }
        CHECK(count(page, "href=") == count(page, "href=\"#"));
    }

    TEST_CASE("report: plots have a title, a description, and the table that they are drawn from") {
        auto const page = html_report(sample_run());
        CHECK(count(page, "<svg class=\"plot\"") == 3);
        CHECK(count(page, "role=\"img\" aria-labelledby=") == 3);
        CHECK(count(page, "The values as a table") == 3);
        CHECK(has(page, "8 ms, the aim"));
        CHECK(count(page, "<table>") == count(page, "<caption>"));
    }

    TEST_CASE("report: a run that has failed says at the top where, why, and what leads on") {
        auto const page = html_report(sample_run(StageOutcome::failed));
        auto const notice = page.find("<div class=\"notice bad\"");
        REQUIRE(notice != std::string::npos);
        CHECK(notice < page.find("<main"));
        CHECK(has(page, "<h2>Reconciliation failed</h2>"));
        CHECK(has(page, "find who writes past the triggers"));
        CHECK(has(page, "evolver pipeline resume 20261129T021437Z-3f9a12cd"));
    }

    TEST_CASE("plots: ticks are round, begin at 0, and reach the highest value") {
        for (double const highest : {0.0, 0.004, 0.9, 1.0, 7.9, 8.0, 11.4, 50.0, 999.0, 63451.0, 1e9}) {
            CAPTURE(highest);
            auto const ticks = report::ticks_to(highest);
            CHECK(ticks.front() == 0);
            CHECK(ticks.back() >= highest * 0.999);
            CHECK(ticks.size() >= 3);
            CHECK(ticks.size() <= 7);
        }
    }
}
