#include "evolver/plan/phase.hpp"

namespace evolver {

std::string_view name_of(Phase phase) noexcept {
    switch (phase) {
        case Phase::planned: return "planned";
        case Phase::expanded: return "expanded";
        case Phase::contracted: return "contracted";
    }
    return "unknown";
}

std::string_view name_of(Stage stage) noexcept {
    switch (stage) {
        case Stage::off: return "off";
        case Stage::dual: return "dual";
        case Stage::switched: return "switched";
        case Stage::complete: return "complete";
    }
    return "unknown";
}

}  // namespace evolver
