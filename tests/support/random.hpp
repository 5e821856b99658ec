#pragma once

// Chance that can be had again: the same seed gives the same choices.

#include <cstddef>
#include <cstdint>
#include <random>

namespace evolver::testing {

class Random {
public:
    explicit Random(std::uint64_t seed) : engine_{seed} {}
    std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>{0, limit - 1}(engine_); }
    bool chance(std::size_t one_in) { return below(one_in) == 0; }
    template <class Items>
    auto const& one_of(Items const& items) {
        return items[below(items.size())];
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace evolver::testing
