#pragma once

// What the access layer says to SQLite: one statement of the new shape as it has to be written at this moment.
//
//   stage      insert, update write                 read
//   off        the old columns, through `down`;     `up` of the old columns
//              fails where that loses something
//   dual       both                                 the new column where the old one is `down` of it, else `up`
//   switched   both                                 the bare new column, so that an index on it serves
//   complete   the new columns                      the new column
//
// One bind serves both shapes: in `down`, the new column is replaced by the same placeholder, token by token. SQLite takes a named
// placeholder that stands twice for one parameter. Binds that are not named come first and in the order of the columns, so they
// can be bound by position, too.

#include "dialect/access_sql.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace evolver::sqlite {

/// Throws AccessError: an unknown column, one that the database does not have yet, a column without the others that `down` needs, an old
/// shape that cannot hold what is written.
[[nodiscard]] std::string insert_sql(Shape const& shape, std::vector<Name> const& columns);
/// Without WHERE: it would touch every row.
[[nodiscard]] std::string update_sql(Shape const& shape, std::vector<Assignment> const& assignments);
/// Without WHERE: it would touch every row.
[[nodiscard]] std::string delete_sql(Shape const& shape);
[[nodiscard]] std::string select_sql(Shape const& shape, std::vector<Name> const& columns);
/// The table as the new shape: `(SELECT … FROM "packages") AS "alias"`, or the bare table where the two are the same.
[[nodiscard]] std::string from_sql(Shape const& shape, std::string_view alias);
/// One column of the new shape as an expression over the table's columns: for the WHERE of UPDATE and DELETE.
[[nodiscard]] std::string column_sql(Shape const& shape, Name const& column);

/// All of them, over one shape, which has to outlive it.
class AccessSql : public evolver::AccessSql {
public:
    explicit AccessSql(Shape const& shape) : shape_{shape} {}

    [[nodiscard]] std::string insert(std::vector<Name> const& columns) const override {
        return insert_sql(shape_, columns);
    }
    [[nodiscard]] std::string update(std::vector<Assignment> const& assignments) const override {
        return update_sql(shape_, assignments);
    }
    [[nodiscard]] std::string remove() const override { return delete_sql(shape_); }
    [[nodiscard]] std::string select(std::vector<Name> const& columns) const override {
        return select_sql(shape_, columns);
    }
    [[nodiscard]] std::string from(std::string_view alias) const override { return from_sql(shape_, alias); }
    [[nodiscard]] std::string column(Name const& column) const override { return column_sql(shape_, column); }

private:
    Shape const& shape_;
};

}  // namespace evolver::sqlite
