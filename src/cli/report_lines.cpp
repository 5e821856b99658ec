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

void tell_estimates(Report const& report, Tool& tool) {
    for (auto const& it : report.estimates) {
        tool.out().answer(fmt::format("backfill of {} ({}): {} in {}, about {} with pauses, locks of {}, {} of disk",
                                      it.table, it.migration, counted(it.rows, "row"),
                                      counted(it.batches, "batch", "batches"), words_of(it.time), words_of(it.lock),
                                      words_of_bytes(it.disk)));
        tool.out().record("estimate", {{"migration", it.migration},
                                       {"table", it.table},
                                       {"rows", it.rows},
                                       {"batches", it.batches},
                                       {"microseconds", std::int64_t{it.time.count()}},
                                       {"lock_microseconds", std::int64_t{it.lock.count()}},
                                       {"disk", it.disk},
                                       {"correction", it.correction}});
    }
}

}  // namespace evolver::cli
