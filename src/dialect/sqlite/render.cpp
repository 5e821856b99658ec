#include "dialect/sqlite/render.hpp"

#include "dialect/sqlite/create_text.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/rebuild.hpp"
#include "dialect/sqlite/reshape.hpp"
#include "evolver/schema/tokens.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::sqlite {

namespace {

/// Microseconds per row that SQLite holds its one write lock for; the upper end of what was measured.
constexpr double index_cost = 0.6;
constexpr double drop_column_cost = 0.7;
constexpr double drop_table_cost = 1.3;
constexpr double rewrite_byte_cost = 0.005;  // per byte
constexpr double scan_cost = 0.1;
constexpr double look_up_cost = 0.5;
constexpr double rebuild_cost = 2.0;

std::chrono::milliseconds estimate(std::int64_t rows, double microseconds_per_row) {
    return std::chrono::milliseconds{
        static_cast<std::int64_t>(static_cast<double>(rows) * microseconds_per_row / 1000.0)};
}

std::string names(std::vector<Name> const& columns) {
    std::string text;
    for (auto const& column : columns) text += (text.empty() ? "" : ", ") + quoted(column.text());
    return text;
}

std::string column_definition(Column const& column, bool is_rowid_key, bool strict) {
    std::string text = quoted(column.name.text());
    std::string const type = is_rowid_key || (strict && column.type.kind() == TypeKind::integer)
                                 ? "INTEGER"
                                 : type_words(column.type, Engine::sqlite);
    if (!type.empty()) text += " " + type;
    if (is_rowid_key) text += " PRIMARY KEY";
    if (!column.nullable) text += " NOT NULL";
    if (column.default_value) text += " DEFAULT (" + column.default_value->text(Engine::sqlite) + ")";
    if (!column.collation.empty()) text += " COLLATE " + quoted(column.collation);
    if (column.generated)
        text += " GENERATED ALWAYS AS (" + column.generated->text(Engine::sqlite) +
                (column.stored ? ") STORED" : ") VIRTUAL");
    return text;
}

/// One literal, perhaps with a sign or in parentheses: the only default that SQLite gives to rows which are there already. It looks only
/// where there are rows, so a clone does not tell.
bool is_literal(std::string_view text) {
    std::size_t literals = 0;
    for (auto const& token : significant_tokens(text)) {
        if (token.kind == TokenKind::symbol) {
            if (token.text != "(" && token.text != ")" && token.text != "-" && token.text != "+") return false;
        } else if (token.kind == TokenKind::word) {
            if (!is_keyword(token, "NULL") && !is_keyword(token, "TRUE") && !is_keyword(token, "FALSE")) return false;
            ++literals;
        } else if (token.kind == TokenKind::number || token.kind == TokenKind::string ||
                   token.kind == TokenKind::blob) {
            ++literals;
        } else {
            return false;
        }
    }
    return literals == 1;
}

std::string constraint_name(std::string const& name) { return name.empty() ? "" : "CONSTRAINT " + quoted(name) + " "; }

double rebuild_row_cost(Rebuild const& rebuild) {
    return rebuild_cost + index_cost * static_cast<double>(rebuild.indexes.size());
}

class Render {
public:
    explicit Render(RenderContext const& context) : context_{context} {}

    Step operator()(MakeTable const& change) const {
        return step("create table " + change.table.name.text(), {create_table(change.table)});
    }

    Step operator()(RemoveTable const& change) const {
        auto made = step("drop table " + change.table.text(), {"DROP TABLE " + quoted(change.table.text())});
        within_budget(made, LockClass::rewrite, drop_table_cost,
                      "SQLite frees the pages of a dropped table under one lock");
        return made;
    }

    Step operator()(MoveTable const& change) const {
        return step("rename table " + change.table.text() + " to " + change.to.text(),
                    {"ALTER TABLE " + quoted(change.table.text()) + " RENAME TO " + quoted(change.to.text())});
    }

    Step operator()(MakeColumn const& change) const {
        auto const& column = change.column;
        if (column.generated && column.stored) {
            throw PlanError{
                Failure{.what = "Column " + change.table.text() + "." + column.name.text() +
                                " is STORED: SQLite cannot compute it for the rows that are there, and adds no "
                                "such column to a table.",
                        .instead = "leave .stored out: a VIRTUAL column is computed when it is read, and an "
                                   "index on it (CreateIndex) keeps its values"}};
        }
        if (column.default_value && !is_literal(column.default_value->text(Engine::sqlite))) {
            throw PlanError{Failure{.what = "Column " + change.table.text() + "." + column.name.text() +
                                            " has the default " + column.default_value->text(Engine::sqlite) +
                                            ", which is no constant: SQLite cannot give it to the rows that are there.",
                                    .instead = "give it a constant, or none, and let the new release write the value"}};
        }
        return step("add column " + change.table.text() + "." + column.name.text(),
                    {"ALTER TABLE " + quoted(change.table.text()) + " ADD COLUMN " +
                     column_definition(column, false, is_strict(change.table))});
    }

