#include "execute/batch.hpp"

#include <algorithm>

namespace evolver {

std::int64_t next_batch(std::int64_t rows, std::chrono::microseconds target, std::chrono::microseconds held,
                        std::int64_t largest) noexcept {
    constexpr std::int64_t least_batch = 1;  // of rows of a megabyte each
    double const room = static_cast<double>(target.count()) / std::max<double>(1.0, static_cast<double>(held.count()));
    double const factor = room >= 2.0 ? 2.0 : room < 0.5 ? 0.5 : std::clamp(room, 0.5, 1.2);
    return std::clamp(static_cast<std::int64_t>(static_cast<double>(rows) * factor), least_batch, largest);
}

std::int64_t BatchSize::next(std::int64_t rows, std::chrono::microseconds target, std::chrono::microseconds held,
                             std::chrono::microseconds committing) noexcept {
    constexpr std::chrono::microseconds longest{20'000};
    if (rows_ == 0 || rows <= rows_ || committing < commit_) {
        commit_ = committing;
        rows_ = rows;
    }
    auto const room = std::max(target - commit_, std::min(commit_, longest));
    return next_batch(rows, room, held - commit_);
}

}  // namespace evolver
