#pragma once

// The runs of the pipeline, and what operators have told them.
//
//   evolver_pipeline_run   one row per run: what it is, how it stands, what it was told last, and its record as JSON
//
// A ledger of an older evolver lacks it until make_pipeline_runs(). The record is text to this layer; pipeline/run_json.hpp reads it.

#include "dialect/sqlite/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evolver::ledger {

struct RunNote {
    std::string id;
    std::string plan;
    std::string outcome;
    std::string record;  ///< JSON
};

/// What a run was told last; `command` is empty where it was told nothing.
struct Command {
    std::string command = {};  ///< "pause", "stop"
    std::string reason = {};
    std::string actor = {};
};

[[nodiscard]] bool has_pipeline_runs(sqlite::Connection const& connection);
/// Makes the tables where they are missing, and those of the trail. Inside a write transaction.
void make_pipeline_runs(sqlite::Connection const& connection);

/// Writes the run down; what it was told stays. Inside a write transaction.
void note_run(sqlite::Connection const& connection, RunNote const& run);
/// All but the newest. Inside a write transaction.
void forget_older_runs(sqlite::Connection const& connection, std::int64_t kept);
/// Newest first.
[[nodiscard]] std::vector<RunNote> runs_of(sqlite::Connection const& connection);

[[nodiscard]] Command command_of(sqlite::Connection const& connection, std::string const& run);
/// Inside a write transaction.
void command(sqlite::Connection const& connection, std::string const& run, Command const& command);

}  // namespace evolver::ledger
