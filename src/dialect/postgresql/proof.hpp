#pragma once

// How a table comes to keep a constraint without anybody waiting for it: it is proven beside writers before contract takes the locks.
//
// A constraint is made NOT VALID, which only looks at the catalogue and holds new rows to it, and then validated, which reads the table while others write
// (PostgreSQL, ALTER TABLE, Notes). It has a name of evolver's own until contract gives it its own, so what was begun and not finished is known as
// such, and no plan takes it for a constraint of the application's. NOT NULL has no such way in 14 to 17: there a check that says the same is proven,
// and SET NOT NULL then takes it for a proof and does not scan (since 12).

#include "evolver/schema/constraint.hpp"

#include <string>
#include <vector>

namespace evolver::postgresql {

struct Proof {
    Name table;
    std::string rule;       ///< "packages.size is not NULL": for messages.
    std::string make;       ///< Holds who writes from now on to it. A lock of a moment.
    std::string validate;   ///< Looks at the rows that are there, beside writers.
    std::string take_back;  ///< Whether it was made or not.
};

[[nodiscard]] Proof prove_not_null(std::string const& schema, Name const& table, Name const& column);
[[nodiscard]] Proof prove_check(std::string const& schema, Name const& table, Check const& check);
[[nodiscard]] Proof prove_foreign_key(std::string const& schema, Name const& table, ForeignKey const& key);

/// Behind FOREIGN KEY: the columns, what they refer to, and what happens when that goes.
[[nodiscard]] std::string foreign_key_words(std::string const& schema, ForeignKey const& key);

/// The name that the key has in the end: its own, or the one that the server would have given it: "orders_customer_id_fkey".
[[nodiscard]] std::string final_name(Name const& table, ForeignKey const& key);

/// Gives what was proven its name. Another operator may have begun the proof anew meanwhile: what is not validated is, under the locks that are held then; of
/// what is, the server only looks at the catalogue.
[[nodiscard]] std::vector<std::string> settle(std::string const& schema, Name const& table, Check const& check);
[[nodiscard]] std::vector<std::string> settle(std::string const& schema, Name const& table, ForeignKey const& key);

}  // namespace evolver::postgresql
