#pragma once

// The invariants of a migration, asked in one snapshot or around the steps of one transaction.
//
// Under the write lock nobody changes the answer between the two questions, and so it is in one snapshot; at any two other moments it may
// have changed by right.

#include "dialect/sqlite/connection.hpp"
#include "evolver/execute/invariant_error.hpp"
#include "evolver/plan/migration.hpp"
#include "evolver/plan/step.hpp"

#include <string>
#include <vector>

namespace evolver {

/// Asks both queries of every invariant that the database can answer in both ways now. Returns what they came to, with values if
/// `show_values`. Throws InvariantError.
[[nodiscard]] std::vector<InvariantAnswer> compare_invariants(sqlite::Connection const& connection,
                                                              Migration const& migration, bool show_values);

/// Around the steps of a phase.
class InvariantsAround {
public:
    enum class Steps {
        of_expand,   ///< The old shape is there before and after.
        of_contract  ///< Before, the old shape is there; after, the new one is.
    };
    /// Measures each query, outside of any transaction; those with which all would take too long are left out, and told in the warnings of `report`, whose
    /// steps are those that the call has committed so far.
    InvariantsAround(sqlite::Connection const& connection, Migration const& migration, Steps steps, Report& report);

    void before_steps();
    /// Throws InvariantError.
    void after_steps() const;

private:
    struct Question {
        Invariant const* invariant;
        Expression const* after;  ///< What is asked behind the steps.
        std::vector<std::string> answer = {};
    };
    sqlite::Connection const& connection_;
    Migration const& migration_;
    Steps steps_;
    Changed before_;  ///< What the call had done already.
    std::vector<Question> questions_;
};

}  // namespace evolver
