#pragma once

/// The audit trail as it is read: every hop of every migration, append-only, in a chain of hashes.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace evolver {

/// One row. Fields that do not apply are empty; rows of an older evolver have none of those behind `duration`.
struct AuditEntry {
    std::int64_t sequence = 0;  ///< From 1, without gaps.
    std::string at = {};        ///< "2026-11-29T02:14:37.123Z", by the database's clock.
    std::string plan = {};
    std::string event = {};  ///< "expand", "backfill finished", "gate overridden", "stage begun", "approval", …
    std::string migration = {};
    std::string actor = {};  ///< Who, as the application says.
    std::string release = {};
    std::string plan_digest = {};
    std::string detail = {};  ///< Words; reasons that people gave stand here in full.
    std::int64_t rows = 0;    ///< That were affected.
    std::chrono::microseconds duration{0};
    std::string on_behalf_of = {};
    std::string host = {};
    std::int64_t process = 0;
    std::string database = {};       ///< The path.
    std::string environment = {};    ///< Of a run of the pipeline: "staging", "production".
    std::string run = {};            ///< The run of the pipeline.
    std::string stage = {};          ///< Its stage.
    std::string schema_before = {};  ///< Digests of the schema, of what moves it.
    std::string schema_after = {};
    std::int64_t planned_rows = 0;
    std::chrono::microseconds lock_wait{0};
    std::vector<std::string> steps = {};  ///< In order, in words.
    std::vector<std::string> warnings = {};
    std::string previous = {};  ///< The hash of the row before.
    std::string hash = {};      ///< Over all of the above.
};

/// Where the chain ends. To be kept where nobody who can write to the database can write: with it, a trail that was cut off or written anew is found,
/// too.
struct AuditHead {
    std::int64_t sequence = 0;  ///< 0: there is no row yet.
    std::string hash = {};

    friend bool operator==(AuditHead const&, AuditHead const&) = default;
};

/// The row as one JSON object on one line, without the line's end: for `audit export`, JSON Lines.
[[nodiscard]] std::string to_json(AuditEntry const& entry);

}  // namespace evolver
