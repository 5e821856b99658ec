#include "compile/replay.hpp"

#include "dialect/sqlite/clone.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/natural_statements.hpp"
#include "dialect/sqlite/statement_fault.hpp"
#include "dialect/sqlite/statements.hpp"
#include "dialect/sqlite/watched_run.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/operation/raw_sql.hpp"
#include "evolver/schema/digest.hpp"

#include <algorithm>
#include <map>

namespace evolver {

namespace {

using sqlite::Connection;
using sqlite::quoted;
using sqlite::StandIns;

/// One ordinary table at one moment.
struct TableFacts {
    std::int64_t root;  ///< Of its tree: another one is another table under the same name.
    std::int64_t rows;
    std::vector<std::string> columns;
};

/// A database at one moment.
struct Picture {
    Schema schema;
    std::map<std::string, TableFacts> tables;
    std::string catalogue;  ///< Also of what a Schema leaves out.
    std::int64_t orphans;
};

std::int64_t count_orphans(Connection const& connection) {
    try {
        return connection.integer("SELECT count(*) FROM pragma_foreign_key_check");
    } catch (EngineError const& error) {
        if (!sqlite::is_the_statements_fault(error)) throw;
        return 0;  // the parent has no key to look for: every write would say so
    }
}

Picture picture_of(Connection const& connection) {
    Picture picture{
        .schema = sqlite::inspect(connection), .tables = {}, .catalogue = {}, .orphans = count_orphans(connection)};
    for (auto const& table : picture.schema.tables) {
        sqlite::Value const name = table.name.text();
        TableFacts facts{.root = connection.integer(
                             "SELECT rootpage FROM main.sqlite_schema WHERE type = 'table' AND name = ?1", {&name, 1}),
                         .rows = connection.integer("SELECT count(*) FROM main." + quoted(table.name.text())),
                         .columns = {}};
        for (auto const& column : table.columns) facts.columns.push_back(column.name.text());
        picture.tables.emplace(table.name.text(), std::move(facts));
    }
    picture.catalogue = std::to_string(connection.integer("PRAGMA user_version"));
    auto objects =
        connection.prepare("SELECT quote(type), quote(name), quote(sql) FROM main.sqlite_schema ORDER BY 1, 2");
    while (objects.step()) picture.catalogue += "\n" + objects.text(0) + objects.text(1) + objects.text(2);
    return picture;
}

std::string digest_of_rows(Connection const& connection, std::string const& table,
                           std::vector<std::string> const& columns) {
    std::string row;
    for (auto const& column : columns) row += (row.empty() ? "quote(" : " || ',' || quote(") + quoted(column) + ")";
    auto rows = connection.prepare("SELECT " + (row.empty() ? "1" : row) + " AS line FROM main." + quoted(table) +
                                   " ORDER BY line");
    std::string digest;
    while (rows.step()) digest = digest_of(digest + rows.text(0));
    return digest;
}

/// What became of the rows that `copy`, a copy of the database at the moment `before`, holds.
std::vector<RowChange> row_changes(Connection const& copy, Picture const& before, Connection const& connection,
                                   Picture const& after) {
    std::vector<RowChange> changes;
    for (auto const& [name, old] : before.tables) {
        if (old.rows == 0) continue;
        auto const found = after.tables.find(name);
        if (found == after.tables.end()) {
            changes.push_back({name, old.rows, -1});
            continue;
        }
        auto const& now = found->second;
        std::vector<std::string> common;
        for (auto const& column : old.columns) {
            if (std::find(now.columns.begin(), now.columns.end(), column) != now.columns.end())
                common.push_back(column);
        }
        if (now.rows == old.rows && digest_of_rows(copy, name, common) == digest_of_rows(connection, name, common))
            continue;
        changes.push_back({name, old.rows, now.rows});
    }
    return changes;
}

/// Takes one migration through its phases.
class Try {
public:
    Try(Migration const& migration, Connection const& database, StandIns& stand_ins)
        : database_{database}, stand_ins_{stand_ins}, result_{.id = migration.id.text()} {
        for (auto const& operation : migration.operations) {
            auto const* const sql = std::get_if<RawSql>(&operation);
            if (sql == nullptr) {
                throw PlanError{Failure{.what = "Migration \"" + result_.id + "\", " + title(operation) +
                                                ": only SQL texts are tried here.",
                                        .object = result_.id,
                                        .instead = "an operation says itself what it does: see dry_run()"}};
            }
            texts_.push_back(sql);
        }
    }

