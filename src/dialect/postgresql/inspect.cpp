#include "dialect/postgresql/inspect.hpp"

#include "evolver/dialect/engine_error.hpp"

#include <fmt/format.h>

#include <array>

namespace evolver::postgresql {

namespace {

/// $1 the schema.
constexpr auto ordinary =
    " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = $1 AND c.relkind IN ('r', "
    "'p') AND c.relname NOT LIKE 'evolver\\_%' ";

Table* table_in(Schema& schema, std::string const& name) {
    // Quoted names keep their case here, and Name compares without: two tables that differ in case alone are refused by whoever looks one up.
    for (auto& table : schema.tables) {
        if (table.name.text() == name) return &table;
    }
    return nullptr;
}

void read_columns(Connection const& connection, std::string const& name, Schema& schema) {
    auto const found = connection.query(
        std::string{"SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
                    "pg_get_expr(d.adbin, d.adrelid), a.attgenerated <> '', a.attidentity <> '', (SELECT k.collname "
                    "FROM pg_collation AS k WHERE k.oid = a.attcollation AND NOT k.collisdeterministic)"} +
            ordinary +
            "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
            "LEFT JOIN pg_attrdef AS "
            "d ON d.adrelid = c.oid AND d.adnum = a.attnum ORDER BY c.relname, a.attnum",
        {name});
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
        auto const table_name = found.text(row, 0);
        auto* table = table_in(schema, table_name);
        if (table == nullptr) {
            schema.tables.push_back({.name = Name{table_name}, .columns = {}});
            table = &schema.tables.back();
        }
        Column column{.name = Name{found.text(row, 1)},
                      .type = declared(found.text(row, 2)),
                      .nullable = found.text(row, 3) != "t"};
        bool const generated = found.text(row, 5) == "t";
        if (found.rows[row][4]) (generated ? column.generated : column.default_value) = Expression{found.text(row, 4)};
        column.stored = generated;
        // An identity is a default that the catalogue keeps elsewhere: an INSERT may leave the column out.
        if (found.text(row, 6) == "t") column.default_value = Expression{std::string{"DEFAULT"}};
        column.collation = found.text(row, 7);
        table->columns.push_back(std::move(column));
    }
}

std::vector<Name> names_in(std::string const& lines) {
    std::vector<Name> names;
    for (std::size_t at = 0; at < lines.size();) {
        auto const end = std::min(lines.find('\n', at), lines.size());
        names.emplace_back(lines.substr(at, end - at));
        at = end + 1;
    }
    return names;
}

void read_constraints(Connection const& connection, std::string const& name, Schema& schema) {
    auto const found = connection.query(
        std::string{
            "SELECT c.relname, k.conname, k.contype, (SELECT string_agg(a.attname, E'\\n' ORDER BY p.at) FROM "
            "unnest(k.conkey) WITH ORDINALITY AS p (number, at) JOIN pg_attribute AS a ON a.attrelid = k.conrelid "
            "AND a.attnum = p.number), k.confrelid::regclass, (SELECT string_agg(a.attname, E'\\n' ORDER BY p.at) "
            "FROM unnest(k.confkey) WITH ORDINALITY AS p (number, at) JOIN pg_attribute AS a ON a.attrelid = "
            "k.confrelid AND a.attnum = p.number), pg_get_expr(k.conbin, k.conrelid), (SELECT f.relname FROM "
            "pg_class AS f WHERE f.oid = k.confrelid)"} +
            ordinary + "JOIN pg_constraint AS k ON k.conrelid = c.oid ORDER BY c.relname, k.conname",
        {name});
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
        auto* const table = table_in(schema, found.text(row, 0));
        if (table == nullptr || found.text(row, 1).starts_with("evolver_")) continue;
        auto const kind = found.text(row, 2);
        auto const columns = names_in(found.text(row, 3));
        if (kind == "p") table->primary_key = columns;
        if (kind == "u") table->unique_keys.push_back({.name = found.text(row, 1), .columns = columns});
        if (kind == "c" && found.rows[row][6])
            table->checks.push_back({.name = found.text(row, 1), .condition = Expression{found.text(row, 6)}});
        if (kind == "f") {
            table->foreign_keys.push_back({.name = found.text(row, 1),
                                           .columns = columns,
                                           .table = Name{found.text(row, 7)},
                                           .referenced = names_in(found.text(row, 5))});
        }
    }
}

