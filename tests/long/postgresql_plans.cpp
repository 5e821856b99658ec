// Random plans on a real server: columns of chance, a change of chance for each of them, and programs of both releases that write at every moment, to
// contract or back.
//
//   evolver_postgresql_plans [--plans N] [--seed S]
//
// A fact is what a column is about, in whatever shape: two numbers, or nothing. What each release should read is known from the facts that were written
// last. The old release writes plain SQL, the new one by LiveTable. One that goes wrong is told with its seed.

#include "evolver/evolver.hpp"
#include "support/long_test.hpp"
#include "support/postgresql.hpp"

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace evolver;
using namespace std::chrono_literals;

struct Fact {
    int first = 0;
    int second = 0;
};
using Known = std::optional<Fact>;

enum class Change { none, retyped, renamed, retyped_and_renamed, split, merged, added, dropped };
constexpr int changes = 8;
constexpr int default_of_added = 7;

/// A column as one release has it: its name, and what it says of the fact.
struct Said {
    std::string column;
    std::string type;
    std::string (*of)(Fact const&);
};

std::string first(Fact const& fact) { return std::to_string(fact.first); }
std::string second(Fact const& fact) { return std::to_string(fact.second); }
std::string both(Fact const& fact) { return first(fact) + " " + second(fact); }

/// What becomes of one column.
struct Lineage {
    Change change;
    std::string name;

    [[nodiscard]] std::vector<Said> before() const {
        if (change == Change::added) return {};
        if (change == Change::merged) return {{name + "_a", "TEXT", first}, {name + "_b", "TEXT", second}};
        return {{name, "TEXT", change == Change::split ? both : first}};
    }
    [[nodiscard]] std::vector<Said> after() const {
        switch (change) {
            case Change::none: return {{name, "TEXT", first}};
            case Change::retyped: return {{name + "_n", "BIGINT", first}};
            case Change::renamed: return {{name + "_r", "TEXT", first}};
            case Change::retyped_and_renamed: return {{name + "_nr", "BIGINT", first}};
            case Change::split: return {{name + "_a", "TEXT", first}, {name + "_b", "TEXT", second}};
            case Change::merged: return {{name, "TEXT", both}};
            case Change::added: return {{name, "TEXT", first}};
            case Change::dropped: return {};
        }
        return {};
    }
    /// In one migration or, for a chain, two.
    [[nodiscard]] std::vector<std::vector<Operation>> operations() const {
        auto const retyped = ChangeType{.table = "t",
                                        .from = name,
                                        .to = name + "_n",
                                        .type = integer(),
                                        .up = "CAST(" + name + " AS BIGINT)",
                                        .down = "CAST(" + name + "_n AS TEXT)"};
        switch (change) {
            case Change::none: return {};
            case Change::retyped: return {{retyped}};
            case Change::renamed: return {{RenameColumn{.table = "t", .from = name, .to = name + "_r"}}};
            case Change::retyped_and_renamed:
                return {{retyped}, {RenameColumn{.table = "t", .from = name + "_n", .to = name + "_nr"}}};
            case Change::split:
                return {{SplitColumn{.table = "t",
                                     .from = name,
                                     .into = {{name + "_a", text(), "split_part(" + name + ", ' ', 1)"},
                                              {name + "_b", text(), "split_part(" + name + ", ' ', 2)"}},
                                     .down = name + "_a || ' ' || " + name + "_b"}}};
            case Change::merged:
                return {
                    {MergeColumns{.table = "t",
                                  .from = {name + "_a", name + "_b"},
                                  .to = name,
                                  .type = text(),
                                  .up = name + "_a || ' ' || " + name + "_b",
                                  .down = {"split_part(" + name + ", ' ', 1)", "split_part(" + name + ", ' ', 2)"}}}};
            case Change::added:
                return {{AddColumn{
                    .table = "t",
                    .column = {
                        .name = name, .type = text(), .default_value = "'" + std::to_string(default_of_added) + "'"}}}};
            case Change::dropped: return {{DropColumn{.table = "t", .column = name}}};
        }
        return {};
    }
};

using Chance = std::mt19937_64;
int draw(Chance& chance, int below) { return static_cast<int>(chance() % static_cast<std::uint64_t>(below)); }

