#pragma once

// What expand() and contract() would refuse of a plan, as its rehearsal has it: the same on every engine.

#include "compile/lint/rules.hpp"

#include <cstddef>
#include <map>
#include <string>

namespace evolver::lint_rules {

/// In words, by the position of the migration.
struct Refusals {
    std::map<std::size_t, std::string> expand = {};
    std::map<std::size_t, std::string> contract = {};
};

/// Empty where there is none.
[[nodiscard]] std::string found_in(std::map<std::size_t, std::string> const& words, std::size_t position);

/// The message of an error in one sentence.
[[nodiscard]] std::string in_one_sentence(Error const& error);
/// The first line of it, without whose words they are.
[[nodiscard]] std::string first_line(Error const& error);

/// The case of a migration as a whole.
[[nodiscard]] Case migration_case(Plan const& plan, std::size_t position, Refusals const& refusals, bool expanded,
                                  Live const* live);

/// Where the rehearsal has refused a migration, that is told, and what fails after it may fail for that alone.
void forget_refused(Refusals const& refusals, std::size_t position, Case& seen);

}  // namespace evolver::lint_rules
