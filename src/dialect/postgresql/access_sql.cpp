#include "dialect/postgresql/access_sql.hpp"

#include "dialect/postgresql/connection.hpp"
#include "dialect/postgresql/rule_sql.hpp"
#include "evolver/dialect/access_error.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <optional>

namespace evolver::postgresql {

namespace {

bool names(std::vector<Name> const& all, Name const& wanted) {
    return std::find(all.begin(), all.end(), wanted) != all.end();
}

/// `expression` with each of these columns as `spelling` has it.
std::string substituted(std::string_view expression, std::vector<Name> const& columns, Spelling const& spelling) {
    return replace_columns(expression, [&](std::string const& name) -> std::optional<std::string> {
        if (!names(columns, Name{name})) return std::nullopt;
        return spelling(Name{name});
    });
}

std::vector<Name> names_of(std::vector<Column> const& columns) {
    std::vector<Name> all;
    for (auto const& column : columns) all.push_back(column.name);
    return all;
}

template <class Part>
std::string joined(std::size_t count, std::string_view separator, Part const& part) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? std::string{separator} : "") + part(i);
    return text;
}

/// In parentheses; the line ends before the last of them, because the expression may end with a comment.
std::string grouped(std::string const& expression) { return "(" + expression + "\n)"; }

/// The type without its length: a cast cuts off what does not fit, and storing it raises an error, as it has to.
std::string unlimited(Type const& type) {
    auto words = type_words(type, Engine::postgresql);
    for (auto const& [limited, without] : {std::pair{"character varying(", "character varying"},
                                           {"varchar(", "varchar"},
                                           {"character(", "bpchar"},
                                           {"char(", "bpchar"},
                                           {"bit varying(", "bit varying"},
                                           {"bit(", "bit varying"}}) {
        if (words.starts_with(limited)) return without + (words.ends_with("[]") ? std::string{"[]"} : std::string{});
    }
    return words;
}

std::string typed(std::string const& value, Type const& type) {
    return "CAST(" + grouped(value) + " AS " + type_words(type, Engine::postgresql) + ")";
}

/// A text that no row ever holds: the statement fails in these words. A cast of a text that is no number is the one way to make a plain
/// statement fail there. The planner computes what is constant beforehand, whether it is needed or not; what is made from random() it does not.
std::string failing(std::string const& why) {
    return "CAST(CAST(" + literal("evolver: " + why) + " || left(CAST(random() AS text), 0) AS integer) AS text)";
}

std::string const* found(std::vector<std::pair<Name, std::string>> const& written, Name const& column) {
    auto const at = std::ranges::find_if(written, [&](auto const& one) { return one.first == column; });
    return at == written.end() ? nullptr : &at->second;
}

}  // namespace

std::string AccessSql::table() const { return in_schema(schema_, shape_.physical_table().text()); }

OpenPair const* AccessSql::pair_of(Name const& column) const {
    for (auto open = shape_.pairs.rbegin(); open != shape_.pairs.rend(); ++open) {
        if (names(names_of(open->pair.to), column)) return &*open;
    }
    return nullptr;
}

Column const* AccessSql::stored(Name const& column) const {
    auto const at = std::ranges::find_if(shape_.physical, [&](Column const& one) { return one.name == column; });
    return at == shape_.physical.end() ? nullptr : &*at;
}

/// As a value of the column's type; a placeholder on its own has none.
std::string AccessSql::typed(Name const& column, std::string const& value) const {
    auto const* known = stored(column);
    if (auto const* open = pair_of(column); known == nullptr && open != nullptr)
        known = &*std::ranges::find_if(open->pair.to, [&](Column const& one) { return one.name == column; });
    return known == nullptr ? value : "CAST(" + grouped(value) + " AS " + unlimited(known->type) + ")";
}

std::string AccessSql::breaks(Rule const& rule, Spelling const& value, std::string const& other_row) const {
    // Within the query for another row, a bare name would be a column of that.
    std::vector<Name> const physical = names_of(shape_.physical);
    auto const of_this_row = [&](Name const& column) {
        return substituted(value(column), physical,
                           [this](Name const& name) { return table() + "." + as_column(name); });
    };
    return broken(rule, rule_words(schema_), of_this_row,
                  {.row = other_row, .value = [this](Name const& column) { return read_other(column); }});
}

std::string AccessSql::read_other(Name const& column) const {
    auto const* const open = pair_of(column);
    if (open != nullptr && open->pair.kind == PairKind::alias && open->stage != Stage::complete)
        return read_other(open->pair.from.front());
    if (open == nullptr || open->stage != Stage::off) return "evolver_other." + as_column(column);
    for (std::size_t i = 0; i < open->pair.to.size(); ++i) {
        if (open->pair.to[i].name == column)
            return grouped(substituted(open->pair.up[i].text(Engine::postgresql), open->pair.from,
                                       [&](Name const& from) { return read_other(from); }));
    }
    return "evolver_other." + as_column(column);
}

