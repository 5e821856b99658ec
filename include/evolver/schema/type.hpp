#pragma once

/// The type of a column, by meaning; a dialect spells it for its engine.
///
/// `integer()` is 64 bits everywhere. On SQLite it is declared BIGINT, except as the rowid key (INTEGER PRIMARY KEY),
/// because SOCI reads a column that is declared INTEGER as 32 bits.

#include "evolver/schema/expression.hpp"

#include <string>
#include <string_view>

namespace evolver {

enum class TypeKind { integer, real, text, blob, boolean, numeric, date, timestamp, json, declared };

class Type {
public:
    explicit Type(TypeKind kind, std::string declared = {}) : kind_{kind}, declared_{std::move(declared)} {}

    [[nodiscard]] TypeKind kind() const noexcept { return kind_; }
    /// For TypeKind::declared: the words as the engine takes them; empty is an untyped column, which SQLite has. For
    /// numeric: the precision, "10,2". Otherwise empty.
    [[nodiscard]] std::string const& declared() const noexcept { return declared_; }

    friend bool operator==(Type const&, Type const&) = default;

private:
    TypeKind kind_;
    std::string declared_;
};

[[nodiscard]] inline Type integer() { return Type{TypeKind::integer}; }
[[nodiscard]] inline Type real() { return Type{TypeKind::real}; }
[[nodiscard]] inline Type text() { return Type{TypeKind::text}; }
[[nodiscard]] inline Type blob() { return Type{TypeKind::blob}; }
[[nodiscard]] inline Type boolean() { return Type{TypeKind::boolean}; }
/// `precision`: "10,2"; empty leaves it to the engine.
[[nodiscard]] inline Type numeric(std::string precision = {}) { return Type{TypeKind::numeric, std::move(precision)}; }
[[nodiscard]] inline Type date() { return Type{TypeKind::date}; }
[[nodiscard]] inline Type timestamp() { return Type{TypeKind::timestamp}; }
[[nodiscard]] inline Type json() { return Type{TypeKind::json}; }
/// A type in the engine's own words: `declared("VARCHAR(40)")`.
[[nodiscard]] inline Type declared(std::string words) { return Type{TypeKind::declared, std::move(words)}; }

/// The words by which `engine` declares a column of `type`: BIGINT for `integer()`. Where the table decides too, as it
/// does for a rowid key of SQLite, use the overload in table.hpp.
[[nodiscard]] std::string type_words(Type const& type, Engine engine);

/// Do two declarations say the same to an engine? Case, and white space beyond one blank between words, do not count:
/// `varchar ( 40 )` is `VARCHAR(40)`.
[[nodiscard]] bool same_type_words(std::string_view left, std::string_view right);

/// The form in which same declarations are equal texts: upper case, white space folded.
[[nodiscard]] std::string folded_type_words(std::string_view words);

}  // namespace evolver
