#pragma once

// What a change is put through with both releases at work: expand, rollback, expand again, contract. Each time the rows are those of
// release 1.0 again, and what the releases do is the same. After the rollback the schema is that of before, after contract that of a fresh
// database, and nothing of evolver's is left on the tables.

#include "both/world.hpp"

#include <doctest/doctest.h>

#include <cctype>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace evolver::testing {

/// A program of one release. What it says fails in words, or does not.
class Speaker {
public:
    explicit Speaker(Database const& database) : database_{database}, asked_{database} {}

    void run(std::string const& sql) const { CHECK(fails(sql) == ""); }
    /// The engine's words; empty where the statement worked.
    [[nodiscard]] std::string fails(std::string const& sql) const {
        return message_of([&] { asked_.run(sql); });
    }
    [[nodiscard]] bool refuses(std::string const& sql) const { return !fails(sql).empty(); }
    /// "1|'a'; 2|NULL"
    [[nodiscard]] std::string rows(std::string const& sql) const { return database_.rows(sql); }
    [[nodiscard]] Database const& database() const noexcept { return database_; }

private:
    Database const& database_;
    mutable Asked asked_;
};

/// Release 1.0: plain SQL.
using Old = Speaker;

/// Release 2.0: LiveTable, with literals in the place of binds.
class New {
public:
    using Values = std::vector<std::pair<std::string_view, std::string>>;

    New(Evolver& evolver, Database const& database) : evolver_{evolver}, speaker_{database} {}

    [[nodiscard]] LiveTable table(std::string_view name) const { return evolver_.table(std::string{name}); }

    [[nodiscard]] std::string insertion(std::string_view table_name, Values const& values) const {
        std::vector<std::string> columns;
        for (auto const& [column, value] : values) columns.emplace_back(column);
        return said(table(table_name).insert_columns(columns).text(), values);
    }
    [[nodiscard]] std::string change(std::string_view table_name, std::string_view column, std::string const& value,
                                     std::string const& where) const {
        return said((table(table_name).update({column}) + " WHERE " + where).text(), {{column, value}});
    }

    void insert(std::string_view table_name, Values const& values) const {
        speaker_.run(insertion(table_name, values));
    }
    [[nodiscard]] bool refuses_insert(std::string_view table_name, Values const& values) const {
        return speaker_.refuses(insertion(table_name, values));
    }
    void update(std::string_view table_name, std::string_view column, std::string const& value,
                std::string const& where) const {
        speaker_.run(change(table_name, column, value, where));
    }
    [[nodiscard]] bool refuses_update(std::string_view table_name, std::string_view column, std::string const& value,
                                      std::string const& where) const {
        return speaker_.refuses(change(table_name, column, value, where));
    }
    void remove(std::string_view table_name, std::string const& where) const {
        speaker_.run((table(table_name).remove() + " WHERE " + where).text());
    }
    [[nodiscard]] bool refuses_remove(std::string_view table_name, std::string const& where) const {
        return speaker_.refuses((table(table_name).remove() + " WHERE " + where).text());
    }
    [[nodiscard]] std::string rows(std::string_view table_name, std::vector<std::string> const& columns,
                                   std::string const& more = {}) const {
        return speaker_.rows((table(table_name).select_columns(columns) + " " + more).text());
    }
    /// The release does not have it: asking is an error in words.
    [[nodiscard]] bool knows(std::string_view table_name, std::string const& column) const {
        try {
            (void)table(table_name).select_columns({column}).text();
        } catch (Error const&) {
            return false;
        }
        return true;
    }
    [[nodiscard]] Speaker const& plain() const { return speaker_; }

private:
    static std::string said(std::string sql, Values const& values) {
        auto const in_word = [](char letter) {
            return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
        };
        for (auto const& [column, value] : values) {
            auto const bind = ":" + std::string{column};
            for (auto at = sql.find(bind); at != std::string::npos; at = sql.find(bind, at)) {
                auto const end = at + bind.size();
                if (end < sql.size() && in_word(sql[end])) {
                    at = end;
                    continue;
                }
                sql.replace(at, bind.size(), value);
                at += value.size();
            }
        }
        return sql;
    }

    Evolver& evolver_;
    Speaker speaker_;
};

