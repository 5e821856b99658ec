#pragma once

// The invariants of a migration on PostgreSQL, asked in one snapshot or around the steps of one transaction.
//
// Here others go on writing beside a transaction, and each statement sees what they have committed meanwhile. So around steps the tables that a query
// has read, whatever views or functions it went through, are kept from writers from the first answer to the last. Answers are compared as the texts that
// the server writes: 1 is not 1.0, and a sum that has become a numeric is what it was as a bigint.

#include "evolver/execute/invariant_error.hpp"
#include "evolver/plan/migration.hpp"
#include "evolver/plan/step.hpp"
#include "execute/postgresql/site.hpp"

#include <string>
#include <vector>

namespace evolver::postgresql {

/// Does the server take the query, in the transaction that is open? It is not run. Throws PlanError, which names the migration.
void check_invariant(Connection const& connection, Migration const& migration, Invariant const& invariant,
                     Expression const& query);

/// Asks both queries of every invariant that the database can answer in both ways now. Writes nothing. Throws InvariantError. `show_values`: with the first
/// row of the answers, or the first that differs.
[[nodiscard]] std::vector<InvariantAnswer> compare_invariants(Site const& site, Migration const& migration,
                                                              bool show_values);

/// Around the steps of a phase.
class InvariantsAround {
public:
    enum class Steps {
        of_expand,   ///< The old shape is there before and after.
        of_contract  ///< Before, the old shape is there; after, the new one is.
    };
    /// Measures each query in a transaction of its own, and sees which tables it reads; those with which all would take too long are left out.
    InvariantsAround(Site const& site, Migration const& migration, Steps steps);

    /// What was left out, in words.
    [[nodiscard]] std::vector<std::string> const& warnings() const noexcept { return warnings_; }

    /// In the transaction of the steps: writers of the tables wait from here to its end.
    void before_steps(Connection const& connection);
    /// In the same transaction. Throws InvariantError; PlanError where contract's query does not work on what is there now.
    void after_steps(Connection const& connection) const;

private:
    struct Question {
        Invariant const* invariant;
        Expression const* after;  ///< What is asked behind the steps.
        std::vector<std::vector<Text>> answer = {};
    };
    Migration const* migration_;
    Steps steps_;
    std::vector<Question> questions_ = {};
    std::vector<std::string> tables_ = {};  ///< With their schemas, quoted.
    std::vector<std::string> warnings_ = {};
};

}  // namespace evolver::postgresql
