#pragma once

/// The name of a table, column, index, trigger or view: a string that cannot be left out and cannot be mistaken for
/// SQL.
///
/// A `Name` has no default constructor, so that a forgotten member of an operation is a compile error. Any text is a
/// name: reserved words, spaces, quotes, mixed case and non-ASCII all work, because a dialect quotes every name it
/// writes.

#include "evolver/error.hpp"

#include <string>
#include <string_view>

namespace evolver {

/// A name that no engine can hold: empty, or with a zero byte in it; or of more than 63 bytes, on PostgreSQL.
class NameError : public Error {
    using Error::Error;
};

/// Are two identifiers the same to the engines? ASCII letters are compared without case, all other bytes exactly.
/// SQLite compares so; on servers, where quoted names keep their case, a schema with two names that differ only in the
/// case of ASCII letters is refused rather than guessed at.
[[nodiscard]] bool same_identifier(std::string_view left, std::string_view right) noexcept;

class Name {
public:
    /// Throws NameError if `text` is empty or contains a zero byte.
    Name(char const* text) : Name{std::string{text}} {}  // NOLINT(google-explicit-constructor): spelled as literals
    Name(std::string_view text) : Name{std::string{text}} {}  // NOLINT(google-explicit-constructor)
    Name(std::string text);                                   // NOLINT(google-explicit-constructor)

    [[nodiscard]] std::string const& text() const noexcept { return text_; }

    friend bool operator==(Name const& left, Name const& right) noexcept {
        return same_identifier(left.text_, right.text_);
    }

private:
    std::string text_;
};

}  // namespace evolver
