#pragma once

// Expressions that give over NEW.* of a trigger what they give over the row in its table, if that row is what NEW says.
//
// Most do not: NEW.* has neither affinity nor collation, so each comparison in them may come out differently. What only
// calculates, joins, cuts and casts is plain.

#include "evolver/schema/name.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace evolver::sqlite {

/// Is `expression` made of these columns, literals, casts, arithmetic, `||`, and functions that look at values only?
[[nodiscard]] bool is_plain(std::string_view expression, std::vector<Name> const& columns);

/// The expression over NEW.* instead of the row. Its columns are quoted or unquoted names.
[[nodiscard]] std::string over_new(std::string_view expression);

}  // namespace evolver::sqlite
