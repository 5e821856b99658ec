#pragma once

// What was expected of backfills, and what they took.
//
//   evolver_figure   one row per migration and table that is filled: the order of the run, what expand() expected, and what the batches took
//
// A ledger of an older evolver has no such table until the next expand() writes: then nothing is noted.

#include "dialect/sqlite/connection.hpp"
#include "evolver/plan/estimate.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace evolver::ledger {

struct Figures {
    std::chrono::microseconds work{0};     ///< That the write lock was held.
    std::chrono::microseconds longest{0};  ///< In one batch.
    Estimate expected = {};                ///< Without a correction.
};

[[nodiscard]] std::string figure_tables();
[[nodiscard]] bool has_figures(sqlite::Connection const& connection);

/// Notes what is expected of a table. Inside a write transaction.
void expect(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
            Estimate const& estimate);
/// Notes the order of a run that begins. Inside a write transaction.
void note_order(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                std::string const& table, bool descending);

[[nodiscard]] std::optional<Figures> figures_of(sqlite::Connection const& connection, std::string const& plan,
                                                std::int64_t position, std::string const& table);
/// What finished backfills of the plan took, divided by what was expected of them; 1 where none has finished.
[[nodiscard]] double correction(sqlite::Connection const& connection, std::string const& plan);

}  // namespace evolver::ledger
