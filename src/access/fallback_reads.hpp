#pragma once

// How often this instance has read the old shape by fallback, per migration, until it is handed in.

#include "execute/usage.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace evolver::detail {

using Counter = std::atomic<std::uint64_t>;

/// Threads: any number.
class FallbackReads {
public:
    /// That of a migration, by its position in the plan. It stays where it is.
    [[nodiscard]] std::shared_ptr<Counter> of(std::size_t migration);

    /// Those that are not zero, which they are then.
    [[nodiscard]] std::vector<FallbackCount> take();
    /// Gives back what could not be handed in.
    void give_back(std::vector<FallbackCount> const& counts);

private:
    std::mutex mutex_;
    std::map<std::size_t, std::shared_ptr<Counter>> counters_;
};

/// A statement, and what is counted at each time that it runs.
struct SqlText {
    std::string sql;
    std::vector<std::shared_ptr<Counter>> counted = {};

    void count() const noexcept {
        for (auto const& counter : counted) counter->fetch_add(1, std::memory_order_relaxed);
    }
};

}  // namespace evolver::detail
