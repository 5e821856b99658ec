#pragma once

/// A digest of what a schema means. Two schemas have the same digest when an application cannot tell them apart by its
/// statements. These do not count:
///
/// - the order of tables, columns, indexes and constraints, and of the columns within a unique key;
/// - the quoting and case of names; comments, white space and redundant outer parentheses of expressions;
/// - the names of constraints, and a constraint that is there twice;
/// - what says the same in two ways: DEFAULT NULL or none, a written or an implied default collation, a foreign key
///   that names the primary key's columns or leaves them out, NOT NULL on a key that the engine never lets be NULL;
/// - whether a generated column is stored;
/// - what belongs to evolver: everything named `evolver_...`, and columns that wait to be dropped (`evolver_gone_...`).
///
/// Types are compared as the engine means them: `integer()` is BIGINT, and INTEGER as the rowid key of SQLite.

#include "evolver/schema/schema.hpp"

#include <string>
#include <string_view>

namespace evolver {

/// 32 hexadecimal digits of BLAKE2b over `bytes`. Also used for plans and for the audit trail.
[[nodiscard]] std::string digest_of(std::string_view bytes);

/// The canonical text that is digested: one line per object, sorted. For diagnostics and for tests.
///
///     column packages.size: bigint not null default 0
///     table packages: primary key (id)
///
/// Throws ExpressionError where an expression of the schema has no text for `engine`.
[[nodiscard]] std::string canonical(Schema const& schema, Engine engine);

/// The digest of the canonical text.
[[nodiscard]] std::string digest_of(Schema const& schema, Engine engine);

}  // namespace evolver
