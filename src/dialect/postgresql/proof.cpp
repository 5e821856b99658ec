#include "dialect/postgresql/proof.hpp"

#include "dialect/postgresql/connection.hpp"
#include "dialect/postgresql/conversion.hpp"
#include "evolver/operation/rule.hpp"
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

std::string altered(std::string const& schema, Name const& table) {
    return "ALTER TABLE " + in_schema(schema, table.text());
}

std::string validated(std::string const& schema, Name const& table, std::string const& name) {
    return altered(schema, table) + " VALIDATE CONSTRAINT " + quoted(name);
}

Proof proof(std::string const& schema, Rule const& rule, std::string const& name, std::string const& constraint) {
    auto const alter = altered(schema, rule.table);
    return {.table = rule.table,
            .rule = evolver::name_of(rule),
            .make = fmt::format("{} ADD CONSTRAINT {} {} NOT VALID", alter, quoted(name), constraint),
            .validate = validated(schema, rule.table, name),
            .take_back = fmt::format("{} DROP CONSTRAINT IF EXISTS {}", alter, quoted(name))};
}

std::vector<std::string> settled(std::string const& schema, Name const& table, std::string const& interim,
                                 std::string const& name) {
    return {validated(schema, table, interim),
            fmt::format("{} RENAME CONSTRAINT {} TO {}", altered(schema, table), quoted(interim), quoted(name))};
}

}  // namespace

Proof prove_not_null(std::string const& schema, Name const& table, Name const& column) {
    return proof(schema, {.kind = RuleKind::not_null, .table = table, .columns = {column}},
                 interim_name("not_null", table, column.text()),
                 fmt::format("CHECK ({} IS NOT NULL)", quoted(column.text())));
}

Proof prove_check(std::string const& schema, Name const& table, Check const& check) {
    return proof(schema, {.kind = RuleKind::check, .table = table, .columns = {}, .condition = check.condition},
                 interim_name("check", table, check.name),
                 "CHECK (" + check.condition.text(Engine::postgresql) + "\n)");
}

Proof prove_foreign_key(std::string const& schema, Name const& table, ForeignKey const& key) {
    return proof(schema, {.kind = RuleKind::foreign_key, .table = table, .columns = key.columns, .reference = key},
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
    constexpr std::size_t longest = 63;  // bytes
    constexpr std::string_view end = "_fkey";
    auto name = table.text();
    for (auto const& column : key.columns) name += "_" + column.text();
    auto length = std::min(name.size(), longest - end.size());
    // Not in the middle of a letter of UTF-8.
    while (length < name.size() && (static_cast<unsigned char>(name[length]) & 0xC0U) == 0x80U) --length;
    return name.substr(0, length) + std::string{end};
}

std::vector<std::string> settle(std::string const& schema, Name const& table, Check const& check) {
    return settled(schema, table, interim_name("check", table, check.name), check.name);
}

std::vector<std::string> settle(std::string const& schema, Name const& table, ForeignKey const& key) {
    auto const name = final_name(table, key);
    return settled(schema, table, interim_name("key", table, name), name);
}

}  // namespace evolver::postgresql
