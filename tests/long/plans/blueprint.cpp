#include "long/plans/blueprint.hpp"

#include "compile/compiler.hpp"
#include "dialect/sqlite/connection.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace evolver::plans {

namespace {

using sqlite::quoted;

/// Names of which each needs its quotes, and plain ones.
std::string name_for(Chance& chance, std::string const& stem) {
    static constexpr char const* around[] = {"", "", "", " of it", "\"s", "'s", "-ü", " SELECT", "."};
    return stem + around[chance() % std::size(around)];
}

class Drawing {
public:
    Drawing(std::uint64_t seed, std::vector<bool> const& wanted) : seed_{seed}, wanted_{wanted} {
        Chance chance{seed};
        draw_table(chance);
        migrations_.push_back({.id = "0001", .release = "1.0", .operations = base_});
        releases_.push_back(seen_);
        std::size_t number = 0;
        auto const more = 1 + chance() % 2;
        for (std::size_t release = 2; release < 2 + more; ++release) {
            release_ = release - 1;
            for (std::size_t i = 0; i < operations_of_release; ++i, ++number) {
                Chance own{seed_ * 1'000'003 + number};
                if (number < wanted_.size() && !wanted_[number]) continue;
                add_operation(own, std::to_string(release) + ".0");
            }
            if (!is_empty(release)) releases_.push_back(seen_);
        }
    }

    Blueprint take() {
        return {.plan = Plan{"plans", migrations_},
                .releases = releases_,
                .facts = facts_,
                .defaults = defaults_,
                .unique = unique_,
                .never_null = never_null_,
                .refused = refused_,
                .words = words_};
    }

private:
    [[nodiscard]] bool is_empty(std::size_t release) const {
        return !(migrations_.back().release == Release{std::to_string(release) + ".0"});
    }

    std::size_t new_fact(bool unique, bool never_null) {
        unique_.push_back(unique);
        never_null_.push_back(never_null);
        return facts_++;
    }

    void draw_table(Chance& chance) {
        CreateTable table{.table = name_for(chance, "things"), .columns = {}};
        seen_.name = table.table.text();
        auto const kind = chance() % 3;
        auto const key = [&](std::string const& stem, Type type, Writing writing) {
            auto const name = name_for(chance, stem);
            table.columns.push_back({.name = name, .type = std::move(type), .nullable = false});
            seen_.keys.push_back({name, {new_fact(true, true)}, writing, false});
        };
        if (kind == 0) {
            key("id", integer(), Writing::integer);
            table.columns.back() = {.name = seen_.keys[0].name, .type = integer(), .primary_key = true};
        } else if (kind == 1) {
            key("key", text(), Writing::text);
            table.primary_key = {seen_.keys[0].name};
        } else {
            key("a", text(), Writing::text);
            key("b", integer(), Writing::integer);
            table.primary_key = {seen_.keys[0].name, seen_.keys[1].name};
            table.without_rowid = true;
        }
        auto const count = 3 + chance() % 3;
        for (std::size_t i = 0; i < count; ++i) {
            auto const name = name_for(chance, "c" + std::to_string(i));
            static constexpr Writing writings[] = {Writing::text, Writing::text, Writing::integer, Writing::halves};
            auto const writing = writings[chance() % std::size(writings)];
            bool const never_null = chance() % 3 == 0;
            table.columns.push_back(
                {.name = name, .type = writing == Writing::integer ? integer() : text(), .nullable = !never_null});
            seen_.columns.push_back({name, {new_fact(false, never_null)}, writing, !never_null});
        }
        // One in which no two rows are alike.
        table.columns.push_back({.name = "serial", .type = integer()});
        seen_.columns.push_back({"serial", {new_fact(true, true)}, Writing::integer, false});
        if (chance() % 3 == 0)
            table.checks.push_back({.name = "whole", .condition = Expression{quoted("serial") + " >= 0"}});
        if (chance() % 3 == 0) table.unique_keys.push_back({.columns = {"serial"}});
        bool const index = chance() % 2 == 0;
        auto const indexed = seen_.columns[chance() % count].name;
        base_.emplace_back(table);
        if (index) base_.emplace_back(CreateIndex{.name = "by one", .table = seen_.name, .columns = {Name{indexed}}});
        if (chance() % 3 == 0)
            base_.emplace_back(
                CreateView{.name = "shown", .query = Expression{"SELECT count(*) AS n FROM " + quoted(seen_.name)}});
        has_check_ = !table.checks.empty();
        has_unique_ = !table.unique_keys.empty();
        has_index_ = index;
        has_view_ = base_.back().index() == Operation{CreateView{.name = "x", .query = "SELECT 1"}}.index();
    }

