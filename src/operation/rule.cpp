#include "evolver/operation/rule.hpp"

namespace evolver {

namespace {

std::string listed(std::vector<Name> const& columns) {
    std::string text;
    for (auto const& column : columns) text += (text.empty() ? "" : ", ") + column.text();
    return text;
}

}  // namespace

std::string name_of(Rule const& rule) {
    auto const table = rule.table.text();
    switch (rule.kind) {
        case RuleKind::not_null: return table + "." + listed(rule.columns) + " is not NULL";
        case RuleKind::check: return table + ": " + rule.condition->text(Engine::sqlite);
        case RuleKind::unique: return table + " (" + listed(rule.columns) + ") is unique";
        case RuleKind::foreign_key:
            return table + " (" + listed(rule.columns) + ") is in " + rule.reference->table.text();
    }
    return table;
}

}  // namespace evolver
