#include "compile/postgresql/replay.hpp"

#include "dialect/postgresql/inspect.hpp"
#include "dialect/postgresql/natural_statements.hpp"
#include "dialect/postgresql/render.hpp"
#include "dialect/postgresql/script.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/operation/raw_sql.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace evolver::postgresql {

namespace {

constexpr std::chrono::milliseconds lock_timeout{10'000};  // nobody else should be at work there

/// One ordinary table at one moment.
struct TableFacts {
    std::string oid;  ///< Another one is another table under the same name.
    std::int64_t rows;
    std::vector<std::string> columns;
};

/// A schema at one moment.
struct Picture {
    Schema schema;
    std::map<std::string, TableFacts> tables;
    std::vector<DatabaseObject> objects;  ///< What a Schema leaves out; and …
    std::string comments;
};

std::string comments_in(Connection const& connection, std::string const& schema) {
    return connection.text(
        "SELECT coalesce(string_agg(d.objsubid || ' ' || c.relname || ' ' || d.description, E'\\n' ORDER BY c.relname, "
        "d.objsubid), '') FROM pg_description AS d JOIN pg_class AS c ON c.oid = d.objoid AND d.classoid = "
        "'pg_class'::regclass WHERE c.relnamespace = to_regnamespace($1)",
        {quoted(schema)});
}

Picture picture_of(Connection const& connection, std::string const& schema) {
    Picture picture{.schema = inspect(connection, schema),
                    .tables = {},
                    .objects = other_objects(connection, schema),
                    .comments = comments_in(connection, schema)};
    for (auto const& table : picture.schema.tables) {
        auto const name = in_schema(schema, table.name.text());
        TableFacts facts{.oid = connection.text("SELECT to_regclass($1)::oid", {name}),
                         .rows = connection.integer(count_rows(schema, table.name)),
                         .columns = {}};
        for (auto const& column : table.columns) facts.columns.push_back(column.name.text());
        picture.tables.emplace(table.name.text(), std::move(facts));
    }
    return picture;
}

std::string digest_of_rows(Connection const& connection, std::string const& table,
                           std::vector<std::string> const& columns) {
    std::string row;
    for (auto const& column : columns) row += (row.empty() ? "" : ", ") + quoted(column);
    return connection.text(
        "SELECT md5(coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\"), '')) FROM (SELECT "
        "CAST(ROW(" +
        row + ") AS text) AS line FROM " + table + ") AS every");
}

/// Takes one migration through its phases.
class Try {
public:
    Try(Migration const& migration, Connection const& database, std::string const& schema)
        : database_{database},
          schema_{schema},
          // The schema with the rows of before. Two may replay at the same moment.
          copies_{"evolver_replay_" + database.text("SELECT pg_backend_pid()")},
          path_{database.text("SELECT current_setting('search_path')")},
          result_{.id = migration.id.text()} {
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
        Transaction transaction{database_, lock_timeout};
        go();
        if (result_.failure.empty()) transaction.commit();
        return std::move(result_);
    }

    MigrationReplay run_within() {
        database_.run("SAVEPOINT evolver_replay");
        try {
            go();
        } catch (PlanError const&) {
            database_.run("ROLLBACK TO evolver_replay; RELEASE evolver_replay");
            throw;
        }
        database_.run(result_.failure.empty() ? "RELEASE evolver_replay"
                                              : "ROLLBACK TO evolver_replay; RELEASE evolver_replay");
        return std::move(result_);
    }

private:
    void go() {
        auto const statements = natural_statements(database_, schema_);
        auto const before = picture_of(database_, schema_);
        keep_rows(before);
        try {
            watch([&] {
                for (auto const* sql : texts_) script(sql->expand);
            });
            result_.broken = postgresql::broken(statements, database_);
            try_way_back(before);
            result_.expanded = inspect(database_, schema_);
            result_.expanded.triggers = triggers(database_, schema_);
            watch([&] { contract(statements); });
            auto const after = picture_of(database_, schema_);
            result_.differences = diff(before.schema, after.schema, Engine::postgresql);
            result_.rows = row_changes(before, after);
            name_tables(before, after);
            bool const same =
                result_.differences.empty() && before.objects == after.objects && before.comments == after.comments;
            result_.kinds = kinds_of(result_, before.schema, after.schema, same, Engine::postgresql);
            database_.run("DROP SCHEMA " + copies_ + " CASCADE");
        } catch (EngineError const& error) {
            if (error.retry_helps()) throw;
            std::string const words = error.what();
            result_.failure = words.substr(0, words.find('\n'));
        }
    }

    void script(std::optional<Expression> const& text) {
        if (!text) return;
        for (auto const& statement : statements_of(text->text(Engine::postgresql))) database_.run(statement);
        database_.query("SELECT set_config('search_path', $1, true)", {path_});
    }

    void keep_rows(Picture const& before) {
        database_.run("CREATE SCHEMA " + copies_);
        for (auto const& [name, facts] : before.tables) {
            if (facts.rows > 0)
                database_.run("CREATE TABLE " + in_schema(copies_, name) + " AS TABLE " + in_schema(schema_, name));
        }
    }

    std::vector<RowChange> row_changes(Picture const& before, Picture const& after) {
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
                if (std::ranges::find(now.columns, column) != now.columns.end()) common.push_back(column);
            }
            bool const same = now.rows == old.rows && digest_of_rows(database_, in_schema(copies_, name), common) ==
                                                          digest_of_rows(database_, in_schema(schema_, name), common);
            if (!same) changes.push_back({name, old.rows, now.rows});
        }
        return changes;
    }

