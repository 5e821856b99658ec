#include "execute/postgresql/hazards.hpp"

#include "compile/lint/judge.hpp"
#include "compile/postgresql/lint_walk.hpp"
#include "execute/workplace.hpp"
#include "ledger/postgresql/ledger.hpp"

namespace evolver::postgresql {

std::vector<Finding> look_for_hazards(Site const& site) {
    std::vector<Finding> findings;
    site.patiently([&] {
        auto const& connection = site.connection();
        auto const& plan = site.plan();
        lint_rules::Live live;
        std::vector<lint_rules::Case> cases;
        Standing standing;
        {
            Transaction const never_committed{connection, site.options().lock_timeout};
            if (ledger::exists(connection)) ledger::hold_still(connection, plan.name());
            standing = standing_of(site.state());
            live = facts_of(connection, site.schema(), site.options().lock_timeout);
            cases = cases_of(plan, standing, connection, site.schema(), live);
        }
        // Rows are counted when nothing is held any more: that takes as long as it takes.
        findings = lint_rules::judged(plan, standing.contracted, cases);
    });
    return findings;
}

}  // namespace evolver::postgresql
