#pragma once

/// A C++ function that expressions of a Backfill call.

#include "evolver/schema/name.hpp"
#include "evolver/schema/value.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace evolver {

/// What a call in SQL was given. Valid while the function runs; converts as the engine does: the text of a number, 0 for what is none.
class Arguments {
public:
    virtual ~Arguments() = default;
    Arguments(Arguments const&) = delete;
    Arguments& operator=(Arguments const&) = delete;

    [[nodiscard]] virtual std::size_t size() const noexcept = 0;
    [[nodiscard]] virtual bool is_null(std::size_t position) const = 0;
    [[nodiscard]] virtual std::int64_t integer(std::size_t position) const = 0;
    [[nodiscard]] virtual double real(std::size_t position) const = 0;
    [[nodiscard]] virtual std::string_view text(std::size_t position) const = 0;
    [[nodiscard]] virtual std::span<std::byte const> blob(std::size_t position) const = 0;
    /// With the type that it is stored by.
    [[nodiscard]] virtual Value value(std::size_t position) const = 0;

protected:
    Arguments() = default;
};

/// Called by the batches of a Backfill, and by nothing else: no statement of a program calls it, nor does a trigger. SQLite calls it inside of the
/// UPDATE, on evolver's own connection; a database in memory has the application's connection only, which knows the function from the construction of
/// the Evolver on.
///
/// PostgreSQL's server cannot call it. A batch reads what the calls are given, locks those rows, calls, and writes, in one transaction: nobody writes to
/// a row in between. There it is called for each row that the parts of `where` choose which call nothing, wherever in an expression it stands, also
/// in a CASE; not in a sub-query, which is refused. A boolean comes as 1 or 0, a numeric, a moment and every other type as its text, in UTC and ISO
/// 8601. A value that is all that a column is set to becomes what the column is; amid other SQL it is a text: `CAST(f(x) AS integer) > 2`.
///
///     Backfill{.table = "pages", .set = {{"slug", "slug_of(title)"}}, .where = "slug IS NULL",
///              .functions = {{.name = "slug_of", .version = "1",
///                             .call = [](evolver::Arguments const& given) -> evolver::Value { return slug_of(given.text(0)); }}}}
///
/// Requires: a name that is none of the engine's own functions, and one meaning for it in the whole plan. No function can be part of a plan's
///           digest: `version` stands for it, as in RunCode. It changes nothing but what it returns, and calls no evolver.
/// Errors:   what it throws fails the batch, as an expression that fails does; see BackfillFailed.
/// Cost:     a call per row; texts and blobs are looked at where they are, and what is returned is copied once. On PostgreSQL rows go to and fro: a
///           statement more per batch, and one for each depth of calls within calls.
/// Threads:  the thread that fills.
struct Function {
    Name name;
    Name version;
    std::function<Value(Arguments const&)> call;
};

}  // namespace evolver
