#pragma once

// A migration's own texts, tried statement by statement: what both engines make of that.

#include "compile/lint/rules.hpp"
#include "dialect/tried_statement.hpp"

#include <optional>
#include <vector>

namespace evolver::lint_rules {

struct Texts {
    std::vector<TriedStatement> expand = {};
    std::vector<TriedStatement> contract = {};
    bool refused = false;   ///< Its own query finds rows that speak against contract, which was not tried.
    bool stood_in = false;  ///< A function of the application's had to be made up.
};

[[nodiscard]] bool failed(std::vector<TriedStatement> const& statements);
[[nodiscard]] bool failed(Texts const& texts);

[[nodiscard]] std::optional<Stop> stop_of(Texts const& texts);

/// The statements that are no matter of a transaction, up to the one that fails.
[[nodiscard]] Expression script_of(std::vector<TriedStatement> const& statements, Engine engine);

/// What was found with rows up to the statement that fails, and from there on without them.
[[nodiscard]] Texts joined(Texts texts, Texts const& rowless);

/// Of what was done up to the stop: what is on its way to another table then is not lost.
[[nodiscard]] std::vector<RowChange> rows_lost(MigrationReplay as_far);

}  // namespace evolver::lint_rules
