#include "cli/report_lines.hpp"

#include <fmt/format.h>

namespace evolver::cli {

void tell_warnings(Report const& report, Tool& tool) {
    for (auto const& warning : report.warnings) {
        tool.out().warning(warning);
        tool.out().record("warning", {{"message", warning}});
    }
}

void tell_steps(Report const& report, Tool& tool, bool sql) {
    auto& out = tool.out();
    std::string migration;
    for (auto const& step : report.steps) {
        if (step.migration != migration) out.answer(out.toned(Tone::strong, step.migration));
        migration = step.migration;
        auto text = "  " + step.what;
        if (step.lock != LockClass::instant)
            text += fmt::format(", one lock of about {} ({}, {})", words_of(std::chrono::microseconds{step.estimate}),
                                name_of(step.lock), counted(step.rows, "row"));
        out.answer(text);
        json_text::Array statements;
        for (auto const& statement : step.sql) {
            statements.emplace_back(statement);
            std::string indented = "      ";
            for (char const letter : statement)
                indented += letter == '\n' ? std::string{"\n      "} : std::string(1, letter);
            sql ? out.answer(out.toned(Tone::faint, indented)) : out.detail(out.toned(Tone::faint, indented));
        }
        out.record("step", {{"migration", step.migration},
                            {"what", step.what},
                            {"sql", std::move(statements)},
                            {"lock", name_of(step.lock)},
                            {"rows", step.rows},
                            {"estimate_ms", std::int64_t{step.estimate.count()}}});
    }
}

}  // namespace evolver::cli
