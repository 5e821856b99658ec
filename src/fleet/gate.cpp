#include "evolver/fleet/gate.hpp"

#include <utility>

namespace evolver {

namespace {

Failure failure_of(std::vector<Gate> const& closed, std::string const& refused) {
    std::string what = refused + " is refused: ";
    what += closed.size() == 1 ? "a gate is closed." : std::to_string(closed.size()) + " gates are closed.";
    for (auto const& gate : closed) what += "\n  " + gate.migration + " · " + gate.name + ": " + gate.reason;
    return Failure{.what = std::move(what), .object = closed.empty() ? "" : closed.front().migration};
}

}  // namespace

GateClosed::GateClosed(std::vector<Gate> closed, std::string const& refused)
    : Error{failure_of(closed, refused)}, gates_{std::make_shared<std::vector<Gate> const>(std::move(closed))} {}

}  // namespace evolver
