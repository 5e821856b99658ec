#pragma once

// When do two shapes of a row say the same? The one predicate behind sync triggers, fallback reads, backfill and reconciliation.
//
// Equality is not identity: NOCASE would call 'abc' and 'ABC' the same, and an untyped column 1 and 1.0. So values are compared by
// representation: as they would be stored. `"n" COLLATE BINARY IS +(expression)` does that, because the unary plus takes affinity and
// collation from the expression, and the comparison then gives it the affinity of the column, just as storing it would. Where a column has no
// affinity, typeof() is compared too.
//
// Expressions are only ever evaluated over the row in its table, never over NEW.* of a trigger: NEW.* has no affinity there, and may
// be stale when another trigger has rewritten the row. The one exception only saves work, and has reasons: plain_expression.hpp.

#include "evolver/operation/pair.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace evolver::sqlite {

/// The affinity that SQLite derives from the words of a type (https://www.sqlite.org/datatype3.html §3.1).
enum class Affinity { integer, text, none, real, numeric };
[[nodiscard]] Affinity affinity_of(std::string_view type_words);
[[nodiscard]] Affinity affinity_of(Type const& type);

/// A physical column in a predicate.
struct Side {
    Name column;
    Affinity affinity;
};

/// A pair over physical columns: aliases are resolved to the columns that they stand for.
struct PhysicalPair {
    Name table;
    std::vector<Side> from;
    std::vector<Side> to;
    std::vector<std::string> up;    ///< One per `to`.
    std::vector<std::string> down;  ///< One per `from`.
    /// No trigger carries what an old program writes: a row that is filled may have an older value, and is filled anew.
    bool refilled = false;
};

/// `column` holds what `expression` gives.
[[nodiscard]] std::string same(Side const& column, std::string const& expression);

/// The new columns are `up` of the old ones.
[[nodiscard]] std::string filled(PhysicalPair const& pair);
/// The old columns are `down` of the new ones: nothing would be lost with them.
[[nodiscard]] std::string lossless(PhysicalPair const& pair);
/// One of both.
[[nodiscard]] std::string in_sync(PhysicalPair const& pair);

/// "a" IS NULL AND "b" IS NULL
[[nodiscard]] std::string all_null(std::vector<Side> const& columns);

}  // namespace evolver::sqlite
