#include "long/plans/world.hpp"

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/soci_handle.hpp"
#include "evolver/evolver.hpp"
#include "evolver/schema/digest.hpp"
#include "evolver/schema/tokens.hpp"
#include "support/process.hpp"

#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>

namespace evolver::plans {

namespace {

using sqlite::quoted;

struct Failed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

using Row = std::vector<Fact>;

/// What stands in a statement of LiveTable, in the place of its binds.
std::string with_values(std::string const& sql, std::map<std::string, Value> const& values) {
    std::string text;
    for (auto const& token : tokens(std::string_view{sql})) {
        auto const found =
            token.kind == TokenKind::placeholder ? values.find(std::string{token.text.substr(1)}) : values.end();
        text += found == values.end() ? std::string{token.text} : to_text(found->second);
    }
    return text;
}

std::string bind_of(std::string const& column) {
    std::string name;
    for (char const letter : column) {
        auto const code = static_cast<unsigned char>(letter);
        name += code < 0x80 && (std::isalnum(code) != 0 || letter == '_') ? letter : '_';
    }
    return name;
}

class World {
public:
    World(Blueprint const& blueprint, std::uint64_t seed)
        : print_{blueprint},
          chance_{seed},
          session_{soci::sqlite3, "db=:memory:"},
          connection_{sqlite::Connection::borrow(sqlite::handle_of(session_))} {
        Evolver{session_, print_.plan.until("1.0"), {.release = "1.0"}}.expand();
        before_ = canonical(sqlite::inspect(connection_), Engine::sqlite);
        if (print_.has_neighbours) {
            connection_.run(
                fmt::format("INSERT INTO spare VALUES (1); WITH RECURSIVE all_of(id) AS (SELECT 0 UNION ALL "
                            "SELECT id + 1 FROM all_of WHERE id < {}) INSERT INTO kinds SELECT id FROM all_of",
                            most_facts - 1));
        }
        auto const rows = chance_() % 12;
        for (std::size_t i = 0; i < rows; ++i) insert(0);
        said.clear();
    }

    void moment(std::size_t number, Chance& chance) {
        // The way leads on as the moments go by.
        constexpr std::size_t step = moments / 6;
        switch (number) {
            case step: return expand();
            case 2 * step: return advance();
            case 3 * step: return fill();
            case 4 * step: return reconcile();
            case 5 * step: return complete(chance);
            default: return write(chance);
        }
    }

    void end(Chance& chance) {
        expand();
        if (chance() % 3 == 0) {
            say("roll everything back");
            programs_.clear();
            auto const all = print_.plan.migrations();
            if (completed_) (void)newest().step_back({.reason = "a test"});
            for (auto at = all.size(); at-- > 1;) {
                auto const id = all[at].id.text();
                if (!(all[at].release == Release{"1.0"}))
                    newest().rollback({.migration = id, .accept_loss = {{id, "a test"}}});
            }
            compare(0);
            same("after the rollback", before_, canonical(sqlite::inspect(connection_), Engine::sqlite));
            if (print_.has_neighbours) {
                ask({"SELECT count(*) FROM kinds", std::to_string(most_facts)});
                ask({"SELECT count(*) FROM spare", "1"});
            }
        } else {
            reconcile();
            programs_.clear();
            (void)newest().reconcile();  // of what was written since
            say("contract");
            ContractOptions options{.override_gates = {{"soak", "a test"}}, .speed = Speed::full};
            for (auto const& migration : print_.plan.migrations())
                options.accept_loss.push_back({migration.id.text(), "a test"});
            newest().contract(options);
            for (auto const& question : print_.questions) ask(question);
            compare(print_.releases.size() - 1);
            write_as(print_.releases.size() - 1, chance);
            if (chance() % 2 == 0)
                same("after contract", fresh(), canonical(sqlite::inspect(connection_), Engine::sqlite));
        }
        refuse_broken();
        auto evolver = newest();
        if (auto const broken = evolver.verify_audit()) throw Failed{*broken};
    }

    std::vector<std::string> said;
    std::size_t writes = 0;

private:
    void say(std::string words) { said.push_back(std::move(words)); }

    static void same(std::string const& when, std::string const& expected, std::string const& found) {
        if (expected != found) throw Failed{"the schema " + when + ":" + testing::first_difference(expected, found)};
    }

