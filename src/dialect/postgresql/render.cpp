#include "dialect/postgresql/render.hpp"

#include "dialect/postgresql/connection.hpp"
#include "dialect/postgresql/conversion.hpp"
#include "evolver/operation/effect.hpp"
#include "evolver/schema/digest.hpp"
#include "evolver/schema/tokens.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::postgresql {

namespace {

[[noreturn]] void not_yet(std::string const& what, std::string const& instead) {
    throw PlanError{Failure{.what = what + " is not possible on PostgreSQL yet.", .object = what, .instead = instead}};
}

std::string listed(std::vector<Name> const& names) {
    std::string text;
    for (auto const& name : names) text += (text.empty() ? "" : ", ") + quoted(name.text());
    return text;
}

std::string text_of(Expression const& expression) { return expression.text(Engine::postgresql); }

std::string declaration(Column const& column) {
    auto text = quoted(column.name.text()) + " " + type_words(column.type, Engine::postgresql);
    if (!column.collation.empty()) text += " COLLATE " + quoted(column.collation);
    if (column.generated) text += " GENERATED ALWAYS AS (" + text_of(*column.generated) + ") STORED";
    if (column.default_value) text += " DEFAULT " + text_of(*column.default_value);
    if (!column.nullable) text += " NOT NULL";
    return text;
}

std::string constraint(std::string const& name) { return name.empty() ? "" : "CONSTRAINT " + quoted(name) + " "; }

std::string declaration(Table const& table, std::string const& schema) {
    std::string text;
    for (auto const& column : table.columns) text += (text.empty() ? "" : ", ") + declaration(column);
    auto const key = table.key_columns();
    if (!key.empty()) text += ", PRIMARY KEY (" + listed(key) + ")";
    for (auto const& unique : table.unique_keys)
        text += ", " + constraint(unique.name) + "UNIQUE (" + listed(unique.columns) + ")";
    for (auto const& check : table.checks)
        text += ", " + constraint(check.name) + "CHECK (" + text_of(check.condition) + ")";
    for (auto const& foreign : table.foreign_keys) {
        text +=
            fmt::format(", {}FOREIGN KEY ({}) REFERENCES {}{} ON DELETE {} ON UPDATE {}{}", constraint(foreign.name),
                        listed(foreign.columns), in_schema(schema, foreign.table.text()),
                        foreign.referenced.empty() ? "" : " (" + listed(foreign.referenced) + ")", foreign.on_delete,
                        foreign.on_update, foreign.deferred ? " DEFERRABLE INITIALLY DEFERRED" : "");
    }
    return text;
}

/// A script that ends the transaction that evolver runs it in would leave half of a migration. What stands in dollar quotes cannot be looked into.
void refuse_transactions(std::string const& script) {
    bool begins = true;
    for (auto const& token : significant_tokens(script)) {
        if (token.text.find('$') != std::string_view::npos && token.kind != TokenKind::string)
            not_yet("a script with $ quotes", "make functions and procedures outside of the plan");
        for (auto const* word : {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE",
                                 "PREPARE", "DO", "CALL", "VACUUM", "SET", "RESET"}) {
            if (begins && is_keyword(token, word))
                not_yet("a script with the statement " + std::string{token.text},
                        "leave it out: the steps of a migration are one transaction, with evolver's own settings");
        }
        begins = token.text == ";";
    }
}

/// By name, one by one: what a new primitive change means here has to be decided.
struct Render {
    std::string const& schema;

    [[nodiscard]] std::string table(Name const& name) const { return in_schema(schema, name.text()); }
    [[nodiscard]] Step alter(std::string what, Name const& name, std::string const& how) const {
        return {.migration = {}, .what = std::move(what), .sql = {"ALTER TABLE " + table(name) + " " + how}};
    }

