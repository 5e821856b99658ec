#pragma once

/// A piece of SQL that computes a value from the columns of one row: `CAST(size AS INTEGER)`, `upper(name)`, `0`.
///
/// One text serves all engines where they agree; where they do not (`456/1024` is 0 on one and 0.4453 on another,
/// `CAST(x AS TEXT)` is no MariaDB), an expression carries a text per engine:
///
///     .up = {{.sqlite = "CAST(size AS INTEGER)", .postgresql = "size::bigint", .mariadb = "CAST(size AS SIGNED)"}}
///
/// Expressions are checked by the engine itself before the first write; see compile/compile.hpp.

#include "evolver/error.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace evolver {

enum class Engine { sqlite, postgresql, mariadb };

/// "SQLite", "PostgreSQL", "MariaDB".
[[nodiscard]] std::string_view name_of(Engine engine) noexcept;

/// An expression that is empty, or that has no text for the engine it is needed on.
class ExpressionError : public Error {
    using Error::Error;
};

/// One text per engine; an engine left empty is one where the expression cannot be used.
struct EngineTexts {
    std::string sqlite = {};
    std::string postgresql = {};
    std::string mariadb = {};
};

class Expression {
public:
    /// The same text on every engine. Throws ExpressionError if it is empty.
    Expression(char const* text)
        : Expression{std::string{text}} {}  // NOLINT(google-explicit-constructor): spelled as literals
    // A template, because g++ 12 takes `{.sqlite = "...", .postgresql = "..."}` for a std::string too where one is
    // asked for.
    template <std::same_as<std::string> Text>
    Expression(Text text) : Expression{EngineTexts{text, text, text}} {}  // NOLINT(google-explicit-constructor)
    Expression(EngineTexts texts);                                        // NOLINT(google-explicit-constructor)

    /// The text for `engine`. Throws ExpressionError if there is none.
    [[nodiscard]] std::string const& text(Engine engine) const;

    /// Has it a text for `engine`?
    [[nodiscard]] bool has(Engine engine) const noexcept;

    friend bool operator==(Expression const&, Expression const&) = default;

private:
    std::vector<std::string> texts_;  // one per engine, in the order of Engine
};

}  // namespace evolver
