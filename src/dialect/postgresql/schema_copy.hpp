#pragma once

// A schema of the same form as a real one, to try things on inside a transaction that is rolled back. Nobody else sees it, and of the real tables it takes
// no more than a reader's lock.

#include "dialect/postgresql/connection.hpp"
#include "evolver/schema/schema.hpp"

#include <cstdint>
#include <string>

namespace evolver::postgresql {

/// Makes schema `copy`, empty: tables with keys, checks, foreign keys, indexes and defaults, by the same names; sequences, so that a number that is drawn is none
/// of the real ones; views. Triggers, functions and types stay the real schema's. From then on, until the transaction ends, names mean
/// those of `copy` first. Foreign keys hold for what is written from then on.
void copy_schema(Connection const& connection, Schema const& real, std::string const& schema, std::string const& copy);

/// Puts up to `most` rows of each table into its copy, where they fit. True: of one there are more.
[[nodiscard]] bool copy_some_rows(Connection const& connection, Schema const& real, std::string const& schema,
                                  std::string const& copy, std::int64_t most);

/// Every row of the tables of `copy` goes, without a look at who refers to whom.
void empty_tables(Connection const& connection, std::string const& copy);

/// A table, view or sequence of another schema than `copy` that this transaction has locked for more than reading; empty where there is none.
[[nodiscard]] std::string held_outside(Connection const& connection, std::string const& copy);

/// Another schema's name that stands in the text, as `public.packages` has one, or `search_path`; empty where none does. A copy cannot stand in for what is
/// named like that.
[[nodiscard]] std::string schema_named_in(Connection const& connection, std::string const& copy, std::string_view sql);

}  // namespace evolver::postgresql
