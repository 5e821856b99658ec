#include "dialect/postgresql/proof.hpp"

#include "dialect/postgresql/connection.hpp"
#include "dialect/postgresql/conversion.hpp"
#include "evolver/schema/digest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::postgresql {

namespace {

std::string listed(std::vector<Name> const& names) {
    std::string text;
    for (auto const& name : names) text += (text.empty() ? "" : ", ") + quoted(name.text());
    return text;
}

/// Until it is settled.
std::string interim_name(std::string_view kind, Name const& table, std::string const& what) {
    return "evolver_" + std::string{kind} + "_" + digest_of(table.text() + '\0' + what).substr(0, 12);
}

Proof proof(std::string const& schema, Name const& table, std::string rule, std::string const& name,
            std::string const& constraint) {
    auto const alter = "ALTER TABLE " + in_schema(schema, table.text());
    return {.table = table,
            .rule = std::move(rule),
            .make = fmt::format("{} ADD CONSTRAINT {} {} NOT VALID", alter, quoted(name), constraint),
            .validate = fmt::format("{} VALIDATE CONSTRAINT {}", alter, quoted(name)),
            .take_back = fmt::format("{} DROP CONSTRAINT IF EXISTS {}", alter, quoted(name))};
}

std::string renamed(std::string const& schema, Name const& table, std::string const& from, std::string const& to) {
    return fmt::format("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", in_schema(schema, table.text()), quoted(from),
                       quoted(to));
}

}  // namespace

Proof prove_not_null(std::string const& schema, Name const& table, Name const& column) {
    return proof(schema, table, table.text() + "." + column.text() + " is not NULL",
                 interim_name("not_null", table, column.text()),
                 fmt::format("CHECK ({} IS NOT NULL)", quoted(column.text())));
}

Proof prove_check(std::string const& schema, Name const& table, Check const& check) {
    auto const condition = check.condition.text(Engine::postgresql);
    return proof(schema, table, table.text() + ": " + condition, interim_name("check", table, check.name),
                 "CHECK (" + condition + "\n)");
}

Proof prove_foreign_key(std::string const& schema, Name const& table, ForeignKey const& key) {
    std::string columns;
    for (auto const& column : key.columns) columns += (columns.empty() ? "" : ", ") + column.text();
    return proof(schema, table, table.text() + " (" + columns + ") is in " + key.table.text(),
                 interim_name("key", table, final_name(table, key)), "FOREIGN KEY " + foreign_key_words(schema, key));
}

std::string foreign_key_words(std::string const& schema, ForeignKey const& key) {
    return fmt::format("({}) REFERENCES {}{} ON DELETE {} ON UPDATE {}{}", listed(key.columns),
                       in_schema(schema, key.table.text()),
                       key.referenced.empty() ? "" : " (" + listed(key.referenced) + ")", key.on_delete, key.on_update,
                       key.deferred ? " DEFERRABLE INITIALLY DEFERRED" : "");
}

std::string final_name(Name const& table, ForeignKey const& key) {
    if (!key.name.empty()) return key.name;
    constexpr std::size_t longest = 63;
    constexpr std::string_view end = "_fkey";
    auto name = table.text();
    for (auto const& column : key.columns) name += "_" + column.text();
    return name.substr(0, longest - end.size()) + std::string{end};
}

std::string settle(std::string const& schema, Name const& table, Check const& check) {
    return renamed(schema, table, interim_name("check", table, check.name), check.name);
}

std::string settle(std::string const& schema, Name const& table, ForeignKey const& key) {
    auto const name = final_name(table, key);
    return renamed(schema, table, interim_name("key", table, name), name);
}

}  // namespace evolver::postgresql