std::string AccessSql::read(Name const& column) const {
    auto value = read_as_is(column);
    for (auto const& rule : shape_.rules) {
        for (auto const& one : rule.clean) {
            if (!(one.column == column)) continue;
            auto const spelling = [&](Name const& name) { return grouped(name == column ? value : read_as_is(name)); };
            auto const own = [&](Name const& name) { return table() + "." + as_column(name); };
            auto const mended = substituted(one.value.text(Engine::postgresql), shape_.columns, spelling);
            value = "CASE WHEN " + breaks(rule, spelling, earlier_row(shape_.key, own)) + " THEN " +
                    typed(column, mended) + " ELSE " + value + " END";
        }
    }
    return value;
}

std::string AccessSql::read_as_is(Name const& column) const {
    auto const* const open = pair_of(column);
    if (open == nullptr || open->stage == Stage::complete) return as_column(column);
    auto const& pair = open->pair;
    // The old column says the same in every row, and has the indexes.
    if (pair.kind == PairKind::alias) return read(pair.from.front());
    if (open->stage == Stage::switched) return as_column(column);
    if (open->stage == Stage::dual) return read_filled(*open, column);
    for (std::size_t i = 0; i < pair.to.size(); ++i) {
        if (!(pair.to[i].name == column)) continue;
        return postgresql::typed(substituted(pair.up[i].text(Engine::postgresql), pair.from,
                                             [&](Name const& from) { return grouped(read(from)); }),
                                 pair.to[i].type);
    }
    return as_column(column);
}

NamedPair const* AccessSql::named_pair(OpenPair const& open) const {
    if (open.pair.to.empty()) return nullptr;
    auto const named = std::ranges::find_if(
        pairs_, [&](NamedPair const& one) { return one.pair.to.front().column == open.pair.to.front().name; });
    return named == pairs_.end() ? nullptr : &*named;
}

std::string AccessSql::read_filled(OpenPair const& open, Name const& column) const {
    auto const& to = open.pair.to;
    auto const* const named = named_pair(open);
    if (named == nullptr) return as_column(column);
    auto const at = static_cast<std::size_t>(
        std::ranges::find_if(to, [&](Column const& one) { return one.name == column; }) - to.begin());
    // Without triggers the new column may be older than the old one, too.
    auto const is_behind = named->refilled ? "NOT " + is_in_sync(*named) : all_null(named->pair.to);
    return "CASE WHEN " + is_behind + " THEN " +
           converted_up(*named, at, [&](Name const& from) { return read(from); }) + " ELSE " + as_column(column) +
           " END";
}

/// Before expand there is only the old column, and what it cannot hold would be lost. Only the server can tell, for the value at hand.
std::string AccessSql::held(OpenPair const& open, Written const& given, std::string value) const {
    auto const& pair = open.pair;
    auto const& old_column = pair.from.front();
    auto const kept = joined(pair.to.size(), " AND ", [&](std::size_t i) {
        auto const back = substituted(pair.up[i].text(Engine::postgresql), pair.from, [&](Name const& from) {
            auto const* const carried = found(given, from);
            return grouped(carried == nullptr ? read(from) : *carried);
        });
        return "record_image_eq(ROW(" + postgresql::typed(*found(given, pair.to[i].name), pair.to[i].type) + "), ROW(" +
               postgresql::typed(back, pair.to[i].type) + "))";
    });
    auto const* const own = stored(old_column);
    auto const why = pair.table.text() + "." + old_column.text() +
                     " cannot hold this value, and the new column is not there before expand()";
    return "CASE WHEN " + kept + " THEN " + value + " ELSE " +
           postgresql::typed(failing(why), own == nullptr ? declared("text") : own->type) + " END";
}

void AccessSql::put_defaults(Written& written) const {
    for (auto const& one : shape_.defaults) {
        if (found(written, one.column) != nullptr || !shape_.has(one.column)) continue;
        written.emplace_back(one.column, one.value ? grouped(one.value->text(Engine::postgresql)) : "NULL");
    }
}

/// An older column whose default this release has changed before another one took its place: sync would carry the table's own over.
void AccessSql::put_older_defaults(OpenPair const& open, Written& written) const {
    auto const& pair = open.pair;
    bool const is_written =
        std::ranges::any_of(pair.to, [&](Column const& one) { return found(written, one.name) != nullptr; });
    if (pair.kind != PairKind::computed || open.stage == Stage::complete || is_written) return;
    for (auto const& one : shape_.defaults) {
        if (found(written, one.column) == nullptr && names(pair.from, one.column))
            written.emplace_back(one.column, one.value ? grouped(one.value->text(Engine::postgresql)) : "NULL");
    }
}