void read_indexes(Connection const& connection, std::string const& name, Schema& schema) {
    auto const found = connection.query(
        std::string{"SELECT c.relname, x.relname, i.indisunique, pg_get_expr(i.indpred, i.indrelid), part.at, "
                    "pg_get_indexdef(i.indexrelid, part.at, true), i.indkey[part.at - 1] <> 0, (SELECT a.attname FROM "
                    "pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum = i.indkey[part.at - 1])"} +
            ordinary +
            "JOIN pg_index AS i ON i.indrelid = c.oid AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid "
            "= "
            "i.indexrelid AND k.conrelid = c.oid) JOIN pg_class AS x ON x.oid = i.indexrelid AND x.relname NOT LIKE "
            "'evolver\\_%' CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) AS part (at) ORDER BY x.relname, "
            "part.at",
        {name});
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
        bool const is_column = found.text(row, 6) == "t";
        if (found.integer(row, 4) == 1) {
            schema.indexes.push_back({.name = Name{found.text(row, 1)},
                                      .table = Name{found.text(row, 0)},
                                      .parts = {},
                                      .unique = found.text(row, 2) == "t"});
            if (found.rows[row][3]) schema.indexes.back().where = Expression{found.text(row, 3)};
        }
        schema.indexes.back().parts.emplace_back(Expression{found.text(row, is_column ? 7 : 5)}, is_column);
    }
}

void read_views(Connection const& connection, std::string const& name, Schema& schema) {
    auto const found = connection.query(
        "SELECT c.relname, pg_get_viewdef(c.oid) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "AND "
        "n.nspname = $1 WHERE c.relkind = 'v' AND c.relname NOT LIKE 'evolver\\_%' ORDER BY c.relname",
        {name});
    for (std::size_t row = 0; row < found.rows.size(); ++row)
        schema.views.push_back({Name{found.text(row, 0)}, found.text(row, 1)});
}

}  // namespace

std::string current_schema(Connection const& connection) {
    auto schema = connection.text("SELECT current_schema()");
    if (!schema.empty()) return schema;
    throw Error{Failure{.what = "The search_path of this user names no schema that is there.",
                        .object = "search_path",
                        .instead = "ALTER ROLE … SET search_path = public, or make the schema that it names"}};
}

Schema inspect(Connection const& connection, std::string const& schema) {
    Schema found;
    read_columns(connection, schema, found);
    read_constraints(connection, schema, found);
    read_indexes(connection, schema, found);
    read_views(connection, schema, found);
    return found;
}

std::vector<Trigger> triggers(Connection const& connection, std::string const& schema) {
    auto const found =
        connection.query(std::string{"SELECT t.tgname, c.relname, pg_get_triggerdef(t.oid, true)"} + ordinary +
                             "JOIN pg_trigger AS t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgname NOT LIKE "
                             "'%evolver%' ORDER BY "
                             "c.relname, t.tgname",
                         {schema});
    std::vector<Trigger> all;
    for (std::size_t row = 0; row < found.rows.size(); ++row)
        all.push_back({Name{found.text(row, 0)}, Name{found.text(row, 1)}, found.text(row, 2)});
    return all;
}

