#include "evolver/access/pin.hpp"

#include "access/access_state.hpp"

namespace evolver {

Pin::Pin(std::shared_ptr<detail::AccessState> state)
    : state_{std::move(state)}, guard_{std::make_unique<detail::UseGuard>(state_->use())} {}

Pin::~Pin() { guard_.reset(); }  // before the presence that it counts in
Pin::Pin(Pin&&) noexcept = default;

Pin& Pin::operator=(Pin&& other) noexcept {
    guard_ = std::move(other.guard_);
    state_ = std::move(other.state_);
    return *this;
}

}  // namespace evolver