    SeenColumn* any(Chance& chance, std::function<bool(SeenColumn const&)> const& fits) {
        std::vector<SeenColumn*> all;
        for (auto& column : seen_.columns) {
            if (fits(column)) all.push_back(&column);
        }
        return all.empty() ? nullptr : all[chance() % all.size()];
    }

    /// Tries one; where the plan refuses it, everything is as it was.
    void add_operation(Chance& chance, std::string const& release) {
        auto const seen = seen_;
        auto const facts = facts_;
        auto const defaults = defaults_;
        auto const unique = unique_;
        auto const never_null = never_null_;
        auto const operation = draw_operation(chance);
        if (!operation) return;
        auto migrations = migrations_;
        if (migrations.back().release == Release{release} && chance() % 2 == 0) {
            migrations.back().operations.push_back(*operation);
        } else {
            migrations.push_back({.id = "000" + std::to_string(migrations.size() + 1),
                                  .release = Release{release},
                                  .operations = {*operation}});
        }
        try {
            Plan const plan{"plans", migrations};
            // As expand() and contract() would be compiled: on an empty database that costs next to nothing.
            auto const nothing = sqlite::Connection::in_memory();
            Compiler compiler{plan, {}, nothing};
            for (std::size_t i = 0; i < migrations.size(); ++i) (void)compiler.expand();
            for (std::size_t i = 0; i < migrations.size(); ++i) (void)compiler.contract();
            migrations_ = migrations;
            words_ += release + ": " + title(*operation) + "\n";
        } catch (Error const& error) {
            refused_.push_back(title(*operation) + ": " + error.what());
            seen_ = seen;
            facts_ = facts;
            defaults_ = defaults;
            unique_ = unique;
            never_null_ = never_null;
        }
    }

