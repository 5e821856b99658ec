#pragma once

// A transform of one table that is no backfill: once through it, in batches, with nothing written down of how far it is. Who is killed begins anew, so it
// has to be one that may be computed twice.

#include "compile/compiler.hpp"
#include "execute/batch.hpp"
#include "execute/slices.hpp"
#include "execute/workplace.hpp"

#include <functional>

namespace evolver {

/// Rows that come meanwhile are not its business. The application's triggers do not fire.
class TransformRun {
public:
    TransformRun(Workplace& workplace, sqlite::PhysicalTransform change);

    Batch batch(std::chrono::microseconds target);

    /// How long the last batch kept writers out, with the checkpoint after it.
    [[nodiscard]] std::chrono::microseconds held() const noexcept { return held_; }
    /// The first row that the transform has left as it was, "key 7"; empty where there is none, or nobody looks.
    [[nodiscard]] std::string const& left() const noexcept { return left_; }
    /// Each batch looks for such rows, in its own transaction.
    void look_for_left() noexcept { looks_ = true; }

private:
    Workplace& workplace_;
    sqlite::PhysicalTransform change_;
    Slices slices_;
    Key done_;
    std::int64_t rows_ = first_batch;
    BatchSize size_;
    bool over_ = false;
    bool looks_ = false;
    std::chrono::microseconds held_{0};
    std::string left_;
};

/// Rows that lack a column.
///
/// ALTER TABLE ADD COLUMN writes no row: until somebody writes it, a row that was there reads as the column's default, whatever that is when it is read.
/// So before a column gets another default, such rows get the value that they have; else they would all have the new one. Which rows it is
/// cannot be told from outside, but that they read as the default; rows that hold just that value are written once too often. A row that is
/// inserted meanwhile has all of its columns.
[[nodiscard]] sqlite::PhysicalTransform short_rows(ChangedDefault const& changed);

}  // namespace evolver
