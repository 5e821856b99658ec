#pragma once

// Where somebody who mends a finding begins to read.

#include "cli/tool.hpp"
#include "evolver/plan/finding.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace evolver::cli {

struct Place {
    std::string file = {};  ///< Empty: not known.
    std::size_t line = 0;
};

/// The statement that does what the finding says: the one that the finding holds; else one of a kind that its rule is about, such
/// as the DROP of what is dropped, which names the object or at least its table; else the first that names all of the object. The
/// way back is passed over. Else the migration's first line. `sources`: of all migrations.
[[nodiscard]] Place place_of(Finding const& finding, std::span<SourceFile const> sources);

}  // namespace evolver::cli