std::vector<DatabaseObject> other_objects(Connection const& connection, std::string const& schema) {
    auto const found = connection.query(
        "WITH s AS (SELECT to_regnamespace($1)::oid AS id), every (name, definition, class, object) AS ("
        "SELECT 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.prosrc || ' ' "
        "|| "
        "coalesce(pg_get_function_sqlbody(p.oid), ''), 'pg_proc'::regclass::oid, p.oid FROM pg_proc AS p, s WHERE "
        "p.pronamespace = s.id AND p.proname NOT LIKE 'evolver\\_%' "
        "UNION ALL SELECT 'trigger ' || t.tgname || ' of table ' || c.relname, pg_get_triggerdef(t.oid, true), "
        "'pg_trigger'::regclass::oid, t.oid FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid, s WHERE "
        "c.relnamespace = s.id AND NOT t.tgisinternal AND t.tgname NOT LIKE '%evolver%' AND c.relname NOT LIKE "
        "'evolver\\_%' "
        "UNION ALL SELECT 'type ' || t.typname, t.typtype::text || coalesce((SELECT string_agg(e.enumlabel, ',' ORDER "
        "BY "
        "e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid), '') || CASE WHEN t.typbasetype = 0 THEN '' "
        "ELSE "
        "format_type(t.typbasetype, t.typtypmod) END, 'pg_type'::regclass::oid, t.oid FROM pg_type AS t, s WHERE "
        "t.typnamespace = s.id AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_class "
        "AS c "
        "WHERE c.oid = t.typrelid AND c.relkind = 'c')) "
        "UNION ALL SELECT CASE c.relkind WHEN 'S' THEN 'sequence ' ELSE 'materialized view ' END || c.relname, "
        "c.relkind::text, 'pg_class'::regclass::oid, c.oid FROM pg_class AS c, s WHERE c.relnamespace = s.id AND "
        "c.relkind IN ('S', 'm') AND c.relname NOT LIKE 'evolver\\_%' AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE "
        "d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i'))"
        ") SELECT name, md5(definition) FROM every WHERE NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = "
        "every.class AND d.objid = every.object AND d.deptype = 'e') ORDER BY 1, 2",
        {quoted(schema)});
    std::vector<DatabaseObject> objects;
    for (std::size_t row = 0; row < found.rows.size(); ++row)
        objects.push_back({.name = found.text(row, 0), .definition = found.text(row, 1)});
    return objects;
}

bool is_called(Connection const& connection, std::string const& type, std::string const& words) {
    if (same_type_words(type, words)) return true;
    connection.run("SAVEPOINT evolver_type");
    Rows described;
    try {
        described = connection.query("SELECT CAST(NULL AS " + words + ") WHERE false");
    } catch (EngineError const& error) {
        if (error.retry_helps()) throw;
        connection.run("ROLLBACK TO evolver_type; RELEASE evolver_type");
        return true;  // serial, which is no type; or one that is not there any more
    }
    connection.run("RELEASE evolver_type");
    return connection.text("SELECT format_type(CAST($1 AS oid), CAST($2 AS integer))",
                           {std::to_string(described.types.at(0)), std::to_string(described.modifiers.at(0))}) == type;
}

RowKey row_key(Connection const& connection, std::string const& schema, Name const& table) {
    auto const found = connection.query(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = "
        "c.relnamespace AND n.nspname = $1 JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary CROSS JOIN "
        "LATERAL "
        "generate_series(1, i.indnkeyatts) AS part (at) JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = "
        "i.indkey[part.at - 1] WHERE c.relname = $2 ORDER BY part.at",
        {schema, table.text()});
    RowKey key;
    for (std::size_t row = 0; row < found.rows.size(); ++row)
        key.columns.push_back({Name{found.text(row, 0)}, found.text(row, 1)});
    return key;
}

