#include "dialect/sqlite/parsed_table.hpp"

#include "dialect/sqlite/token_reader.hpp"

#include <algorithm>

namespace evolver::sqlite {

namespace {

std::string trimmed(std::string_view text) {
    auto const significant = significant_tokens(text);
    if (significant.empty()) return {};
    auto const begin = significant.front().offset;
    return std::string{text.substr(begin, significant.back().offset + significant.back().text.size() - begin)};
}

std::string upper(std::string_view text) {
    std::string result{text};
    for (char& letter : result) {
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    }
    return result;
}

class TableParser {
public:
    explicit TableParser(std::string_view text) : text_{text}, reader_{text, "CREATE TABLE"} {}

    ParsedTable parse() {
        head();
        reader_.expect_symbol("(");
        ParsedTable table;
        do {
            if (at_table_constraint()) {
                // SQLite takes table constraints without commas between them.
                while (at_table_constraint()) table.constraints.push_back(table_constraint());
            } else {
                table.columns.push_back(column());
            }
        } while (reader_.accept_symbol(","));
        table.body_end = reader_.offset();
        reader_.expect_symbol(")");
        if (table.columns.empty()) reader_.fail("a column");
        return table;
    }

private:
    void head() {
        reader_.expect("CREATE");
        if (!reader_.accept("TEMP")) reader_.accept("TEMPORARY");
        reader_.expect("TABLE");
        if (reader_.at("IF") && reader_.then("NOT")) {
            reader_.take();
            reader_.take();
            reader_.expect("EXISTS");
        }
        reader_.name();
        if (reader_.accept_symbol(".")) reader_.name();
    }

