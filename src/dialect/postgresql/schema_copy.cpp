#include "dialect/postgresql/schema_copy.hpp"

#include "dialect/postgresql/conversion.hpp"
#include "dialect/postgresql/inspect.hpp"
#include "dialect/postgresql/render.hpp"
#include "dialect/postgresql/script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

namespace evolver::postgresql {

namespace {

/// False where the server does not take it, for a reason that is the statement's own.
bool succeeds(Connection const& connection, std::string const& sql) {
    connection.run("SAVEPOINT evolver_copy");
    try {
        connection.run(sql);
        connection.run("RELEASE evolver_copy");
        return true;
    } catch (EngineError const& error) {
        if (error.retry_helps() || connection.is_lost()) throw;
        connection.run("ROLLBACK TO evolver_copy; RELEASE evolver_copy");
        return false;
    }
}

/// What LIKE does not bring along, in words that mean the copy once names do.
struct Left {
    Rows foreign_keys;
    Rows sequences;
    Rows defaults;
    Rows functions;
    Rows triggers;
    Rows policies;
};

Left left_of(Connection const& connection, std::string const& schema) {
    return {
        .foreign_keys = connection.query("SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint "
                                         "AS k JOIN pg_class AS c ON c.oid = k.conrelid WHERE k.contype = 'f' AND "
                                         "k.conparentid = 0 AND k.conname NOT LIKE 'evolver\\_%' AND c.relnamespace = "
                                         "to_regnamespace($1) ORDER BY c.relname, k.conname",
                                         {quoted(schema)}),
        // Those of an identity come with their column.
        .sequences = connection.query("SELECT c.relname FROM pg_class AS c WHERE c.relkind = 'S' AND c.relnamespace = "
                                      "to_regnamespace($1) AND c.relname NOT LIKE 'evolver\\_%' AND NOT EXISTS (SELECT "
                                      "FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid "
                                      "AND d.deptype = 'i') ORDER BY c.relname",
                                      {quoted(schema)}),
        .defaults = connection.query(
            "SELECT c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid), (SELECT min(s.relname) FROM pg_depend AS o "
            "JOIN pg_class AS s ON s.oid = o.objid AND s.relkind = 'S' WHERE o.classid = 'pg_class'::regclass AND "
            "o.refclassid = 'pg_class'::regclass AND o.refobjid = c.oid AND o.refobjsubid = a.attnum AND o.deptype = "
            "'a') FROM pg_attrdef AS d JOIN pg_class AS c ON c.oid = d.adrelid AND c.relnamespace = "
            "to_regnamespace($1) JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND "
            "a.attgenerated = '' WHERE EXISTS (SELECT FROM pg_depend AS p JOIN pg_class AS s ON s.oid = p.refobjid AND "
            "s.relkind = 'S' WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = "
            "'pg_class'::regclass) ORDER BY c.relname, a.attnum",
            {quoted(schema)}),
        .functions = connection.query(
            "SELECT pg_get_functiondef(p.oid), quote_ident(n.nspname) || '.' FROM pg_proc AS p JOIN pg_namespace AS n "
            "ON n.oid = p.pronamespace AND n.nspname = $1 WHERE p.prokind IN ('f', 'p') AND p.proname NOT LIKE "
            "'evolver\\_%' AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND "
            "d.objid "
            "= p.oid AND d.deptype = 'e') ORDER BY p.oid",
            {schema}),
        .triggers = connection.query(
            "SELECT pg_get_triggerdef(t.oid, true), t.tgenabled IN ('D', 'R'), t.tgname, c.relname FROM pg_trigger AS "
            "t "
            "JOIN pg_class AS c ON c.oid = t.tgrelid AND c.relnamespace = to_regnamespace($1) WHERE NOT t.tgisinternal "
            "AND t.tgname NOT LIKE '%evolver%' AND c.relname NOT LIKE 'evolver\\_%' ORDER BY t.oid",
            {quoted(schema)}),
        .policies = connection.query(
            "SELECT format('CREATE POLICY %I ON %I AS %s FOR %s TO %s%s%s', p.polname, c.relname, CASE WHEN "
            "p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' "
            "THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, coalesce((SELECT "
            "string_agg(quote_ident(r.rolname), ', ') FROM pg_roles AS r WHERE r.oid = ANY (p.polroles)), 'PUBLIC'), ' "
            "USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, "
            "p.polrelid) || ')') FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid AND c.relnamespace = "
            "to_regnamespace($1) ORDER BY p.oid",
            {quoted(schema)})};
}

/// By the names that they have, so that SQL which drops or replaces one means the copy, and a trigger of the copy's calls it.
void copy_functions(Connection const& connection, Rows const& functions, std::string const& copy) {
    connection.run("SET LOCAL check_function_bodies = off");
    for (std::size_t row = 0; row < functions.rows.size(); ++row) {
        auto words = functions.text(row, 0);
        auto const qualifier = functions.text(row, 1);
        words.replace(words.find(qualifier), qualifier.size(), quoted(copy) + ".");
        (void)succeeds(connection, words);
    }
    connection.run("SET LOCAL check_function_bodies = on");
}

void copy_triggers(Connection const& connection, Rows const& triggers, std::string const& copy) {
    for (std::size_t row = 0; row < triggers.rows.size(); ++row) {
        bool const off = triggers.text(row, 1) == "t";
        bool const made = succeeds(connection, triggers.text(row, 0));
        if (made && off)
            (void)succeeds(connection,
                           fmt::format("ALTER TABLE {} DISABLE TRIGGER {}", in_schema(copy, triggers.text(row, 3)),
                                       quoted(triggers.text(row, 2))));
    }
}

/// Samples come and go without a word to the application's triggers.
template <typename Action>
void without_triggers(Connection const& connection, std::string const& copy, Action const& action) {
    auto const triggers = connection.query(
        "SELECT format('ALTER TABLE %I.%I ', n.nspname, c.relname), format('TRIGGER %I', t.tgname) FROM pg_trigger AS "
        "t "
        "JOIN pg_class AS c ON c.oid = t.tgrelid AND c.relkind IN ('r', 'p') JOIN pg_namespace AS n ON n.oid = "
        "c.relnamespace AND n.nspname = $1 WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')",
        {copy});
    for (std::size_t row = 0; row < triggers.rows.size(); ++row)
        connection.run(triggers.text(row, 0) + "DISABLE " + triggers.text(row, 1));
    action();
    for (std::size_t row = 0; row < triggers.rows.size(); ++row)
        connection.run(triggers.text(row, 0) + "ENABLE " + triggers.text(row, 1));
}

/// Samples need not have the rows that they refer to.
std::string add_foreign_key(std::string const& table, std::string const& name, std::string const& words) {
    return fmt::format("ALTER TABLE {} ADD CONSTRAINT {} {}{}", table, quoted(name), words,
                       words.ends_with("NOT VALID") ? "" : " NOT VALID");
}

void copy_views(Connection const& connection, Schema const& real, std::string const& copy) {
    auto views = real.views;
    // One may be over another: as long as any gets through, the rest is tried again.
    for (bool more = true; more && !views.empty();) {
        more = std::erase_if(views, [&](View const& view) {
                   return succeeds(connection, "CREATE VIEW " + in_schema(copy, view.name.text()) + " AS " + view.sql);
               }) > 0;
    }
}

bool copy_rows(Connection const& connection, Schema const& real, std::string const& schema, std::string const& copy,
               std::int64_t most) {
    bool more = false;
    // Foreign keys are triggers of the server's, and would refuse a row whose parent is no sample.
    for (auto const& table : real.tables) {
        std::string columns;
        for (auto const& column : table.columns) {
            if (!column.generated) columns += (columns.empty() ? "" : ", ") + quoted(column.name.text());
        }
        if (columns.empty()) continue;
        auto const from = in_schema(schema, table.name.text());
        auto const to = in_schema(copy, table.name.text());
        if (connection.text("SELECT to_regclass($1)", {to}).empty()) continue;
        auto const keys = connection.query(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = "
            "to_regclass($1)",
            {to});
        for (std::size_t row = 0; row < keys.rows.size(); ++row)
            connection.run("ALTER TABLE " + to + " DROP CONSTRAINT " + quoted(keys.text(row, 0)));
        (void)succeeds(connection, fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} LIMIT {}",
                                               to, columns, columns, from, most));
        for (std::size_t row = 0; row < keys.rows.size(); ++row)
            (void)succeeds(connection, add_foreign_key(to, keys.text(row, 0), keys.text(row, 1)));
        more = more ||
               !connection.query(fmt::format("SELECT 1 FROM {} OFFSET (SELECT count(*) FROM {}) LIMIT 1", from, to))
                    .empty();
    }
    return more;
}

