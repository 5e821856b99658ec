#pragma once

/// The run of a backfill as the ledger has it, and what an operator may tell it from any process.
///
/// A batch looks at the state in its own transaction, so what is told holds from the moment that the call has returned: no batch that
/// was under way commits after it. That is why nothing is ever "about to pause" on SQLite.

#include "evolver/plan/migration.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evolver {

enum class RunState {
    planned,   ///< Nothing is filled yet.
    running,   ///< Whoever calls advance() or backfill(), or has a Worker, fills.
    held,      ///< A signal says that now is not the time; goes on by itself.
    paused,    ///< Somebody has said so: advance() and backfill() wait until somebody says otherwise.
    stopped,   ///< Somebody has said so: backfill() throws, a Worker ends.
    failed,    ///< A batch has failed. Nothing is tried again by itself: see BackfillFailed.
    finished,  ///< Every row is filled.
};

[[nodiscard]] std::string_view name_of(RunState state) noexcept;

/// How large the batches are after a resume.
enum class Batches {
    as_before,
    halved,  ///< At most half as many rows as in the batch that failed.
};

/// What an operator says to a run.
struct RunOrder {
    /// Why, for the audit trail and for whoever wonders. Needed for all but a resume.
    std::string reason = {};
    /// None: the first migration that is not filled.
    std::optional<MigrationId> migration = {};
    /// For a resume.
    Batches batches = Batches::as_before;
};

/// A batch that the engine refused, and the rows that are the cause.
struct FailedBatch {
    std::string migration = {};
    std::string table = {};
    std::string after = {};  ///< The range of keys: behind this one, as SQL literals; empty: from the start …
    std::string until = {};  ///< … up to this one.
    /// Keys of the rows that cannot be filled, as SQL literals: the first of them, at most 10. Empty: it is no row's fault.
    std::vector<std::string> rows = {};
    std::string sql = {};
    std::string error = {};  ///< What the engine says.
};

}  // namespace evolver
