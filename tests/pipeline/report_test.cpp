// The page as text: what is in it, and that nothing of it comes from elsewhere.

#include "evolver/pipeline/report.hpp"

#include "evolver/error.hpp"
#include "pipeline/report/plot.hpp"
#include "support/sample_run.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
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

    TEST_CASE("report: rows a second of no time are a dash, and no reason why a run cannot be read again") {
        for (double const rate : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN(),
                                  std::numeric_limits<double>::max()}) {
            CAPTURE(rate);
            auto run = sample_run();
            run.at(PipelineStage::backfill).backfills[0].rows_per_second = rate;
            run.at(PipelineStage::backfill).backfills[0].expected.correction = rate;
            auto const page = html_report(run);
            for (auto const* word : {">inf<", ">nan<", "\"inf", "\"nan"}) CHECK_FALSE(has(page, word));
            auto const again = run_from_json(to_json(run));
            CHECK(again.at(PipelineStage::backfill).backfills[0].rows_per_second == (std::isfinite(rate) ? rate : 0));
            CHECK_FALSE(html_report(again).empty());
        }
    }

    TEST_CASE("report: a number of no run is refused with its place, and so is a stage that stands there twice") {
        auto const refused = [](std::string const& text, char const* part) {
            CAPTURE(text);
            CHECK_THROWS_WITH_AS((void)run_from_json(text), doctest::Contains(part), Error);
        };
        refused(R"({"started":9223372036854775807})", "\"started\" is not a number of at most 2^53");
        refused(R"({"stages":[{"stage":"backfill","paused":-9223372036854775808}]})", "\"stages[0].paused\"");
        refused(R"({"approvals":[{"approval":{"created_at":99999999999999999999}}]})", "a whole number");
        refused(R"({"stages":[{"stage":"backfill","backfills":[{"rows_per_second":1e999}]}]})", "at byte 63");
        refused(R"({"stages":[{"stage":"backfill"},{"stage":"backfill"}]})", "\"backfill\" more than once");
    }

    TEST_CASE("report: the furthest times that can be read are told, and drawn inside of the drawing") {
        auto const run = run_from_json(
            R"({"started":-9007199254740992,"ended":9007199254740992,"approvals":[{"approval":{"created_at":)"
            R"(9007199254740992,"expires_at":-9007199254740992}}],"stages":[{"stage":"backfill","started":0,"batches":)"
            R"([{"at":-9007199254740992,"longest":-5},{"at":9007199254740992,"rows":1,"longest":9007199254740992}]}]})");
        auto const page = html_report(run);
        CHECK(has(page, "9999-12-31 23:59:59 UTC"));
        CHECK(has(page, "0001-01-01 00:00:00 UTC"));
        CHECK(has(page, "cx=\"58.0\" cy=\"214.0\""));
        CHECK_FALSE(has(page, "cx=\"-"));
    }

    TEST_CASE("report: bytes that are no UTF-8 are told apart in the page, and take no letter behind them along") {
        PipelineRun run{.id = "r", .plan = "a\xe2<b\xff"};
        for (auto const stage : pipeline_stages) run.stages.push_back({.stage = stage});
        CHECK(has(html_report(run), "<h1>a\xEF\xBF\xBD&lt;b\xEF\xBF\xBD <span"));
    }

    TEST_CASE("plots: ticks are round, begin at 0, and reach the highest value") {
        for (double const highest : {0.0, 0.004, 0.9, 1.0, 7.9, 8.0, 11.4, 50.0, 999.0, 63451.0, 1e9, 1e300}) {
            CAPTURE(highest);
            auto const ticks = report::ticks_to(highest);
            CHECK(ticks.front() == 0);
            CHECK(ticks.back() >= highest * 0.999);
            CHECK(ticks.size() >= 3);
            CHECK(ticks.size() <= 7);
        }
        CHECK(report::ticks_to(std::numeric_limits<double>::infinity()).back() == 1);
        CHECK(report::ticks_to(std::numeric_limits<double>::quiet_NaN()).back() == 1);
    }
}