    bool at_table_constraint() const { return reader_.at_any({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"}); }

    bool at_column_constraint() const {
        // GENERATED and ALWAYS may be words of a type, unless AS follows them.
        return reader_.at_any({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "NOT", "NULL", "DEFAULT", "COLLATE",
                               "REFERENCES", "AS"}) ||
               (reader_.at("GENERATED") && reader_.then("ALWAYS") && reader_.then("AS", 2));
    }

    bool at_end_of_item() const { return reader_.done() || reader_.at_symbol(",") || reader_.at_symbol(")"); }

    ParsedColumn column() {
        std::size_t const begin = reader_.offset();
        Name name{reader_.name()};
        while (!at_end_of_item() && !at_column_constraint()) {
            if (reader_.at_symbol("("))
                reader_.parenthesised();
            else
                reader_.name();
        }
        ParsedColumn result{.name = std::move(name), .span = {}, .head_end = reader_.last_end()};
        while (!at_end_of_item()) {
            auto clause = column_constraint(result.name);
            if (clause) result.clauses.push_back(std::move(*clause));
        }
        result.span = {begin, reader_.last_end()};
        return result;
    }

    // CONSTRAINT with a name and nothing behind it is allowed, and means nothing.
    std::optional<std::string> constraint_name() {
        std::optional<std::string> name;
        while (reader_.accept("CONSTRAINT")) name = reader_.name();
        return name;
    }

    std::optional<ParsedClause> column_constraint(Name const& column) {
        std::size_t const begin = reader_.offset();
        auto const name = constraint_name();
        if (at_end_of_item()) return std::nullopt;
        ParsedClause clause{.kind = ClauseKind::null, .name = name.value_or("")};
        read_column_constraint(clause, column);
        clause.span = {begin, reader_.last_end()};
        return clause;
    }

    void read_column_constraint(ParsedClause& clause, Name const& column) {
        if (reader_.accept("NOT")) {
            reader_.expect("NULL");
            clause.kind = ClauseKind::not_null;
        } else if (reader_.accept("NULL")) {
            clause.kind = ClauseKind::null;
        } else if (reader_.accept("DEFAULT")) {
            clause.kind = ClauseKind::default_value;
            clause.body = default_text();
        } else if (reader_.accept("PRIMARY")) {
            reader_.expect("KEY");
            clause.kind = ClauseKind::primary_key;
            clause.columns = {column};
            if (!reader_.accept("ASC")) reader_.accept("DESC");
        } else if (reader_.accept("UNIQUE")) {
            clause.kind = ClauseKind::unique;
            clause.columns = {column};
        } else if (reader_.accept("CHECK")) {
            clause.kind = ClauseKind::check;
            clause.body = trimmed(reader_.parenthesised());
        } else if (reader_.accept("COLLATE")) {
            clause.kind = ClauseKind::collate;
            clause.body = reader_.name();
        } else if (reader_.at("REFERENCES")) {
            clause.kind = ClauseKind::references;
            clause.reference = reference({column}, clause.name);
        } else {
            generated(clause);
        }
        conflict_clause();
        if (clause.kind == ClauseKind::primary_key) reader_.accept("AUTOINCREMENT");
    }

    void generated(ParsedClause& clause) {
        if (reader_.accept("GENERATED")) reader_.expect("ALWAYS");
        reader_.expect("AS");
        clause.kind = ClauseKind::generated;
        clause.body = trimmed(reader_.parenthesised());
        clause.stored = reader_.accept("STORED");
        if (!clause.stored) reader_.accept("VIRTUAL");
    }

    std::string default_text() {
        if (reader_.at_symbol("(")) return trimmed(reader_.parenthesised());
        std::size_t const begin = reader_.offset();
        if (!reader_.accept_symbol("-")) reader_.accept_symbol("+");
        reader_.take();
        return std::string{text_.substr(begin, reader_.last_end() - begin)};
    }

    void conflict_clause() {
        if (!reader_.at("ON") || !reader_.then("CONFLICT")) return;
        reader_.take();
        reader_.take();
        reader_.take();
    }

    ParsedClause table_constraint() {
        std::size_t const begin = reader_.offset();
        auto const name = constraint_name();
        ParsedClause clause{.kind = ClauseKind::null, .name = name.value_or("")};
        if (reader_.accept("PRIMARY")) {
            reader_.expect("KEY");
            clause.kind = ClauseKind::primary_key;
            clause.columns = key_columns();
        } else if (reader_.accept("UNIQUE")) {
            clause.kind = ClauseKind::unique;
            clause.columns = key_columns();
        } else if (reader_.accept("CHECK")) {
            clause.kind = ClauseKind::check;
            clause.body = trimmed(reader_.parenthesised());
        } else if (reader_.accept("FOREIGN")) {
            reader_.expect("KEY");
            clause.kind = ClauseKind::references;
            clause.reference = reference(key_columns(), clause.name);
        } else if (!at_end_of_item()) {
            reader_.fail("a constraint");
        }
        conflict_clause();
        clause.span = {begin, reader_.last_end()};
        return clause;
    }

    // (a COLLATE nocase ASC, "b" DESC AUTOINCREMENT)
    std::vector<Name> key_columns() {
        std::vector<Name> columns;
        reader_.expect_symbol("(");
        do {
            columns.emplace_back(reader_.name());
            while (!at_end_of_item()) reader_.take();
        } while (reader_.accept_symbol(","));
        reader_.expect_symbol(")");
        return columns;
    }

    ForeignKey reference(std::vector<Name> columns, std::string name) {
        reader_.expect("REFERENCES");
        ForeignKey key{.name = std::move(name), .columns = std::move(columns), .table = Name{reader_.name()}};
        if (reader_.at_symbol("(")) key.referenced = key_columns();
        for (;;) {
            if (reader_.accept("MATCH")) {
                reader_.name();
            } else if (reader_.at("ON")) {
                referential_action(key);
            } else if (reader_.at("DEFERRABLE") || (reader_.at("NOT") && reader_.then("DEFERRABLE"))) {
                key.deferred = deferral();
            } else {
                return key;
            }
        }
    }

    void referential_action(ForeignKey& key) {
        reader_.expect("ON");
        bool const on_delete = reader_.at("DELETE");
        bool const on_update = reader_.at("UPDATE");
        reader_.take();
        std::string action = upper(reader_.take().text);
        if (action == "SET" || action == "NO") action += " " + upper(reader_.take().text);
        if (on_delete) key.on_delete = action;
        if (on_update) key.on_update = action;
    }

    // NOT DEFERRABLE INITIALLY DEFERRED is immediate.
    bool deferral() {
        bool const never = reader_.accept("NOT");
        reader_.expect("DEFERRABLE");
        if (!reader_.accept("INITIALLY")) return false;
        bool const deferred = reader_.at("DEFERRED");
        reader_.take();
        return deferred && !never;
    }

    std::string_view text_;
    TokenReader reader_;
};

}  // namespace

ParsedColumn const* ParsedTable::find(Name const& column) const noexcept {
    auto const found =
        std::find_if(columns.begin(), columns.end(), [&](ParsedColumn const& other) { return other.name == column; });
    return found == columns.end() ? nullptr : &*found;
}

ParsedTable parse_table(std::string_view create_table) { return TableParser{create_table}.parse(); }

}  // namespace evolver::sqlite