    MigrationReplay run() {
        auto const statements = sqlite::natural_statements(database_, &stand_ins_);
        auto const before = picture_of(database_);
        auto const copy = sqlite::copy_database(database_);
        database_.run("BEGIN");
        try {
            for (auto const* sql : texts_) script(sql->expand);
            result_.broken = sqlite::broken(statements, database_, &stand_ins_);
            try_way_back(copy, before);
            result_.expanded = sqlite::inspect(database_);
            contract(statements);
            auto const after = picture_of(database_);
            result_.differences = diff(before.schema, after.schema, Engine::sqlite);
            result_.rows = row_changes(copy, before, database_, after);
            result_.orphans = std::max<std::int64_t>(0, after.orphans - before.orphans);
            name_tables(before, after);
            result_.kinds =
                kinds_of(result_, before.schema, after.schema, before.catalogue == after.catalogue, Engine::sqlite);
            database_.run("COMMIT");
        } catch (EngineError const& error) {
            if (!sqlite::is_the_statements_fault(error)) throw;
            fail(error);
        }
        result_.stood_in = stand_ins_.take_met();
        return std::move(result_);
    }

private:
    void script(std::optional<Expression> const& text) {
        if (!text) return;
        for (auto const& statement : sqlite::split(text->text(Engine::sqlite))) {
            touched_ += sqlite::watched_run(database_, statement.text, stand_ins_);
            if (database_.in_transaction()) continue;
            throw EngineError{Failure{.what = "a statement ended the transaction that evolver runs it in",
                                      .sql = std::string{statement.text}}};
        }
    }

    void fail(EngineError const& error) {
        std::string const words = error.what();
        result_.failure = words.substr(0, words.find('\n'));
        if (database_.in_transaction()) database_.run("ROLLBACK");
    }

    void try_way_back(Connection const& copy, Picture const& before) {
        bool const any = std::any_of(texts_.begin(), texts_.end(), [](RawSql const* sql) { return sql->expand; });
        bool const all =
            std::all_of(texts_.begin(), texts_.end(), [](RawSql const* sql) { return !sql->expand || sql->undo; });
        if (!any || !all) return;
        auto const touched = touched_;
        database_.run("SAVEPOINT evolver_way_back");
        try {
            for (auto sql = texts_.rbegin(); sql != texts_.rend(); ++sql) script((*sql)->undo);
            auto const back = picture_of(database_);
            for (auto const& difference : diff(before.schema, back.schema, Engine::sqlite))
                result_.way_back_words.push_back(difference.text());
            for (auto const& change : row_changes(copy, before, database_, back))
                result_.way_back_words.push_back("the rows of table " + change.table + " are not what they were");
            result_.way_back = result_.way_back_words.empty() ? WayBack::leads_back : WayBack::leads_elsewhere;
        } catch (EngineError const& error) {
            if (!sqlite::is_the_statements_fault(error)) throw;
            if (!database_.in_transaction()) throw;
            std::string const words = error.what();
            result_.way_back = WayBack::fails;
            result_.way_back_words = {words.substr(0, words.find('\n'))};
        }
        database_.run("ROLLBACK TO evolver_way_back; RELEASE evolver_way_back");
        touched_ = touched;
    }

    void contract(std::vector<NaturalStatement> const& statements) {
        bool contracts = false;
        for (auto const* sql : texts_) {
            if (!sql->contract) continue;
            contracts = true;
            if (sql->verify)
                result_.refused = result_.refused || database_.prepare(sql->verify->text(Engine::sqlite)).step();
            script(sql->contract);
        }
        if (!contracts) return;
        for (auto& statement : sqlite::broken(statements, database_, &stand_ins_)) {
            bool const known = std::any_of(result_.broken.begin(), result_.broken.end(),
                                           [&](auto const& other) { return other.sql == statement.sql; });
            if (!known) result_.broken_later.push_back(std::move(statement));
        }
    }

    /// Tables of before that were written, or made anew.
    void name_tables(Picture const& before, Picture const& after) {
        auto const written = touched_.written();
        for (auto const& [name, old] : before.tables) {
            auto const now = after.tables.find(name);
            auto const is = [&](std::string const& other) { return same_identifier(other, name); };
            bool const anew =
                now != after.tables.end() &&
                (now->second.root != old.root || std::any_of(touched_.dropped.begin(), touched_.dropped.end(), is));
            if (anew)
                result_.rebuilt.push_back(name);
            else if (std::any_of(written.begin(), written.end(), is))
                result_.written.push_back(name);
        }
    }

    Connection const& database_;
    StandIns& stand_ins_;
    MigrationReplay result_;
    std::vector<RawSql const*> texts_ = {};
    Touched touched_ = {};
};

}  // namespace

std::vector<MigrationReplay> replay(Plan const& plan, sqlite::Connection const& database,
                                    ReplayOptions const& options) {
    StandIns stand_ins{database, options.functions};
    // As the executor and the compiler do.
    database.run("PRAGMA foreign_keys = OFF");
    database.refuse_quoted_strings();
    std::vector<MigrationReplay> results;
    for (auto const& migration : plan.migrations()) {
        results.push_back(Try{migration, database, stand_ins}.run());
        if (!results.back().failure.empty()) break;
    }
    return results;
}

}  // namespace evolver
