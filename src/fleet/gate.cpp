#include "evolver/fleet/gate.hpp"

#include <algorithm>
#include <utility>

namespace evolver {

namespace {

Failure failure_of(std::vector<Gate> const& closed, std::string const& refused) {
    // Several migrations are often held up by the same thing: it is said once, with their names.
    std::vector<Gate> reasons;
    for (auto const& gate : closed) {
        auto const said = std::find_if(reasons.begin(), reasons.end(), [&](Gate const& other) {
            return other.name == gate.name && other.reason == gate.reason;
        });
        if (said == reasons.end()) {
            reasons.push_back(gate);
        } else {
            said->migration += ", " + gate.migration;
        }
    }
    std::string what = refused + " is refused: ";
    what += reasons.size() == 1 ? "a gate is closed." : "gates are closed.";
    for (auto const& gate : reasons) what += "\n  " + gate.name + " (" + gate.migration + "): " + gate.reason;
    return Failure{.what = std::move(what), .object = closed.empty() ? "" : closed.front().migration};
}

}  // namespace

GateClosed::GateClosed(std::vector<Gate> closed, std::string const& refused)
    : Error{failure_of(closed, refused)}, gates_{std::make_shared<std::vector<Gate> const>(std::move(closed))} {}

}  // namespace evolver
