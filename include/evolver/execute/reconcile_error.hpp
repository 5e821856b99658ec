#pragma once

/// Rows in which the two shapes do not say the same.

#include "evolver/error.hpp"
#include "evolver/execute/reconciliation.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace evolver {

struct Mismatch {
    std::string migration;
    std::string table;
    std::string key;  ///< The row's key, as SQL literals.
    /// What the old and the new shape hold, `size = '12'`; empty unless ReconcileOptions::show_values asks for it.
    std::string old_values = {};
    std::string new_values = {};
};

/// Reconciliation found rows that differ. The message names the first of them by key; it shows no other values of rows unless
/// ReconcileOptions::show_values asks for it.
class ReconcileError : public Error {
public:
    /// `stopped`: why not all rows were compared; empty where they were.
    ReconcileError(Reconciliation found, std::vector<Mismatch> rows, std::string const& stopped = {});
    /// How many rows differ, as far as rows were compared.
    [[nodiscard]] std::int64_t count() const noexcept { return told_->found.different(); }
    /// The first of them.
    [[nodiscard]] std::vector<Mismatch> const& rows() const noexcept { return told_->rows; }
    /// What was compared.
    [[nodiscard]] Reconciliation const& found() const noexcept { return told_->found; }

private:
    struct Told {
        Reconciliation found;
        std::vector<Mismatch> rows;
    };
    std::shared_ptr<Told const> told_;
};

}  // namespace evolver