    [[nodiscard]] std::string fresh() const {
        soci::session session{soci::sqlite3, "db=:memory:"};
        Evolver evolver{session, print_.plan, {.soak = std::chrono::seconds{0}}};
        evolver.expand();
        evolver.backfill(Speed::full);
        (void)evolver.reconcile();
        try {
            evolver.contract({.override_gates = {{"soak", "a test"}}, .speed = Speed::full});
        } catch (GateClosed const&) {
            // there is nothing to remove
        }
        return canonical(sqlite::inspect(sqlite::Connection::borrow(sqlite::handle_of(session))), Engine::sqlite);
    }

    void refuse_broken() const {
        auto words = connection_.prepare("PRAGMA integrity_check");
        while (words.step()) {
            // SQLite 3.40 takes another column for this one where the key of a table WITHOUT ROWID is not its first columns; what the columns hold is
            // compared in any case.
            if (words.text(0) != "ok" && !words.text(0).starts_with("NULL value in ")) throw Failed{words.text(0)};
        }
    }

    void ask(Question const& question) const {
        auto const found = to_text(connection_.scalar(question.sql));
        if (found != question.answer)
            throw Failed{fmt::format("{} is {}, and should be {}", question.sql, found, question.answer)};
    }

    Evolver newest() { return Evolver{session_, print_.plan, {.soak = std::chrono::seconds{0}, .compared_rows = 0}}; }

    /// Of release `release`; a database in memory has no file by which programs would learn of a move, so they begin anew after each.
    Evolver& program(std::size_t release) {
        auto& one = programs_[release];
        if (!one) {
            auto const name = print_.plan.releases()[release];
            one = std::make_unique<Evolver>(session_, print_.plan.until(name),
                                            Options{.release = name, .compared_rows = 0});
            one->attach();
        }
        return *one;
    }

    void expand() {
        if (expanded_) return;
        say("expand");
        expanded_ = true;
        newest().expand();
        moved();
    }
    void advance() {
        if (!expanded_) return;
        say("advance");
        (void)newest().advance(std::chrono::microseconds{1});
        moved();
    }
    void fill() {
        if (!expanded_) return;
        say("backfill");
        newest().backfill(Speed::full);
        filled_up();
        moved();
    }
    void reconcile() {
        if (!expanded_ || reconciled_) return;
        reconciled_ = true;
        say("backfill and reconcile");
        newest().backfill(Speed::full);
        filled_up();
        (void)newest().reconcile();
        moved();
    }
    void complete(Chance& chance) {
        if (!expanded_ || chance() % 2 == 0) return;
        say("go to stage complete, where it goes");
        try {
            completed_ =
                newest().advance_stage({.reason = "a test", .override_gates = {{"soak", "a test"}}}) == Stage::complete;
        } catch (GateClosed const&) {
        } catch (HistoryError const&) {
        } catch (PlanError const&) {  // a column of a key accepts no NULL
        }
        moved();
    }
    void moved() {
        programs_.clear();
        if (expanded_ && !filled_) look_what_is_filled();
        compare_all();
    }

    /// A Backfill has come to its end: every row that it had before it, and that nobody has written since, is filled.
    void filled_up() {
        if (filled_) return;
        programs_.clear();
        look_what_is_filled();
        filled_ = true;  // what is written from now on stays as it is written
        for (auto const& [fact, value] : print_.filled) {
            for (std::size_t i = 0; i < rows_.size(); ++i) {
                if (!rows_[i][fact] && !touched_[i]) rows_[i][fact] = value;
            }
        }
    }

    /// How far the Backfills are is theirs to say: of each row that may be filled, the first release that knows the fact is asked.
    void look_what_is_filled() {
        for (auto const& [fact, value] : print_.filled) {
            for (std::size_t release = 0; release < print_.releases.size(); ++release) {
                auto const& table = print_.releases[release];
                auto const column = std::ranges::find_if(table.columns, [&](SeenColumn const& one) {
                    return one.facts == std::vector<std::size_t>{fact} && one.writing != Writing::first &&
                           one.writing != Writing::second;
                });
                if (column == table.columns.end()) continue;
                for (auto& row : rows_) {
                    if (row[fact]) continue;
                    auto filled = row;
                    filled[fact] = value;
                    if (connection_.scalar(value_of(release, column->name, row)) == written(*column, filled))
                        row = filled;
                }
                break;
            }
        }
    }

