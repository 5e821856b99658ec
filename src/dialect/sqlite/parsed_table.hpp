#pragma once

// The text of a CREATE TABLE, taken apart: where each column and each constraint stands, and what only the text can
// tell.
//
// SQLite's catalogue answers most questions about a table by pragmas, but not these: the collation of a column, the
// expression of a generated column, the checks, and the names of constraints. Those are read from the text here, by
// tokens, in SQLite's own grammar (parse.y of 3.40), with its liberties: commas between table constraints may be
// missing, names may be string literals.

#include "evolver/schema/constraint.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::sqlite {

/// A range of bytes in the text.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
};

enum class ClauseKind { not_null, null, default_value, primary_key, unique, check, references, collate, generated };

/// One constraint of a column or of the table.
struct ParsedClause {
    ClauseKind kind;
    std::string name = {};           ///< From CONSTRAINT; empty without.
    Span span = {};                  ///< The whole clause, with CONSTRAINT and ON CONFLICT.
    std::string body = {};           ///< A check's or generated column's expression, a default, a collation's name.
    std::vector<Name> columns = {};  ///< Of a key or unique constraint of the table.
    std::optional<ForeignKey> reference = {};
    bool stored = false;  ///< GENERATED … STORED.
};

struct ParsedColumn {
    Name name;
    Span span;             ///< From the name to the last token of the definition.
    std::size_t head_end;  ///< Behind the name and the type, where a first constraint may be put.
    std::vector<ParsedClause> clauses = {};
};

struct ParsedTable {
    std::vector<ParsedColumn> columns = {};
    std::vector<ParsedClause> constraints = {};
    std::size_t body_end = 0;  ///< Of the parenthesis that closes the list, where a last constraint may be put.

    /// The column of that name, or null.
    [[nodiscard]] ParsedColumn const* find(Name const& column) const noexcept;
};

/// Takes a CREATE TABLE text apart. Throws Error if it is none, or one that it does not understand (CREATE TABLE … AS,
/// which never stands in the catalogue).
[[nodiscard]] ParsedTable parse_table(std::string_view create_table);

}  // namespace evolver::sqlite
