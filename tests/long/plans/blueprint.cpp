#include "long/plans/blueprint.hpp"

#include "compile/compiler.hpp"
#include "dialect/sqlite/connection.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace evolver::plans {

namespace {

using sqlite::quoted;

/// Names of which each needs its quotes, and plain ones.
std::string name_for(Chance& chance, std::string const& stem) {
    static constexpr char const* around[] = {"", "", "", " of it", "\"s", "'s", "-ü", " SELECT", "."};
    return stem + around[chance() % std::size(around)];
}

/// What a plan that the schema does not take must not change.
struct Drawn {
    SeenTable seen = {};
    std::size_t facts = 0;
    std::vector<Unsaid> defaults = {};
    std::vector<bool> unique = {};
    std::vector<bool> never_null = {};
    std::vector<Filled> filled = {};
    std::vector<Question> questions = {};
};

// Left out, of the operations that there are: MoveColumn, since a release would see the facts of a row in two tables, of which each may lack a
// row; operation/move_column_test.cpp draws its statements by chance. Rules that rows break (`clean`), Sync::application, and the expressions
// that have no NULL for NULL are not drawn either: execute/ and face/ have their tests.
class Drawing {
public:
    Drawing(std::uint64_t seed, std::vector<bool> const& wanted) : seed_{seed}, wanted_{wanted} {
        Chance chance{seed};
        draw_table(chance);
        migrations_.push_back({.id = "0001", .release = "1.0", .operations = base_});
        releases_.push_back(drawn_.seen);
        std::size_t number = 0;
        auto const more = 1 + chance() % 2;
        for (std::size_t release = 2; release < 2 + more; ++release) {
            for (std::size_t i = 0; i < operations_of_release; ++i, ++number) {
                Chance own{seed_ * 1'000'003 + number};
                if (number < wanted_.size() && !wanted_[number]) continue;
                add_operation(own, std::to_string(release) + ".0");
            }
            if (!is_empty(release)) releases_.push_back(drawn_.seen);
        }
    }

    Blueprint take() {
        return {.plan = Plan{"plans", migrations_},
                .releases = releases_,
                .facts = drawn_.facts,
                .defaults = drawn_.defaults,
                .unique = drawn_.unique,
                .never_null = drawn_.never_null,
                .has_neighbours = has_neighbours_,
                .filled = drawn_.filled,
                .questions = drawn_.questions,
                .refused = refused_,
                .words = words_};
    }

private:
    [[nodiscard]] bool is_empty(std::size_t release) const {
        return !(migrations_.back().release == Release{std::to_string(release) + ".0"});
    }

    std::size_t new_fact(bool unique, bool never_null) {
        drawn_.unique.push_back(unique);
        drawn_.never_null.push_back(never_null);
        return drawn_.facts++;
    }

    /// As the column writes a fact, in SQL.
    [[nodiscard]] Expression literal(SeenColumn const& column, std::int64_t fact) const {
        std::vector<Fact> facts(drawn_.facts);
        for (auto const one : column.facts) facts[one] = fact;
        return Expression{to_text(written(column, facts))};
    }
    /// What the column's default means, where it has one that is not NULL.
    [[nodiscard]] std::optional<Expression> default_of(SeenColumn const& column) const {
        if (!column.left_out || !*column.left_out) return std::nullopt;
        return literal(column, **column.left_out);
    }

