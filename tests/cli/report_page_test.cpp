// The report in a browser, as far as a machine can look at it. Where no chromium is installed, the test says so and looks at nothing.

#include "evolver/pipeline/report.hpp"

#include "support/application.hpp"
#include "support/command.hpp"
#include "support/sample_run.hpp"

#include <cstdlib>
#include <fstream>
#include <string>

using namespace evolver;
using namespace evolver::testing;

namespace {

std::string browser() {
    for (auto const* name : {"chromium", "chromium-browser", "google-chrome"}) {
        if (std::system(("command -v " + std::string{name} + " > /dev/null 2>&1").c_str()) == 0) return name;
    }
    return {};
}

struct Seen {
    std::string dom = {};
    std::string log = {};
    std::string network = {};
};

Seen open_page(Folder const& folder, std::string const& page, std::string const& more = {}) {
    auto const command = "HOME=" + folder.path().string() + " timeout 120 " + browser() +
                         " --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run "
                         "--disable-extensions --disable-background-networking"
                         " --disable-component-update --disable-sync --user-data-dir=" +
                         folder.file("profile") +
                         " --enable-logging=stderr --v=0 --log-net-log=" + folder.file("net.json") + " " + more +
                         " --dump-dom file://" + folder.file(page) + " > " + folder.file("dom.html") + " 2> " +
                         folder.file("browser.log");
    CHECK(std::system(command.c_str()) == 0);
    return {file_bytes(folder.file("dom.html")), file_bytes(folder.file("browser.log")),
            file_bytes(folder.file("net.json"))};
}

/// Lines of the console: `[…:INFO:CONSOLE(1)] "…"`
std::string console_of(std::string const& log) {
    std::string found;
    std::istringstream lines{log};
    for (std::string line; std::getline(lines, line);) {
        if (has(line, ":CONSOLE")) found += line + "\n";
    }
    return found;
}

std::size_t count(std::string const& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_SUITE_BEGIN("cli/report_page");

TEST_CASE("report: a browser draws it, complains of nothing, fetches nothing, and runs no script of the data") {
    if (browser().empty()) {
        MESSAGE("no chromium here: the page is not looked at");
        return;
    }
    Folder const folder;
    for (auto const outcome : {StageOutcome::passed, StageOutcome::failed}) {
        std::ofstream{folder.file("report.html")} << html_report(sample_run(outcome));
        auto const seen = open_page(folder, "report.html", "--window-size=1200,900");
        CHECK(console_of(seen.log) == "");
        CHECK(count(seen.dom, "<section id=") == 9);
        CHECK(count(seen.dom, "<svg class=\"plot\"") == 3);
        CHECK(count(seen.dom, "<path class=\"line series-1\" d=\"M") == 2);
        CHECK(count(seen.dom, "<rect class=\"bar series-1\"") > 100);
        CHECK(has(seen.dom, "<title>catalogue, production: "));  // the script in the data did not run
        CHECK(has(seen.dom, "&lt;script&gt;"));
        CHECK_FALSE(has(seen.dom, "<script"));
        // What the browser asks for on its own account, it asks its maker; of the page there is the file and nothing else.
        for (auto at = seen.network.find("\"url\":\""); at != std::string::npos;
             at = seen.network.find("\"url\":\"", at + 7)) {
            auto const url = seen.network.substr(at + 7, seen.network.find('"', at + 7) - at - 7);
            CAPTURE(url);
            CHECK((url.starts_with("file://") || has(url, ".google") || has(url, ".gvt1.com") ||
                   url.starts_with("chrome")));
        }
    }
}

TEST_CASE("report: the one of a whole way to production is drawn as well") {
    if (browser().empty()) {
        MESSAGE("no chromium here: the page is not looked at");
        return;
    }
    Folder const folder;
    make_catalogue(folder.database(), 5000);
    Command const bob = Command{catalogue()}.always("--actor bob --soak 0s --database " + folder.database());
    REQUIRE(bob("pipeline run").code == 0);
    Command const alice = Command{catalogue()}.always("--actor alice --database " + folder.database());
    REQUIRE(alice("approve --reason '<script>document.title = 1</script>'").code == 0);
    auto const production = bob("pipeline run --production");
    REQUIRE(production.code == 0);
    auto const named = production.out.find("\nrun ") + 5;
    auto const run = production.out.substr(named, production.out.find(' ', named) - named);
    REQUIRE(bob("report " + run + " --output " + folder.file("report.html")).code == 0);
    auto const seen = open_page(folder, "report.html");
    CHECK(console_of(seen.log) == "");
    CHECK(count(seen.dom, "<section id=") == 9);
    CHECK(count(seen.dom, "<svg class=\"plot\"") == 3);
    CHECK(count(seen.dom, "class=\"dot series-1\"") + count(seen.dom, "class=\"line series-1\"") > 0);
    CHECK(count(seen.dom, ">passed</span>") >= 10);
    CHECK(has(seen.dom, "&lt;script&gt;document.title = 1&lt;/script&gt;"));
    CHECK(has(seen.dom, "<title>catalogue, production: passed</title>"));
}

TEST_CASE("report: nothing of it is wider than a phone") {
    if (browser().empty()) {
        MESSAGE("no chromium here: the page is not looked at");
        return;
    }
    Folder const folder;
    // The page allows no script, so one around it measures: a frame as wide as a phone.
    std::ofstream{folder.file("report.html")} << html_report(sample_run(StageOutcome::failed));
    std::ofstream{folder.file("phone.html")}
        << "<!DOCTYPE html><body style=\"margin:0\"><iframe id=f src=\"report.html\" width=360 height=740 "
           "style=\"border:0\"></iframe><p id=width></p>"
           "<script>f.onload=()=>{const d=f.contentDocument.documentElement;width.textContent='wide: '+d.scrollWidth+' "
           "of '+d.clientWidth}</script>";
    auto const seen = open_page(folder, "phone.html",
                                "--allow-file-access-from-files --virtual-time-budget=5000 --window-size=800,900");
    auto const at = seen.dom.find("wide: ");
    REQUIRE(at != std::string::npos);
    auto const words = seen.dom.substr(at, seen.dom.find('<', at) - at);
    CAPTURE(words);
    int wide = 0;
    int room = 0;
    REQUIRE(std::sscanf(words.c_str(), "wide: %d of %d", &wide, &room) == 2);
    CHECK(room <= 360);
    CHECK(wide <= room);
}

TEST_SUITE_END();
