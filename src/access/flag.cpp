#include "evolver/access/flag.hpp"

#include "access/access_state.hpp"

namespace evolver {

bool Flag::on() const { return fixed_ ? *fixed_ : state_->is_ahead(migration_); }

}  // namespace evolver