    void draw_table(Chance& chance) {
        auto& seen = drawn_.seen;
        CreateTable table{.table = name_for(chance, "things"), .columns = {}};
        seen.name = table.table.text();
        auto const kind = chance() % 3;
        auto const key = [&](std::string const& stem, Type type, Writing writing) {
            auto const name = name_for(chance, stem);
            table.columns.push_back({.name = name, .type = std::move(type), .nullable = false});
            seen.keys.push_back({name, {new_fact(true, true)}, writing, false});
        };
        if (kind == 0) {
            key("id", integer(), Writing::integer);
            table.columns.back() = {.name = seen.keys[0].name, .type = integer(), .primary_key = true};
        } else if (kind == 1) {
            key("key", text(), Writing::text);
            table.primary_key = {seen.keys[0].name};
        } else {
            key("a", text(), Writing::text);
            key("b", integer(), Writing::integer);
            table.primary_key = {seen.keys[0].name, seen.keys[1].name};
            table.without_rowid = true;
        }
        auto const count = 3 + chance() % 3;
        for (std::size_t i = 0; i < count; ++i) {
            auto const name = name_for(chance, "c" + std::to_string(i));
            static constexpr Writing writings[] = {Writing::text, Writing::text, Writing::integer, Writing::halves};
            auto const writing = writings[chance() % std::size(writings)];
            bool const never_null = chance() % 3 == 0;
            SeenColumn column{name, {new_fact(false, never_null)}, writing, !never_null};
            if (!never_null) column.left_out = Fact{};
            if (chance() % 4 == 0) {
                column.left_out = static_cast<std::int64_t>(chance() % most_facts);
                drawn_.defaults.push_back({column.facts[0], *column.left_out});
            }
            table.columns.push_back({.name = name,
                                     .type = writing == Writing::integer ? integer() : text(),
                                     .nullable = !never_null,
                                     .default_value = default_of(column)});
            seen.columns.push_back(column);
        }
        // One in which no two rows are alike.
        table.columns.push_back({.name = "serial", .type = integer()});
        seen.columns.push_back({"serial", {new_fact(true, true)}, Writing::integer, false});
        if (chance() % 3 == 0)
            table.checks.push_back({.name = "whole", .condition = Expression{quoted("serial") + " >= 0"}});
        if (chance() % 3 == 0) table.unique_keys.push_back({.columns = {"serial"}});
        bool const index = chance() % 2 == 0;
        auto const indexed = seen.columns[chance() % count].name;
        has_neighbours_ = chance() % 2 == 0;
        if (has_neighbours_) {
            CreateTable neighbour{.table = "kinds",
                                  .columns = {{.name = "id", .type = integer(), .primary_key = true}}};
            base_.emplace_back(neighbour);
            neighbour.table = "spare";
            base_.emplace_back(neighbour);
            if (chance() % 2 == 0) {
                foreign_key_ = {.name = chance() % 2 == 0 ? "of a kind" : "", .columns = {"serial"}, .table = "kinds"};
                table.foreign_keys.push_back(*foreign_key_);
            }
        }
        base_.emplace_back(table);
        if (index) base_.emplace_back(CreateIndex{.name = "by one", .table = seen.name, .columns = {Name{indexed}}});
        has_view_ = chance() % 3 == 0;
        if (has_view_)
            base_.emplace_back(
                CreateView{.name = "shown", .query = Expression{"SELECT count(*) AS n FROM " + quoted(seen.name)}});
        has_check_ = !table.checks.empty();
        has_unique_ = !table.unique_keys.empty();
        has_index_ = index;
    }

    /// Not one of two halves.
    static bool is_whole(SeenColumn const& column) {
        return column.facts.size() == 1 && column.writing != Writing::first && column.writing != Writing::second;
    }
    [[nodiscard]] bool is_unique(SeenColumn const& column) const {
        return column.facts.size() == 1 && drawn_.unique[column.facts[0]];
    }
    void ask(std::string sql, std::string answer) { drawn_.questions.push_back({std::move(sql), std::move(answer)}); }

    SeenColumn* any(Chance& chance, std::function<bool(SeenColumn const&)> const& fits) {
        std::vector<SeenColumn*> all;
        for (auto& column : drawn_.seen.columns) {
            if (fits(column)) all.push_back(&column);
        }
        return all.empty() ? nullptr : all[chance() % all.size()];
    }

    /// Tries one; where the plan refuses it, everything is as it was.
    void add_operation(Chance& chance, std::string const& release) {
        auto const before = drawn_;
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
            drawn_ = before;
        }
    }