    /// The query for one column of one row.
    std::string value_of(std::size_t release, std::string const& column, Row const& row) {
        auto const& table = print_.releases[release];
        if (release == 0)
            return "SELECT " + quoted(column) + " FROM " + quoted(table.name) + " WHERE " + keyed(table, row);
        auto const live = program(release).table(table.name);
        return (live.select_columns({column}) + " WHERE " + live_key(live, table, row)).text();
    }

    void write(Chance& chance) { write_as(expanded_ ? chance() % print_.releases.size() : 0, chance); }

    void write_as(std::size_t release, Chance& chance) {
        auto const kind = chance() % 8;
        std::swap(chance_, chance);
        try {
            if (rows_.empty() || kind < 3)
                insert(release);
            else if (kind < 7)
                update(release);
            else
                remove(release);
        } catch (...) {
            std::swap(chance_, chance);
            throw;
        }
        std::swap(chance_, chance);
        ++writes;
        if (contracted_view(release))
            compare(release);
        else
            compare_all();
    }

    /// After contract only the newest release is there.
    [[nodiscard]] bool contracted_view(std::size_t release) const {
        return !said.empty() && release + 1 == print_.releases.size() &&
               std::find(said.begin(), said.end(), "contract") != said.end();
    }

    Fact fact_for(std::size_t fact) {
        if (print_.unique[fact]) return static_cast<std::int64_t>(++serial_);
        if (!print_.never_null[fact] && chance_() % 4 == 0) return std::nullopt;
        return static_cast<std::int64_t>(chance_() % most_facts);
    }

    void run(std::size_t release, std::string const& sql) {
        say(fmt::format("{}: {}", print_.plan.releases()[release].text(), sql));
        auto const changed = connection_.prepare(sql).run();
        if (changed != 1) throw Failed{fmt::format("it changed {} rows", changed)};
    }

    void insert(std::size_t release) {
        auto const& table = print_.releases[release];
        Row row(print_.facts);
        std::vector<std::string> columns;
        std::map<std::string, Value> values;
        std::string names;
        std::string literals;
        std::vector<bool> drawn(print_.facts, false);
        std::vector<bool> left_out(print_.facts, false);
        auto const give = [&](SeenColumn const& column) {
            for (auto const fact : column.facts) {
                if (drawn[fact]) continue;
                drawn[fact] = true;
                left_out[fact] = column.left_out && chance_() % 4 == 0;
                row[fact] = left_out[fact] ? *column.left_out : fact_for(fact);
            }
            if (left_out[column.facts[0]]) return;
            auto const value = written(column, row);
            columns.push_back(column.name);
            values[bind_of(column.name)] = value;
            names += (names.empty() ? "" : ", ") + quoted(column.name);
            literals += (literals.empty() ? "" : ", ") + to_text(value);
        };
        for (auto const& key : table.keys) give(key);
        for (auto const& column : table.columns) give(column);
        // Facts of newer releases, and of older ones.
        for (auto const& unsaid : print_.defaults) {
            if (!drawn[unsaid.fact]) row[unsaid.fact] = unsaid.value;
        }
        if (release == 0) {
            run(release, "INSERT INTO " + quoted(table.name) + " (" + names + ") VALUES (" + literals + ")");
        } else {
            auto const live = program(release).table(table.name).insert_columns(columns);
            run(release, with_values(live.text(), values));
        }
        rows_.push_back(row);
        touched_.push_back(expanded_);
    }

    void update(std::size_t release) {
        auto const& table = print_.releases[release];
        auto const at = chance_() % rows_.size();
        auto& row = rows_[at];
        touched_[at] = touched_[at] || expanded_;
        auto const& column = table.columns[chance_() % table.columns.size()];
        for (auto const fact : column.facts) row[fact] = fact_for(fact);
        // Both halves of one fact are written together.
        std::vector<SeenColumn const*> written_columns;
        for (auto const& other : table.columns) {
            if (other.facts == column.facts) written_columns.push_back(&other);
        }
        if (release == 0) {
            std::string sets;
            for (auto const* one : written_columns)
                sets += (sets.empty() ? "" : ", ") + quoted(one->name) + " = " + to_text(written(*one, row));
            run(release, "UPDATE " + quoted(table.name) + " SET " + sets + " WHERE " + keyed(table, row));
            return;
        }
        std::map<std::string, Value> values;
        for (auto const* one : written_columns) values[bind_of(one->name)] = written(*one, row);
        auto const live = program(release).table(table.name);
        auto sql = written_columns.size() == 1
                       ? live.update({Set{written_columns[0]->name}})
                       : live.update({Set{written_columns[0]->name}, Set{written_columns[1]->name}});
        sql = sql + " WHERE ";
        run(release, with_values((sql + live_key(live, table, row)).text(), values));
    }