bool in_word(char letter) { return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_'; }

std::string lowered(std::string_view text) {
    std::string lower{text};
    for (char& letter : lower) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    return lower;
}

/// `name.` or `"name".`, also inside of strings, which may be SQL.
bool is_qualifier_in(std::string const& sql, std::string const& name) {
    for (auto at = sql.find(name); at != std::string::npos; at = sql.find(name, at + 1)) {
        auto end = at + name.size();
        if (at > 0 && in_word(sql[at - 1])) continue;
        if (end < sql.size() && sql[end] == '"') ++end;
        while (end < sql.size() && std::isspace(static_cast<unsigned char>(sql[end])) != 0) ++end;
        if (end < sql.size() && sql[end] == '.') return true;
    }
    return false;
}

}  // namespace

void copy_schema(Connection const& connection, Schema const& real, std::string const& schema, std::string const& copy) {
    auto const left = left_of(connection, schema);
    auto const path = connection.text("SELECT current_setting('search_path')");
    connection.run("CREATE SCHEMA " + quoted(copy));
    for (auto const& table : real.tables) (void)succeeds(connection, like_table(copy, schema, table.name));
    connection.query("SELECT set_config('search_path', $1, true)", {quoted(copy) + ", " + path});
    for (std::size_t row = 0; row < left.sequences.rows.size(); ++row)
        (void)succeeds(connection, "CREATE SEQUENCE " + in_schema(copy, left.sequences.text(row, 0)));
    for (std::size_t row = 0; row < left.defaults.rows.size(); ++row) {
        auto const table = in_schema(copy, left.defaults.text(row, 0));
        auto const column = quoted(left.defaults.text(row, 1));
        // The words are read anew, and mean the copied sequence now.
        (void)succeeds(connection, fmt::format("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {}", table, column,
                                               left.defaults.text(row, 2)));
        if (auto const owned = left.defaults.text(row, 3); !owned.empty())
            (void)succeeds(connection,
                           fmt::format("ALTER SEQUENCE {} OWNED BY {}.{}", in_schema(copy, owned), table, column));
    }
    for (auto const& table : real.tables) {
        for (auto const& rename : rename_copied_indexes(connection, copy, schema, table.name))
            (void)succeeds(connection, rename);
    }
    for (std::size_t row = 0; row < left.foreign_keys.rows.size(); ++row) {
        (void)succeeds(connection, add_foreign_key(in_schema(copy, left.foreign_keys.text(row, 0)),
                                                   left.foreign_keys.text(row, 1), left.foreign_keys.text(row, 2)));
    }
    copy_functions(connection, left.functions, copy);
    copy_views(connection, real, copy);
    copy_triggers(connection, left.triggers, copy);
    // They hide nothing from the owner of the copy.
    for (std::size_t row = 0; row < left.policies.rows.size(); ++row)
        (void)succeeds(connection, left.policies.text(row, 0));
}

