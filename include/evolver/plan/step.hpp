#pragma once

/// A step: what an operation compiles to on one engine. Dry run, report and executor read the same steps, so what was reviewed
/// is what runs.

#include "evolver/plan/estimate.hpp"
#include "evolver/plan/finding.hpp"
#include "evolver/plan/phase.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace evolver {

class CodeDatabase;

/// How the lock that blocks writers grows with the table.
enum class LockClass {
    instant,  ///< The same few milliseconds at any size.
    scan,     ///< Reads every row.
    rewrite,  ///< Writes every row or page.
};

/// One part of a migration's phase. All steps of a phase of one migration run in one transaction, with the ledger's entry, where
/// the engine's DDL is transactional (SQLite, PostgreSQL); a crash leaves all of them or none.
struct Step {
    std::string migration;         ///< The id.
    std::string what;              ///< "add column packages.size_bytes".
    std::vector<std::string> sql;  ///< In order, as it runs.
    /// What runs after the SQL, in the same transaction: a function of the application's.
    std::function<void(CodeDatabase&)> code = {};
    std::string refuse_if = {};  ///< A query; the step is refused, before it begins, if it returns a row.
    std::string refusal = {};    ///< The words of that refusal.
    LockClass lock = LockClass::instant;
    std::int64_t rows = 0;                  ///< Estimated rows of the table, where the lock grows with it.
    std::chrono::milliseconds estimate{0};  ///< Of the time that the lock is held.
};

/// What a run has done, or a dry run would do. Both return this type.
struct Report {
    std::vector<Step> steps = {};
    /// What deserves a look and does not stop anything: "the view `v` reads packages.size, which contract removes".
    std::vector<std::string> warnings = {};
    /// What the backfills of the migrations are going to take. expand() notes it, beside which they note what they took.
    std::vector<Estimate> estimates = {};
    /// Of a dry run: what lint says, errors and warnings; see compile/lint.hpp.
    std::vector<Finding> findings = {};
    /// True for a dry run: nothing was written.
    bool rehearsed = false;
};

[[nodiscard]] std::string_view name_of(LockClass lock) noexcept;

}  // namespace evolver