struct Drawn {
    std::vector<Lineage> lineages;
    Plan plan;
    bool back;
    std::string table = "t";  ///< As the new release calls it.
};

/// The operation is about the table of that name.
void be_about(Operation& operation, Name const& table) {
    std::visit(
        [&](auto& kind) {
            if constexpr (requires { kind.table = table; }) kind.table = table;
        },
        static_cast<OperationVariant&>(operation));
}

/// Somewhere among the operations the table gets another name, by which all after it call it.
void rename_somewhere(std::vector<std::vector<Operation>>& steps, Chance& chance) {
    auto& with = steps[static_cast<std::size_t>(draw(chance, static_cast<int>(steps.size())))];
    auto const at = with.begin() + draw(chance, static_cast<int>(with.size()) + 1);
    with.insert(at, RenameTable{.from = "t", .to = "u"});
    bool renamed = false;
    for (auto& operations : steps) {
        for (auto& operation : operations) {
            if (renamed) be_about(operation, "u");
            renamed = renamed || std::holds_alternative<RenameTable>(operation);
        }
    }
}

Drawn drawn(Chance& chance) {
    std::vector<Lineage> lineages;
    auto const columns = 1 + draw(chance, 4);
    for (int i = 0; i < columns; ++i)
        lineages.push_back({static_cast<Change>(draw(chance, changes)), std::string(1, static_cast<char>('c' + i))});
    CreateTable table{.table = "t", .columns = {{.name = "id", .type = integer(), .primary_key = true}}};
    std::vector<std::vector<Operation>> steps(2);
    for (auto const& lineage : lineages) {
        for (auto const& said : lineage.before()) table.columns.push_back({.name = said.column, .type = text()});
        auto const own = lineage.operations();
        for (std::size_t i = 0; i < own.size(); ++i) steps[i].insert(steps[i].end(), own[i].begin(), own[i].end());
    }
    std::vector<Migration> all{{.id = "0001", .release = "1.0", .operations = {table}}};
    for (auto& operations : steps) std::shuffle(operations.begin(), operations.end(), chance);
    bool const moves = draw(chance, 3) == 0;
    if (moves) rename_somewhere(steps, chance);
    for (auto& operations : steps) {
        if (operations.empty()) continue;
        all.push_back({.id = fmt::format("{:04}", all.size() + 1), .release = "2.0", .operations = operations});
    }
    // Where nothing is drawn, something that changes no column.
    if (all.size() == 1)
        all.push_back({.id = "0002",
                       .release = "2.0",
                       .operations = {CreateIndex{.name = "t_by_c", .table = "t", .columns = {"c"}}}});
    return {std::move(lineages), Plan{"chance", all}, draw(chance, 3) == 0, moves ? "u" : "t"};
}

class World {
public:
    World(testing::PostgresqlDatabase const& database, Drawn const& drawn, Chance& chance)
        : drawn_{drawn},
          chance_{chance},
          old_{soci::postgresql, database.parameters()},
          new_{soci::postgresql, database.parameters()} {
        old_ << "SET client_min_messages = warning";
        old_ << "DROP SCHEMA public CASCADE";
        old_ << "CREATE SCHEMA public";
        Evolver{old_, drawn_.plan.until("1.0"), {.release = "1.0"}}.expand();
        for (int i = 0; i < 40; ++i) insert(true);
    }

    void play() {
        Evolver evolver{new_, drawn_.plan, {.release = "2.0", .soak = 0s}};
        table_ = evolver.table(drawn_.table);
        evolver.attach();
        moment("before expand", true, true);
        evolver.expand();
        expanded_ = true;
        for (auto& [id, facts] : rows_) {
            for (std::size_t i = 0; i < facts.size(); ++i) {
                if (drawn_.lineages[i].change == Change::added) facts[i] = Fact{default_of_added, 0};
            }
        }
        moment("after expand", true, true);
        (void)evolver.advance(1us);
        moment("in the middle of the backfill", true, true);
        if (drawn_.back) return roll_back(evolver);
        while (evolver.advance(20ms)) moment("between two batches", true, true);
        evolver.reconcile();
        moment("after reconcile", true, true);
        evolver.reconcile();  // the old release has written since
        std::vector<AcceptedLoss> losses;
        for (auto const& one : drawn_.plan.migrations()) losses.push_back({one.id.text(), "a column is dropped"});
        evolver.contract({.accept_loss = losses});
        moment("after contract", false, true);
    }

