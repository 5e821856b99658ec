#pragma once

/// Replaces a column by one of another type or meaning: `size` as text becomes `size_bytes` as a number.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Both columns live side by side until contract, and every write of one reaches the other.
///
/// Requires: `from` exists, `to` does not; both `up` (over `from`) and `down` (over `to`); `up(down(NULL))` is NULL, since NULL in the new
///           column means that it is not filled yet; the expressions are deterministic and read no other column. `from` is no part of
///           a key, a unique constraint, a check or a foreign key.
/// Ensures:  a value that `up` cannot convert (it gives NULL) leaves the new column NULL: the row is in quarantine, and contract waits
///           until the loss is accepted. The same holds for a value that `down(up(x))` does not give back.
///           The new column is as nullable as the old one. Indexes on the old column are on the new one after contract.
struct ChangeType {
    Name table;
    Name from;
    Name to;
    Type type;
    Expression up;
    Expression down;
    /// Required where the old column has a default: what that default means in the new shape.
    std::optional<Expression> default_value = {};
    Lock lock = Lock::within_budget;
};

[[nodiscard]] Effect effect_of(ChangeType const& operation, Schema& schema);

}  // namespace evolver
