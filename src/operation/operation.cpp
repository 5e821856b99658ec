#include "evolver/operation/operation.hpp"

#include "operation/replace.hpp"

#include <utility>

namespace evolver {

namespace {

struct Title {
    std::string operator()(CreateTable const& o) const { return "CreateTable " + o.table.text(); }
    std::string operator()(DropTable const& o) const { return "DropTable " + o.table.text(); }
    std::string operator()(RenameTable const& o) const { return "RenameTable " + o.from.text(); }
    std::string operator()(AddColumn const& o) const {
        return "AddColumn " + o.table.text() + "." + o.column.name.text();
    }
    std::string operator()(DropColumn const& o) const { return "DropColumn " + o.table.text() + "." + o.column.text(); }
    std::string operator()(RenameColumn const& o) const {
        return "RenameColumn " + o.table.text() + "." + o.from.text();
    }
    std::string operator()(ChangeType const& o) const { return "ChangeType " + o.table.text() + "." + o.from.text(); }
    std::string operator()(SplitColumn const& o) const { return "SplitColumn " + o.table.text() + "." + o.from.text(); }
    std::string operator()(CreateIndex const& o) const { return "CreateIndex " + o.name.text(); }
    std::string operator()(MergeColumns const& o) const { return "MergeColumns " + of(o.table, o.to); }
    std::string operator()(MoveColumn const& o) const { return "MoveColumn " + of(o.from, o.column); }
    std::string operator()(SetNotNull const& o) const { return "SetNotNull " + of(o.table, o.column); }
    std::string operator()(DropNotNull const& o) const { return "DropNotNull " + of(o.table, o.column); }
    std::string operator()(SetDefault const& o) const { return "SetDefault " + of(o.table, o.column); }
    std::string operator()(DropDefault const& o) const { return "DropDefault " + of(o.table, o.column); }
    std::string operator()(AddCheck const& o) const { return "AddCheck " + of(o.table, o.name); }
    std::string operator()(DropCheck const& o) const { return "DropCheck " + o.table.text() + "." + o.name; }
    std::string operator()(AddUnique const& o) const { return "AddUnique " + o.name.text(); }
    std::string operator()(DropUnique const& o) const { return "DropUnique " + o.table.text(); }
    std::string operator()(AddForeignKey const& o) const {
        return "AddForeignKey " + o.table.text() + " to " + o.key.table.text();
    }
    std::string operator()(DropForeignKey const& o) const { return "DropForeignKey " + o.table.text(); }
    std::string operator()(ChangePrimaryKey const& o) const { return "ChangePrimaryKey " + o.table.text(); }
    std::string operator()(DropIndex const& o) const { return "DropIndex " + o.name.text(); }
    std::string operator()(CreateView const& o) const { return "CreateView " + o.name.text(); }
    std::string operator()(ReplaceView const& o) const { return "ReplaceView " + o.name.text(); }
    std::string operator()(DropView const& o) const { return "DropView " + o.name.text(); }
    std::string operator()(Backfill const& o) const { return "Backfill " + o.table.text(); }
    std::string operator()(RawSql const&) const { return "RawSql"; }
    std::string operator()(RunCode const& o) const { return "RunCode " + o.name.text(); }

private:
    static std::string of(Name const& table, Name const& part) { return table.text() + "." + part.text(); }
};

struct Retract {
    Schema& schema;

