#pragma once

// A script as psql would take it apart, and what of it can run inside a transaction of evolver's.
//
// The lexical rules are PostgreSQL's (https://www.postgresql.org/docs/15/sql-syntax-lexical.html, with standard_conforming_strings on): E'…' has
// backslashes, $tag$…$tag$ is one string whatever stands in it, comments in /* */ nest. A semicolon inside of a string, a comment, parentheses or the
// BEGIN ATOMIC … END of a function (14) ends nothing. Nothing here needs a server, or libpq.

#include "dialect/script.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace evolver::postgresql {

/// The last statement needs no semicolon. Cost: linear.
[[nodiscard]] std::vector<ScriptStatement> split(std::string_view script);

/// Takes out BEGIN, START TRANSACTION, COMMIT and END. Throws PlanError, beginning with `file:line`, for what cannot run inside of a transaction
/// (VACUUM, CONCURRENTLY, …) or would end it, for settings that would outlive it, for commands of psql, and for statements that do not end. `first_line` is
/// the number of the script's first line.
[[nodiscard]] TransactionScript for_transaction(std::string_view script, std::string const& file,
                                                std::size_t first_line = 1);

/// The same of a text that stands in a plan, statement by statement: there, a BEGIN or COMMIT is refused, too.
[[nodiscard]] std::vector<std::string> statements_of(std::string const& script);

/// BEGIN, COMMIT, ROLLBACK, a savepoint.
[[nodiscard]] bool controls_transaction(std::string_view statement);

/// DROP TYPE, DROP DOMAIN.
[[nodiscard]] bool drops_type(std::string_view statement);

/// The word that a statement begins with, as it is written; empty where it begins with none.
[[nodiscard]] std::string first_word(std::string_view sql);

struct WithNumbers {
    std::string sql;
    std::size_t placeholders;  ///< The highest number.
};

/// The statement with `$1` in the place of `?` and `?1`. One that has a `$1` already stays as it is: there `?` is an operator of jsonb's.
[[nodiscard]] WithNumbers with_numbers(std::string_view sql);

}  // namespace evolver::postgresql