std::string why_not_synced(Connection const& connection, std::string const& schema, Name const& table) {
    auto const found = connection.query(
        "SELECT c.relkind = 'p', c.relispartition OR EXISTS (SELECT FROM pg_inherits AS h WHERE c.oid IN (h.inhrelid, "
        "h.inhparent)), c.relrowsecurity, NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND "
        "i.indisprimary), (SELECT min(t.tgname) FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal "
        "AND "
        "t.tgenabled <> 'D' AND (t.tgtype & 16) <> 0 AND t.tgattr::text = '' AND t.tgname <> '~evolver_sync') FROM "
        "pg_class AS "
        "c JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = $1 WHERE c.relname = $2",
        {schema, table.text()});
    if (found.empty()) return {};  // it is not there yet
    if (found.text(0, 0) == "t") return "it is partitioned";
    if (found.text(0, 1) == "t") return "it inherits from another table, or is a partition";
    if (found.text(0, 2) == "t") return "it has row-level security, which hides rows from a backfill";
    if (found.text(0, 3) == "t") return "it has no primary key, by which a backfill would walk its rows";
    auto const trigger = found.text(0, 4);
    if (!trigger.empty()) {
        return "its trigger \"" + trigger +
               "\" fires for every UPDATE, and so for evolver's own: name the columns that it is for (UPDATE OF …), or "
               "make "
               "it fire for INSERT and DELETE only";
    }
    return {};
}

std::string trigger_on(Connection const& connection, std::string const& schema, Name const& table,
                       std::vector<Name> const& columns) {
    std::string listed;
    for (auto const& column : columns) listed += (listed.empty() ? "" : ", ") + literal(column.text());
    return connection.text(fmt::format(
        "SELECT min(t.tgname) FROM pg_trigger AS t WHERE t.tgrelid = to_regclass({}) AND NOT t.tgisinternal "
        "AND t.tgenabled <> 'D' AND (t.tgtype & 16) <> 0 AND t.tgname NOT LIKE '~evolver%' AND (t.tgattr::text "
        "= '' OR EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = t.tgrelid AND a.attnum = ANY "
        "(t.tgattr) AND a.attname IN ({})))",
        literal(in_schema(schema, table.text())), listed));
}

std::string referring_to(Connection const& connection, std::string const& schema, Name const& table) {
    return connection.text(
        "SELECT min(conrelid::regclass::text) FROM pg_constraint WHERE contype = 'f' AND confrelid = to_regclass($1)",
        {in_schema(schema, table.text())});
}

std::string referring_to_key(Connection const& connection, std::string const& schema, Name const& table) {
    return connection.text(
        "SELECT min(f.conrelid::regclass::text) FROM pg_constraint AS f JOIN pg_constraint AS k ON k.conrelid = "
        "f.confrelid AND k.contype = 'p' AND k.conindid = f.conindid WHERE f.contype = 'f' AND f.confrelid = "
        "to_regclass($1)",
        {in_schema(schema, table.text())});
}

std::string unusual_in_index(Connection const& connection, std::string const& schema, Name const& index) {
    auto const found = connection.query(
        "SELECT m.amname, i.indnatts > i.indnkeyatts, EXISTS (SELECT FROM unnest(i.indoption) AS o WHERE o <> 0), "
        "EXISTS (SELECT FROM unnest(i.indclass) AS used JOIN pg_opclass AS o ON o.oid = used WHERE NOT o.opcdefault), "
        "EXISTS (SELECT FROM generate_series(1, i.indnkeyatts) AS part (at) JOIN pg_attribute AS a ON a.attrelid = "
        "i.indrelid AND a.attnum = i.indkey[part.at - 1] WHERE i.indcollation[part.at - 1] <> a.attcollation) FROM "
        "pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid AND x.relname = $2 JOIN pg_am AS m ON m.oid = "
        "x.relam JOIN pg_namespace AS n ON n.oid = x.relnamespace AND n.nspname = $1",
        {schema, index.text()});
    if (found.empty()) return {};
    if (auto const method = found.text(0, 0); method != "btree") return "the method " + method;
    constexpr std::array words{"columns that it includes", "an order of its own (DESC, NULLS FIRST)",
                               "an operator class of its own", "a collation of its own"};
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (found.text(0, i + 1) == "t") return words[i];
    }
    return {};
}