/// Where the insert leaves out what no trigger carries over, the old columns get the defaults that they have, and the new ones what that makes of them.
void AccessSql::put_carried_defaults(OpenPair const& open, Written& written) const {
    auto const& pair = open.pair;
    bool const both_are_there = open.stage == Stage::dual || open.stage == Stage::switched;
    bool const is_written =
        std::ranges::any_of(pair.to, [&](Column const& one) { return found(written, one.name) != nullptr; });
    auto const* const named = named_pair(open);
    if (open.sync == Sync::triggers || !both_are_there || is_written || named == nullptr) return;
    Written old;
    bool any = false;
    for (auto const& from : pair.from) {
        auto const* const known = stored(from);
        if (known == nullptr) return;
        auto const* const given = found(written, from);
        auto const own = known->default_value ? known->default_value->text(Engine::postgresql) : std::string{};
        // Of an identity nobody knows the next value.
        bool const has_own = !own.empty() && own != "DEFAULT";
        any = any || given != nullptr || has_own;
        auto const value = given != nullptr ? *given : has_own ? grouped(own) : std::string{"NULL"};
        old.emplace_back(from, "CAST(" + value + " AS " + unlimited(known->type) + ")");
    }
    if (!any) return;
    for (std::size_t i = 0; i < pair.to.size(); ++i)
        written.emplace_back(pair.to[i].name,
                             converted_up(*named, i, [&](Name const& from) { return *found(old, from); }));
}

void AccessSql::hold_to_rules(Written& written, Kind kind) const {
    if (written.empty()) return;
    auto const own = [&](Name const& column) { return table() + "." + as_column(column); };
    // What a column holds after the statement.
    auto const value = [&](Name const& column) {
        if (auto const* given = found(written, column)) return typed(column, *given);
        if (kind == Kind::update) return grouped(read(column));
        auto const* const there = stored(column);
        auto const text =
            there != nullptr && there->default_value ? there->default_value->text(Engine::postgresql) : "";
        // Of an identity nobody knows the next value.
        return typed(column, text.empty() || text == "DEFAULT" ? "NULL" : text);
    };
    std::string guards;
    for (auto const& rule : shape_.rules) {
        bool const touched =
            std::ranges::any_of(rule.columns, [&](Name const& column) { return found(written, column) != nullptr; });
        auto const& first = rule.columns.front();
        if (!touched && kind == Kind::insert && rule.kind == RuleKind::not_null) {
            auto const* const there = stored(first);
            if (there == nullptr || !there->default_value)
                throw AccessError{Failure{.what = "The insert into \"" + rule.table.text() + "\" lacks the column \"" +
                                                  first.text() + "\", which is NOT NULL in this release.",
                                          .object = rule.table.text() + "." + first.text(),
                                          .instead = "name it in the insert, or give it a default: SetDefault"}};
        }
        if (!touched) continue;
        guards += " WHEN " + breaks(rule, value, kind == Kind::update ? another_row(shape_.key, own) : "") + " THEN " +
                  typed(written.front().first, failing("this release keeps the rule that " + name_of(rule)));
    }
    if (!guards.empty())
        written.front().second =
            "CASE" + guards + " ELSE " + typed(written.front().first, written.front().second) + " END";
}

void AccessSql::carry_back(OpenPair const& open, Written& written, bool inserts) const {
    auto const& pair = open.pair;
    if (open.stage == Stage::complete) return;
    auto const spelling = [&](Name const& column) {
        auto const* const value = found(written, column);
        if (value != nullptr) return *value;
        throw AccessError{Failure{.what = "The insert into \"" + shape_.table.text() + "\" lacks the column \"" +
                                          column.text() + "\", without which the old column \"" +
                                          pair.from.front().text() + "\" cannot be computed.",
                                  .object = shape_.table.text() + "." + column.text(),
                                  .instead = "name it in the insert; bind NULL where there is no value"}};
    };
    if (pair.kind == PairKind::dropped) {
        bool const trigger_does = open.stage != Stage::off && open.sync == Sync::triggers;
        if (!inserts || pair.down.empty() || trigger_does) return;
        auto all = shape_.columns;
        for (auto const& column : shape_.physical) all.push_back(column.name);
        written.emplace_back(pair.from.front(), substituted(pair.down.front().text(Engine::postgresql), all, spelling));
        return;
    }
    auto const targets = names_of(pair.to);
    if (std::ranges::none_of(targets, [&](Name const& one) { return found(written, one) != nullptr; })) return;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        if (found(written, targets[i]) != nullptr) continue;
        if (inserts) (void)spelling(targets[i]);
        written.emplace_back(targets[i], read(targets[i]));
    }
    Written given = written;
    auto const put = [&](Name const& old_column, std::string value) {
        given.emplace_back(old_column, value);
        written.emplace_back(old_column, std::move(value));
    };
    if (pair.kind == PairKind::alias) {
        put(pair.from.front(), *found(given, targets.front()));
    } else {
        for (std::size_t i = 0; i < pair.from.size(); ++i) {
            put(pair.from[i], substituted(pair.down[i].text(Engine::postgresql), targets, [&](Name const& target) {
                    auto const at = std::ranges::find(targets, target) - targets.begin();
                    return postgresql::typed(*found(given, target), pair.to[static_cast<std::size_t>(at)].type);
                }));
        }
    }
    if (open.stage != Stage::off) return;
    if (pair.kind != PairKind::alias) {
        auto& first = *std::ranges::find_if(written, [&](auto const& one) { return one.first == pair.from.front(); });
        first.second = held(open, given, first.second);
    }
    std::erase_if(written, [&](auto const& one) { return names(targets, one.first); });
}

