#include "execute/violation_words.hpp"

#include <fmt/format.h>

namespace evolver {

namespace {

std::string listed(std::vector<std::string> const& keys, std::int64_t count) {
    std::string text;
    for (auto const& key : keys) text += (text.empty() ? "" : ", ") + key;
    return text + (count > static_cast<std::int64_t>(keys.size()) ? ", …" : "");
}

/// "2 of 5 rows break it: keys 2, 4"; of what has to be unique, the keys are those of the first of each group.
std::string in_words(Violations const& found) {
    auto const groups =
        found.groups == 0 ? "" : fmt::format(", in {} group{}", found.groups, found.groups == 1 ? "" : "s");
    return fmt::format("{} of {} rows break it{}: key{} {}", found.count, found.rows, groups,
                       found.keys.size() == 1 ? "" : "s",
                       listed(found.keys, found.groups == 0 ? found.count : found.groups));
}

Failure failure_of(std::string const& migration, std::string const& rule, Violations const& found) {
    return Failure{.what = fmt::format("Migration \"{}\" wants that {}, and {}.", migration, rule, in_words(found)),
                   .object = migration,
                   .instead =
                       "mend these rows, or say in the operation what becomes of them: .clean, or .violators = "
                       "Violators::quarantine. Nothing was written"};
}

}  // namespace

ViolationError::ViolationError(std::string const& migration, std::string const& rule, Violations found)
    : Error{failure_of(migration, rule, found)}, found_{std::make_shared<Violations const>(std::move(found))} {}

bool mends(Rule const& rule) { return !rule.clean.empty() || rule.violators == Violators::quarantine; }

std::string warning_of(std::string const& migration, Rule const& rule, Violations const& found) {
    if (!mends(rule)) throw ViolationError{migration, name_of(rule), found};
    return fmt::format("{}: the rule is that {}, and {}; contract will {} them", migration, name_of(rule),
                       in_words(found), rule.clean.empty() ? "quarantine" : "clean");
}

void judge(Gate& gate, Rule const& rule, Violations const& found) {
    if (found.count == 0) return;
    gate.open = false;
    gate.reason += fmt::format("{}{} row{} break{} the rule that {} (key {}); mend {}", gate.reason.empty() ? "" : "; ",
                               found.count, found.count == 1 ? "" : "s", found.count == 1 ? "s" : "", name_of(rule),
                               found.keys.front(), found.count == 1 ? "it" : "them");
}

}  // namespace evolver
