#pragma once

// A plan and a database as the tests of lint use them: release 1.0 of packages, and a change by release 2.0.

#include "compile/lint/walk.hpp"
#include "evolver/compile/lint.hpp"
#include "support/round_trip.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace evolver::support {

inline Plan changed(std::vector<Operation> operations, std::vector<Acceptance> accept = {},
                    std::vector<Operation> before = {packages()}) {
    return Plan{
        "linted",
        {Migration{.id = "0001-before", .release = "1.0", .operations = std::move(before)},
         Migration{
             .id = "0002-change", .release = "2.0", .operations = std::move(operations), .accept = std::move(accept)}}};
}

/// What lint says of release 2.0 on a database on which 1.0 is contracted, and that `rows` has filled.
class Linted {
public:
    Linted(Plan plan, std::string const& rows) : plan_{std::move(plan)}, database_{sqlite::Connection::in_memory()} {
        Rollout rollout{plan_, database_};
        (void)rollout.expand();
        (void)rollout.fill();
        (void)rollout.contract();
        database_.run(rows);
        live_ = lint_rules::facts_of(database_);
        live().wait = 1000;
        live().foreign_keys = true;
        live().in_memory = false;
    }

    /// Facts that the test makes up.
    lint_rules::SqliteFacts& live() { return *live_.sqlite; }
    sqlite::Connection const& database() { return database_; }
    std::vector<Finding> findings(Standing standing = {1, 1}) { return lint_rules::lint(plan_, standing, live_); }

private:
    Plan plan_;
    sqlite::Connection database_;
    lint_rules::Live live_ = {};
};

inline std::vector<Finding> linted(std::vector<Operation> operations, std::string const& rows = package_rows) {
    return Linted{changed(std::move(operations)), rows}.findings();
}

inline std::vector<Finding> linted_alone(std::vector<Operation> operations) {
    return lint(changed(std::move(operations)));
}

/// "error packages.size" of each finding of `rule`; the first that is told.
inline std::string found(std::vector<Finding> const& findings, std::string_view rule) {
    std::string text;
    for (auto const& finding : findings) {
        if (finding.rule != rule) continue;
        CHECK(finding.why != "");
        CHECK(finding.instead != "");
        text += (text.empty() ? "" : "; ") + std::string{name_of(finding.severity)} + " " + finding.object;
    }
    return text;
}

/// The sentences of all findings of `rule`.
inline std::string words(std::vector<Finding> const& findings, std::string_view rule) {
    std::string text;
    for (auto const& finding : findings) {
        if (finding.rule == rule) text += finding.what + " / " + finding.instead + "\n";
    }
    return text;
}

inline RawSql raw(std::string const& sql) { return RawSql{.expand = sql, .undo = "SELECT 1"}; }

}  // namespace evolver::support
