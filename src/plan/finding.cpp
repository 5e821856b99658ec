#include "evolver/plan/finding.hpp"

namespace evolver {

std::string_view name_of(Classification classification) noexcept {
    switch (classification) {
        case Classification::additive: return "additive";
        case Classification::destructive: return "destructive";
        case Classification::data: return "data";
        case Classification::constraint: return "constraint";
        case Classification::behavioural: break;
    }
    return "behavioural";
}

std::string_view name_of(Severity severity) noexcept {
    switch (severity) {
        case Severity::error: return "error";
        case Severity::warning: return "warning";
        case Severity::info: break;
    }
    return "info";
}

std::string text_of(Finding const& finding) {
    std::string text{name_of(finding.severity)};
    text += " " + finding.rule + " (" + std::string{name_of(finding.classification)} + ")";
    if (!finding.migration.empty()) text += ", migration \"" + finding.migration + "\"";
    if (!finding.object.empty()) text += ", " + finding.object;
    return text + "\n  " + finding.what + "\n  why: " + finding.why + "\n  instead: " + finding.instead;
}

}  // namespace evolver
