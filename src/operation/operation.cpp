#include "evolver/operation/operation.hpp"

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
    std::string operator()(RawSql const& o) const {
        return Text{}
            .field("operation", std::string_view{"RawSql"})
            .field("expand", o.expand)
            .field("contract", o.contract)
            .field("undo", o.undo)
            .take();
    }
};

struct Title {
    std::string operator()(CreateTable const& o) const { return "CreateTable " + o.table.text(); }
    std::string operator()(DropTable const& o) const { return "DropTable " + o.table.text(); }
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
    std::string operator()(RawSql const&) const { return "RawSql"; }
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
    void operator()(AddColumn const& o) const { column(o.table, o.column.name); }
    void operator()(RenameColumn const& o) const { column(o.table, o.to); }
    void operator()(ChangeType const& o) const { column(o.table, o.to); }
    void operator()(SplitColumn const& o) const {
        for (auto const& part : o.into) column(o.table, part.name);
    }
    void operator()(CreateIndex const& o) const {
        std::erase_if(schema.indexes, [&](Index const& index) { return index.name == o.name; });
    }
    void operator()(DropTable const&) const {}
    void operator()(DropColumn const&) const {}
    void operator()(RawSql const&) const {}
};

struct TableOf {
    std::string operator()(RawSql const&) const { return {}; }
    template <class Kind>
    std::string operator()(Kind const& operation) const {
        return operation.table.text();
    }
};

}  // namespace

Effect effect_of(Operation const& operation, Schema& schema) {
    return std::visit([&](auto const& kind) { return effect_of(kind, schema); }, operation);
}

void retract(Operation const& operation, Schema& schema) { std::visit(Retract{schema}, operation); }

std::string description(Operation const& operation) { return std::visit(Description{}, operation); }
std::string title(Operation const& operation) { return std::visit(Title{}, operation); }
std::string table_of(Operation const& operation) { return std::visit(TableOf{}, operation); }

}  // namespace evolver
