#pragma once

/// Where a database stands on the way from one schema to the next.

#include "evolver/ledger/run_state.hpp"
#include "evolver/plan/estimate.hpp"
#include "evolver/plan/phase.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace evolver {

/// How far a backfill is with one table.
struct BackfillStatus {
    std::string table;
    RunState state = RunState::planned;
    std::string why = {};      ///< What a run that does not run waits for.
    std::int64_t rows = 0;     ///< That were filled.
    std::int64_t batches = 0;  ///< That were committed.
    std::int64_t skipped = 0;  ///< Rows that were left out, each with a reason.
    /// Of the range of keys where these are whole numbers, else of an estimate of the rows; 100 when finished.
    double percent = 0;
    double rows_per_second = 0;                 ///< From the first batch to the last, with all pauses.
    double seconds_left = 0;                    ///< If it goes on like that; 0 where nothing is known.
    std::string checkpoint = {};                ///< The key of the last row that was looked at, as SQL literals.
    std::int64_t last_batch_at = 0;             ///< Seconds since 1970.
    std::chrono::microseconds work{0};          ///< That the batches have held the write lock.
    std::chrono::microseconds longest_lock{0};  ///< Of one batch, without its commit.
    Estimate expected = {};  ///< What expand() expected, uncorrected; of no rows where it could not be tried.
};

/// How often the old shape was used on one day, by whom.
struct UsageStatus {
    std::string
        kind;  ///< "legacy write", "fallback read"; "mismatch": rows that were compared in passing and did not agree.
    std::string
        release;  ///< That did it; of a legacy write, the older releases that were alive then. Empty: nobody that registers.
    std::string day;  ///< "2026-11-28", in UTC; of a legacy write, that on which somebody looked.
    std::int64_t uses = 0;
    std::int64_t last_at = 0;  ///< Seconds since 1970.
};

struct MigrationStatus {
    std::string id;
    std::string release;
    Phase phase = Phase::planned;
    Stage stage = Stage::off;
    bool filled = false;  ///< The backfill is complete, or there is none.
    std::int64_t rows_filled = 0;
    std::int64_t batches = 0;
    bool reconciled = false;
    std::int64_t lossy_rows = 0;  ///< Whose old value the new shape cannot give back, as the last reconciliation found.
    std::int64_t legacy_writes = 0;              ///< Since expand; of several within a second, one.
    std::int64_t last_legacy_write = 0;          ///< Seconds since 1970; 0: none.
    std::vector<BackfillStatus> backfills = {};  ///< One per table, from its first batch on.
    std::string held = {};                       ///< Why its stage is held; empty where it is not.
    std::string held_by = {};
    double canary = 0;  ///< The share of instances that goes ahead.
    /// Rows in which the two shapes did not say the same when they were compared in passing: "packages 17", the first ten.
    std::vector<std::string> mismatched = {};
    std::vector<UsageStatus> usage = {};  ///< Of the old shape, as handed in; latest day first.
    bool known = true;                    ///< False: it is of a newer release, and this plan does not know it.
};

struct LiveInstance {
    std::string release;
    std::int64_t process = 0;
    bool own = false;
};

struct Status {
    bool expanded = false;      ///< Every migration of the plan is.
    std::string floor_release;  ///< Empty: every release can use the database.
    std::vector<MigrationStatus> migrations;
    std::vector<LiveInstance> instances;
    /// Triggers of open migrations that somebody has dropped. advance(), backfill(), and expand() with something to expand put them back.
    std::vector<std::string> missing_triggers = {};
};

}  // namespace evolver
