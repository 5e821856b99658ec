#pragma once

// Old rows that nobody reads any more, taken away in slices.
//
// DROP TABLE of a large table holds the one write lock for its whole length; with secure_delete, Debian's default, it writes every page
// once more (12.7 s at 10 million rows). So the indexes go first, one by one, then the rows, some thousands at a time. secure_delete is FAST
// meanwhile: what lies on pages that stay in use is overwritten, pages that become free are not written for that alone. DROP INDEX
// frees its pages under one lock, about 8 ns per row: above some 5 million rows that is longer than 50 ms.

#include "execute/batch.hpp"
#include "execute/pacer.hpp"
#include "execute/workplace.hpp"

namespace evolver {

class Sweep {
public:
    explicit Sweep(Workplace& workplace) : workplace_{workplace} {}

    /// One slice of the first table that waits. `finished`: none waits.
    Batch batch(std::chrono::microseconds target);

    [[nodiscard]] std::chrono::microseconds held() const noexcept { return held_; }

private:
    Workplace& workplace_;
    std::int64_t batch_rows_ = first_batch;
    BatchSize size_;
    std::chrono::microseconds held_{0};
};

}  // namespace evolver
