#pragma once

/// Each release's schema in a file that is kept, so that what a release was does not change behind its back, and a database of *every* earlier
/// release, not only of the last, is known to get here.

#include "evolver/plan/plan.hpp"

#include <string>
#include <vector>

namespace evolver::testing {

/// The schema with which a fresh database of the release begins and ends, as JSON: what it means, line by line, and the statements that
/// make it. `schema`: SQL that makes the tables which are there before the first migration. Throws PlanError if the plan does not name the
/// release.
[[nodiscard]] std::string snapshot_of(Plan const& plan, Release const& release, std::string const& schema = {});

/// Writes "<release>.json" into the folder for every release that has none there yet. Returns the names of the files. Throws Error.
std::vector<std::string> write_snapshots(Plan const& plan, std::string const& folder, std::string const& schema = {});

/// What is wrong, in words; empty where nothing is:
///   - a release of the plan that has no file (write_snapshots() makes it), or one of which the plan makes another schema now;
///   - a file of a release that the plan does not name;
///   - a database made from a file that, upgraded to the newest release, is not what a fresh one is.
/// Cost: one way through the rest of the plan per release.
[[nodiscard]] std::vector<std::string> check_snapshots(Plan const& plan, std::string const& folder,
                                                       std::string const& schema = {});

}  // namespace evolver::testing