struct Case {
    std::vector<Operation> before;                     ///< What release 1.0 has made.
    std::string rows;                                  ///< Its rows, as statements of its own.
    std::vector<Operation> change;                     ///< What release 2.0 does, in one migration.
    std::function<void(Old const&, New const&)> both;  ///< After each expand, with rows as they were at first.
    std::function<void(New const&)> after = {};        ///< After contract, the same.
    std::function<void(Old const&)> back = {};         ///< After the rollback, the same.
    /// A table whose key the database numbers: from the last row on. PostgreSQL's numbering knows nothing of keys that were given.
    std::string numbered = {};
    /// What PostgreSQL refuses of it, if anything, before the first write: README lists that.
    std::string refused_on_postgresql = {};
};

inline Plan plan_of(std::vector<Operation> const& before, std::vector<Operation> const& change) {
    return {"cases",
            {Migration{.id = "0001-before", .release = "1.0", .operations = before},
             Migration{.id = "0002-change", .release = "2.0", .operations = change}}};
}

inline void run_all(Asked& asked, std::string const& statements) {
    for (std::size_t at = 0; at < statements.size();) {
        auto const end = std::min(statements.find(';', at), statements.size());
        asked.run(statements.substr(at, end - at));
        at = end + 1;
    }
}

/// The words with which such a plan is refused, when it is made or by expand(); empty where it is not. Nothing is written then.
inline std::string refusal_of(std::vector<Operation> const& before, std::vector<Operation> const& change) {
    Database const database;
    try {
        auto const plan = plan_of(before, change);
        Asked release{database};
        Evolver evolver{release.db, plan, {.release = "2.0"}};
        evolver.expand();
    } catch (Error const& error) {
        CHECK(database.tables().empty());
        return error.what();
    }
    return {};
}

inline void end_release_one(Evolver& evolver) {
    evolver.reconcile();
    evolver.contract({.override_gates = {{"soak", "a test"}}, .accept_loss = {{"0002-change", "a test"}}});
}

inline void play(Case const& what) {
    if (Database::engine() == Engine::postgresql && !what.refused_on_postgresql.empty()) {
        auto const words = refusal_of(what.before, what.change);
        CHECK_MESSAGE(has(words, what.refused_on_postgresql), words);
        CHECK_MESSAGE(has(words, "PostgreSQL"), words);
        return;
    }
    auto const plan = plan_of(what.before, what.change);
    Database const database;
    Asked outside{database};
    {
        Asked first{database};
        Evolver evolver{first.db, plan.until("1.0"), {.release = "1.0"}};
        evolver.expand();
    }
    auto const begin_again = [&] {
        // A parent goes after its children, whatever their names.
        auto tables = database.tables();
        for (int rounds = 0; !tables.empty() && rounds < 9; ++rounds)
            std::erase_if(tables, [&](std::string const& table) {
                return message_of([&] { outside.run("DELETE FROM \"" + table + "\""); }).empty();
            });
        REQUIRE(tables.empty());
        run_all(outside, what.rows);
        if (Database::engine() == Engine::postgresql && !what.numbered.empty())
            (void)outside.rows("SELECT CAST(setval(pg_get_serial_sequence('" + what.numbered + "', 'id'), 3) AS text)");
    };
    auto const before = database.schema();
    begin_again();
    for (bool const last : {false, true}) {
        CAPTURE(last);
        Asked session{database};
        Evolver evolver{session.db, plan, {.release = "2.0"}};
        evolver.expand();
        evolver.backfill(Speed::full);
        {
            New const fresh{evolver, database};
            what.both(Old{database}, fresh);
        }
        begin_again();
        evolver.backfill(Speed::full);
        if (!last) {
            evolver.rollback({.migration = "0002-change", .accept_loss = {{"0002-change", "a test"}}});
            CHECK(database.schema() == before);
            CHECK(database.left_over() == "");
            if (what.back) what.back(Old{database});
            begin_again();
            continue;
        }
        end_release_one(evolver);
        CHECK(database.left_over() == "");
        if (what.after) what.after(New{evolver, database});
    }
    Database const other;
    Asked session{other};
    Evolver fresh{session.db, plan, {.release = "2.0"}};
    fresh.expand();
    fresh.backfill(Speed::full);
    end_release_one(fresh);
    CHECK(database.schema() == other.schema());
}

}  // namespace evolver::testing
