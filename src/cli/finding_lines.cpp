#include "cli/finding_lines.hpp"

#include "cli/failure_words.hpp"
#include "cli/place.hpp"
#include "cli/usage_error.hpp"
#include "evolver/schema/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace evolver::cli {

namespace {

std::size_t line_at(std::string_view text, std::size_t offset) {
    return static_cast<std::size_t>(std::ranges::count(text.substr(0, offset), '\n'));
}

/// What stands before it in a workflow command is taken for syntax.
std::string escaped(std::string_view text, bool property) {
    std::string result;
    for (char const letter : text) {
        bool const special =
            letter == '%' || letter == '\r' || letter == '\n' || (property && (letter == ':' || letter == ','));
        result += special ? fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(letter)))
                          : std::string(1, letter);
    }
    return result;
}

int rank_of(std::string const& severity) {
    if (severity == "error") return 0;
    if (severity == "warning") return 1;
    return severity == "info" ? 2 : -1;
}

std::string_view of_github(Severity severity) {
    if (severity == Severity::error) return "error";
    return severity == Severity::warning ? "warning" : "notice";
}

std::string_view of_gitlab(Severity severity) {
    if (severity == Severity::error) return "critical";
    return severity == Severity::warning ? "minor" : "info";
}

}  // namespace

void add_fail_on(CLI::App& verb, std::string& severity) {
    verb.add_option("--fail-on", severity, "The least severity that ends it with 1: error, warning, info, none")
        ->check(CLI::IsMember({"error", "warning", "info", "none"}))
        ->type_name("SEVERITY")
        ->capture_default_str();
}

bool fails(std::span<Finding const> findings, std::string const& fail_on) {
    return std::ranges::any_of(findings,
                               [&](Finding const& one) { return static_cast<int>(one.severity) <= rank_of(fail_on); });
}

FindingLines::FindingLines(Tool& tool, std::vector<std::string> const& files) : FindingLines{tool} {
    for (auto const& path : files) {
        std::ifstream file{path, std::ios::binary};
        std::string const text{std::istreambuf_iterator<char>{file}, {}};
        if (!file.is_open()) {
            throw InputError{Failure{.what = "The file \"" + path + "\" of --source cannot be read.",
                                     .object = path,
                                     .instead = "name the files of the plan"}};
        }
        for (auto const& migration : tool.plan().migrations()) {
            auto const at = text.find('"' + migration.id.text() + '"');
            if (at != std::string::npos)
                sources_.push_back(
                    {.migration = migration.id.text(), .path = path, .first_line = line_at(text, at) + 1, .text = {}});
        }
    }
}

void FindingLines::tell(std::span<Finding const> findings) {
    auto& out = tool_.out();
    for (auto const& finding : findings) {
        auto const place = place_of(finding, sources_);
        auto const tone = finding.severity == Severity::error
                              ? Tone::bad
                              : (finding.severity == Severity::warning ? Tone::careful : Tone::faint);
        auto const where = place.file.empty() ? "" : fmt::format("{}:{}: ", place.file, place.line);
        auto shown = finding;
        shown.instead = in_options(finding.instead, tool_, finding.migration);
        auto text = text_of(shown);
        text.replace(0, name_of(finding.severity).size(), out.toned(tone, name_of(finding.severity)));
        out.answer(where + text);
        json_text::Object record{{"rule", finding.rule},
                                 {"severity", name_of(finding.severity)},
                                 {"classification", name_of(finding.classification)},
                                 {"migration", finding.migration},
                                 {"object", finding.object},
                                 {"what", finding.what},
                                 {"why", finding.why},
                                 {"instead", shown.instead}};
        if (!place.file.empty()) {
            record.emplace_back("file", place.file);
            record.emplace_back("line", static_cast<std::int64_t>(place.line));
        }
        out.record("finding", std::move(record));
    }
}

void FindingLines::annotate(std::span<Finding const> findings) {
    for (auto const& finding : findings) {
        auto const place = place_of(finding, sources_);
        auto const where =
            place.file.empty() ? "" : fmt::format("file={},line={},", escaped(place.file, true), place.line);
        tool_.out().raw(fmt::format("::{} {}title={}::{}\n", of_github(finding.severity), where,
                                    escaped(finding.rule + (finding.object.empty() ? "" : " " + finding.object), true),
                                    escaped(finding.what + "\nwhy: " + finding.why +
                                                "\ninstead: " + in_options(finding.instead, tool_, finding.migration),
                                            false)));
    }
}

void FindingLines::quality_report(std::span<Finding const> findings) {
    json_text::Array report;
    for (auto const& finding : findings) {
        auto const place = place_of(finding, sources_);
        // Not the line: a finding that moves within its file is the same one.
        auto const identity = finding.rule + "\n" + finding.migration + "\n" + finding.object;
        report.emplace_back(json_text::Object{
            {"description", finding.what + " " + finding.why},
            {"check_name", finding.rule},
            {"fingerprint", digest_of(identity)},
            {"severity", of_gitlab(finding.severity)},
            {"location",
             json_text::Object{{"path", place.file.empty() ? finding.migration : place.file},
                               {"lines", json_text::Object{{"begin", static_cast<std::int64_t>(
                                                                         std::max<std::size_t>(1, place.line))}}}}}});
    }
    tool_.out().raw(json_text::write(std::move(report)) + "\n");
}

}  // namespace evolver::cli
