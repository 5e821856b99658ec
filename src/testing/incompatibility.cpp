#include "evolver/testing/incompatibility.hpp"

#include <fmt/format.h>

#include <iterator>

namespace evolver::testing {

namespace {

std::string joined(std::vector<std::string> const& lines) {
    std::string text;
    for (auto const& line : lines) text += (text.empty() ? "" : ", ") + line;
    return text;
}

/// As one line: what a statement says does not depend on its line breaks.
std::string one_line(std::string const& text) {
    std::string line;
    for (char const letter : text) {
        bool const space = letter == '\n' || letter == '\t' || letter == '\r' || letter == ' ';
        if (!space)
            line += letter;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    }
    return line;
}

}  // namespace

std::string_view name_of(IncompatibilityKind kind) noexcept {
    switch (kind) {
        case IncompatibilityKind::not_understood: return "not understood";
        case IncompatibilityKind::result_columns: return "result columns";
        case IncompatibilityKind::left_out: return "left out";
        case IncompatibilityKind::constraint: return "constraint";
        case IncompatibilityKind::affinity: return "affinity";
        case IncompatibilityKind::collation: return "collation";
        case IncompatibilityKind::default_value: return "default value";
        case IncompatibilityKind::replaces_row: return "replaces row";
        case IncompatibilityKind::unfilled: return "unfilled";
        case IncompatibilityKind::refused: return "refused";
        case IncompatibilityKind::other_rows: return "other rows";
        case IncompatibilityKind::not_its_own: return "not its own";
        case IncompatibilityKind::plan: return "plan";
    }
    return {};
}

std::string text_of(CompatibilityReport const& report) {
    auto const size =
        fmt::format("{} statement{} on {} schema{}, {} check{}", report.statements, report.statements == 1 ? "" : "s",
                    report.schemas, report.schemas == 1 ? "" : "s", report.checks, report.checks == 1 ? "" : "s");
    if (report.failures.empty()) return size + ": all fit\n";
    std::string text =
        fmt::format("{}: {} do{} not fit\n", size, report.failures.size(), report.failures.size() == 1 ? "es" : "");
    auto const out = std::back_inserter(text);
    for (auto const& one : report.failures) {
        fmt::format_to(out, "\n  {:<9} | {}\n", "release", one.release);
        auto const line = [&](std::string_view name, std::string const& value) {
            if (!value.empty()) fmt::format_to(out, "  {:<9} | {}\n", name, value);
        };
        line("statement", one_line(one.statement));
        line("phase", joined(one.phases));
        line("error", fmt::format("{}: {}", name_of(one.kind), one.error));
        if (!one.migration.empty())
            line("operation", (one.operation.empty() ? "one" : one.operation) + " of migration " + one.migration);
        line("instead", one.instead);
    }
    return text;
}

}  // namespace evolver::testing
