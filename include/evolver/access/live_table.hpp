#pragma once

/// A table of the new shape: written once, correct at every moment from before expand to after contract.

#include "evolver/access/live_sql.hpp"
#include "evolver/dialect/access_error.hpp"
#include "evolver/schema/name.hpp"

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace evolver {

/// A column and what it is set to. A column alone is set to the bind of its name.
struct Set {
    Set(char const* name) : column{name} {}       // NOLINT(google-explicit-constructor): spelled as literals
    Set(std::string_view name) : column{name} {}  // NOLINT(google-explicit-constructor)
    Set(std::string_view name, std::string_view expression) : column{name}, value{expression} {}

    std::string_view column;
    std::string_view value =
        {};  ///< Over columns of the new shape and binds: "size_bytes + :delta". Empty: the bind of the name.
};

/// Made by Evolver::table(). A value; copies are the same table. It may outlive the Evolver that made it.
///
/// One bind serves both shapes: while both exist, `insert({"name", "size_bytes"})` writes `size`, too, as `down` of what is bound
/// to `:size_bytes`. Binds are named as the columns; letters other than ASCII letters, digits and `_` become `_`.
/// Threads: any number at once, each with a session of its own.
class LiveTable {
public:
    /// INSERT of these columns. Columns that it does not name get their default in both shapes.
    /// Throws AccessError: an unknown column; one part of a split without the others; a column that the database does not have yet.
    [[nodiscard]] LiveSql insert(std::initializer_list<std::string_view> columns) const;
    [[nodiscard]] LiveSql insert_columns(std::vector<std::string> const& columns) const;

    /// UPDATE … SET, to be continued by WHERE. Reads by fallback on the right side, writes both shapes:
    /// `update({"title", {"size_bytes", "size_bytes + :delta"}}) + " WHERE id = :id"`.
    /// In the WHERE, columns of the new shape are spelled by column().
    [[nodiscard]] LiveSql update(std::initializer_list<Set> assignments) const;

    /// DELETE FROM, to be continued by WHERE; columns of the new shape are spelled there by column().
    [[nodiscard]] LiveSql remove() const;

    /// SELECT of these columns from the table as the new shape. Everything that is appended means the new shape, too, also before the
    /// backfill. It may not use `rowid`. A condition on a new column is a full scan until reads are switched.
    [[nodiscard]] LiveSql select(std::initializer_list<std::string_view> columns) const;
    [[nodiscard]] LiveSql select_columns(std::vector<std::string> const& columns) const;

    /// The table as the new shape under another name, for joins: `"SELECT p.title FROM " + packages.from("p")`.
    [[nodiscard]] LiveSql from(std::string_view alias) const;

    /// A column of the new shape as an expression over the bare table, for the WHERE of UPDATE and DELETE.
    [[nodiscard]] LiveSql column(std::string_view name) const;

    [[nodiscard]] std::string const& name() const noexcept { return name_.text(); }

private:
    friend class Evolver;
    LiveTable(std::shared_ptr<detail::AccessState> state, Name name)
        : state_{std::move(state)}, name_{std::move(name)} {}

    std::shared_ptr<detail::AccessState> state_;
    Name name_;
};

}  // namespace evolver
