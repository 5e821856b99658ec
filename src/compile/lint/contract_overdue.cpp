#include "compile/lint/rules.hpp"
#include "evolver/plan/day.hpp"

#include <algorithm>

namespace evolver::lint_rules {

namespace {

constexpr std::int64_t days_until_warning = 30;
constexpr std::int64_t days_until_error = 90;

/// How loud a clean-up that is overdue is; none where it is not due.
struct Debt {
    Severity severity;
    std::string since;
};

std::optional<Debt> by_day(Case const& seen) {
    auto const& policy = seen.migration->contract;
    auto const due = seconds_of_day(policy.remove_after);
    if (!due || seen.live == nullptr) return std::nullopt;
    auto const now = seen.live->rows->now();
    if (now < *due) return std::nullopt;
    auto const days = (now - *due) / 86'400;
    return Debt{days < days_until_warning ? Severity::info
                : days < days_until_error ? Severity::warning
                                          : Severity::error,
                policy.remove_after + ", " + counted(days, "day", "days") + " ago"};
}

std::optional<Debt> by_release(Case const& seen) {
    if (seen.releases_since_due == 0) return std::nullopt;
    auto const later = static_cast<std::int64_t>(seen.releases_since_due) - 1;
    return Debt{later == 0   ? Severity::info
                : later == 1 ? Severity::warning
                             : Severity::error,
                "release " + seen.migration->contract.remove_after_release->text() +
                    (later == 0 ? "" : ", " + counted(later, "release", "releases") + " ago")};
}

void judge(Case const& seen, Tell const& tell) {
    if (seen.migration == nullptr || seen.operation != nullptr || !seen.expanded) return;
    auto const day = by_day(seen);
    auto const release = by_release(seen);
    // Both have to be reached, so the younger debt counts.
    auto const& policy = seen.migration->contract;
    if ((!policy.remove_after.empty() && !day) || (policy.remove_after_release && !release)) return;
    auto const& debt = !release || (day && day->severity > release->severity) ? day : release;
    if (!debt) return;
    tell(debt->severity, seen.migration->id.text(),
         "the old shape of " + seen.migration->id.text() + " was to go after " + debt->since + ", and is still there",
         "look at gates(), open what is closed, and call contract(); or move the day: .contract = {.remove_after = "
         "\"<day>\"}");
}

}  // namespace

LintRule const contract_overdue{
    .name = "contract-overdue",
    .classification = Classification::behavioural,
    .page = {.catches =
                 "An old shape that is still there after the day, or the release, after which the plan wants it gone. "
                 "First an info; a warning after 30 days or one more release, an error after 90 days or two.",
             .why = "As long as both shapes are there, every write pays for both, triggers have to be kept, and the "
                    "next change of the table builds on two shapes. Nobody comes back to it by itself.",
             .instead = "Look at gates(): what is closed says what is missing.",
             .example = "Migration{.id = \"0002-size-bytes\", ..., .contract = {.remove_after = \"2027-01-31\"}}"},
    .judge = judge};

}  // namespace evolver::lint_rules
