#include "evolver/compile/lint.hpp"

#include "compile/lint/judge.hpp"
#include "compile/lint/walk.hpp"

namespace evolver {

std::vector<Finding> lint(Plan const& plan) {
    return lint_rules::judged(plan, 0, lint_rules::cases_of(plan, {}, nullptr));
}

std::vector<std::string> rules_of_lint() {
    std::vector<std::string> names;
    for (auto const* rule : lint_rules::all()) names.emplace_back(rule->name);
    return names;
}

std::string explain(std::string_view name) {
    auto const* const rule = lint_rules::find(name);
    if (rule == nullptr) {
        std::string known;
        for (auto const* other : lint_rules::all()) known += (known.empty() ? "" : ", ") + std::string{other->name};
        throw Error{Failure{.what = "Lint has no rule \"" + std::string{name} + "\".",
                            .object = std::string{name},
                            .instead = "its rules are " + known}};
    }
    auto const& page = rule->page;
    std::string text{rule->name};
    text += " (" + std::string{name_of(rule->classification)} + ")\n\n";
    text += "What it catches\n  " + std::string{page.catches} + "\n\n";
    text += "Why it matters\n  " + std::string{page.why} + "\n\n";
    text += "What to do instead\n  " + std::string{page.instead} + "\n\n";
    text += "Example\n";
    std::string_view rest = page.example;
    while (!rest.empty()) {
        auto const end = rest.find('\n');
        text += "  " + std::string{rest.substr(0, end)} + "\n";
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return text;
}

}  // namespace evolver