    Step operator()(RemoveColumn const& change) const {
        std::string const object = change.table.text() + "." + change.column.text();
        std::string const alter = "ALTER TABLE " + quoted(change.table.text());
        // Wide rows cost by their bytes: SQLite writes every page anew.
        auto const cost =
            std::max(estimate(context_.rows, drop_column_cost), estimate(context_.bytes, rewrite_byte_cost));
        if (context_.lock != Lock::in_window && cost > context_.budget) {
            // A tombstone outlives its NOT NULL: nobody writes it any more.
            auto sql = loosened(change.table, change.column);
            sql.push_back(alter + " RENAME COLUMN " + quoted(change.column.text()) + " TO " +
                          quoted(tombstone(change.table, change.column)));
            return step("rename column " + object + " to a tombstone (dropping it would hold the lock for about " +
                            std::to_string(cost.count()) + " ms)",
                        std::move(sql));
        }
        auto made = step("drop column " + object, {alter + " DROP COLUMN " + quoted(change.column.text())});
        made.lock = LockClass::rewrite;
        made.rows = context_.rows;
        made.estimate = cost;
        return made;
    }

    Step operator()(MakeAlias const& change) const {
        auto const table = inspect_table(context_.schema, change.table);
        std::string const declared =
            table && table->find(change.column) != nullptr ? declared_type(*table, change.column) : "";
        return step(
            "add the name " + change.alias.text() + " for column " + change.table.text() + "." + change.column.text(),
            {"ALTER TABLE " + quoted(change.table.text()) + " ADD COLUMN " + quoted(change.alias.text()) +
             (declared.empty() ? "" : " " + declared) + " GENERATED ALWAYS AS (" + quoted(change.column.text()) +
             ") VIRTUAL"});
    }

    Step operator()(RemoveAlias const& change) const {
        return step("remove the name " + change.table.text() + "." + change.alias.text(),
                    {"ALTER TABLE " + quoted(change.table.text()) + " DROP COLUMN " + quoted(change.alias.text())});
    }

    Step operator()(SettleAlias const& change) const {
        std::string const alter = "ALTER TABLE " + quoted(change.table.text());
        return step("rename column " + change.table.text() + "." + change.column.text() + " to " + change.alias.text(),
                    {alter + " DROP COLUMN " + quoted(change.alias.text()),
                     alter + " RENAME COLUMN " + quoted(change.column.text()) + " TO " + quoted(change.alias.text())});
    }

    Step operator()(DeclareColumn const& change) const {
        auto const& column = change.column;
        auto const before = create_text(change.table);
        auto const text = reshaped(change, before);
        bool const tightens = !column.nullable && with_not_null(before, column.name) != before;
        auto made = step("hold column " + change.table.text() + "." + column.name.text() + " to its declaration",
                         text == before ? std::vector<std::string>{} : rewrite(change.table, text));
        if (tightens) {
            made.refuse_if = "SELECT 1 FROM " + quoted(change.table.text()) + " WHERE " + quoted(column.name.text()) +
                             " IS NULL LIMIT 1";
            made.refusal = "column " + change.table.text() + "." + column.name.text() +
                           " is going to be NOT NULL, and there are rows in which it is NULL";
            within_budget(made, LockClass::scan, scan_cost,
                          "looking for rows that are NULL in a column which becomes NOT NULL reads the table");
        }
        return made;
    }

    Step operator()(MakeCheck const& change) const {
        auto made = step("add check " + change.check.name + " to " + change.table.text(), rewritten(change));
        made.refuse_if = "SELECT 1 FROM " + quoted(change.table.text()) + " WHERE NOT " +
                         enclosed(change.check.condition.text(Engine::sqlite)) + " LIMIT 1";
        made.refusal = "there are rows in " + change.table.text() + " that break the check " + change.check.name;
        within_budget(made, LockClass::scan, scan_cost, "looking for rows that break a check reads the table");
        return made;
    }

    Step operator()(RemoveCheck const& change) const {
        return step("remove check " + change.check.name + " from " + change.table.text(), rewritten(change));
    }