std::vector<std::string> rename_copied_indexes(Connection const& connection, std::string const& copies,
                                               std::string const& schema, Name const& table) {
    auto const names = [&](std::string const& of) {
        return connection.query(
            "SELECT x.relname FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid WHERE i.indrelid = "
            "to_regclass($1) ORDER BY i.indexrelid",
            {in_schema(of, table.text())});
    };
    auto const real = names(schema);
    auto const copied = names(copies);
    std::vector<std::string> renames;
    if (real.rows.size() != copied.rows.size()) return renames;
    // By way of names that nobody has: one may be called as another is to be.
    for (int const step : {0, 1}) {
        for (std::size_t row = 0; row < real.rows.size(); ++row) {
            auto const between = fmt::format("evolver_copy_{}", row);
            renames.push_back(fmt::format("ALTER INDEX {} RENAME TO {}",
                                          in_schema(copies, step == 0 ? copied.text(row, 0) : between),
                                          quoted(step == 0 ? between : real.text(row, 0))));
        }
    }
    return renames;
}

std::vector<std::string> grants_on(Connection const& connection, std::string const& schema, Name const& of,
                                   Name const& to) {
    auto const found = connection.query(
        "WITH there AS (SELECT c.oid, c.relacl, c.relowner FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = "
        "c.relnamespace AND n.nspname = $1 WHERE c.relname = $2), given AS (SELECT a.privilege_type AS what, '' AS "
        "column, "
        "a.grantee, a.is_grantable, t.relowner FROM there AS t CROSS JOIN LATERAL aclexplode(t.relacl) AS a UNION ALL "
        "SELECT "
        "a.privilege_type, format(' (%I)', p.attname), a.grantee, a.is_grantable, t.relowner FROM there AS t JOIN "
        "pg_attribute AS p ON p.attrelid = t.oid AND p.attnum > 0 AND NOT p.attisdropped CROSS JOIN LATERAL "
        "aclexplode(p.attacl) AS a) SELECT format('GRANT %s%s ON %I.%I TO %s%s', g.what, g.column, CAST($1 AS text), "
        "CAST($3 AS text), CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END, CASE "
        "WHEN "
        "g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) FROM given AS g WHERE g.grantee <> g.relowner",
        {schema, of.text(), to.text()});
    std::vector<std::string> grants;
    for (std::size_t row = 0; row < found.rows.size(); ++row) grants.push_back(found.text(row, 0));
    return grants;
}

std::string holder_of_name(Connection const& connection, std::string const& schema, Name const& name, Wanted wanted) {
    auto const found = connection.query(
        "SELECT CASE relkind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view' WHEN 'S' THEN 'a sequence' "
        "WHEN "
        "'i' THEN 'an index' WHEN 'I' THEN 'an index' WHEN 'c' THEN 'a type' ELSE 'a table' END FROM pg_class WHERE "
        "relnamespace = to_regnamespace($1) AND relname = $2 UNION ALL SELECT 'a type' FROM pg_type WHERE typnamespace "
        "= "
        "to_regnamespace($1) AND typname = $2 AND typrelid = 0 AND typcategory <> 'A' AND CAST($3 AS boolean) LIMIT 1",
        {quoted(schema), name.text(), wanted == Wanted::relation ? "t" : "f"});
    return found.empty() ? std::string{} : found.text(0, 0);
}

namespace {

std::vector<std::string> first_column(Rows const& found) {
    std::vector<std::string> all;
    for (std::size_t row = 0; row < found.rows.size(); ++row) all.push_back(found.text(row, 0));
    return all;
}

}  // namespace

std::vector<std::string> column_extras(Connection const& connection, std::string const& schema, Name const& table,
                                       Name const& of, Name const& to) {
    auto const found = connection.query(
        "WITH it AS (SELECT a.attacl, c.relowner, col_description(c.oid, a.attnum) AS words FROM pg_attribute AS a "
        "JOIN "
        "pg_class AS c ON c.oid = a.attrelid WHERE c.oid = to_regclass($1) AND a.attname = $2 AND NOT a.attisdropped) "
        "SELECT format('COMMENT ON COLUMN %s.%I IS %L', CAST($1 AS text), CAST($3 AS text), words) FROM it WHERE words "
        "IS "
        "NOT NULL UNION ALL SELECT format('GRANT %s (%I) ON %s TO %s%s', g.privilege_type, CAST($3 AS text), CAST($1 "
        "AS "
        "text), CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END, CASE WHEN "
        "g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) FROM it CROSS JOIN LATERAL aclexplode(it.attacl) AS g "
        "WHERE "
        "g.grantee <> it.relowner",
        {in_schema(schema, table.text()), of.text(), to.text()});
    return first_column(found);
}