    Step operator()(MakeTable const& o) const {
        return {.migration = {},
                .what = "create table " + o.table.name.text(),
                .sql = {fmt::format("CREATE TABLE {} ({})", table(o.table.name), declaration(o.table, schema))}};
    }
    Step operator()(RemoveTable const& o) const {
        return {.migration = {}, .what = "drop table " + o.table.text(), .sql = {"DROP TABLE " + table(o.table)}};
    }
    Step operator()(MakeColumn const& o) const {
        if (o.column.generated)
            not_yet("adding the generated column " + o.table.text() + "." + o.column.name.text(),
                    "it would write every row anew under a lock: add an ordinary column, and fill it by ChangeType");
        return alter("add column " + o.table.text() + "." + o.column.name.text(), o.table,
                     "ADD COLUMN " + declaration(o.column));
    }
    Step operator()(RemoveColumn const& o) const {
        return alter("drop column " + o.table.text() + "." + o.column.text(), o.table,
                     "DROP COLUMN " + quoted(o.column.text()));
    }
    /// A second name is a column of its own here, which sync keeps equal.
    Step operator()(MakeAlias const& o) const {
        return {.migration = {},
                .what = "add column " + o.table.text() + "." + o.alias.text() + ", the new name of " + o.column.text(),
                .sql = {}};
    }
    Step operator()(RemoveAlias const& o) const {
        return alter("drop column " + o.table.text() + "." + o.alias.text(), o.table,
                     "DROP COLUMN " + quoted(o.alias.text()));
    }
    /// The old column has the indexes and the constraints: it stays, and takes the name.
    Step operator()(SettleAlias const& o) const {
        auto step = alter("rename column " + o.table.text() + "." + o.column.text() + " to " + o.alias.text(), o.table,
                          "DROP COLUMN " + quoted(o.alias.text()));
        step.sql.push_back(fmt::format("ALTER TABLE {} RENAME COLUMN {} TO {}", table(o.table), quoted(o.column.text()),
                                       quoted(o.alias.text())));
        return step;
    }
    Step operator()(DeclareColumn const& o) const {
        auto const column = "ALTER COLUMN " + quoted(o.column.name.text()) + " ";
        auto step = alter("declare column " + o.table.text() + "." + o.column.name.text(), o.table,
                          column + (o.column.default_value ? "SET DEFAULT " + text_of(*o.column.default_value)
                                                           : std::string{"DROP DEFAULT"}));
        // inspect() says so of an identity, which stays what it is.
        if (o.column.default_value && text_of(*o.column.default_value) == "DEFAULT") step.sql.clear();
        step.sql.push_back("ALTER TABLE " + table(o.table) + " " + column +
                           (o.column.nullable ? "DROP NOT NULL" : "SET NOT NULL"));
        if (!o.column.nullable) step.sql.push_back(drop_not_null_constraint(schema, o.table, o.column.name));
        return step;
    }
    Step operator()(MakeIndex const& o) const {
        return {.migration = {},
                .what = "create index " + o.index.name.text(),
                .sql = {make_index(o.index, schema, o.index.name.text(), Beside::nobody)}};
    }
    Step operator()(RemoveIndex const& o) const {
        return {.migration = {},
                .what = "drop index " + o.index.text(),
                .sql = {drop_index(schema, o.index.text(), Beside::nobody)}};
    }
    Step operator()(RunScript const& o) const {
        refuse_transactions(text_of(o.script));
        Step step{.migration = {}, .what = "run SQL in the application's own words", .sql = {text_of(o.script)}};
        if (o.refuse_if) {
            step.refuse_if = text_of(*o.refuse_if);
            step.refusal = "the query that has to find nothing finds rows";
        }
        return step;
    }

    Step operator()(MoveTable const& o) const {
        not_yet("RenameTable " + o.table.text(), "keep the name, or rename it by RawSql while nobody uses it");
    }
    Step operator()(MakeCheck const& o) const { not_yet("AddCheck on " + o.table.text(), by_hand); }
    Step operator()(RemoveCheck const& o) const { not_yet("DropCheck on " + o.table.text(), by_hand); }
    Step operator()(MakeForeignKey const& o) const { not_yet("AddForeignKey on " + o.table.text(), by_hand); }
    Step operator()(RemoveForeignKey const& o) const { not_yet("DropForeignKey on " + o.table.text(), by_hand); }
    Step operator()(RemoveUnique const& o) const { not_yet("DropUnique on " + o.table.text(), by_hand); }
    Step operator()(ReplacePrimaryKey const& o) const { not_yet("ChangePrimaryKey on " + o.table.text(), by_hand); }
    Step operator()(MakeView const& o) const { not_yet("CreateView " + o.view.text(), by_hand); }
    Step operator()(RemoveView const& o) const { not_yet("DropView " + o.view.text(), by_hand); }
    Step operator()(CallCode const& o) const { not_yet("RunCode " + o.name.text(), by_hand); }

