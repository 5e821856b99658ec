#pragma once

/// What must be true before the old shape of a migration may go, beside what evolver proves itself.

#include "evolver/plan/maintenance_window.hpp"
#include "evolver/schema/name.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace evolver {

/// No part of a migration's digest: it may be changed as long as the migration is not contracted.
///
///     .contract = {.remove_after = "2027-01-31", .readers = {"nightly report"}, .backup_within = std::chrono::hours{24}}
struct ContractPolicy {
    /// The day, in UTC, from which the old shape may go: "2027-01-31". Empty: any day.
    std::string remove_after = {};
    /// The release that must have been reached: the program that contracts is of it, or of a newer one. It may be one that the plan does
    /// not name yet. None: the migration's own.
    std::optional<Name> remove_after_release = {};
    /// Why reads are to go on using both shapes, and the old one has to stay, for as long as the plan says so: as Evolver::hold_stage() does, which an
    /// operator can end. Empty: nothing holds it.
    std::string held = {};
    /// Programs that use the old shape and never register: reports, scripts, people. Each has to be signed off by name, with
    /// Evolver::sign_off().
    std::vector<std::string> readers = {};
    /// How old a backup may be, of those that were made since the migration was expanded and that Evolver::verify_backup() has found good. 0: none
    /// is asked for.
    std::chrono::hours backup_within{0};
    /// Contract begins in it only, where its steps are expected to end in it, too, and is taken back where they do not. What is done in small
    /// batches beside everybody needs no window, and may be done before. None: any hour.
    std::optional<MaintenanceWindow> window = {};
};

}  // namespace evolver
