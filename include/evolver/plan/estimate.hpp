#pragma once

/// What a backfill is going to take.

#include <chrono>
#include <cstdint>
#include <string>

namespace evolver {

/// Of one table under one migration. Measured on a copy, in memory, of rows from both ends of the table: the statements that will run, run
/// there. Where backfills of this plan have ended on this database, what they took corrects the figure.
///
/// It says nothing of rows that are made in another table (MoveColumn), of rebuilds and of indexes: Step::estimate is theirs.
struct Estimate {
    std::string migration = {};
    std::string table = {};
    std::int64_t rows = 0;   ///< That will be looked at: an estimate itself, of the rows of the table.
    std::int64_t bytes = 0;  ///< Of the pages that will be written anew.
    std::int64_t batches = 0;
    std::chrono::microseconds work{0};  ///< That the write lock is held, in all batches together.
    std::chrono::microseconds lock{0};  ///< The same in one batch.
    std::chrono::microseconds time{0};  ///< From the first to the last batch, with the pauses of Speed::polite.
    std::int64_t disk = 0;              ///< Bytes of free disk that it needs: the growth of the file, and the WAL.
    /// By which `work`, `lock` and `time` are corrected: what earlier backfills took, divided by what was expected of them. 1: none has ended.
    double correction = 1;
};

}  // namespace evolver
