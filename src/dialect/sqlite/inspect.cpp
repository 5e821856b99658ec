#include "dialect/sqlite/inspect.hpp"

#include "dialect/sqlite/parsed_table.hpp"
#include "dialect/sqlite/token_reader.hpp"

#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace evolver::sqlite {

namespace {

bool starts_with(std::string_view name, std::string_view prefix) {
    return name.size() >= prefix.size() && same_identifier(name.substr(0, prefix.size()), prefix);
}

/// SQLite's own objects and evolver's.
bool is_ours(std::string_view name) { return starts_with(name, "sqlite_") || starts_with(name, "evolver_"); }
bool is_tombstone(std::string_view column) { return starts_with(column, "evolver_gone_"); }

/// What pragma_table_list and sqlite_schema say of one table.
struct TableEntry {
    Name name;
    std::string sql;
    bool without_rowid;
    bool strict;
};

/// WITHOUT ROWID and STRICT, by the name of the table, for the ordinary tables of main.
using TableOptions = std::map<std::string, std::pair<bool, bool>>;

TableOptions table_options(Connection const& connection, std::optional<Name> const& name) {
    // A null name is no name to this pragma.
    auto statement = connection.prepare(
        "SELECT name, wr, strict FROM pragma_table_list(?1) WHERE schema = 'main' AND type = 'table'");
    if (name) statement.bind(1, Value{name->text()});
    TableOptions options;
    while (statement.step()) options[statement.text(0)] = {statement.integer(1) != 0, statement.integer(2) != 0};
    return options;
}

/// The ordinary tables of that name, in any case, or all of them. Two queries, because SQLite joins a pragma in a time
/// that grows with the square of the schema.
std::vector<TableEntry> table_entries(Connection const& connection, std::optional<Name> const& name = std::nullopt) {
    auto const options = table_options(connection, name);
    auto statement = connection.prepare("SELECT name, sql FROM main.sqlite_schema WHERE type = 'table' ORDER BY rowid");
    std::vector<TableEntry> entries;
    while (statement.step()) {
        auto const found = options.find(statement.text(0));
        if (found == options.end()) continue;
        auto const [without_rowid, strict] = found->second;
        entries.push_back({.name = Name{statement.text(0)},
                           .sql = statement.text(1),
                           .without_rowid = without_rowid,
                           .strict = strict});
    }
    return entries;
}

std::optional<TableEntry> table_entry(Connection const& connection, Name const& name) {
    auto entries = table_entries(connection, name);
    if (entries.empty()) return std::nullopt;
    return std::move(entries.front());
}

ParsedClause const* clause_of(ParsedColumn const* column, ClauseKind kind) {
    if (column == nullptr) return nullptr;
    // Of repeated clauses SQLite takes the last.
    auto const found = std::find_if(column->clauses.rbegin(), column->clauses.rend(),
                                    [&](ParsedClause const& clause) { return clause.kind == kind; });
    return found == column->clauses.rend() ? nullptr : &*found;
}

/// `DEFAULT word` and `DEFAULT "word"` mean the text 'word' to SQLite, which as an expression would be a column.
Expression default_expression(std::string const& text) {
    auto const significant = significant_tokens(text);
    if (significant.size() != 1) return Expression{text};
    Token const& token = significant.front();
    if (token.kind == TokenKind::quoted) return Expression{literal(identifier_of(token))};
    if (token.kind != TokenKind::word) return Expression{text};
    for (auto const* value : {"null", "true", "false", "current_time", "current_date", "current_timestamp"}) {
        if (is_keyword(token, value)) return Expression{text};
    }
    return Expression{literal(token.text)};
}

/// The abstract type whose spelling in this table is exactly these words, so that a plan's column and the one it made
/// are equal.
Type abstract_type(Table const& table, Column column, std::string const& words) {
    for (auto const kind : {TypeKind::integer, TypeKind::real, TypeKind::text, TypeKind::blob, TypeKind::boolean,
                            TypeKind::numeric, TypeKind::date, TypeKind::timestamp}) {
        column.type = Type{kind};
        if (same_type_words(type_words(table, column, Engine::sqlite), words)) return column.type;
    }
    auto const folded = folded_type_words(words);
    if (folded.starts_with("NUMERIC(") && folded.ends_with(")")) return numeric(folded.substr(8, folded.size() - 9));
    return declared(words);
}

/// A column as pragma_table_xinfo describes it, before the types are abstracted, for which the key must be known.
struct ColumnEntry {
    Column column;
    std::string type_words;
    std::int64_t key_position;
};

std::vector<ColumnEntry> column_entries(Connection const& connection, Name const& table, ParsedTable const& parsed) {
    auto statement = connection.prepare(
        "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, 'main') ORDER BY cid");
    statement.bind(1, Value{table.text()});
    std::vector<ColumnEntry> entries;
    while (statement.step()) {
        auto const name = statement.text(0);
        if (is_tombstone(name)) continue;
        ColumnEntry entry{.column = {.name = Name{name}, .type = declared(statement.text(1))},
                          .type_words = statement.text(1),
                          .key_position = statement.integer(4)};
        entry.column.nullable = statement.integer(2) == 0;
        ParsedColumn const* const text = parsed.find(entry.column.name);
        if (!statement.is_null(3)) entry.column.default_value = default_expression(statement.text(3));
        if (auto const* collation = clause_of(text, ClauseKind::collate)) entry.column.collation = collation->body;
        auto const hidden = statement.integer(5);
        if (hidden == 2 || hidden == 3) {
            auto const* generated = clause_of(text, ClauseKind::generated);
            if (generated == nullptr)
                throw Error{Failure{.what = "the expression of a generated column was not found", .object = name}};
            entry.column.generated = Expression{generated->body};
            entry.column.default_value.reset();
            entry.column.stored = hidden == 3;
        }
        entries.push_back(std::move(entry));
    }
    return entries;
}

void add_columns(Table& table, std::vector<ColumnEntry> entries) {
    std::vector<ColumnEntry> key;
    std::copy_if(entries.begin(), entries.end(), std::back_inserter(key),
                 [](auto const& entry) { return entry.key_position > 0; });
    std::sort(key.begin(), key.end(),
              [](auto const& left, auto const& right) { return left.key_position < right.key_position; });
    for (auto const& entry : key) table.primary_key.push_back(entry.column.name);
    for (auto& entry : entries) {
        entry.column.primary_key = key.size() == 1 && entry.key_position > 0;
        entry.column.type = abstract_type(table, entry.column, entry.type_words);
        table.columns.push_back(std::move(entry.column));
    }
}

void add_constraints(Table& table, std::vector<ParsedClause> const& clauses) {
    for (ParsedClause const& clause : clauses) {
        // The other kinds are said better by the catalogue, or belong to a column.
        if (clause.kind == ClauseKind::unique) {
            table.unique_keys.push_back({.name = clause.name, .columns = clause.columns});
        } else if (clause.kind == ClauseKind::check) {
            table.checks.push_back({.name = clause.name, .condition = Expression{clause.body}});
        } else if (clause.kind == ClauseKind::references) {
            table.foreign_keys.push_back(*clause.reference);
        }
    }
}

Table table_from(Connection const& connection, TableEntry const& entry) {
    auto const parsed = parse_table(entry.sql);
    Table table{.name = entry.name, .columns = {}};
    table.without_rowid = entry.without_rowid;
    table.strict = entry.strict;
    // The word is reserved: without quotes it stands nowhere else.
    auto const words = significant_tokens(entry.sql);
    table.autoincrement =
        std::any_of(words.begin(), words.end(), [](Token const& token) { return is_keyword(token, "AUTOINCREMENT"); });
    add_columns(table, column_entries(connection, entry.name, parsed));
    for (ParsedColumn const& column : parsed.columns) {
        if (!is_tombstone(column.name.text())) add_constraints(table, column.clauses);
    }
    add_constraints(table, parsed.constraints);
    return table;
}

/// The texts of an index's parts, and of its WHERE.
struct ParsedIndex {
    bool unique = false;
    std::vector<std::string> parts;
    std::optional<std::string> where;
};

ParsedIndex parse_index(std::string const& sql) {
    TokenReader reader{sql, "CREATE INDEX"};
    ParsedIndex result;
    reader.expect("CREATE");
    result.unique = reader.accept("UNIQUE");
    while (!reader.at("ON")) reader.take();
    reader.take();
    reader.name();
    reader.expect_symbol("(");
    std::size_t begin = reader.offset();
    for (;;) {
        if (reader.at_symbol("(")) {
            reader.parenthesised();
        } else if (reader.at_symbol(",") || reader.at_symbol(")")) {
            result.parts.push_back(sql.substr(begin, reader.last_end() - begin));
            bool const last = reader.at_symbol(")");
            reader.take();
            begin = reader.offset();
            if (last) break;
        } else {
            reader.take();
        }
    }
    if (reader.accept("WHERE")) result.where = sql.substr(reader.offset());
    return result;
}

/// A part without the ASC or DESC at its end.
std::string without_direction(std::string const& part) {
    auto const significant = significant_tokens(part);
    if (significant.size() < 2 || (!is_keyword(significant.back(), "ASC") && !is_keyword(significant.back(), "DESC")))
        return part;
    Token const& last = significant[significant.size() - 2];
    return part.substr(0, last.offset + last.text.size());
}

/// The collation that the part itself names; empty where the column's own holds.
std::string named_collation(std::string const& part) {
    auto const significant = significant_tokens(part);
    for (std::size_t i = 0; i + 1 < significant.size(); ++i) {
        if (!is_keyword(significant[i], "COLLATE")) continue;
        std::string const& name = identifier_of(significant[i + 1]);
        return name.empty() ? std::string{significant[i + 1].text} : name;
    }
    return {};
}

void add_parts(Connection const& connection, Index& index, ParsedIndex const& parsed) {
    auto statement = connection.prepare(
        "SELECT cid, name, \"desc\" FROM pragma_index_xinfo(?1, 'main') WHERE \"key\" = 1 ORDER BY seqno");
    statement.bind(1, Value{index.name.text()});
    for (std::size_t i = 0; statement.step(); ++i) {
        auto const order = statement.integer(2) != 0 ? Order::descending : Order::ascending;
        bool const is_column = statement.integer(0) >= 0;
        std::string const text = without_direction(parsed.parts.at(i));
        // A collation inside an expression is part of the expression.
        if (is_column)
            index.parts.emplace_back(Expression{statement.text(1)}, true, order, named_collation(text));
        else
            index.parts.emplace_back(Expression{text}, false, order);
    }
}

Index read_index(Connection const& connection, Name const& name, Name const& table, std::string const& sql) {
    auto const parsed = parse_index(sql);
    Index index{.name = name, .table = table, .parts = {}, .unique = parsed.unique};
    if (parsed.where) index.where = Expression{*parsed.where};
    add_parts(connection, index, parsed);
    return index;
}

void add_indexes(Connection const& connection, Schema& schema) {
    // Indexes that SQLite made itself, for keys and unique constraints, have no text.
    auto statement = connection.prepare(
        "SELECT name, tbl_name, sql FROM main.sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid");
    while (statement.step()) {
        Table const* const table = schema.find_table(Name{statement.text(1)});
        if (table == nullptr || is_ours(statement.text(0))) continue;
        schema.indexes.push_back(read_index(connection, Name{statement.text(0)}, table->name, statement.text(2)));
    }
}

void add_views_and_triggers(Connection const& connection, Schema& schema) {
    auto statement = connection.prepare(
        "SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE type IN ('view', 'trigger') ORDER BY rowid");
    while (statement.step()) {
        Name const name{statement.text(1)};
        if (is_ours(name.text())) continue;
        if (statement.text(0) == "view") {
            schema.views.push_back({.name = name, .sql = statement.text(3)});
        } else {
            schema.triggers.push_back({.name = name, .table = Name{statement.text(2)}, .sql = statement.text(3)});
        }
    }
}

[[noreturn]] void refuse_unknown(Name const& table) {
    throw Error{Failure{.what = "there is no ordinary table " + quoted(table.text()) + " in this database",
                        .object = "table " + table.text(),
                        .instead = "check the name: views and virtual tables have no rows of their own"}};
}

std::vector<std::string> names_of_columns(Connection const& connection, Name const& table) {
    auto statement = connection.prepare("SELECT name FROM pragma_table_xinfo(?1, 'main')");
    statement.bind(1, Value{table.text()});
    std::vector<std::string> names;
    while (statement.step()) names.push_back(statement.text(0));
    return names;
}

std::string rowid_word(std::vector<std::string> const& columns) {
    for (std::string const word : {"rowid", "_rowid_", "oid"}) {
        bool const hidden = std::any_of(columns.begin(), columns.end(),
                                        [&](auto const& column) { return same_identifier(column, word); });
        if (!hidden) return word;
    }
    return {};
}

/// The key columns, in order, and whether the only one is the rowid itself.
struct DeclaredKey {
    std::vector<Name> columns = {};
    bool is_rowid = false;
};

DeclaredKey declared_key(Connection const& connection, Name const& table) {
    auto statement =
        connection.prepare("SELECT name, type FROM pragma_table_xinfo(?1, 'main') WHERE pk > 0 ORDER BY pk");
    statement.bind(1, Value{table.text()});
    DeclaredKey key;
    bool integer = false;
    while (statement.step()) {
        key.columns.emplace_back(statement.text(0));
        integer = same_identifier(statement.text(1), "INTEGER");
    }
    // INTEGER PRIMARY KEY DESC is, by an old mistake that SQLite keeps, an ordinary column with an index for its key.
    std::array<Value, 1> const binds{table.text()};
    bool const indexed =
        connection.integer("SELECT count(*) FROM pragma_index_list(?1, 'main') WHERE origin = 'pk'", binds) > 0;
    key.is_rowid = integer && key.columns.size() == 1 && !indexed;
    return key;
}

std::optional<std::int64_t> analysed_rows(Connection const& connection, Name const& table) {
    if (connection.integer("SELECT count(*) FROM main.sqlite_schema WHERE name = 'sqlite_stat1'") == 0)
        return std::nullopt;
    // The first number of `stat` is the number of entries; a partial index has fewer than its table.
    std::array<Value, 1> const binds{table.text()};
    auto const rows = connection.scalar(
        "SELECT max(CAST(stat AS INTEGER)) FROM main.sqlite_stat1 WHERE tbl = ?1 COLLATE NOCASE", binds);
    auto const* number = std::get_if<std::int64_t>(&rows);
    return number == nullptr ? std::nullopt : std::optional{*number};
}

}  // namespace

