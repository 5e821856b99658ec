#include "evolver/plan/step.hpp"

namespace evolver {

std::string_view name_of(LockClass lock) noexcept {
    switch (lock) {
        case LockClass::instant: return "instant";
        case LockClass::scan: return "scan";
        case LockClass::rewrite: return "rewrite";
    }
    return "unknown";
}

}  // namespace evolver