    void column(Name const& table, Name const& column) const {
        if (auto* found = schema.find_table(table)) {
            std::erase_if(found->columns, [&](Column const& other) { return other.name == column; });
        }
    }
    void operator()(CreateTable const& o) const {
        std::erase_if(schema.tables, [&](Table const& table) { return table.name == o.table; });
        std::erase_if(schema.indexes, [&](Index const& index) { return index.table == o.table; });
        std::erase_if(schema.triggers, [&](Trigger const& trigger) { return trigger.table == o.table; });
    }
    void operator()(RenameTable const& o) const { rename_table(schema, o.to, o.from); }
    void operator()(AddColumn const& o) const { column(o.table, o.column.name); }
    void operator()(RenameColumn const& o) const { column(o.table, o.to); }
    void operator()(ChangeType const& o) const { column(o.table, o.to); }
    void operator()(SplitColumn const& o) const {
        for (auto const& part : o.into) column(o.table, part.name);
    }
    void index(Name const& name) const {
        std::erase_if(schema.indexes, [&](Index const& other) { return other.name == name; });
    }
    void operator()(MergeColumns const& o) const { column(o.table, o.to); }
    void operator()(MoveColumn const& o) const { column(o.to, o.new_column()); }
    void operator()(CreateIndex const& o) const { index(o.name); }
    void operator()(AddUnique const& o) const { index(o.name); }
    void operator()(ChangePrimaryKey const& o) const { index(o.name); }
    void operator()(CreateView const& o) const {
        std::erase_if(schema.views, [&](View const& view) { return view.name == o.name; });
    }
    // These change nothing before contract.
    void operator()(DropTable const&) const {}
    void operator()(DropColumn const&) const {}
    void operator()(SetNotNull const&) const {}
    void operator()(DropNotNull const&) const {}
    void operator()(SetDefault const&) const {}
    void operator()(DropDefault const&) const {}
    void operator()(AddCheck const&) const {}
    void operator()(DropCheck const&) const {}
    void operator()(DropUnique const&) const {}
    void operator()(AddForeignKey const&) const {}
    void operator()(DropForeignKey const&) const {}
    void operator()(DropIndex const&) const {}
    void operator()(ReplaceView const&) const {}
    void operator()(DropView const&) const {}
    void operator()(Backfill const&) const {}
    // What somebody's own SQL adds is not known.
    void operator()(RawSql const&) const {}
    void operator()(RunCode const&) const {}
};

struct TableOf {
    std::string operator()(RawSql const&) const { return {}; }
    std::string operator()(RunCode const&) const { return {}; }
    std::string operator()(RenameTable const& o) const { return o.from.text(); }
    std::string operator()(MoveColumn const& o) const { return o.from.text(); }
    std::string operator()(DropIndex const&) const { return {}; }
    std::string operator()(CreateView const&) const { return {}; }
    std::string operator()(ReplaceView const&) const { return {}; }
    std::string operator()(DropView const&) const { return {}; }
    template <class Kind>
    std::string operator()(Kind const& operation) const {
        return operation.table.text();
    }
};

}  // namespace

template <class Kind>
requires is_one_of<Kind, OperationVariant> Operation::Operation(Kind operation)
    : OperationVariant{std::move(operation)} {}
Operation::Operation(Operation const& other) = default;
Operation::Operation(Operation&& other) noexcept = default;
Operation& Operation::operator=(Operation const& other) = default;
Operation& Operation::operator=(Operation&& other) noexcept = default;
Operation::~Operation() = default;

// The constructors that the header declares, one per kind: a kind that is missing here does not link.
template Operation::Operation(CreateTable);
template Operation::Operation(DropTable);
template Operation::Operation(RenameTable);
template Operation::Operation(AddColumn);
template Operation::Operation(DropColumn);
template Operation::Operation(RenameColumn);
template Operation::Operation(ChangeType);
template Operation::Operation(SplitColumn);
template Operation::Operation(MergeColumns);
template Operation::Operation(MoveColumn);
template Operation::Operation(SetNotNull);
template Operation::Operation(DropNotNull);
template Operation::Operation(SetDefault);
template Operation::Operation(DropDefault);
template Operation::Operation(AddCheck);
template Operation::Operation(DropCheck);
template Operation::Operation(AddUnique);
template Operation::Operation(DropUnique);
template Operation::Operation(AddForeignKey);
template Operation::Operation(DropForeignKey);
template Operation::Operation(ChangePrimaryKey);
template Operation::Operation(CreateIndex);
template Operation::Operation(DropIndex);
template Operation::Operation(CreateView);
template Operation::Operation(ReplaceView);
template Operation::Operation(DropView);
template Operation::Operation(Backfill);
template Operation::Operation(RawSql);
template Operation::Operation(RunCode);

Effect effect_of(Operation const& operation, Schema& schema) {
    return std::visit([&](auto const& kind) { return effect_of(kind, schema); }, operation);
}

void retract(Operation const& operation, Schema& schema) { std::visit(Retract{schema}, operation); }

std::string title(Operation const& operation) { return std::visit(Title{}, operation); }
std::string table_of(Operation const& operation) { return std::visit(TableOf{}, operation); }

}  // namespace evolver