    void remove(std::size_t release) {
        auto const& table = print_.releases[release];
        auto const at = chance_() % rows_.size();
        auto const row = rows_[at];
        rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(at));
        touched_.erase(touched_.begin() + static_cast<std::ptrdiff_t>(at));
        if (release == 0) {
            run(release, "DELETE FROM " + quoted(table.name) + " WHERE " + keyed(table, row));
            return;
        }
        auto const live = program(release).table(table.name);
        run(release, (live.remove() + " WHERE " + live_key(live, table, row)).text());
    }

    static std::string keyed(SeenTable const& table, Row const& row) {
        std::string text;
        for (auto const& key : table.keys)
            text += (text.empty() ? "" : " AND ") + quoted(key.name) + " = " + to_text(written(key, row));
        return text;
    }

    static LiveSql live_key(LiveTable const& live, SeenTable const& table, Row const& row) {
        auto sql = live.column(table.keys[0].name) + " = " + to_text(written(table.keys[0], row));
        for (std::size_t i = 1; i < table.keys.size(); ++i)
            sql = sql + " AND " + live.column(table.keys[i].name) + " = " + to_text(written(table.keys[i], row));
        return sql;
    }

    void compare_all() {
        for (std::size_t release = 0; release < (expanded_ ? print_.releases.size() : 1); ++release) compare(release);
    }

    void compare(std::size_t release) {
        auto const& table = print_.releases[release];
        std::vector<SeenColumn> columns = table.keys;
        columns.insert(columns.end(), table.columns.begin(), table.columns.end());
        std::vector<std::string> names;
        std::string list;
        for (auto const& column : columns) {
            names.push_back(column.name);
            list += (list.empty() ? "" : ", ") + quoted(column.name);
        }
        std::vector<std::string> expected;
        for (auto const& row : rows_) {
            std::string line;
            for (auto const& column : columns) line += to_text(written(column, row)) + " ";
            expected.push_back(line);
        }
        auto const sql = release == 0 ? "SELECT " + list + " FROM " + quoted(table.name)
                                      : program(release).table(table.name).select_columns(names).text();
        std::vector<std::string> found;
        auto statement = connection_.prepare(sql);
        while (statement.step()) {
            std::string line;
            for (int i = 0; i < statement.columns(); ++i) line += to_text(statement.value(i)) + " ";
            found.push_back(line);
        }
        std::sort(expected.begin(), expected.end());
        std::sort(found.begin(), found.end());
        if (expected == found) return;
        std::string left;
        std::string right;
        for (auto const& line : expected) left += line + "\n";
        for (auto const& line : found) right += line + "\n";
        throw Failed{fmt::format("release {} reads ({}):{}\n  by {}", print_.plan.releases()[release].text(), list,
                                 testing::first_difference(left, right), sql)};
    }

    Blueprint const& print_;
    Chance chance_;
    soci::session session_;
    sqlite::Connection connection_;
    std::map<std::size_t, std::unique_ptr<Evolver>> programs_;
    std::vector<Row> rows_;
    std::vector<bool> touched_;  ///< Each row: written since expand.
    std::string before_;
    std::size_t serial_ = 0;
    bool expanded_ = false;
    bool filled_ = false;
    bool reconciled_ = false;
    bool completed_ = false;  ///< The first of the migrations that are open.
};

}  // namespace

Played play(Blueprint const& blueprint, std::uint64_t seed, std::vector<bool> const& wanted) {
    Played played;
    try {
        World world{blueprint, seed};
        try {
            for (std::size_t i = 0; i < moments; ++i) {
                Chance chance{seed * 7'919 + i};
                if (wanted[i]) world.moment(i, chance);
            }
            Chance last{seed * 7'919 + moments};
            world.end(last);
        } catch (std::exception const& error) {
            played.failure = error.what();
        }
        played.writes = world.writes;
        played.said = world.said;
    } catch (std::exception const& error) {
        played.failure = std::string{"before it began: "} + error.what();
    }
    return played;
}

}  // namespace evolver::plans
