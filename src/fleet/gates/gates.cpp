#include "fleet/gates/gates.hpp"

#include <algorithm>
#include <array>

namespace evolver::contract_gates {

namespace {

constexpr std::array every{&backfill, &reconciliation, &lossless, &instances, &processes, &soak, &readers, &earlier,
                           &due,      &held,           &backup,   &window,    &approval};

}  // namespace

std::span<Condition const* const> all() { return every; }

Condition const* find(std::string_view name) {
    auto const* const found =
        std::find_if(every.begin(), every.end(), [&](Condition const* one) { return one->name == name; });
    return found == every.end() ? nullptr : *found;
}

std::string in_words(std::chrono::seconds time) {
    auto const count = time.count();
    if (count >= 7200) return std::to_string(count / 3600) + " h";
    if (count >= 120) return std::to_string(count / 60) + " min";
    return std::to_string(count) + " s";
}

}  // namespace evolver::contract_gates