    std::optional<Operation> draw_operation(Chance& chance) {
        auto const table = Name{seen_.name};
        auto const stem = "n" + std::to_string(chance() % 1000);
        auto const is = [](Writing writing) {
            return [writing](SeenColumn const& one) { return one.writing == writing; };
        };
        auto const number = [](std::string const& column) {
            return Expression{"CAST(" + quoted(column) + " AS INTEGER)"};
        };
        auto const words = [](std::string const& column) { return Expression{"CAST(" + quoted(column) + " AS TEXT)"}; };
        switch (chance() % 18) {
            case 0:
            case 1: {  // text to number
                auto* const column = any(chance, is(Writing::text));
                if (column == nullptr) return std::nullopt;
                auto const from = std::exchange(column->name, name_for(chance, stem));
                column->writing = Writing::integer;
                return ChangeType{.table = table,
                                  .from = from,
                                  .to = column->name,
                                  .type = integer(),
                                  .up = number(from),
                                  .down = words(column->name)};
            }
            case 2: {  // number to text
                auto* const column = any(chance, is(Writing::integer));
                if (column == nullptr) return std::nullopt;
                auto const from = std::exchange(column->name, name_for(chance, stem));
                column->writing = Writing::text;
                return ChangeType{.table = table,
                                  .from = from,
                                  .to = column->name,
                                  .type = text(),
                                  .up = words(from),
                                  .down = number(column->name)};
            }
            case 3: {  // another unit
                auto* const column = any(chance, is(Writing::integer));
                if (column == nullptr) return std::nullopt;
                auto const from = std::exchange(column->name, name_for(chance, stem));
                column->writing = Writing::tenfold;
                return ChangeType{.table = table,
                                  .from = from,
                                  .to = column->name,
                                  .type = integer(),
                                  .up = Expression{quoted(from) + " * 10"},
                                  .down = Expression{quoted(column->name) + " / 10"}};
            }
            case 4:
            case 5: {
                auto* const column = any(chance, [](SeenColumn const&) { return true; });
                auto const from = std::exchange(column->name, name_for(chance, stem));
                return RenameColumn{.table = table, .from = from, .to = column->name};
            }
            case 6: {  // two columns for one
                auto* const column = any(chance, is(Writing::halves));
                if (column == nullptr) return std::nullopt;
                auto const from = column->name;
                auto const a = name_for(chance, stem + "a");
                auto const b = name_for(chance, stem + "b");
                auto const facts = column->facts;
                bool const may_be_null = column->may_be_null;
                std::erase_if(seen_.columns, [&](SeenColumn const& one) { return one.name == from; });
                seen_.columns.push_back({a, facts, Writing::first, may_be_null});
                seen_.columns.push_back({b, facts, Writing::second, may_be_null});
                auto const old = quoted(from);
                return SplitColumn{.table = table,
                                   .from = from,
                                   .into = {{.name = a,
                                             .type = text(),
                                             .up = Expression{"substr(" + old + ", 1, instr(" + old + ", '|') - 1)"}},
                                            {.name = b,
                                             .type = text(),
                                             .up = Expression{"substr(" + old + ", instr(" + old + ", '|') + 1)"}}},
                                   .down = Expression{quoted(a) + " || '|' || " + quoted(b)}};
            }
            case 7: {  // one column for two
                auto const fits = [](SeenColumn const& one) {
                    return one.writing == Writing::text && !one.may_be_null;
                };
                auto* const first = any(chance, fits);
                auto* const second = any(chance, [&](SeenColumn const& one) { return fits(one) && &one != first; });
                if (first == nullptr || second == nullptr) return std::nullopt;
                auto const a = first->name;
                auto const b = second->name;
                auto const to = name_for(chance, stem);
                SeenColumn const merged{to, {first->facts[0], second->facts[0]}, Writing::joined, false};
                std::erase_if(seen_.columns, [&](SeenColumn const& one) { return one.name == a || one.name == b; });
                seen_.columns.push_back(merged);
                return MergeColumns{
                    .table = table,
                    .from = {a, b},
                    .to = to,
                    .type = text(),
                    .up = Expression{quoted(a) + " || '|' || " + quoted(b)},
                    .down = {Expression{"substr(" + quoted(to) + ", 1, instr(" + quoted(to) + ", '|') - 1)"},
                             Expression{"substr(" + quoted(to) + ", instr(" + quoted(to) + ", '|') + 1)"}}};
            }
            case 8:
            case 9: {
                bool const with_default = chance() % 2 == 0;
                auto const fact = new_fact(false, with_default);
                SeenColumn const column{name_for(chance, stem), {fact}, Writing::integer, !with_default};
                seen_.columns.push_back(column);
                defaults_.push_back({fact, release_, with_default ? Fact{42} : Fact{}});
                AddColumn added{.table = table,
                                .column = {.name = column.name, .type = integer(), .nullable = !with_default}};
                if (with_default) added.column.default_value = "42";
                return added;
            }
            case 10: {
                // Not one of two halves: who knows the other alone cannot write the fact.
                auto* const column = any(chance, [](SeenColumn const& one) {
                    return one.may_be_null && one.writing != Writing::first && one.writing != Writing::second;
                });
                if (column == nullptr) return std::nullopt;
                auto const name = column->name;
                std::erase_if(seen_.columns, [&](SeenColumn const& one) { return one.name == name; });
                return DropColumn{
                    .table = table, .column = name, .lock = chance() % 2 == 0 ? Lock::online : Lock::within_budget};
            }
            case 11: {
                auto* const column = any(chance, [](SeenColumn const& one) { return !one.may_be_null; });
                if (column == nullptr) return std::nullopt;
                return SetNotNull{.table = table, .column = column->name};
            }
            case 12: {
                auto* const column = any(chance, [](SeenColumn const& one) { return !one.may_be_null; });
                if (column == nullptr) return std::nullopt;
                return DropNotNull{.table = table, .column = column->name};
            }
            case 13: {
                auto* const column = any(chance, [](SeenColumn const& one) { return one.writing == Writing::integer; });
                if (column == nullptr) return std::nullopt;
                return AddCheck{.table = table, .name = stem, .condition = Expression{quoted(column->name) + " >= 0"}};
            }
            case 14: {
                auto* const column = any(
                    chance, [this](SeenColumn const& one) { return one.facts.size() == 1 && unique_[one.facts[0]]; });
                if (column == nullptr) return std::nullopt;
                return AddUnique{.table = table, .name = stem, .columns = {column->name}};
            }
            case 15: {
                auto* const column = any(chance, [](SeenColumn const&) { return true; });
                return CreateIndex{.name = name_for(chance, stem),
                                   .table = table,
                                   .columns = {Name{column->name}},
                                   .lock = chance() % 2 == 0 ? Lock::online : Lock::within_budget};
            }
            case 16: {
                auto const to = name_for(chance, stem);
                auto const from = std::exchange(seen_.name, to);
                return RenameTable{.from = from, .to = to};
            }
            default: break;
        }
        switch (chance() % 6) {
            case 0:
                if (has_index_) return DropIndex{.name = "by one"};
                break;
            case 1:
                if (has_check_) return DropCheck{.table = table, .name = "whole"};
                break;
            case 2:
                if (has_unique_) return DropUnique{.table = table, .columns = {"serial"}, .lock = Lock::online};
                break;
            case 3:
                if (has_view_) return DropView{.name = "shown"};
                break;
            case 4: return CreateView{.name = name_for(chance, stem), .query = "SELECT 1 AS one"};
            default:
                return CreateTable{.table = name_for(chance, stem),
                                   .columns = {{.name = "id", .type = integer(), .primary_key = true}}};
        }
        return std::nullopt;
    }

