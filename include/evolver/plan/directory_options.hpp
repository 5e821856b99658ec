#pragma once

/// How a folder of SQL files is read as a plan; see compile/directory.hpp for the layouts.

#include "evolver/plan/acceptance.hpp"
#include "evolver/schema/expression.hpp"

#include <string>
#include <vector>

namespace evolver {

/// One file of a folder: where it stands, by `/` and relative to the folder, and what it says.
struct SqlFile {
    std::string path;
    std::string text;
};

/// From migration `from` on, until the next start, migrations belong to `release`.
struct ReleaseStart {
    std::string from;
    std::string release;
};

/// A finding of lint that is accepted for one migration of the folder.
struct AcceptedFinding {
    std::string migration = {};
    Acceptance acceptance = {};
};

/// What it says of releases and of contract is part of the plan's digest: choose once, and keep it.
struct DirectoryOptions {
    /// The plan's name; empty: the folder's.
    std::string name = {};
    /// The release of every migration. Empty: in version folders the folder's name; elsewhere each migration is a
    /// release of its own, named by its number.
    std::string release = {};
    /// Instead of `release`: where the application's releases begin, in order. Migrations before the first keep the
    /// default.
    std::vector<ReleaseStart> releases = {};
    /// What the files are written for. A plan that was read for one engine is refused on another.
    Engine engine = Engine::sqlite;
    /// The folder within the folder that holds the texts for that engine. Empty: the one with its name (`sqlite`,
    /// `sqlite3`; `postgres`, `postgresql`), where there is one and no SQL beside it.
    std::string engine_folder = {};
    /// Files and folders that are no migrations ("LATEST.sql", "seed"), by their path in the folder that is read. One
    /// that is not there is refused.
    std::vector<std::string> leave_out = {};
    /// Migrations whose file runs at contract instead of at expand, by id: those that take something from older
    /// releases.
    std::vector<std::string> at_contract = {};
    /// Findings that somebody has looked at, each with a reason. No part of the digest: a file of SQL has no place to
    /// say it in that would not change what was applied.
    std::vector<AcceptedFinding> accept = {};
};

}  // namespace evolver
