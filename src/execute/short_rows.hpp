#pragma once

// Rows that lack a column.
//
// ALTER TABLE ADD COLUMN writes no row: until somebody writes it, a row that was there reads as the column's default, whatever that is when it is read.
// So before a column gets another default, such rows get the value that they have; else they would all have the new one. Which rows it is
// cannot be told from outside, but that they read as the default; rows that hold just that value are written once too often.

#include "compile/compiler.hpp"
#include "execute/batch.hpp"
#include "execute/slices.hpp"
#include "execute/workplace.hpp"

namespace evolver {

/// Once through one table, in batches. A row that is inserted meanwhile has all of its columns.
class ShortRows {
public:
    ShortRows(Workplace& workplace, ChangedDefault const& changed);

    Batch batch(std::chrono::microseconds target);

    /// How long the last batch kept writers out, with the checkpoint after it.
    [[nodiscard]] std::chrono::microseconds held() const noexcept { return held_; }

private:
    Workplace& workplace_;
    sqlite::PhysicalTransform change_;
    Slices slices_;
    Key done_;
    std::int64_t rows_ = first_batch;
    BatchSize size_;
    bool over_ = false;
    std::chrono::microseconds held_{0};
};

}  // namespace evolver