    std::optional<Operation> draw_operation(Chance& chance) {
        auto const table = Name{drawn_.seen.name};
        auto const stem = "n" + std::to_string(chance() % 1000);
        auto const is = [](Writing writing) {
            return [writing](SeenColumn const& one) { return one.writing == writing; };
        };
        auto const number = [](std::string const& column) {
            return Expression{"CAST(" + quoted(column) + " AS INTEGER)"};
        };
        auto const words = [](std::string const& column) { return Expression{"CAST(" + quoted(column) + " AS TEXT)"}; };
        switch (chance() % 30) {
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
                                  .down = words(column->name),
                                  .default_value = default_of(*column)};
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
                                  .down = number(column->name),
                                  .default_value = default_of(*column)};
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
                                  .down = Expression{quoted(column->name) + " / 10"},
                                  .default_value = default_of(*column)};
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
                // The halves have no default, and no word for what the old column's means in them.
                auto const left_out = default_of(*column) ? std::nullopt : column->left_out;
                std::erase_if(drawn_.seen.columns, [&](SeenColumn const& one) { return one.name == from; });
                drawn_.seen.columns.push_back({a, facts, Writing::first, may_be_null, left_out});
                drawn_.seen.columns.push_back({b, facts, Writing::second, may_be_null, left_out});
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
                std::erase_if(drawn_.seen.columns,
                              [&](SeenColumn const& one) { return one.name == a || one.name == b; });
                drawn_.seen.columns.push_back(merged);
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
                auto const value = with_default ? Fact{42} : Fact{};
                SeenColumn const column{name_for(chance, stem), {fact}, Writing::integer, !with_default, value};
                drawn_.seen.columns.push_back(column);
                drawn_.defaults.push_back({fact, value});
                AddColumn added{.table = table,
                                .column = {.name = column.name, .type = integer(), .nullable = !with_default}};
                if (with_default) added.column.default_value = "42";
                return added;
            }
            case 10: {
                // Not one of two halves: who knows the other alone cannot write the fact. Nor one with two defaults, of which an insert that does
                // not know the column has the older one until contract.
                auto* const column = any(chance, [](SeenColumn const& one) {
                    return one.may_be_null && is_whole(one) && !one.default_moved;
                });
                if (column == nullptr) return std::nullopt;
                auto const name = column->name;
                std::erase_if(drawn_.seen.columns, [&](SeenColumn const& one) { return one.name == name; });
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
                auto* const column = any(chance, [this](SeenColumn const& one) { return is_unique(one); });
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
                auto const from = std::exchange(drawn_.seen.name, to);
                return RenameTable{.from = from, .to = to};
            }
            case 17: {
                auto* const column = any(chance, [](SeenColumn const& one) { return one.left_out && is_whole(one); });
                if (column == nullptr) return std::nullopt;
                column->left_out = static_cast<std::int64_t>(chance() % most_facts);
                column->default_moved = true;
                return SetDefault{.table = table, .column = column->name, .value = *default_of(*column)};
            }
            case 18: {
                auto* const column =
                    any(chance, [this](SeenColumn const& one) { return one.may_be_null && default_of(one); });
                if (column == nullptr) return std::nullopt;
                column->left_out = Fact{};
                column->default_moved = true;
                return DropDefault{.table = table, .column = column->name};
            }
            case 19: {  // what is not there yet
                auto* const column = any(chance, [this](SeenColumn const& one) {
                    return one.may_be_null && is_whole(one) && !drawn_.never_null[one.facts[0]] &&
                           std::ranges::none_of(drawn_.filled,
                                                [&](Filled const& it) { return it.fact == one.facts[0]; });
                });
                if (column == nullptr) return std::nullopt;
                constexpr std::int64_t value = 7;
                drawn_.filled.push_back({column->facts[0], value});
                return Backfill{.table = table,
                                .set = {{column->name, literal(*column, value)}},
                                .where = Expression{quoted(column->name) + " IS NULL"}};
            }
            case 20: {  // the old key's columns stay, and the new release may write them
                auto* const column = any(chance, [this](SeenColumn const& one) { return is_unique(one); });
                if (column == nullptr) return std::nullopt;
                auto& seen = drawn_.seen;
                auto const key = *column;
                std::erase_if(seen.columns, [&](SeenColumn const& one) { return one.name == key.name; });
                seen.columns.insert(seen.columns.end(), seen.keys.begin(), seen.keys.end());
                seen.keys = {key};
                return ChangePrimaryKey{.table = table,
                                        .name = name_for(chance, stem),
                                        .columns = {key.name},
                                        .lock = chance() % 2 == 0 ? Lock::online : Lock::within_budget};
            }
            case 21: {
                auto* const column = any(chance, is(Writing::integer));
                if (column == nullptr || !has_neighbours_) return std::nullopt;
                return AddForeignKey{.table = table,
                                     .key = {.name = stem, .columns = {column->name}, .table = "kinds"}};
            }
            default: return draw_object(chance, stem);
        }
    }

    /// What is about no column of the table.
    std::optional<Operation> draw_object(Chance& chance, std::string const& stem) {
        auto const table = Name{drawn_.seen.name};
        switch (chance() % 12) {
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
                if (!has_view_) break;
                std::erase_if(drawn_.questions, [](Question const& one) { return one.sql.ends_with(" FROM shown"); });
                ask("SELECT count(*) FROM sqlite_schema WHERE name = 'shown'", "0");
                return DropView{.name = "shown"};
            case 4: return CreateView{.name = name_for(chance, stem), .query = "SELECT 1 AS one"};
            case 5: {
                auto const name = name_for(chance, stem);
                ask("SELECT n >= 0 FROM " + quoted(name), "1");
                return CreateView{.name = name,
                                  .query = Expression{"SELECT count(*) AS n FROM " + quoted(table.text())}};
            }
            case 6:
                if (!has_view_) break;
                ask("SELECT twice - 2 * n FROM shown", "0");
                return ReplaceView{
                    .name = "shown",
                    .query = Expression{"SELECT count(*) AS n, 2 * count(*) AS twice FROM " + quoted(table.text())}};
            case 7:
                if (!has_neighbours_) break;
                ask("SELECT count(*) FROM sqlite_schema WHERE name = 'spare'", "0");
                return DropTable{.table = "spare"};
            case 8:
                if (!foreign_key_) break;
                return foreign_key_->name.empty() ? DropForeignKey{.table = table, .columns = {"serial"}}
                                                  : DropForeignKey{.table = table, .name = foreign_key_->name};
            case 9: {
                auto const name = quoted(name_for(chance, stem));
                ask("SELECT a FROM " + name, "2");
                return RawSql{
                    .expand = Expression{"CREATE TABLE " + name + " (a); INSERT INTO " + name + " VALUES (1)"},
                    .contract = Expression{"UPDATE " + name + " SET a = 2"},
                    .undo = Expression{"DROP TABLE " + name},
                    .verify = Expression{"SELECT a FROM " + name + " WHERE a <> 1"}};
            }
            case 10: {
                if (!has_neighbours_) break;
                auto const id = std::to_string(most_facts + std::stoll(stem.substr(1)));
                ask("SELECT count(*) FROM kinds WHERE id = -" + id, "1");
                return RunCode{
                    .name = stem,
                    .version = "1",
                    .expand = [id](CodeDatabase& database) { database.run("INSERT INTO kinds VALUES (" + id + ")"); },
                    .contract =
                        [id](CodeDatabase& database) { database.run("UPDATE kinds SET id = -id WHERE id = " + id); },
                    .undo = [id](CodeDatabase& database) { database.run("DELETE FROM kinds WHERE id = " + id); }};
            }
            default:
                return CreateTable{.table = name_for(chance, stem),
                                   .columns = {{.name = "id", .type = integer(), .primary_key = true}}};
        }
        return std::nullopt;
    }

    std::uint64_t seed_;
    std::vector<bool> wanted_;
    Drawn drawn_ = {};
    std::vector<Operation> base_ = {};
    std::vector<Migration> migrations_ = {};
    std::vector<SeenTable> releases_ = {};
    std::vector<std::string> refused_ = {};
    std::string words_ = {};
    std::optional<ForeignKey> foreign_key_ = {};
    bool has_neighbours_ = false;
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
