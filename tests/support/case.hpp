#pragma once

// What a change is put through with both releases at work: expand, rollback, expand again, contract. Each time the rows are those of
// release 1.0 again, and what the releases do is the same. After the rollback the schema is that of before, after contract that of a fresh
// database, and nothing of evolver's is left on the tables.

#include "dialect/sqlite/inspect.hpp"
#include "evolver/schema/digest.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"
#include "support/rows.hpp"

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
    explicit Speaker(std::string const& path) : connection_{path} { (void)connection_.run("PRAGMA foreign_keys = ON"); }

    void run(std::string const& sql) const { CHECK(fails(sql) == ""); }
    /// The engine's words; empty where the statement worked.
    [[nodiscard]] std::string fails(std::string const& sql) const {
        try {
            (void)connection_.run(sql);
        } catch (Error const& error) {
            return error.what();
        }
        return {};
    }
    [[nodiscard]] bool refuses(std::string const& sql) const { return !fails(sql).empty(); }
    [[nodiscard]] std::string rows(std::string const& sql) const {
        return support::rows(connection_.connection(), sql);
    }

private:
    RawSqlite connection_;
};

/// Release 1.0: plain SQL.
using Old = Speaker;

/// Release 2.0: LiveTable, with literals in the place of binds.
class New {
public:
    using Values = std::vector<std::pair<std::string_view, std::string>>;

    New(Evolver& evolver, std::string const& path) : evolver_{evolver}, speaker_{path} {}

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
    std::string rows;                                  ///< Its rows, as SQL of its own.
    std::vector<Operation> change;                     ///< What release 2.0 does, in one migration.
    std::function<void(Old const&, New const&)> both;  ///< After each expand, with rows as they were at first.
    std::function<void(New const&)> after = {};        ///< After contract, the same.
    std::function<void(Old const&)> back = {};         ///< After the rollback, the same.
};

inline void play(Case const& what) {
    Plan const plan{"cases",
                    {Migration{.id = "0001-before", .release = "1.0", .operations = what.before},
                     Migration{.id = "0002-change", .release = "2.0", .operations = what.change}}};
    Folder const folder;
    auto const path = folder.database();
    {
        Application first{path, plan.until("1.0"), {.release = "1.0"}};
        first.evolver.expand();
    }
    auto const outside = RawSqlite{path};
    auto const schema = [&] { return canonical(sqlite::inspect(outside.connection()), Engine::sqlite); };
    auto const begin_again = [&] {
        for (auto const& row : outside.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                                            "'evolver!_%' ESCAPE '!' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"))
            outside.connection().run("DELETE FROM " + sqlite::quoted(std::get<std::string>(row[0])));
        outside.connection().run(what.rows);
    };
    auto const nothing_left = [&] {
        CHECK(support::rows(outside.connection(),
                            "SELECT name FROM sqlite_schema WHERE (type IN ('trigger', 'view') OR name LIKE "
                            "'evolver!_trash%' ESCAPE '!') AND name LIKE 'evolver!_%' ESCAPE '!' AND "
                            "name NOT LIKE 'evolver!_audit!_%' ESCAPE '!'") == "");
        CHECK(outside.rows("PRAGMA foreign_key_check").empty());
        CHECK(support::rows(outside.connection(), "PRAGMA integrity_check") == "'ok'");
    };
    auto const before = schema();
    begin_again();
    auto const data = [&] { return outside.rows("SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'evolver%'"); };
    auto const objects = data();
    for (bool const last : {false, true}) {
        CAPTURE(last);
        Application release{path, plan, {.release = "2.0"}};
        release.evolver.expand();
        release.evolver.backfill(Speed::full);
        {
            New const fresh{release.evolver, path};
            what.both(Old{path}, fresh);
        }
        begin_again();
        release.evolver.backfill(Speed::full);
        if (!last) {
            release.evolver.rollback({.migration = "0002-change", .accept_loss = {{"0002-change", "a test"}}});
            CHECK(schema() == before);
            CHECK(data() == objects);
            nothing_left();
            if (what.back) what.back(Old{path});
            begin_again();
            continue;
        }
        release.evolver.reconcile();
        release.evolver.contract({.override_gates = {{"soak", "a test"}}, .accept_loss = {{"0002-change", "a test"}}});
        nothing_left();
        if (what.after) what.after(New{release.evolver, path});
    }
    Folder const other;
    Application fresh{other.database(), plan, {.release = "2.0"}};
    fresh.evolver.expand();
    fresh.evolver.backfill(Speed::full);
    fresh.evolver.reconcile();
    fresh.evolver.contract(now());
    CHECK(schema() == canonical(sqlite::inspect(RawSqlite{other.database()}.connection()), Engine::sqlite));
}

/// The words with which such a plan is refused, when it is made or by expand(); empty where it is not. Nothing is written then.
inline std::string refusal_of(std::vector<Operation> const& before, std::vector<Operation> const& change) {
    Folder const folder;
    try {
        Plan const plan{"cases",
                        {Migration{.id = "0001-before", .release = "1.0", .operations = before},
                         Migration{.id = "0002-change", .release = "2.0", .operations = change}}};
        Application release{folder.database(), plan, {.release = "2.0"}};
        release.evolver.expand();
    } catch (Error const& error) {
        CHECK(RawSqlite{folder.database()}.integer("SELECT count(*) FROM sqlite_schema") == 0);
        return error.what();
    }
    return {};
}

}  // namespace evolver::testing
