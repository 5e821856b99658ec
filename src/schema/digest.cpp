#include "evolver/schema/digest.hpp"

#include "schema/canonical.hpp"

#include "evolver/schema/tokens.hpp"

#include <blake2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>

namespace evolver {

namespace {

bool starts_with_identifier(std::string_view name, std::string_view prefix) {
    return name.size() >= prefix.size() && same_identifier(name.substr(0, prefix.size()), prefix);
}

// Tombstones (evolver_gone_...) and everything of evolver's own have no meaning to an application.
bool is_ours(Name const& name) { return starts_with_identifier(name.text(), "evolver_"); }
bool is_tombstone(Name const& column) { return starts_with_identifier(column.text(), "evolver_gone_"); }

std::string in_quotes(std::string_view name) {
    std::string text = "\"";
    for (char const letter : name) {
        text += letter;
        if (letter == '"') text += '"';
    }
    return text + '"';
}

/// The name in a form in which equal names are equal texts; bare where it is a plain word.
std::string folded(Name const& name) { return normalised(in_quotes(name.text())); }

std::string folded(std::vector<Name> const& names) {
    std::string text;
    for (Name const& name : names) text += (text.empty() ? "" : ", ") + folded(name);
    return "(" + text + ")";
}

/// Does one pair of parentheses hold all of the tokens?
bool is_wrapped(std::vector<Token> const& significant) {
    if (significant.size() < 3 || significant.front().text != "(") return false;
    std::size_t depth = 0;
    for (std::size_t i = 0; i < significant.size(); ++i) {
        if (significant[i].kind != TokenKind::symbol) continue;
        if (significant[i].text == "(") ++depth;
        if (significant[i].text == ")" && --depth == 0) return i + 1 == significant.size();
    }
    return false;
}

/// An expression's text by meaning: normalised, without parentheses around the whole.
std::string meaning_of(std::string_view sql) {
    for (auto significant = significant_tokens(sql); is_wrapped(significant); significant = significant_tokens(sql)) {
        auto const begin = significant.front().offset + 1;
        sql = sql.substr(begin, significant.back().offset - begin);
    }
    return normalised(sql);
}

std::string meaning_of(Expression const& expression, Engine engine) { return meaning_of(expression.text(engine)); }

/// The engine's default collation may be written or not.
std::string folded_collation(std::string const& collation, Engine engine) {
    if (collation.empty() || (engine == Engine::sqlite && same_identifier(collation, "BINARY"))) return {};
    return folded(Name{collation});
}

/// Can a row tell whether the column accepts NULL? A rowid key never holds NULL, and a NULL written to it becomes a
/// number; the other keys in question are NOT NULL by themselves.
bool nullable_counts(Table const& table, Column const& column, Engine engine) {
    auto const key = table.key_columns();
    if (std::find(key.begin(), key.end(), column.name) == key.end()) return true;
    if (engine != Engine::sqlite || table.without_rowid || table.strict) return false;
    return !is_rowid_key(table, column);
}

std::string description_of(Table const& table, Column const& column, Engine engine) {
    std::string text = folded_type_words(type_words(table, column, engine));
    std::transform(text.begin(), text.end(), text.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    if (text.empty()) text = "untyped";
    if (!column.nullable && nullable_counts(table, column, engine)) text += " not null";
    if (auto const collation = folded_collation(column.collation, engine); !collation.empty())
        text += " collate " + collation;
    if (column.default_value) {
        auto const value = meaning_of(*column.default_value, engine);
        if (value != "null") text += " default " + value;
    }
    // Kept in the row or computed when read: no statement can tell.
    if (column.generated) text += " generated as ( " + meaning_of(*column.generated, engine) + " )";
    return text;
}

/// Collects the objects of one schema.
class Describer {
public:
    Describer(Schema const& schema, Engine engine) : schema_{schema}, engine_{engine} {
        for (Table const& table : schema.tables) {
            if (!is_ours(table.name)) add_table(table);
        }
        for (Index const& index : schema.indexes) {
            if (!is_ours(index.name) && !is_ours(index.table)) add_index(index);
        }
        for (View const& view : schema.views) {
            if (!is_ours(view.name)) add("view", view.name, definition_of(view.sql));
        }
        for (Trigger const& trigger : schema.triggers) {
            if (!is_ours(trigger.name)) add("trigger", trigger.name, definition_of(trigger.sql));
        }
        std::sort(objects_.begin(), objects_.end(),
                  [](auto const& left, auto const& right) { return order(left) < order(right); });
        auto const end = std::unique(objects_.begin(), objects_.end(),
                                     [](auto const& left, auto const& right) { return order(left) == order(right); });
        objects_.erase(end, objects_.end());
    }

    std::vector<CanonicalObject> objects() && { return std::move(objects_); }

private:
    static std::tuple<std::string const&, std::string const&> order(CanonicalObject const& object) {
        return {object.key, object.description};
    }

    void add(std::string const& kind, Name const& name, std::string description) {
        objects_.push_back({.key = kind + " " + folded(name),
                            .object = kind + " " + name.text(),
                            .owner = {},
                            .description = std::move(description)});
    }

    void add_part(std::string const& kind, Table const& table, std::string const& part, std::string const& shown,
                  std::string description) {
        objects_.push_back({.key = kind + " " + folded(table.name) + part,
                            .object = kind + " " + table.name.text() + shown,
                            .owner = "table " + folded(table.name),
                            .description = std::move(description)});
    }

    void add_table(Table const& table) {
        std::string description = "primary key " + folded(table.key_columns());
        if (table.key_columns().empty()) description = "no primary key";
        if (engine_ == Engine::sqlite) {
            if (table.autoincrement) description += " autoincrement";
            if (table.without_rowid) description += " without rowid";
            if (table.strict) description += " strict";
        }
        add("table", table.name, std::move(description));
        for (Column const& column : table.columns) {
            if (is_tombstone(column.name)) continue;
            add_part("column", table, "." + folded(column.name), "." + column.name.text(),
                     description_of(table, column, engine_));
        }
        for (Check const& check : table.checks) {
            auto const condition = meaning_of(check.condition, engine_);
            add_part("check", table, " ( " + condition + " )", " ( " + condition + " )", "check ( " + condition + " )");
        }
        for (UniqueKey const& key : table.unique_keys) add_unique_key(table, key);
        for (ForeignKey const& key : table.foreign_keys) add_foreign_key(table, key);
    }

    void add_unique_key(Table const& table, UniqueKey const& key) {
        // What is unique together is so in any order.
        auto columns = key.columns;
        std::sort(columns.begin(), columns.end(),
                  [](Name const& left, Name const& right) { return folded(left) < folded(right); });
        add_part("unique key", table, folded(columns), folded(columns), "unique " + folded(columns));
    }

    void add_foreign_key(Table const& table, ForeignKey const& key) {
        auto referenced = key.referenced;
        if (referenced.empty()) {
            if (Table const* target = schema_.find_table(key.table)) referenced = target->key_columns();
        }
        std::string description = "references " + folded(key.table) + folded(referenced);
        description += " on delete " + normalised(key.on_delete) + " on update " + normalised(key.on_update);
        if (key.deferred) description += " deferred";
        add_part("foreign key", table, folded(key.columns), folded(key.columns), std::move(description));
    }

    void add_index(Index const& index) {
        std::string parts;
        for (IndexPart const& part : index.parts) parts += (parts.empty() ? "" : ", ") + part_of(index, part);
        std::string description = index.unique ? "unique on " : "on ";
        description += folded(index.table) + "(" + parts + ")";
        if (index.where) description += " where " + meaning_of(*index.where, engine_);
        add("index", index.name, std::move(description));
    }

    std::string part_of(Index const& index, IndexPart const& part) const {
        auto const& text = part.expression.text(engine_);
        std::string result = part.column ? folded(Name{text}) : "( " + meaning_of(text) + " )";
        // A collation that is the column's own may be written or not.
        auto const collation =
            part.collation.empty() ? own_collation(index, part) : folded_collation(part.collation, engine_);
        if (!part.column) {
            if (!part.collation.empty())
                result = "( " + meaning_of(text) + " collate " + folded(Name{part.collation}) + " )";
        } else if (!collation.empty()) {
            result += " collate " + collation;
        }
        return part.order == Order::descending ? result + " desc" : result;
    }

    std::string own_collation(Index const& index, IndexPart const& part) const {
        if (!part.column) return {};
        Table const* const table = schema_.find_table(index.table);
        Column const* const column = table == nullptr ? nullptr : table->find(Name{part.expression.text(engine_)});
        return column == nullptr ? std::string{} : folded_collation(column->collation, engine_);
    }

    // A catalogue does not keep IF NOT EXISTS.
    static std::string definition_of(std::string const& sql) {
        auto text = normalised(sql);
        for (std::string const start : {"create view if not exists ", "create trigger if not exists "}) {
            if (text.starts_with(start))
                text.erase(text.find(" if not exists"), std::string_view{" if not exists"}.size());
        }
        return text;
    }

    Schema const& schema_;
    Engine engine_;
    std::vector<CanonicalObject> objects_;
};

/// One object is one line, whatever line ends its string literals hold.
void append_line(std::string& text, CanonicalObject const& object) {
    for (char const letter : object.key + ": " + object.description) {
        if (letter == '\\')
            text += "\\\\";
        else if (letter == '\n')
            text += "\\n";
        else
            text += letter;
    }
    text += '\n';
}

}  // namespace

std::vector<CanonicalObject> canonical_objects(Schema const& schema, Engine engine) {
    return Describer{schema, engine}.objects();
}

std::string digest_of(std::string_view bytes) {
    std::array<std::uint8_t, 16> hash{};
    blake2b(hash.data(), bytes.data(), nullptr, hash.size(), bytes.size(), 0);
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (auto const byte : hash) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

std::string canonical(Schema const& schema, Engine engine) {
    std::string text;
    for (CanonicalObject const& object : canonical_objects(schema, engine)) append_line(text, object);
    return text;
}

std::string digest_of(Schema const& schema, Engine engine) { return digest_of(canonical(schema, engine)); }

}  // namespace evolver