Schema inspect(Connection const& connection) {
    ReadTransaction const snapshot{connection};
    Schema schema;
    for (auto const& entry : table_entries(connection)) {
        if (!is_ours(entry.name.text())) schema.tables.push_back(table_from(connection, entry));
    }
    add_indexes(connection, schema);
    add_views_and_triggers(connection, schema);
    return schema;
}

std::optional<Table> inspect_table(Connection const& connection, Name const& name) {
    ReadTransaction const snapshot{connection};
    auto const entry = table_entry(connection, name);
    if (!entry) return std::nullopt;
    return table_from(connection, *entry);
}

std::optional<Index> inspect_index(Connection const& connection, Name const& name) {
    ReadTransaction const snapshot{connection};
    auto statement = connection.prepare(
        "SELECT name, tbl_name, sql FROM main.sqlite_schema WHERE type = 'index' AND name = ?1 COLLATE NOCASE AND sql "
        "IS NOT NULL");
    statement.bind(1, std::string_view{name.text()});
    if (!statement.step()) return std::nullopt;
    return read_index(connection, Name{statement.text(0)}, Name{statement.text(1)}, statement.text(2));
}

RowKey row_key(Connection const& connection, Name const& table) {
    ReadTransaction const snapshot{connection};
    auto const entry = table_entry(connection, table);
    if (!entry) refuse_unknown(table);
    auto key = declared_key(connection, entry->name);
    if (entry->without_rowid) return {.columns = std::move(key.columns)};
    auto const word = rowid_word(names_of_columns(connection, entry->name));
    if (key.is_rowid) return {.columns = std::move(key.columns), .rowid_alias = word};
    if (word.empty()) {
        throw Error{Failure{.what = "the rows of table " + table.text() +
                                    " cannot be addressed: it has no INTEGER PRIMARY KEY, and its "
                                    "columns named rowid, _rowid_ and oid hide the rowid",
                            .object = "table " + table.text(),
                            .instead = "rename one of the three columns, by hand, before evolver changes this table"}};
    }
    return {.columns = {Name{word}}, .hidden_rowid = true, .rowid_alias = word};
}

