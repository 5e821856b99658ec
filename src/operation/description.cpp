#include "operation/description.hpp"

// Part of the ledger's format: a text that changes here is a plan that looks edited to every database it was applied to.

namespace evolver {

namespace {

/// Writes `key=<length>:<value>` so that no two operations share a text.
class Text {
public:
    Text& field(std::string_view key, std::string_view value) {
        text_ += key;
        text_ += '=';
        text_ += std::to_string(value.size());
        text_ += ':';
        text_ += value;
        text_ += ';';
        return *this;
    }
    Text& field(std::string_view key, bool value) { return value ? field(key, std::string_view{"yes"}) : *this; }
    Text& field(std::string_view key, Name const& name) { return field(key, std::string_view{name.text()}); }
    Text& field(std::string_view key, Expression const& expression) {
        for (auto const engine : {Engine::sqlite, Engine::postgresql, Engine::mariadb}) {
            if (expression.has(engine))
                field(std::string{key} + "." + std::string{name_of(engine)}, std::string_view{expression.text(engine)});
        }
        return *this;
    }
    template <class Value>
    Text& field(std::string_view key, std::optional<Value> const& value) {
        return value ? field(key, *value) : *this;
    }
    template <class Value>
    Text& field(std::string_view key, std::vector<Value> const& values) {
        for (auto const& value : values) field(key, value);
        return *this;
    }
    Text& field(std::string_view key, Type const& type) {
        return field(key, std::to_string(static_cast<int>(type.kind())) + "/" + type.declared());
    }
    Text& field(std::string_view key, std::string const& value) {
        return value.empty() ? *this : field(key, std::string_view{value});
    }
    Text& field(std::string_view key, Column const& column) {
        return field(key, std::string_view{Text{}
                                               .field("name", column.name)
                                               .field("type", column.type)
                                               .field("nullable", column.nullable)
                                               .field("key", column.primary_key)
                                               .field("default", column.default_value)
                                               .field("collation", column.collation)
                                               .field("generated", column.generated)
                                               .field("stored", column.stored)
                                               .text_});
    }
    Text& field(std::string_view key, UniqueKey const& unique) {
        return field(key, std::string_view{Text{}.field("name", unique.name).field("column", unique.columns).text_});
    }
    Text& field(std::string_view key, Check const& check) {
        return field(key, std::string_view{Text{}.field("name", check.name).field("condition", check.condition).text_});
    }
    Text& field(std::string_view key, ForeignKey const& foreign) {
        return field(key, std::string_view{Text{}
                                               .field("name", foreign.name)
                                               .field("column", foreign.columns)
                                               .field("table", foreign.table)
                                               .field("referenced", foreign.referenced)
                                               .field("delete", foreign.on_delete)
                                               .field("update", foreign.on_update)
                                               .field("deferred", foreign.deferred)
                                               .text_});
    }
    Text& field(std::string_view key, SplitPart const& part) {
        return field(
            key, std::string_view{Text{}.field("name", part.name).field("type", part.type).field("up", part.up).text_});
    }
    Text& field(std::string_view key, ColumnValue const& one) {
        return field(key, std::string_view{Text{}.field("column", one.column).field("value", one.value).text_});
    }
    Text& field(std::string_view key, IndexPart const& part) {
        return field(key, std::string_view{Text{}
                                               .field("of", part.expression)
                                               .field("column", part.column)
                                               .field("descending", part.order == Order::descending)
                                               .field("collation", part.collation)
                                               .text_});
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

struct Description {
    std::string operator()(CreateTable const& o) const {
        return Text{}
            .field("operation", std::string_view{"CreateTable"})
            .field("table", o.table)
            .field("column", o.columns)
            .field("key", o.primary_key)
            .field("unique", o.unique_keys)
            .field("check", o.checks)
            .field("foreign", o.foreign_keys)
            .field("without_rowid", o.without_rowid)
            .field("strict", o.strict)
            .field("autoincrement", o.autoincrement)
            .take();
    }
    std::string operator()(DropTable const& o) const {
        return Text{}.field("operation", std::string_view{"DropTable"}).field("table", o.table).take();
    }
    std::string operator()(RenameTable const& o) const {
        return Text{}
            .field("operation", std::string_view{"RenameTable"})
            .field("from", o.from)
            .field("to", o.to)
            .take();
    }
    std::string operator()(AddColumn const& o) const {
        return Text{}
            .field("operation", std::string_view{"AddColumn"})
            .field("table", o.table)
            .field("column", o.column)
            .field("kept", o.when_replaced == Replaced::kept)
            .take();
    }
    std::string operator()(DropColumn const& o) const {
        return Text{}
            .field("operation", std::string_view{"DropColumn"})
            .field("table", o.table)
            .field("column", o.column)
            .field("down", o.down)
            .take();
    }
    std::string operator()(RenameColumn const& o) const {
        return Text{}
            .field("operation", std::string_view{"RenameColumn"})
            .field("table", o.table)
            .field("from", o.from)
            .field("to", o.to)
            .take();
    }
    std::string operator()(ChangeType const& o) const {
        return Text{}
            .field("operation", std::string_view{"ChangeType"})
            .field("table", o.table)
            .field("from", o.from)
            .field("to", o.to)
            .field("type", o.type)
            .field("up", o.up)
            .field("down", o.down)
            .field("default", o.default_value)
            .take();
    }
    std::string operator()(SplitColumn const& o) const {
        return Text{}
            .field("operation", std::string_view{"SplitColumn"})
            .field("table", o.table)
            .field("from", o.from)
            .field("into", o.into)
            .field("down", o.down)
            .take();
    }
    std::string operator()(CreateIndex const& o) const {
        return Text{}
            .field("operation", std::string_view{"CreateIndex"})
            .field("name", o.name)
            .field("table", o.table)
            .field("column", o.columns)
            .field("unique", o.unique)
            .field("where", o.where)
            .take();
    }
    std::string operator()(MergeColumns const& o) const {
        return Text{}
            .field("operation", std::string_view{"MergeColumns"})
            .field("table", o.table)
            .field("from", o.from)
            .field("to", o.to)
            .field("type", o.type)
            .field("up", o.up)
            .field("down", o.down)
            .take();
    }
    std::string operator()(MoveColumn const& o) const {
        return Text{}
            .field("operation", std::string_view{"MoveColumn"})
            .field("from", o.from)
            .field("column", o.column)
            .field("to", o.to)
            .field("to_column", o.to_column)
            .field("from_key", o.from_key)
            .field("to_key", o.to_key)
            .field("made", o.missing_rows == MissingRows::made)
            .field("largest", o.when_rows_differ == Disagreement::largest_key_wins)
            .field("absent", o.absent)
            .take();
    }
    std::string operator()(SetNotNull const& o) const {
        return Text{}
            .field("operation", std::string_view{"SetNotNull"})
            .field("table", o.table)
            .field("column", o.column)
            .field("clean", o.clean)
            .field("quarantine", o.violators == Violators::quarantine)
            .take();
    }
    std::string operator()(DropNotNull const& o) const {
        return Text{}
            .field("operation", std::string_view{"DropNotNull"})
            .field("table", o.table)
            .field("column", o.column)
            .take();
    }
    std::string operator()(SetDefault const& o) const {
        return Text{}
            .field("operation", std::string_view{"SetDefault"})
            .field("table", o.table)
            .field("column", o.column)
            .field("value", o.value)
            .take();
    }
    std::string operator()(DropDefault const& o) const {
        return Text{}
            .field("operation", std::string_view{"DropDefault"})
            .field("table", o.table)
            .field("column", o.column)
            .take();
    }
    std::string operator()(AddCheck const& o) const {
        return Text{}
            .field("operation", std::string_view{"AddCheck"})
            .field("table", o.table)
            .field("name", o.name)
            .field("condition", o.condition)
            .field("clean", o.clean)
            .field("quarantine", o.violators == Violators::quarantine)
            .take();
    }
    std::string operator()(DropCheck const& o) const {
        return Text{}
            .field("operation", std::string_view{"DropCheck"})
            .field("table", o.table)
            .field("name", o.name)
            .field("condition", o.condition)
            .take();
    }
    std::string operator()(AddUnique const& o) const {
        return Text{}
            .field("operation", std::string_view{"AddUnique"})
            .field("table", o.table)
            .field("name", o.name)
            .field("column", o.columns)
            .field("clean", o.clean)
            .field("quarantine", o.violators == Violators::quarantine)
            .take();
    }
    std::string operator()(DropUnique const& o) const {
        return Text{}
            .field("operation", std::string_view{"DropUnique"})
            .field("table", o.table)
            .field("column", o.columns)
            .take();
    }
    std::string operator()(ChangePrimaryKey const& o) const {
        return Text{}
            .field("operation", std::string_view{"ChangePrimaryKey"})
            .field("table", o.table)
            .field("name", o.name)
            .field("column", o.columns)
            .take();
    }
    std::string operator()(AddForeignKey const& o) const {
        return Text{}
            .field("operation", std::string_view{"AddForeignKey"})
            .field("table", o.table)
            .field("foreign", o.key)
            .field("clean", o.clean)
            .field("quarantine", o.violators == Violators::quarantine)
            .take();
    }
    std::string operator()(DropForeignKey const& o) const {
        return Text{}
            .field("operation", std::string_view{"DropForeignKey"})
            .field("table", o.table)
            .field("name", o.name)
            .field("column", o.columns)
            .take();
    }
    std::string operator()(DropIndex const& o) const {
        return Text{}.field("operation", std::string_view{"DropIndex"}).field("name", o.name).take();
    }
    std::string operator()(CreateView const& o) const {
        return Text{}
            .field("operation", std::string_view{"CreateView"})
            .field("name", o.name)
            .field("query", o.query)
            .take();
    }
    std::string operator()(ReplaceView const& o) const {
        return Text{}
            .field("operation", std::string_view{"ReplaceView"})
            .field("name", o.name)
            .field("query", o.query)
            .take();
    }
    std::string operator()(DropView const& o) const {
        return Text{}.field("operation", std::string_view{"DropView"}).field("name", o.name).take();
    }
    std::string operator()(Backfill const& o) const {
        Text text;
        text.field("operation", std::string_view{"Backfill"})
            .field("table", o.table)
            .field("set", o.set)
            .field("where", o.where);
        for (auto const& function : o.functions)
            text.field("function", function.name).field("version", function.version);
        return text.take();
    }
    std::string operator()(RawSql const& o) const {
        return Text{}
            .field("operation", std::string_view{"RawSql"})
            .field("expand", o.expand)
            .field("contract", o.contract)
            .field("undo", o.undo)
            .field("verify", o.verify)
            .take();
    }
    std::string operator()(RunCode const& o) const {
        return Text{}
            .field("operation", std::string_view{"RunCode"})
            .field("name", o.name)
            .field("version", o.version)
            .field("expand", static_cast<bool>(o.expand))
            .field("contract", static_cast<bool>(o.contract))
            .field("undo", static_cast<bool>(o.undo))
            .take();
    }
};

}  // namespace

std::string description(Operation const& operation) { return std::visit(Description{}, operation); }

}  // namespace evolver
