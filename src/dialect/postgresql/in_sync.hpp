#pragma once

// When do two shapes of a row say the same? The one predicate behind the sync trigger, backfill and reconciliation.
//
// Equality is not identity: numeric 1.0 equals 1, a non-deterministic collation calls 'abc' and 'ABC' the same, and json has no equality at all, so
// that asking for it would make an old program's statement fail. So values are compared by representation, as they would be stored:
// record_image_eq over one-column rows. Of some types each value has one representation; there IS NOT DISTINCT FROM says the same in a tenth of
// the time.
//
// A conversion may raise an error (CAST of '12 kB'); then the predicate does, too, and whoever asks has to expect it.

#include "evolver/schema/name.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::postgresql {

/// A physical column.
struct Side {
    Name column;
    std::string type;       ///< As format_type() says it: "bigint", "numeric(10,2)".
    bool collated = false;  ///< By a collation that is not deterministic.
};

/// A pair over physical columns.
struct PhysicalPair {
    Name table;
    std::vector<Side> from;
    std::vector<Side> to;
    std::vector<std::string> up;    ///< One per `to`, over the columns of the row.
    std::vector<std::string> down;  ///< One per `from`.
};

/// How a predicate names a column of the row: quoted(column), or something like NEW."size".
using Spelling = std::function<std::string(Name const&)>;
[[nodiscard]] std::string as_column(Name const& column);

/// The expression with each of its columns as `spelling` has it.
[[nodiscard]] std::string spelled(std::string_view expression, Spelling const& spelling);

/// Has each value of the type one representation, so that equal values are the same?
[[nodiscard]] bool equal_is_same(Side const& side);
/// Two values of a column's type are the same.
[[nodiscard]] std::string same_values(Side const& side, std::string const& left, std::string const& right);

/// `column` holds what `expression` gives, which is cast to the column's type, as storing it would.
[[nodiscard]] std::string same(Side const& column, std::string const& expression, Spelling const& spelling = as_column);
/// The new columns are `up` of the old ones.
[[nodiscard]] std::string filled(PhysicalPair const& pair, Spelling const& spelling = as_column);
/// The old columns are `down` of the new ones: nothing would be lost with them.
[[nodiscard]] std::string lossless(PhysicalPair const& pair, Spelling const& spelling = as_column);
/// One of both.
[[nodiscard]] std::string in_sync(PhysicalPair const& pair, Spelling const& spelling = as_column);
/// "a" IS NULL AND "b" IS NULL
[[nodiscard]] std::string all_null(std::vector<Side> const& columns, Spelling const& spelling = as_column);

/// May storing what `expression` gives in `column` raise an error? Not where it is made of columns, literals and functions that take any value of theirs
/// and becomes text, which takes anything; nor where a column becomes another of its type.
[[nodiscard]] bool can_fail(PhysicalPair const& pair, std::string_view expression, Side const& column);

/// What a function has to set for the expressions of the pairs to say the same in every session: "SET timezone TO 'UTC' SET … ", or nothing where they do
/// anyway, for that is what it takes least time with. Two things differ between sessions: what a name means, by the search_path; and the text
/// of a moment, a floating-point number or bytes.
[[nodiscard]] std::string fixed_settings(std::vector<PhysicalPair> const& pairs);

/// For the beginning of a handler WHEN OTHERS: what is no fault of a value (a deadlock, no memory, a server that stops) is passed on.
inline constexpr std::string_view passing_on =
    "IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;\n      ";

}  // namespace evolver::postgresql
