#pragma once

/// Fills or transforms columns of the rows that are there.

#include "evolver/operation/effect.hpp"
#include "evolver/operation/function.hpp"

namespace evolver {

/// One pass over the table in short batches, by advance() or backfill(), beside programs that go on writing; resumed where it was killed.
///
///     Backfill{.table = "packages", .set = {{"priority", "lower(priority)"}}, .where = "priority <> lower(priority)"}
///
/// Requires: `where` holds for a row that is not filled yet, and for none that is: a row may be met again, when its key has changed or a
///           pass has begun anew, and what is computed from its own result must not be computed twice. It is tried on rows of the
///           table before the first write, unless it holds a sub-query, and looked at again in every batch. Where the values do not
///           tell, mark them: `.set = {{"price", "price * 100"}, {"in_cents", "1"}}, .where = "in_cents = 0"`.
///           The columns are no part of a key or of a foreign key, and none that an open migration fills (ChangeType and its like say by
///           `up` what is in those). Expressions read columns of this release and other tables; a clock and random() may stand in them.
/// Ensures:  each row that was there when the pass began, and that nobody has written or given another key since, is filled. What is
///           computed from these columns by an open migration of a later release follows. The application's own triggers do not fire.
///           Contract waits for the end of the pass; what older releases write behind it stays as they write it: AddCheck with `.clean` holds everybody to a rule.
///           Rollback changes no row: the values stay.
/// Cost:     about that of an UPDATE of the rows for which `where` holds, and one pass over the others.
struct Backfill {
    Name table;
    std::vector<ColumnValue> set;
    Expression where;
    std::vector<Function> functions = {};  ///< That the expressions call; see function.hpp.
};

[[nodiscard]] Effect effect_of(Backfill const& operation, Schema& schema);

}  // namespace evolver