    [[nodiscard]] std::size_t writes() const noexcept { return writes_; }

private:
    void roll_back(Evolver& evolver) {
        auto const all = drawn_.plan.migrations();
        for (std::size_t i = all.size(); i-- > 1;) {
            auto const id = all[i].id.text();
            evolver.rollback({.migration = id, .accept_loss = {{id, "it goes back"}}});
        }
        expanded_ = false;
        moment("after rollback", true, false);
    }

    void moment(std::string const& name, bool old_writes, bool new_writes) {
        for (int i = 0; i < 6; ++i) {
            bool const by_old = old_writes && (!new_writes || draw(chance_, 2) == 0);
            try {
                write(by_old);
            } catch (std::exception const& error) {
                throw std::runtime_error{name + (by_old ? ", the old release writes: " : ", the new release writes: ") +
                                         error.what()};
            }
            if (old_writes) compare(name, true);
            if (new_writes) compare(name, false);
        }
    }

    void write(bool by_old) {
        ++writes_;
        auto const what = draw(chance_, 4);
        if (what == 0 || rows_.empty()) return insert(by_old);
        auto row = rows_.begin();
        std::advance(row, draw(chance_, static_cast<int>(rows_.size())));
        auto& session = by_old ? old_ : new_;
        if (what == 1 && rows_.size() > 20) {
            auto const id = row->first;
            if (by_old) session << "DELETE FROM t WHERE id = :id", soci::use(id, "id");
            if (!by_old) session << table_->remove() + " WHERE id = :id", soci::use(id, "id");
            rows_.erase(row);
            return;
        }
        std::vector<std::size_t> may;
        for (std::size_t i = 0; i < drawn_.lineages.size(); ++i) {
            if (!says(drawn_.lineages[i], by_old).empty()) may.push_back(i);
        }
        if (may.empty()) return;
        auto const at = may[static_cast<std::size_t>(draw(chance_, static_cast<int>(may.size())))];
        auto const fact = draw_fact();
        auto const said = says(drawn_.lineages[at], by_old);
        if (by_old) {
            std::string sets;
            for (auto const& one : said) sets += (sets.empty() ? "" : ", ") + one.column + " = " + literal(one, fact);
            session << "UPDATE t SET " + sets + " WHERE id = " + std::to_string(row->first);
        } else {
            std::vector<Set> sets;
            std::vector<std::string> literals;
            literals.reserve(said.size());
            for (auto const& one : said) literals.push_back(literal(one, fact));
            // LiveTable takes its list in braces.
            auto const where = " WHERE id = " + std::to_string(row->first);
            if (said.size() == 1) session << table_->update({{said[0].column, literals[0]}}) + where;
            if (said.size() == 2)
                session << table_->update({{said[0].column, literals[0]}, {said[1].column, literals[1]}}) + where;
        }
        row->second[at] = fact;
    }

    void insert(bool by_old) {
        auto const id = ++last_id_;
        std::vector<Known> facts;
        std::vector<std::string> columns{"id"};
        std::vector<std::string> values{std::to_string(id)};
        for (auto const& lineage : drawn_.lineages) {
            auto fact = draw_fact();
            auto const said = says(lineage, by_old);
            for (auto const& one : said) {
                columns.push_back(one.column);
                values.push_back(literal(one, fact));
            }
            if (said.empty()) fact = lineage.change == Change::added ? Known{Fact{default_of_added, 0}} : Known{};
            facts.push_back(fact);
        }
        if (by_old) {
            old_ << "INSERT INTO t (" + joined(columns) + ") VALUES (" + joined(values) + ")";
        } else {
            auto const statement = table_->insert_columns(columns);
            std::vector<std::string> texts;
            std::vector<soci::indicator> given;
            texts.reserve(columns.size());
            given.reserve(columns.size());
            soci::details::once_temp_type once = new_ << statement;  // runs at its end, so before its values go
            for (std::size_t i = 0; i < columns.size(); ++i) {
                auto const& value = values[i];
                given.push_back(value == "NULL" ? soci::i_null : soci::i_ok);
                texts.push_back(value.starts_with('\'') ? value.substr(1, value.size() - 2) : value);
                once, soci::use(texts[i], given[i], columns[i]);
            }
        }
        rows_[id] = std::move(facts);
    }

