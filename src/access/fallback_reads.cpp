#include "access/fallback_reads.hpp"

#include <utility>

namespace evolver::detail {

std::shared_ptr<Counter> FallbackReads::of(std::size_t migration) {
    std::lock_guard const lock{mutex_};
    auto& counter = counters_[migration];
    if (!counter) counter = std::make_shared<Counter>(0);
    return counter;
}

std::vector<FallbackCount> FallbackReads::take() {
    std::lock_guard const lock{mutex_};
    std::vector<FallbackCount> counts;
    for (auto const& [migration, counter] : counters_) {
        if (auto const reads = counter->exchange(0, std::memory_order_relaxed); reads > 0)
            counts.push_back({migration, reads});
    }
    return counts;
}

void FallbackReads::give_back(std::vector<FallbackCount> const& counts) {
    for (auto const& count : counts) of(count.migration)->fetch_add(count.reads, std::memory_order_relaxed);
}

Counted both(Counted const& left, Counted const& right) {
    if (!left || !right) return left ? left : right;
    auto all = left->all;
    all.insert(all.end(), right->all.begin(), right->all.end());
    return std::make_shared<Counters const>(Counters{std::move(all)});
}

}  // namespace evolver::detail
