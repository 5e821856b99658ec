#pragma once

/// What a reconciliation has seen.

#include "evolver/execute/invariant_error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace evolver {

/// One pair of shapes of one migration, over the rows of one table.
struct PairComparison {
    std::string migration = {};
    std::string table = {};
    std::string columns = {};  ///< "size → size_bytes"
    std::int64_t rows = 0;
    std::int64_t different = 0;
    /// In sync, but the new shape cannot give the old value back: `down(up(x))` is not `x`.
    std::int64_t lossy = 0;
    /// Of the first of them, as SQL literals; where it went on from an earlier one, the first since then.
    std::vector<std::string> lossy_keys = {};
    std::int64_t chunks = 0;
    bool resumed = false;  ///< An earlier reconciliation, which was stopped or killed, compared the first rows.
    std::chrono::microseconds duration{0};  ///< Of this call, with its pauses.
};

struct Reconciliation {
    std::vector<PairComparison> pairs = {};  ///< In plan order.
    /// Those that were asked in both ways, and have held. With values where ReconcileOptions::show_values asks for them.
    std::vector<InvariantAnswer> invariants = {};

    [[nodiscard]] std::int64_t rows() const noexcept;
    [[nodiscard]] std::int64_t different() const noexcept;
    [[nodiscard]] std::int64_t lossy() const noexcept;
};

}  // namespace evolver