std::int64_t estimated_rows(Connection const& connection, Name const& table) {
    ReadTransaction const snapshot{connection};
    auto const entry = table_entry(connection, table);
    if (!entry) refuse_unknown(table);
    if (auto const rows = analysed_rows(connection, entry->name)) return *rows;
    std::string const source = "main." + quoted(entry->name.text());
    auto const key = declared_key(connection, entry->name);
    auto const word =
        key.is_rowid ? quoted(key.columns.front().text()) : rowid_word(names_of_columns(connection, entry->name));
    if (entry->without_rowid || word.empty()) {
        return connection.integer("SELECT count(*) FROM (SELECT 1 FROM " + source + " LIMIT 100001)");
    }
    // Two queries, because SQLite looks at one end of the tree for a lone min or max, and scans for both together. The
    // span of extreme rowids is beyond 64 bits: the CAST cuts it off at the largest integer.
    auto const span = connection.integer("SELECT CAST(coalesce((SELECT max(" + word + ") FROM " + source +
                                         ") - (SELECT min(" + word + ") FROM " + source + ") + 1, 0) AS INTEGER)");
    // Keys may be far apart; but no row takes less than six bytes of the file.
    auto const bytes = connection.integer("PRAGMA main.page_count") * connection.integer("PRAGMA main.page_size");
    return std::min(span, bytes / 6);
}

}  // namespace evolver::sqlite