    std::uint64_t seed_;
    std::vector<bool> wanted_;
    SeenTable seen_ = {};
    std::vector<Operation> base_ = {};
    std::vector<Migration> migrations_ = {};
    std::vector<SeenTable> releases_ = {};
    std::size_t release_ = 0;
    std::size_t facts_ = 0;
    std::vector<Unsaid> defaults_ = {};
    std::vector<bool> unique_ = {};
    std::vector<bool> never_null_ = {};
    std::vector<std::string> refused_ = {};
    std::string words_ = {};
    bool has_check_ = false;
    bool has_unique_ = false;
    bool has_index_ = false;
    bool has_view_ = false;
};

}  // namespace

Blueprint draw(std::uint64_t seed, std::vector<bool> const& wanted) { return Drawing{seed, wanted}.take(); }

Value written(SeenColumn const& column, std::vector<Fact> const& facts) {
    auto const& fact = facts[column.facts[0]];
    if (!fact) return Null{};
    switch (column.writing) {
        case Writing::text:
        case Writing::first: return std::to_string(*fact);
        case Writing::integer: return *fact;
        case Writing::tenfold: return *fact * 10;
        case Writing::halves: return std::to_string(*fact) + "|" + std::to_string(*fact + 7);
        case Writing::second: return std::to_string(*fact + 7);
        case Writing::joined: {
            auto const& other = facts[column.facts[1]];
            return other ? Value{std::to_string(*fact) + "|" + std::to_string(*other)} : Value{Null{}};
        }
    }
    return Null{};
}

}  // namespace evolver::plans
