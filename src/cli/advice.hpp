#pragma once

// What is so, and which command is next.

#include "cli/tool.hpp"
#include "evolver/execute/status.hpp"
#include "evolver/ledger/approval.hpp"

#include <string>
#include <vector>

namespace evolver::cli {

struct Advice {
    std::string says;     ///< "expanded, its backfill is paused: black friday"
    std::string command;  ///< Ready to paste; empty where nothing is left to do.
    Tone tone = Tone::plain;
    bool waits =
        false;  ///< For time, for others, or because somebody has said so: what comes behind it need not wait, too.
};

/// Of one migration. `gates`: of all.
[[nodiscard]] Advice advice_on(MigrationStatus const& migration, std::vector<Gate> const& gates, Tool const& tool);

/// The status and the gates, as of now. Gates of a database that is not expanded are none.
struct Standpoint {
    Status status;
    std::vector<Gate> gates;
};
[[nodiscard]] Standpoint standpoint_of(Tool& tool);

/// Of the first migration for which something can be done; else of the first that waits; with an empty command where all are at their end.
[[nodiscard]] Advice first_advice(Standpoint const& standpoint, Tool const& tool);

/// How many more have to approve a change of that class before `executor` may make it, or anybody who has not approved; 0 where enough have.
[[nodiscard]] int approvals_missing(Tool& tool, ChangeClass change, std::string const& executor);

/// Tells it as a hint, after work is done.
void tell_next(Tool& tool);

}  // namespace evolver::cli
