#include "execute/hazards.hpp"

#include "compile/lint/walk.hpp"

namespace evolver {

std::vector<Finding> look_for_hazards(Workplace const& workplace, sqlite::Connection const& connection) {
    sqlite::ReadTransaction const snapshot{connection};
    auto const standing = standing_of(workplace.state(connection));
    return lint_rules::lint(workplace.plan(), standing, lint_rules::facts_of(connection));
}

}  // namespace evolver