    static constexpr auto by_hand = "say it in SQL: RawSql{.expand = \"…\", .undo = \"…\"}";
};

}  // namespace

Step render(Change const& change, std::string const& schema) { return std::visit(Render{schema}, change); }

std::string make_index(Index const& index, std::string const& schema, std::string const& name, Beside beside) {
    std::string parts;
    for (auto const& part : index.parts) {
        auto const& text = part.expression.text(Engine::postgresql);
        parts += (parts.empty() ? "" : ", ") + (part.column ? quoted(text) : "(" + text + ")");
        if (!part.collation.empty()) parts += " COLLATE " + quoted(part.collation);
        if (part.order == Order::descending) parts += " DESC";
    }
    return fmt::format("CREATE {}INDEX {}{} ON {} ({}){}", index.unique ? "UNIQUE " : "",
                       beside == Beside::writers ? "CONCURRENTLY " : "", quoted(name),
                       in_schema(schema, index.table.text()), parts,
                       index.where ? " WHERE " + text_of(*index.where) : "");
}

std::string drop_index(std::string const& schema, std::string const& name, Beside beside) {
    return fmt::format("DROP INDEX {}IF EXISTS {}", beside == Beside::writers ? "CONCURRENTLY " : "",
                       in_schema(schema, name));
}

std::string rename_index(std::string const& schema, std::string const& name, std::string const& to) {
    return fmt::format("ALTER INDEX {} RENAME TO {}", in_schema(schema, name), quoted(to));
}

std::string index_is_valid(std::string const& schema, std::string const& name) {
    return fmt::format("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass({})",
                       literal(in_schema(schema, name)));
}

std::string not_null_constraint(Name const& table, Name const& column) {
    return "evolver_not_null_" + digest_of(table.text() + '\0' + column.text()).substr(0, 12);
}

std::string add_not_null(std::string const& schema, Name const& table, Name const& column) {
    return fmt::format("ALTER TABLE {} ADD CONSTRAINT {} CHECK ({} IS NOT NULL) NOT VALID",
                       in_schema(schema, table.text()), quoted(not_null_constraint(table, column)),
                       quoted(column.text()));
}

std::string validate_not_null(std::string const& schema, Name const& table, Name const& column) {
    return fmt::format("ALTER TABLE {} VALIDATE CONSTRAINT {}", in_schema(schema, table.text()),
                       quoted(not_null_constraint(table, column)));
}

std::string drop_not_null_constraint(std::string const& schema, Name const& table, Name const& column) {
    return fmt::format("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}", in_schema(schema, table.text()),
                       quoted(not_null_constraint(table, column)));
}

std::string rewrites(std::string const& schema, Name const& table, Name const& column) {
    return fmt::format(
        "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass({}) AND attname = {} AND atthasdef AND NOT "
        "atthasmissing AND attgenerated = ''",
        literal(in_schema(schema, table.text())), literal(column.text()));
}

std::string wait_for_writers(std::string const& schema, Name const& table) {
    return "LOCK TABLE " + in_schema(schema, table.text()) + " IN SHARE MODE";
}

std::string lock_table(std::string const& schema, Name const& table) {
    return "LOCK TABLE " + in_schema(schema, table.text()) + " IN ACCESS EXCLUSIVE MODE";
}

std::string count_used(std::string const& schema, Name const& table, Column const& column) {
    auto const name = quoted(column.name.text());
    return fmt::format("SELECT count(*) FROM {} WHERE {}", in_schema(schema, table.text()),
                       column.default_value
                           ? fmt::format("record_image_ne(ROW({}), ROW(CAST({} AS {})))", name,
                                         text_of(*column.default_value), type_words(column.type, Engine::postgresql))
                           : name + " IS NOT NULL");
}

std::string count_rows(std::string const& schema, Name const& table) {
    return "SELECT count(*) FROM " + in_schema(schema, table.text());
}

std::string like_table(std::string const& rehearsal, std::string const& schema, Name const& table) {
    return fmt::format("CREATE TABLE {} (LIKE {} INCLUDING ALL)", in_schema(rehearsal, table.text()),
                       in_schema(schema, table.text()));
}

}  // namespace evolver::postgresql