    /// What a release calls the lineage's columns now.
    [[nodiscard]] std::vector<Said> says(Lineage const& lineage, bool by_old) const {
        if (by_old) return lineage.before();
        if (lineage.change == Change::added && !expanded_) return {};
        return lineage.after();
    }

    Known draw_fact() {
        if (draw(chance_, 8) == 0) return {};
        return Fact{draw(chance_, 1000), draw(chance_, 1000)};
    }

    static std::string literal(Said const& said, Known const& fact) {
        if (!fact) return "NULL";
        return said.type == "TEXT" ? "'" + said.of(*fact) + "'" : said.of(*fact);
    }

    static std::string joined(std::vector<std::string> const& parts) {
        std::string text;
        for (auto const& part : parts) text += (text.empty() ? "" : ", ") + part;
        return text;
    }

    void compare(std::string const& moment, bool by_old) {
        std::vector<std::string> expected;
        std::string line = "CAST(id AS TEXT)";
        for (auto const& lineage : drawn_.lineages) {
            for (auto const& one : says(lineage, by_old))
                line += " || '|' || coalesce(CAST(" + one.column + " AS TEXT), '-')";
        }
        for (auto const& [id, facts] : rows_) {
            std::string text = std::to_string(id);
            for (std::size_t i = 0; i < facts.size(); ++i) {
                for (auto const& one : says(drawn_.lineages[i], by_old))
                    text += "|" + (facts[i] ? one.of(*facts[i]) : std::string{"-"});
            }
            expected.push_back(std::move(text));
        }
        std::vector<std::string> found(expected.size() + 10);
        auto& session = by_old ? old_ : new_;
        if (by_old) session << "SELECT " + line + " AS line FROM t ORDER BY t.id", soci::into(found);
        if (!by_old)
            session << "SELECT " + line + " AS line FROM " + table_->from("t") + " ORDER BY t.id", soci::into(found);
        if (found == expected) return;
        auto const differs = std::ranges::mismatch(expected, found);
        throw std::runtime_error{fmt::format("{}, the {} release reads \"{}\", and \"{}\" was written", moment,
                                             by_old ? "old" : "new",
                                             differs.in2 == found.end() ? "nothing" : *differs.in2,
                                             differs.in1 == expected.end() ? "nothing" : *differs.in1)};
    }

    Drawn const& drawn_;
    Chance& chance_;
    soci::session old_;
    soci::session new_;
    std::optional<LiveTable> table_;
    std::map<long long, std::vector<Known>> rows_;
    long long last_id_ = 0;
    bool expanded_ = false;
    std::size_t writes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    using testing::option;
    auto const plans = option(argc, argv, "--plans").value_or(100);
    auto const first_seed = option(argc, argv, "--seed").value_or(1);
    if (std::getenv("EVOLVER_POSTGRESQL_SERVER") == nullptr) {
        std::cout << "EVOLVER_POSTGRESQL_SERVER is not set: there is no server to try this on\n";
        return 77;
    }
    testing::PostgresqlDatabase const database;
    std::size_t failures = 0;
    std::size_t writes = 0;
    std::size_t back = 0;
    std::size_t moved = 0;
    std::map<int, std::size_t> met;
    for (auto seed = first_seed; seed < first_seed + plans; ++seed) {
        Chance chance{seed};
        auto const one = drawn(chance);
        for (auto const& lineage : one.lineages) ++met[static_cast<int>(lineage.change)];
        back += one.back ? 1 : 0;
        if (one.table != "t") ++moved;
        try {
            World world{database, one, chance};
            world.play();
            writes += world.writes();
        } catch (std::exception const& error) {
            std::cout << "FAILED --seed " << seed << ": " << error.what() << '\n';
            for (auto const& migration : one.plan.migrations()) {
                for (auto const& operation : migration.operations)
                    std::cout << "    " << migration.id.text() << " " << title(operation) << '\n';
            }
            std::cout << std::flush;
            if (++failures == 20) break;
        }
    }
    std::cout << fmt::format(
        "{} plans from seed {}, {} of them rolled back, {} with another name of the table, {} writes, {} of {} kinds "
        "of change: "
        "{} failed\n",
        plans, first_seed, back, moved, writes, met.size(), changes, failures);
    return failures == 0 ? 0 : 1;
}
