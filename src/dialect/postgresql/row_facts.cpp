#include "dialect/postgresql/row_facts.hpp"

#include "dialect/postgresql/conversion.hpp"
#include "dialect/postgresql/inspect.hpp"
#include "dialect/postgresql/render.hpp"
#include "dialect/postgresql/rule_sql.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace evolver::postgresql {

RowFacts::RowFacts(Connection const& connection, std::string schema, Schema live,
                   std::chrono::milliseconds lock_timeout)
    : connection_{connection}, schema_{std::move(schema)}, live_{std::move(live)}, lock_timeout_{lock_timeout} {}

std::int64_t RowFacts::now() const { return connection_.integer("SELECT CAST(extract(epoch FROM now()) AS bigint)"); }

std::optional<Table> RowFacts::table(Name const& table) const {
    auto const* const found = live_.find_table(table);
    return found == nullptr ? std::nullopt : std::optional{*found};
}

bool RowFacts::has(Name const& table, std::vector<Name> const& columns) const {
    auto const* const found = live_.find_table(table);
    return found != nullptr &&
           std::ranges::all_of(columns, [&](Name const& column) { return found->find(column) != nullptr; });
}

Count RowFacts::asked(std::vector<std::string> const& before, std::string const& question) const {
    if (auto const known = answers_.find(question); known != answers_.end()) return known->second;
    Count answer;
    try {
        Transaction const never_committed{connection_, lock_timeout_};
        for (auto const& sql : before) connection_.run(sql);
        answer = connection_.integer(question);
    } catch (EngineError const& error) {
        if (error.retry_helps() || connection_.is_lost()) throw;
    }
    return answers_[question] = answer;
}

Count RowFacts::count_rows(Name const& table) const {
    auto const* const found = live_.find_table(table);
    return found == nullptr ? std::nullopt : asked({}, postgresql::count_rows(schema_, found->name));
}

Count RowFacts::count_values(Name const& table, Name const& column) const {
    if (!has(table, {column})) return std::nullopt;
    auto const& found = *live_.find_table(table);
    return asked({}, fmt::format("SELECT count({}) FROM {}", quoted(found.find(column)->name.text()),
                                 in_schema(schema_, found.name.text())));
}

Count RowFacts::count_duplicates(Index const& index) const {
    std::string keys;
    std::string condition = index.where ? "(" + index.where->text(Engine::postgresql) + ")" : "true";
    std::vector<Name> columns;
    for (auto const& part : index.parts) {
        auto const& text = part.expression.text(Engine::postgresql);
        auto const key = (part.column ? quoted(text) : "(" + text + ")") +
                         (part.collation.empty() ? "" : " COLLATE " + quoted(part.collation));
        if (part.column) columns.emplace_back(text);
        keys += (keys.empty() ? "" : ", ") + key;
        condition += " AND " + key + " IS NOT NULL";
    }
    if (!has(index.table, columns)) return std::nullopt;
    return asked({}, fmt::format("SELECT CAST(coalesce(sum(more), 0) AS bigint) FROM (SELECT count(*) - 1 AS more FROM "
                                 "{} WHERE {} GROUP BY {} HAVING count(*) > 1) AS repeated",
                                 in_schema(schema_, live_.find_table(index.table)->name.text()), condition, keys));
}

Count RowFacts::count_broken(Rule const& rule) const {
    if (!is_there(rule, live_)) return std::nullopt;
    return asked({},
                 postgresql::count_broken(PhysicalRule{
                     .rule = rule, .schema = schema_, .key = row_key(connection_, schema_, rule.table), .row = {}}));
}

Count RowFacts::count_lost(Pair const& pair) const {
    if (!has(pair.table, pair.from) || pair.up.empty() || pair.down.size() != pair.from.size()) return std::nullopt;
    auto const& table = *live_.find_table(pair.table);
    // A value that cannot be converted is lost, and no reason to stop counting: that is what the functions of a pair are for. They, and the new
    // columns, which are not there yet, live in a schema that is rolled back.
    NamedPair named{.pair = {.table = table.name, .from = {}, .to = {}, .up = {}, .down = {}},
                    .schema = "evolver_lint_" + connection_.text("SELECT pg_backend_pid()"),
                    .tag = "lint"};
    for (auto const& name : pair.from) {
        auto const& column = *table.find(name);
        named.pair.from.push_back({.column = column.name,
                                   .type = type_words(column.type, Engine::postgresql),
                                   .collated = !column.collation.empty()});
    }
    for (auto const& column : pair.to)
        named.pair.to.push_back({.column = column.name, .type = type_words(column.type, Engine::postgresql)});
    for (auto const& up : pair.up) named.pair.up.push_back(up.text(Engine::postgresql));
    for (auto const& down : pair.down) named.pair.down.push_back(down.text(Engine::postgresql));
    std::vector<std::string> before{"CREATE SCHEMA " + quoted(named.schema)};
    auto const functions = conversion_functions(named);
    before.insert(before.end(), functions.begin(), functions.end());
    std::string columns;
    for (auto const& side : named.pair.from) columns += quoted(side.column.text()) + ", ";
    for (std::size_t i = 0; i < named.pair.to.size(); ++i)
        columns += (i > 0 ? ", " : "") + converted_up(named, i) + " AS " + quoted(named.pair.to[i].column.text());
    return asked(before, fmt::format("SELECT count(*) FROM (SELECT {} FROM {}) AS evolver_rows WHERE NOT {}", columns,
                                     in_schema(schema_, table.name.text()), is_lossless(named)));
}

}  // namespace evolver::postgresql