std::string AccessSql::insert(std::vector<Name> const& columns) const {
    auto const binds = placeholders_of(shape_, columns);
    Written written;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        require_column(shape_, columns[i]);
        if (found(written, columns[i]) != nullptr)
            throw AccessError{Failure{.what = "Column \"" + columns[i].text() + "\" is written twice in one statement.",
                                      .object = columns[i].text()}};
        written.emplace_back(columns[i], binds[i]);
    }
    // The table has them only after contract.
    put_defaults(written);
    for (auto open = shape_.pairs.rbegin(); open != shape_.pairs.rend(); ++open) {
        for (auto const& column : open->pair.to) {
            if (column.default_value && found(written, column.name) == nullptr)
                written.emplace_back(column.name, grouped(column.default_value->text(Engine::postgresql)));
        }
        put_older_defaults(*open, written);
        auto const before = written.size();
        put_carried_defaults(*open, written);
        if (written.size() == before) carry_back(*open, written, true);
    }
    hold_to_rules(written, Kind::insert);
    auto const into = "INSERT INTO " + table();
    if (written.empty()) return into + " DEFAULT VALUES";
    auto const count = written.size();
    return into + " (" + joined(count, ", ", [&](std::size_t i) { return as_column(written[i].first); }) +
           ") VALUES (" + joined(count, ", ", [&](std::size_t i) { return written[i].second; }) + ")";
}

std::string AccessSql::update(std::vector<Assignment> const& assignments) const {
    require_any(shape_, !assignments.empty(), "An update");
    Written written;
    for (auto const& one : assignments) {
        require_column(shape_, one.column);
        if (found(written, one.column) != nullptr)
            throw AccessError{Failure{.what = "Column \"" + one.column.text() + "\" is written twice in one statement.",
                                      .object = one.column.text()}};
        written.emplace_back(one.column, substituted(one.value, shape_.columns, [&](Name const& column) {
                                 require_column(shape_, column);
                                 auto const value = read(column);
                                 return value == as_column(column) ? value : grouped(value);
                             }));
    }
    for (auto open = shape_.pairs.rbegin(); open != shape_.pairs.rend(); ++open) {
        carry_back(*open, written, false);
    }
    hold_to_rules(written, Kind::update);
    return "UPDATE " + table() + " SET " + joined(written.size(), ", ", [&](std::size_t i) {
               return as_column(written[i].first) + " = " + written[i].second;
           });
}

std::string AccessSql::remove() const {
    require_table(shape_);
    return "DELETE FROM " + table();
}

std::string AccessSql::from(std::string_view alias) const {
    std::vector<std::string> parts;
    bool bare = true;
    for (auto const& column : shape_.columns) {
        if (names(shape_.absent, column)) continue;
        auto const value = read(column);
        bare = bare && value == as_column(column);
        parts.push_back(value + " AS " + as_column(column));
    }
    if (parts.empty()) {
        throw AccessError{Failure{.what = "The database has no table \"" + shape_.table.text() +
                                          "\" yet: the migration that makes it is not expanded.",
                                  .object = shape_.table.text(),
                                  .instead = "let a process that may change the schema call expand() first"}};
    }
    if (bare) return table() + " AS " + quoted(alias);
    return "(SELECT " + joined(parts.size(), ", ", [&](std::size_t i) { return parts[i]; }) + " FROM " + table() +
           ") AS " + quoted(alias);
}

std::string AccessSql::select(std::vector<Name> const& columns) const {
    require_any(shape_, !columns.empty(), "A select");
    for (auto const& column : columns) require_column(shape_, column);
    return "SELECT " + joined(columns.size(), ", ", [&](std::size_t i) { return as_column(columns[i]); }) + " FROM " +
           from(shape_.table.text());
}

std::string AccessSql::column(Name const& column) const {
    require_column(shape_, column);
    auto const value = read(column);
    return value == as_column(column) ? value : grouped(value);
}

}  // namespace evolver::postgresql