std::vector<std::string> rights_on_all(Connection const& connection, std::string const& schema, Name const& table,
                                       std::vector<Name> const& of, Name const& to) {
    std::string columns;
    for (auto const& one : of) columns += (columns.empty() ? "" : ", ") + literal(one.text());
    // Who is named on one of the columns is asked for on all of them: he may have the others as a member of somebody else, or with everybody.
    return first_column(connection.query(
        "WITH it AS (SELECT c.oid, c.relowner, a.attnum, a.attacl FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = "
        "a.attrelid WHERE c.oid = to_regclass($1) AND NOT a.attisdropped AND a.attname IN (" +
            columns +
            ")), given AS (SELECT DISTINCT CAST(CASE g.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) "
            "END AS name) AS who, g.privilege_type AS what FROM it CROSS JOIN LATERAL aclexplode(it.attacl) AS g WHERE "
            "g.grantee <> it.relowner) SELECT format('GRANT %s (%I) ON %s TO %s%s', what, CAST($2 AS text), CAST($1 AS "
            "text), CASE who WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(who) END, CASE WHEN (SELECT "
            "bool_and(has_column_privilege(who, oid, attnum, what || ' WITH GRANT OPTION')) FROM it) THEN ' WITH GRANT "
            "OPTION' ELSE '' END) FROM given WHERE (SELECT bool_and(has_column_privilege(who, oid, attnum, what)) FROM "
            "it) ORDER BY 1",
        {in_schema(schema, table.text()), to.text()}));
}

std::string view_over(Connection const& connection, std::string const& schema, Name const& view) {
    return connection.text(
        "SELECT min(r.ev_class::regclass::text) FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid WHERE "
        "d.classid = "
        "'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass($1) AND "
        "r.ev_class <> "
        "d.refobjid",
        {in_schema(schema, view.text())});
}

std::string view_by_key(Connection const& connection, std::string const& schema, Name const& table) {
    return connection.text(
        "SELECT min(r.ev_class::regclass::text) FROM pg_constraint AS k JOIN pg_depend AS d ON d.refclassid = "
        "'pg_constraint'::regclass AND d.refobjid = k.oid AND d.classid = 'pg_rewrite'::regclass JOIN pg_rewrite AS r "
        "ON "
        "r.oid = d.objid WHERE k.conrelid = to_regclass($1) AND k.contype = 'p'",
        {in_schema(schema, table.text())});
}

bool has_row_security(Connection const& connection, std::string const& schema, Name const& table) {
    return connection.text("SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass($1)",
                           {in_schema(schema, table.text())}) == "t";
}

std::vector<std::pair<Name, Name>> invalid_indexes(Connection const& connection, std::string const& schema) {
    auto const found = connection.query(
        std::string{"SELECT x.relname, c.relname"} + ordinary +
            "JOIN pg_index AS i ON i.indrelid = c.oid AND NOT i.indisvalid AND NOT EXISTS (SELECT FROM "
            "pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid) JOIN pg_class AS x ON x.oid = "
            "i.indexrelid AND x.relkind = 'i' AND x.relname NOT LIKE 'evolver\\_%' ORDER BY x.relname",
        {schema});
    std::vector<std::pair<Name, Name>> names;
    for (std::size_t row = 0; row < found.rows.size(); ++row)
        names.emplace_back(Name{found.text(row, 0)}, Name{found.text(row, 1)});
    return names;
}

std::int64_t estimated_rows(Connection const& connection, std::string const& schema, Name const& table) {
    return connection.integer(
        "SELECT greatest(0, c.reltuples)::bigint FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "AND "
        "n.nspname = $1 WHERE c.relname = $2",
        {schema, table.text()});
}

}  // namespace evolver::postgresql
