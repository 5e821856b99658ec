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

/// What is counted at each time that a statement runs. None: nothing.
struct Counters {
    std::vector<std::shared_ptr<Counter>> all = {};
};
using Counted = std::shared_ptr<Counters const>;

inline void count(Counted const& counted) noexcept {
    if (!counted) return;
    for (auto const& counter : counted->all) counter->fetch_add(1, std::memory_order_relaxed);
}
/// Of a statement that two make together.
[[nodiscard]] Counted both(Counted const& left, Counted const& right);

struct SqlText {
    std::string sql;
    Counted counted = {};
};

}  // namespace evolver::detail
