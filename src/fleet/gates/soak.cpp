#include "fleet/gates/gates.hpp"

#include <algorithm>

namespace evolver::contract_gates {

namespace {

/// The last use of the old shape that is known; without one, the old shape has been in use until expand.
std::string reason(Facts const& facts) {
    auto const& read = facts.last_fallback_read;
    auto const last = std::max({facts.legacy.last_at, read.last_at, facts.entry.expanded_at});
    auto const quiet = std::chrono::seconds{facts.now - last};
    if (quiet >= facts.soak) return {};
    auto const what = last == facts.legacy.last_at ? "the last legacy write was"
                      : last == read.last_at       ? "release " + read.release + " last read the old shape by fallback"
                                                   : std::string{"the migration was expanded"};
    return what + " " + in_words(quiet) + " ago; the soak time is " + in_words(facts.soak);
}

}  // namespace

Condition const soak{.name = "soak", .overriding = Overriding::by_name, .reason = reason};

}  // namespace evolver::contract_gates
