#pragma once

// What the ledger's texts mean, on every engine; a text of a newer evolver is refused. Each throws HistoryError.

#include "evolver/plan/phase.hpp"

#include <cstdint>
#include <string>

namespace evolver::ledger {

[[nodiscard]] Phase phase_from(std::string const& text);
[[nodiscard]] Stage stage_from(std::string const& text);
void refuse_newer_format(std::int64_t found);

}  // namespace evolver::ledger
