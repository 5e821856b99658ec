#include "plan/functions.hpp"

#include <algorithm>

namespace evolver {

std::vector<Function> functions_of(Plan const& plan) {
    std::vector<Function> all;
    for (auto const& migration : plan.migrations()) {
        for (auto const& operation : migration.operations) {
            auto const* const backfill = std::get_if<Backfill>(&operation);
            if (backfill == nullptr) continue;
            for (auto const& function : backfill->functions) {
                auto const known =
                    std::ranges::find_if(all, [&](Function const& other) { return other.name == function.name; });
                if (known == all.end()) {
                    all.push_back(function);
                } else if (!(known->version == function.version)) {
                    throw PlanError{Failure{.what = "Migration \"" + migration.id.text() + "\", " + title(operation) +
                                                    ": the function \"" + function.name.text() + "\" has version " +
                                                    function.version.text() + " here, and " + known->version.text() +
                                                    " in a migration before it.",
                                            .object = function.name.text(),
                                            .instead = "give what is another function another name"}};
                }
            }
        }
    }
    return all;
}

}  // namespace evolver
