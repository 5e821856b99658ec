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

/// Runs inside the UPDATE of a batch, on evolver's own connection: no statement of a program calls it, nor does a trigger. A database in
/// memory has the application's connection only, which knows the function from the construction of the Evolver on.
///
///     Backfill{.table = "pages", .set = {{"slug", "slug_of(title)"}}, .where = "slug IS NULL",
///              .functions = {{.name = "slug_of", .version = "1",
///                             .call = [](evolver::Arguments const& given) -> evolver::Value { return slug_of(given.text(0)); }}}}
///
/// Requires: a name that is none of the engine's own functions, and one meaning for it in the whole plan. No function can be part of a plan's
///           digest: `version` stands for it, as in RunCode. It changes nothing but what it returns, and calls no evolver.
/// Errors:   what it throws fails the batch, as an expression that fails does; see BackfillFailed.
/// Cost:     a call per row; texts and blobs are looked at where they are, and what is returned is copied once.
/// Threads:  the thread that fills.
struct Function {
    Name name;
    Name version;
    std::function<Value(Arguments const&)> call;
};

}  // namespace evolver
