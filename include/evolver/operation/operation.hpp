#pragma once

/// All operations as one type. An operation is a value: comparing, copying and printing it touches no database.

#include "evolver/operation/add_column.hpp"
#include "evolver/operation/change_type.hpp"
#include "evolver/operation/create_index.hpp"
#include "evolver/operation/create_table.hpp"
#include "evolver/operation/drop_column.hpp"
#include "evolver/operation/drop_table.hpp"
#include "evolver/operation/raw_sql.hpp"
#include "evolver/operation/rename_column.hpp"
#include "evolver/operation/split_column.hpp"

#include <string>
#include <variant>

namespace evolver {

using Operation = std::variant<CreateTable, DropTable, AddColumn, DropColumn, RenameColumn, ChangeType, SplitColumn,
                               CreateIndex, RawSql>;

/// The effect of any operation; see effect.hpp.
[[nodiscard]] Effect effect_of(Operation const& operation, Schema& schema);

/// Takes out of `schema` what the operation's expand has put in: a live schema minus its open operations is the schema that the
/// first of them was meant for. Does nothing for what an operation does not add itself (RawSql).
void retract(Operation const& operation, Schema& schema);

/// Everything that the operation says, as one canonical text: what the plan's digest is made of, so that an applied migration
/// which was edited is recognised. Its form is part of the ledger's format.
[[nodiscard]] std::string description(Operation const& operation);

/// "ChangeType packages.size": for messages.
[[nodiscard]] std::string title(Operation const& operation);

/// The table that the operation is about; empty for RawSql.
[[nodiscard]] std::string table_of(Operation const& operation);

}  // namespace evolver
