#pragma once

/// What a check of compatibility has found: values, for any test framework.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::testing {

/// In which way a statement does not fit a schema that it may meet.
enum class IncompatibilityKind {
    not_understood,  ///< The engine does not prepare it: a table, a column, an index by name, or a conflict target is gone.
    result_columns,  ///< It returns other columns than on its own schema: SELECT *, or a view that says so.
    left_out,        ///< An INSERT leaves out a column that is NOT NULL and has no default.
    constraint,      ///< NOT NULL, UNIQUE, CHECK or a foreign key on what it writes, that its release does not know.
    affinity,        ///< A column that it uses stores by another affinity, so that '007' comes back as 7.
    collation,       ///< A column that it uses compares and sorts by another collation.
    default_value,   ///< A column that its INSERT leaves out has another default.
    replaces_row,    ///< It REPLACEs whole rows, and with them a column that its release does not know.
    unfilled,        ///< It reads a new column by hand before every row of it is filled.
    refused,         ///< It is understood and fails when it runs: a trigger, a constraint.
    other_rows,      ///< It runs, and reads or leaves other rows than on its own schema.
    not_its_own,     ///< It does not even fit the schema that its own release begins with.
    plan,            ///< No statement: the plan itself does not get there.
};

/// "not understood", "result columns", …
[[nodiscard]] std::string_view name_of(IncompatibilityKind kind) noexcept;

struct Incompatibility {
    std::string release;              ///< Whose statement it is.
    std::string statement;            ///< As it was given.
    std::vector<std::string> phases;  ///< "0002-size-bytes: expanded", each in which it fails.
    IncompatibilityKind kind;
    std::string error;           ///< The engine's words, or what would happen.
    std::string migration = {};  ///< That causes it; empty where no one does.
    std::string operation = {};  ///< "AddColumn packages.notes"; empty where it cannot be told.
    std::string instead = {};    ///< What to do.

    friend bool operator==(Incompatibility const&, Incompatibility const&) = default;
};

struct CompatibilityReport {
    std::vector<Incompatibility> failures = {};
    std::size_t statements = 0;  ///< That were looked at.
    std::size_t schemas = 0;     ///< That some of them may meet.
    std::size_t checks = 0;      ///< Statements times schemas.

    [[nodiscard]] bool compatible() const noexcept { return failures.empty(); }
};

/// The failures as a table: release, statement, phases, error, the operation that causes it, and what to do instead.
/// One line where there is none.
[[nodiscard]] std::string text_of(CompatibilityReport const& report);

}  // namespace evolver::testing
