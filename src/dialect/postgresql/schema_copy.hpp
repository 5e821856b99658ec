#pragma once

// A schema of the same form as a real one, to try things on inside a transaction that is rolled back. Nobody else sees it, and of the real tables it takes
// no more than a reader's lock.

#include "dialect/postgresql/connection.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/schema/schema.hpp"

#include <cstdint>
#include <string>

namespace evolver::postgresql {

/// Makes schema `copy`, empty: tables with keys, checks, foreign keys, indexes and defaults, by the same names; sequences, so that a number that is drawn is none
/// of the real ones; views; functions, the triggers that call them, and policies. Types stay the real schema's. From then on, until the transaction ends, names mean
/// those of `copy` first. Foreign keys hold for what is written from then on. What the role may not read is left out.
void copy_schema(Connection const& connection, Schema const& real, std::string const& schema, std::string const& copy);

/// Puts up to `most` rows of each table into its copy, where they fit. True: of one there are more.
[[nodiscard]] bool copy_some_rows(Connection const& connection, Schema const& real, std::string const& schema,
                                  std::string const& copy, std::int64_t most);

/// Every row of the tables of `copy` goes, without a look at who refers to whom.
void empty_tables(Connection const& connection, std::string const& copy);

/// SQL of the application's means what no copy stands in for.
class BeyondCopy : public Error {
    using Error::Error;
};

/// Throws BeyondCopy where this transaction has locked a table, view or sequence of another schema than `copy` for more than reading.
void refuse_locks_beyond(Connection const& connection, std::string const& copy);

/// Throws BeyondCopy where the text says the name of another schema, as in `public.packages`, or the search_path: also in a string, which may be SQL.
void refuse_names_beyond(Connection const& connection, std::string const& copy, std::string_view sql);

/// Throws BeyondCopy where a type could not be dropped: the real tables have it, whatever became of their copies.
void refuse_types_beyond(EngineError const& error);

}  // namespace evolver::postgresql