bool copy_some_rows(Connection const& connection, Schema const& real, std::string const& schema,
                    std::string const& copy, std::int64_t most) {
    bool more = false;
    without_triggers(connection, copy, [&] { more = copy_rows(connection, real, schema, copy, most); });
    return more;
}

void empty_tables(Connection const& connection, std::string const& copy) {
    auto const tables = connection.text(
        "SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ') FROM pg_class AS c JOIN pg_namespace AS n ON "
        "n.oid = c.relnamespace AND n.nspname = $1 WHERE c.relkind IN ('r', 'p')",
        {copy});
    if (tables.empty()) return;
    without_triggers(connection, copy, [&] { connection.run("TRUNCATE " + tables); });
}

void refuse_locks_beyond(Connection const& connection, std::string const& copy) {
    auto const held = connection.text(
        "SELECT min(format('%I.%I', n.nspname, c.relname)) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation "
        "JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname NOT IN ('pg_catalog', 'information_schema', "
        "$1) AND n.nspname NOT LIKE 'pg\\_t%' AND n.nspname NOT LIKE 'evolver\\_%' WHERE l.pid = pg_backend_pid() AND "
        "l.locktype = 'relation' AND l.granted AND l.mode NOT IN "
        "('AccessShareLock', 'RowShareLock')",
        {copy});
    if (!held.empty())
        throw BeyondCopy{Failure{.what = "it reaches " + held + ", for which no copy could stand in", .object = held}};
}

void refuse_types_beyond(EngineError const& error) {
    constexpr int dependent_objects_still_exist = code_of("2BP01");
    if (error.native_code() != dependent_objects_still_exist || !drops_type(error.sql())) return;
    throw BeyondCopy{
        Failure{.what = "it drops a type, and what has it only the real tables know", .object = "DROP TYPE"}};
}

void refuse_names_beyond(Connection const& connection, std::string const& copy, std::string_view sql) {
    auto const refuse = [](std::string const& name) {
        throw BeyondCopy{Failure{.what = "it says " + name + " itself, so that no copy can stand in for what it means",
                                 .object = name}};
    };
    auto const lower = lowered(sql);
    if (lower.find("search_path") != std::string::npos) refuse("search_path");
    auto const names = connection.query(
        "SELECT nspname FROM pg_namespace WHERE nspname NOT IN ('pg_catalog', 'information_schema', $1) AND nspname "
        "NOT LIKE 'pg\\_t%' ORDER BY 1",
        {copy});
    for (std::size_t row = 0; row < names.rows.size(); ++row) {
        if (is_qualifier_in(lower, lowered(names.text(row, 0)))) refuse(names.text(row, 0));
    }
}

}  // namespace evolver::postgresql