    Step operator()(MakeForeignKey const& change) const {
        auto const& key = change.key;
        auto made = step("add foreign key from " + change.table.text() + " to " + key.table.text(), rewritten(change));
        auto const parent = inspect_table(context_.schema, key.table);
        auto const referenced = key.referenced.empty() && parent ? parent->key_columns() : key.referenced;
        std::string present;
        std::string equal;
        for (std::size_t i = 0; i < key.columns.size() && i < referenced.size(); ++i) {
            auto const column = quoted(change.table.text()) + "." + quoted(key.columns[i].text());
            present += column + " IS NOT NULL AND ";
            equal += (i > 0 ? " AND " : "") + ("evolver_parent." + quoted(referenced[i].text()) + " = " + column);
        }
        made.refuse_if = "SELECT 1 FROM " + quoted(change.table.text()) + " WHERE " + present +
                         "NOT EXISTS (SELECT 1 FROM " + quoted(key.table.text()) + " AS evolver_parent WHERE " + equal +
                         ") LIMIT 1";
        made.refusal = "there are rows in " + change.table.text() + " without their parent in " + key.table.text();
        within_budget(made, LockClass::scan, look_up_cost, "looking up the parent of every row reads both tables");
        return made;
    }

    Step operator()(RemoveForeignKey const& change) const {
        return step("remove foreign key from " + change.table.text() + " to " + change.key.table.text(),
                    rewritten(change));
    }

    Step operator()(RemoveUnique const& change) const { return by_rebuild(change); }
    Step operator()(ReplacePrimaryKey const& change) const { return by_rebuild(change); }

    Step operator()(MakeView const& change) const {
        return step("create view " + change.view.text(),
                    {"CREATE VIEW " + quoted(change.view.text()) + " AS " + change.query.text(Engine::sqlite)});
    }

    Step operator()(RemoveView const& change) const {
        return step("drop view " + change.view.text(), {"DROP VIEW " + quoted(change.view.text())});
    }

    Step operator()(MakeIndex const& change) const {
        auto made = step("create index " + change.index.name.text(), {create_index(change.index)});
        within_budget(made, LockClass::rewrite, index_cost, "SQLite builds an index under one lock");
        return made;
    }

    Step operator()(RemoveIndex const& change) const {
        return step("drop index " + change.index.text(), {"DROP INDEX IF EXISTS " + quoted(change.index.text())});
    }

    Step operator()(CallCode const& change) const {
        auto made = step("run the code \"" + change.name.text() + "\"", {});
        made.code = change.code;
        return made;
    }

    Step operator()(RunScript const& change) const {
        auto const& script = change.script.text(Engine::sqlite);
        auto made = step("run SQL", {script});
        if (change.refuse_if) {
            made.refuse_if = change.refuse_if->text(Engine::sqlite);
            made.refusal = "its verify query finds rows";
        }
        return made;
    }

    Step at_once(Rebuild const& rebuild) const {
        auto sql = make_shadow(rebuild);
        sql.push_back(copy_rows(rebuild, Range::all));
        auto const trash = free_trash(context_.schema);
        for (auto& change : swap(rebuild, trash, Carried::at_once)) sql.push_back(std::move(change));
        sql.push_back("DROP TABLE " + quoted(trash.text()));
        auto made = step("rebuild table " + rebuild.table.text(), std::move(sql));
        within_budget(made, LockClass::rewrite, rebuild_row_cost(rebuild),
                      "SQLite has no ALTER TABLE for this: every row is written anew");
        return made;
    }

private:
    template <class Kind>
    [[nodiscard]] Step by_rebuild(Kind const& change) const {
        auto const text = reshaped(change, without_tombstones(create_text(change.table)));
        return at_once(rebuild_of(context_.schema, change.table, text, indexes_of(context_.schema, change.table), 0));
    }

    static Step step(std::string what, std::vector<std::string> sql) {
        return Step{.migration = {}, .what = std::move(what), .sql = std::move(sql)};
    }

    void within_budget(Step& made, LockClass lock, double microseconds_per_row, std::string_view why) const {
        made.lock = lock;
        made.rows = context_.rows;
        made.estimate = estimate(context_.rows, microseconds_per_row);
        if (context_.lock == Lock::in_window || made.estimate <= context_.budget) return;
        throw PlanError{Failure{
            .what = fmt::format("The step \"{}\" would block every writer for about {} ms; the budget is {} ms. {}.",
                                made.what, made.estimate.count(), context_.budget.count(), why),
            .instead =
                context_.online ? "let it be built in small batches beside everybody, .lock = Lock::online, or run it "
                                  "in a maintenance "
                                  "window, and say so: .lock = Lock::in_window"
                : made.what.starts_with("rebuild")
                    ? "say so in the operation: .lock = Lock::online has it done in small batches beside everybody, "
                      ".lock = Lock::in_window at once in a maintenance window"
                    : "run it in a maintenance window, and say so in the operation: .lock = Lock::in_window"}};
    }

    [[nodiscard]] std::string create_text(Name const& table) const { return create_text_of(context_.schema, table); }

