#pragma once

// What the access layer says to an engine: one statement of the new shape as it has to be written at this moment.

#include "evolver/plan/shape.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace evolver {

/// A column of the new shape and what it is set to: an expression over the new shape and placeholders.
struct Assignment {
    Name column;
    std::string value;
};

/// ":size_bytes": the placeholder of a column. Letters that cannot stand in a placeholder become `_`.
[[nodiscard]] std::string placeholder(Name const& column);
/// Those of an INSERT. Throws AccessError where two columns have the same.
[[nodiscard]] std::vector<std::string> placeholders_of(Shape const& shape, std::vector<Name> const& columns);

/// Throws AccessError: there is no such column in this release, or not in the database yet.
void require_column(Shape const& shape, Name const& column);
/// Throws AccessError where a statement is of no column: "A select".
void require_any(Shape const& shape, bool any, std::string const& statement);
/// Throws AccessError where the table is not in this release.
void require_table(Shape const& shape);

/// The statements over one table, for one engine. Without WHERE, they would touch every row. All throw AccessError: an unknown column, one that the
/// database does not have yet, an old shape that cannot hold what is written.
class AccessSql {
public:
    AccessSql() = default;
    virtual ~AccessSql() = default;
    AccessSql(AccessSql const&) = delete;
    AccessSql& operator=(AccessSql const&) = delete;

    [[nodiscard]] virtual std::string insert(std::vector<Name> const& columns) const = 0;
    [[nodiscard]] virtual std::string update(std::vector<Assignment> const& assignments) const = 0;
    [[nodiscard]] virtual std::string remove() const = 0;
    [[nodiscard]] virtual std::string select(std::vector<Name> const& columns) const = 0;
    /// The table as the new shape: `(SELECT … FROM "packages") AS "alias"`, or the bare table where the two are the same.
    [[nodiscard]] virtual std::string from(std::string_view alias) const = 0;
    /// One column of the new shape as an expression over the table's columns: for the WHERE of UPDATE and DELETE.
    [[nodiscard]] virtual std::string column(Name const& column) const = 0;
};

}  // namespace evolver
