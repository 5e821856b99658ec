#pragma once

// A Backfill whose expressions call C++ functions. The server cannot call them, so a batch asks it what each call is given, calls them itself, and hands
// the values back: each call in an expression is replaced by a column of the values that the UPDATE is joined with.
//
// A batch makes its calls in rounds. The first asks for the rows, and locks them (READ COMMITTED reads the newest version then), so that nobody writes what
// a call was given before its value is stored. A later one asks for what depends on values of an earlier one, and only of rows that are left: `where` is
// held against them as soon as its own calls are made. Until then the parts of it choose that call nothing.
//
// A value is handed over as text. It becomes what the column is where it is all that the column is set to; amid other SQL it is a text.

#include "dialect/postgresql/fill_sql.hpp"
#include "evolver/operation/function.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace evolver::postgresql {

/// What a call is given: SQL over the row, in which earlier calls are columns; or what another call has returned, as it is.
struct CallArgument {
    std::string sql;
    std::optional<std::size_t> call = {};
};

struct FunctionCall {
    Function function;
    std::vector<CallArgument> arguments = {};
    std::size_t round = 0;
    std::string type = {};  ///< Of the column that is set to it; empty where it stands amid other SQL.
};

/// A transform, in whose expressions each call is a column.
struct CalledTransform {
    Transform transform;
    std::vector<Side> set = {};            ///< The columns, with their types.
    std::vector<FunctionCall> calls = {};  ///< One comes behind those that it is given.
    std::string chosen_before;             ///< What of `where` calls nothing.
    std::size_t where_rounds = 0;          ///< So many rounds are over before `where` can be held against a row.
    std::size_t rounds = 0;

    [[nodiscard]] std::vector<std::size_t> calls_of(std::size_t round) const;
};

/// Nothing where none of the functions is called. Throws PlanError, beginning with `title`, for a call that stands where the server would have to make it.
/// `set`: the columns that are set, in their order.
[[nodiscard]] std::optional<CalledTransform> take_apart(Transform const& transform,
                                                        std::vector<Function> const& functions, std::vector<Side> set,
                                                        std::string const& title);

/// How a row is found again: by its key, and by the table that it is in. Where others inherit from a table, or are its parts, a key of a row may be
/// one of another's, too.
[[nodiscard]] RowKey found_by(RowKey key);

/// The rows of a round. Of the first: what they are found by, and what its calls are given; they stay locked. Of a later one: the number of the row, from 1
/// on, in the values so far; and what its calls are given. Its parameters are the bounds of the range; then arrays of texts, one for each thing that
/// a row is found by, and one for each call of the rounds before it.
[[nodiscard]] std::string rows_of_round(CalledTransform const& called, std::size_t round, std::string const& schema,
                                        RowKey const& key, Range range, std::string const& besides);
/// Fills the rows; its parameters are those of a round behind the last.
[[nodiscard]] std::string fill(CalledTransform const& called, std::string const& schema, RowKey const& key, Range range,
                               std::string const& besides);
/// Statements that have the server parse all of this, and run nothing.
[[nodiscard]] std::vector<std::string> call_checks(CalledTransform const& called, std::string const& schema,
                                                   RowKey const& key);

/// Is the name one of the server's own functions or words? Then a call would not be told from one of those.
[[nodiscard]] std::string is_own_name();

/// An array of texts, as a parameter.
[[nodiscard]] std::string array_of(std::vector<std::optional<std::string>> const& texts);

/// Texts of moments, floating-point numbers and bytes are the same in every session by these; $1 … $5 bring back what reading them has found.
inline constexpr std::string_view fix_settings =
    "SET LOCAL timezone TO 'UTC'; SET LOCAL datestyle TO 'ISO, MDY'; SET LOCAL intervalstyle TO 'postgres'; SET LOCAL "
    "extra_float_digits TO 1; SET LOCAL bytea_output TO 'hex'";
inline constexpr std::string_view read_settings =
    "SELECT current_setting('timezone'), current_setting('datestyle'), current_setting('intervalstyle'), "
    "current_setting('extra_float_digits'), current_setting('bytea_output')";
inline constexpr std::string_view restore_settings =
    "SELECT set_config('timezone', $1, true), set_config('datestyle', $2, true), set_config('intervalstyle', $3, "
    "true), "
    "set_config('extra_float_digits', $4, true), set_config('bytea_output', $5, true)";

}  // namespace evolver::postgresql