    /// SQLite's own procedure for changes that do not touch the rows (https://www.sqlite.org/lang_altertable.html, §7): the text of the table
    /// is replaced, and RESET makes this connection read it. A view that comes and goes raises schema_version in the same transaction, so that
    /// other connections read it, too; the pragma itself would need a number that nobody knows before.
    [[nodiscard]] static std::vector<std::string> rewrite(Name const& table, std::string const& text) {
        return {"PRAGMA writable_schema = ON",
                "UPDATE sqlite_schema SET sql = " + literal(text) +
                    " WHERE type = 'table' AND name = " + literal(table.text()) + " COLLATE NOCASE",
                "PRAGMA writable_schema = RESET", "CREATE VIEW evolver_touch AS SELECT 1", "DROP VIEW evolver_touch"};
    }

    template <class Kind>
    [[nodiscard]] std::vector<std::string> rewritten(Kind const& change) const {
        return rewrite(change.table, reshaped(change, create_text(change.table)));
    }

    [[nodiscard]] std::vector<std::string> loosened(Name const& table, Name const& column) const {
        auto const text = create_text(table);
        auto const loose = without_not_null(text, column);
        return loose == text ? std::vector<std::string>{} : rewrite(table, loose);
    }

    [[nodiscard]] std::string tombstone(Name const& table, Name const& column) const {
        Value const name = table.text();
        for (int number = 1;; ++number) {
            std::string const candidate = fmt::format("{}{}_{}", tombstone_prefix, number, column.text());
            std::vector<Value> const binds{name, candidate};
            if (context_.schema.integer("SELECT count(*) FROM pragma_table_xinfo(?1) WHERE name = ?2 COLLATE NOCASE",
                                        binds) == 0)
                return candidate;
        }
    }

    [[nodiscard]] bool is_strict(Name const& table) const {
        auto const found = inspect_table(context_.schema, table);
        return found && found->strict;
    }

    [[nodiscard]] std::string declared_type(Table const& table, Name const& column) const {
        std::vector<Value> const binds{table.name.text(), column.text()};
        return context_.schema.text("SELECT type FROM pragma_table_xinfo(?1) WHERE name = ?2 COLLATE NOCASE", binds);
    }

    RenderContext const& context_;
};

}  // namespace

std::chrono::milliseconds index_estimate(std::int64_t rows) { return estimate(rows, index_cost); }

std::string create_table(Table const& table) {
    auto const* only_key = table.primary_key.size() == 1 ? table.find(table.primary_key.front()) : nullptr;
    bool const rowid_key = only_key != nullptr && is_rowid_key(table, *only_key);
    std::string body;
    auto const add = [&](std::string const& part) { body += (body.empty() ? "" : ", ") + part; };
    for (auto const& column : table.columns) {
        bool const is_key = rowid_key && column.name == table.primary_key.front();
        std::string definition = column_definition(column, is_key, table.strict);
        if (is_key && table.autoincrement)
            definition.replace(definition.find(" PRIMARY KEY"), 12, " PRIMARY KEY AUTOINCREMENT");
        add(definition);
    }
    if (!table.primary_key.empty() && !rowid_key) add("PRIMARY KEY (" + names(table.primary_key) + ")");
    for (auto const& key : table.unique_keys) add(constraint_name(key.name) + "UNIQUE (" + names(key.columns) + ")");
    for (auto const& check : table.checks) add(check_clause(check));
    for (auto const& key : table.foreign_keys) add(foreign_key_clause(key));
    std::string options = table.without_rowid ? " WITHOUT ROWID" : "";
    if (table.strict) options += options.empty() ? " STRICT" : ", STRICT";
    return "CREATE TABLE " + quoted(table.name.text()) + " (" + body + ")" + options;
}

std::string create_index(Index const& index) {
    std::string parts;
    for (auto const& part : index.parts) {
        auto const& text = part.expression.text(Engine::sqlite);
        parts += (parts.empty() ? "" : ", ") + (part.column ? quoted(text) : "(" + text + ")");
        if (!part.collation.empty()) parts += " COLLATE " + quoted(part.collation);
        if (part.order == Order::descending) parts += " DESC";
    }
    return std::string{"CREATE "} + (index.unique ? "UNIQUE " : "") + "INDEX " + quoted(index.name.text()) + " ON " +
           quoted(index.table.text()) + " (" + parts + ")" +
           (index.where ? " WHERE " + index.where->text(Engine::sqlite) : "");
}

Step rebuild_at_once(Rebuild const& rebuild, RenderContext const& context) { return Render{context}.at_once(rebuild); }

std::chrono::milliseconds rebuild_estimate(Rebuild const& rebuild, std::int64_t rows) {
    return estimate(rows, rebuild_row_cost(rebuild));
}

Step put_in_place(Rebuild const& rebuild, Name const& trash) {
    return {.migration = {},
            .what = "put table " + rebuild.table.text() + ", rebuilt in batches, in its place",
            .sql = swap(rebuild, trash, Carried::by_triggers)};
}

Step render(Change const& change, RenderContext const& context) { return std::visit(Render{context}, change); }

}  // namespace evolver::sqlite
