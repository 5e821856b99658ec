#pragma once

/// Rows in which the two shapes do not say the same.

#include "evolver/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace evolver {

struct Mismatch {
    std::string migration;
    std::string table;
    std::string key;  ///< The row's key, as SQL literals.
};

/// Reconciliation found rows that differ. The message names the first of them by key; no other values of rows are shown.
class ReconcileError : public Error {
public:
    ReconcileError(std::int64_t count, std::vector<Mismatch> rows);
    /// How many rows differ.
    [[nodiscard]] std::int64_t count() const noexcept { return count_; }
    /// The first of them.
    [[nodiscard]] std::vector<Mismatch> const& rows() const noexcept { return *rows_; }

private:
    std::int64_t count_;
    std::shared_ptr<std::vector<Mismatch> const> rows_;
};

}  // namespace evolver
