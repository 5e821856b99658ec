#include "dialect/postgresql/access_sql.hpp"

#include "dialect/postgresql/connection.hpp"
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

std::string typed(std::string const& value, Type const& type) {
    return "CAST(" + grouped(value) + " AS " + type_words(type, Engine::postgresql) + ")";
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

std::string AccessSql::read(Name const& column) const {
    auto const* const open = pair_of(column);
    if (open == nullptr || open->stage == Stage::switched || open->stage == Stage::complete) return as_column(column);
    if (open->stage == Stage::dual) return read_filled(*open, column);
    auto const& pair = open->pair;
    if (pair.kind == PairKind::alias) return read(pair.from.front());
    for (std::size_t i = 0; i < pair.to.size(); ++i) {
        if (!(pair.to[i].name == column)) continue;
        return typed(substituted(pair.up[i].text(Engine::postgresql), pair.from,
                                 [&](Name const& from) { return grouped(read(from)); }),
                     pair.to[i].type);
    }
    return as_column(column);
}

std::string AccessSql::read_filled(OpenPair const& open, Name const& column) const {
    auto const& to = open.pair.to;
    auto const named = std::ranges::find_if(
        pairs_, [&](NamedPair const& one) { return one.pair.to.front().column == to.front().name; });
    if (named == pairs_.end()) return as_column(column);
    auto const at = static_cast<std::size_t>(
        std::ranges::find_if(to, [&](Column const& one) { return one.name == column; }) - to.begin());
    return "CASE WHEN " + all_null(named->pair.to) + " THEN " +
           converted_up(*named, at, [&](Name const& from) { return read(from); }) + " ELSE " + as_column(column) +
           " END";
}

/// Before expand there is only the old column, and what it cannot hold would be lost. Only the server can tell, for the value at hand. A cast of a
/// text that is no number is the one way to make a plain statement fail there, and its words say why; as they are made from the value, the
/// planner does not compute them beforehand.
std::string AccessSql::held(OpenPair const& open, Written const& given, std::string value) const {
    auto const& pair = open.pair;
    auto const& old_column = pair.from.front();
    auto const kept = joined(pair.to.size(), " AND ", [&](std::size_t i) {
        auto const back = substituted(pair.up[i].text(Engine::postgresql), pair.from, [&](Name const& from) {
            auto const* const carried = found(given, from);
            return grouped(carried == nullptr ? read(from) : *carried);
        });
        return "record_image_eq(ROW(" + typed(*found(given, pair.to[i].name), pair.to[i].type) + "), ROW(" +
               typed(back, pair.to[i].type) + "))";
    });
    auto const stored =
        std::ranges::find_if(shape_.physical, [&](Column const& one) { return one.name == old_column; });
    auto const type = stored == shape_.physical.end() ? declared("text") : stored->type;
    auto const why = literal("evolver: " + pair.table.text() + "." + old_column.text() +
                             " cannot hold this value, and the new column is not there before expand()");
    return "CASE WHEN " + kept + " THEN " + value + " ELSE CAST(CAST(CAST(" + why + " || left(CAST(" + value +
           " AS text), 0) AS integer) AS text) AS " + type_words(type, Engine::postgresql) + ") END";
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
        if (!inserts || pair.down.empty() || open.stage != Stage::off) return;  // from expand on, the trigger does it
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
                    return typed(*found(given, target), pair.to[static_cast<std::size_t>(at)].type);
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
    for (auto open = shape_.pairs.rbegin(); open != shape_.pairs.rend(); ++open) {
        // The table has them only after contract.
        for (auto const& column : open->pair.to) {
            if (column.default_value && found(written, column.name) == nullptr)
                written.emplace_back(column.name, grouped(column.default_value->text(Engine::postgresql)));
        }
        carry_back(*open, written, true);
    }
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