    /// Rows that this transaction has written so far, by the oid of their table; those of a savepoint that is rolled back are counted, too.
    [[nodiscard]] std::map<std::string, std::int64_t> writes() const {
        std::map<std::string, std::int64_t> found;
        auto const rows =
            database_.query("SELECT relid, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables");
        for (std::size_t row = 0; row < rows.rows.size(); ++row) found[rows.text(row, 0)] = rows.integer(row, 1);
        return found;
    }

    template <typename Action>
    void watch(Action const& action) {
        auto before = writes();
        action();
        for (auto const& [table, count] : writes()) {
            if (count > before[table]) written_.insert(table);
        }
    }

    void try_way_back(Picture const& before) {
        bool const any = std::ranges::any_of(texts_, [](RawSql const* sql) { return sql->expand.has_value(); });
        bool const all = std::ranges::all_of(texts_, [](RawSql const* sql) { return !sql->expand || sql->undo; });
        if (!any || !all) return;
        database_.run("SAVEPOINT evolver_way_back");
        try {
            for (auto sql = texts_.rbegin(); sql != texts_.rend(); ++sql) script((*sql)->undo);
            auto const back = picture_of(database_, schema_);
            for (auto const& difference : diff(before.schema, back.schema, Engine::postgresql))
                result_.way_back_words.push_back(difference.text());
            for (auto const& change : row_changes(before, back))
                result_.way_back_words.push_back("the rows of table " + change.table + " are not what they were");
            result_.way_back = result_.way_back_words.empty() ? WayBack::leads_back : WayBack::leads_elsewhere;
        } catch (EngineError const& error) {
            if (error.retry_helps()) throw;
            std::string const words = error.what();
            result_.way_back = WayBack::fails;
            result_.way_back_words = {words.substr(0, words.find('\n'))};
        }
        database_.run("ROLLBACK TO evolver_way_back; RELEASE evolver_way_back");
    }

    void contract(std::vector<NaturalStatement> const& statements) {
        bool contracts = false;
        for (auto const* sql : texts_) {
            if (!sql->contract) continue;
            contracts = true;
            if (sql->verify)
                result_.refused = result_.refused || !database_.query(sql->verify->text(Engine::postgresql)).empty();
            script(sql->contract);
        }
        if (!contracts) return;
        for (auto& statement : postgresql::broken(statements, database_)) {
            bool const known = std::ranges::any_of(
                result_.broken, [&](BrokenStatement const& other) { return other.sql == statement.sql; });
            if (!known) result_.broken_later.push_back(std::move(statement));
        }
    }

    /// Tables of before that were written, or made anew.
    void name_tables(Picture const& before, Picture const& after) {
        for (auto const& [name, old] : before.tables) {
            auto const now = after.tables.find(name);
            if (now != after.tables.end() && now->second.oid != old.oid)
                result_.rebuilt.push_back(name);
            else if (written_.contains(old.oid))
                result_.written.push_back(name);
        }
    }

    Connection const& database_;
    std::string const& schema_;
    std::string copies_;
    std::string path_;
    MigrationReplay result_;
    std::vector<RawSql const*> texts_ = {};
    std::set<std::string> written_ = {};
};

}  // namespace

std::vector<MigrationReplay> replay(Plan const& plan, Connection const& database, std::string const& schema) {
    std::vector<MigrationReplay> results;
    for (auto const& migration : plan.migrations()) {
        results.push_back(Try{migration, database, schema}.run());
        if (!results.back().failure.empty()) break;
    }
    return results;
}

MigrationReplay replay_within(Migration const& migration, Connection const& database, std::string const& schema) {
    return Try{migration, database, schema}.run_within();
}

}  // namespace evolver::postgresql
