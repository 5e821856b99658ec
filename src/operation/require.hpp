#pragma once

// What operations demand of the virtual schema, with the refusals spelled once.

#include "evolver/operation/effect.hpp"

#include <string>
#include <string_view>

namespace evolver::require {

/// "ChangeType packages.size" stands before each refusal.
[[noreturn]] void refuse(std::string const& title, std::string what, std::string instead = {});

Table& existing_table(Schema& schema, Name const& table, std::string const& title);
Column& existing_column(Table& table, Name const& column, std::string const& title);
void new_table(Schema const& schema, Name const& table, std::string const& title);
void new_column(Table const& table, Name const& column, std::string const& title);
void new_index(Schema const& schema, Name const& index, std::string const& title);

Index& existing_index(Schema& schema, Name const& index, std::string const& title);
View& existing_view(Schema& schema, Name const& view, std::string const& title);
/// No check, key or foreign key of the table has that name.
void new_constraint(Table const& table, std::string const& name, std::string const& title);

/// The columns of `table` that `expression` reads.
[[nodiscard]] std::vector<Name> mentioned(Table const& table, Expression const& expression);

/// The values of `rule.clean` are for columns of the table, and they and `violators` do not both say what becomes of a row. Rows that others
/// refer to do not go into quarantine.
void cleanable(Schema const& schema, Table& table, Rule const& rule, std::string const& title);

/// `column` is no part of a key, a unique constraint, a check, a foreign key (of this table or to it) or a generated column: what
/// an engine would not let go without a rebuild of the table.
void unconstrained(Schema const& schema, Table const& table, Name const& column, std::string const& title);

/// Every identifier of `expression` that could be a column is one of `allowed`.
void reads_only(Table const& table, Expression const& expression, std::vector<Name> const& allowed,
                std::string_view role, std::string const& title);

}  // namespace evolver::require
