#pragma once

/// All operations as one type. An operation is a value: comparing, copying and printing it touches no database.

#include "evolver/operation/add_check.hpp"
#include "evolver/operation/add_column.hpp"
#include "evolver/operation/add_foreign_key.hpp"
#include "evolver/operation/add_unique.hpp"
#include "evolver/operation/backfill.hpp"
#include "evolver/operation/change_primary_key.hpp"
#include "evolver/operation/change_type.hpp"
#include "evolver/operation/create_index.hpp"
#include "evolver/operation/create_table.hpp"
#include "evolver/operation/create_view.hpp"
#include "evolver/operation/drop_check.hpp"
#include "evolver/operation/drop_column.hpp"
#include "evolver/operation/drop_default.hpp"
#include "evolver/operation/drop_foreign_key.hpp"
#include "evolver/operation/drop_index.hpp"
#include "evolver/operation/drop_not_null.hpp"
#include "evolver/operation/drop_table.hpp"
#include "evolver/operation/drop_unique.hpp"
#include "evolver/operation/drop_view.hpp"
#include "evolver/operation/merge_columns.hpp"
#include "evolver/operation/move_column.hpp"
#include "evolver/operation/one_of.hpp"
#include "evolver/operation/raw_sql.hpp"
#include "evolver/operation/rename_column.hpp"
#include "evolver/operation/rename_table.hpp"
#include "evolver/operation/replace_view.hpp"
#include "evolver/operation/run_code.hpp"
#include "evolver/operation/set_default.hpp"
#include "evolver/operation/set_not_null.hpp"
#include "evolver/operation/split_column.hpp"

#include <string>
#include <variant>

namespace evolver {

/// What an Operation can be.
using OperationVariant =
    std::variant<CreateTable, DropTable, RenameTable, AddColumn, DropColumn, RenameColumn, ChangeType, SplitColumn,
                 MergeColumns, MoveColumn, SetNotNull, DropNotNull, SetDefault, DropDefault, AddCheck, DropCheck,
                 AddUnique, DropUnique, AddForeignKey, DropForeignKey, ChangePrimaryKey, CreateIndex, DropIndex,
                 CreateView, ReplaceView, DropView, Backfill, RawSql, RunCode>;

/// Any one operation. It is a std::variant, so std::visit, std::get_if and std::holds_alternative take it; it is a class of its own so
/// that copying, moving and destroying nearly thirty kinds is compiled once, in the library, and not in every file that has a plan.
class Operation : public OperationVariant {
public:
    template <class Kind>
    requires is_one_of<Kind, OperationVariant> Operation(Kind operation);
    Operation(Operation const& other);
    Operation(Operation&& other) noexcept;
    Operation& operator=(Operation const& other);
    Operation& operator=(Operation&& other) noexcept;
    ~Operation();
};

/// The effect of any operation; see effect.hpp.
[[nodiscard]] Effect effect_of(Operation const& operation, Schema& schema);

/// Takes out of `schema` what the operation's expand has put in: a live schema minus its open operations is the schema that the
/// first of them was meant for. Does nothing for what an operation does not add itself (RawSql).
void retract(Operation const& operation, Schema& schema);

/// "ChangeType packages.size": for messages.
[[nodiscard]] std::string title(Operation const& operation);

/// The table that the operation is about; empty for those that name none.
[[nodiscard]] std::string table_of(Operation const& operation);

}  // namespace evolver
