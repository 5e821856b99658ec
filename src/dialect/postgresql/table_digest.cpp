#include "dialect/postgresql/table_digest.hpp"

#include "dialect/postgresql/conversion.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::postgresql {

namespace {

StoredAs stored_as(std::string const& word) {
    if (word == "integer") return StoredAs::integer;
    if (word == "real") return StoredAs::real;
    return word == "bytes" ? StoredAs::bytes : StoredAs::text;
}

/// The least or the greatest; bytes have no order of their own before PostgreSQL 18, and their digits have the same.
std::string extreme(char const* which, std::string const& column, StoredAs type) {
    switch (type) {
        case StoredAs::integer: return fmt::format("CAST({}({}) AS text)", which, column);
        // NaN and Infinity are no numbers to whoever reads a literal.
        case StoredAs::real:
            return fmt::format(
                "(SELECT CASE WHEN t ~ '[A-Za-z]{{2}}' THEN quote_literal(t) ELSE t END FROM CAST({}({}) AS text) AS "
                "t)",
                which, column);
        case StoredAs::bytes:
            return fmt::format("'''\\x' || {}(encode({}, 'hex') COLLATE \"C\") || ''''", which, column);
        case StoredAs::text: break;
    }
    return fmt::format("quote_literal({}(CAST({} AS text) COLLATE \"C\"))", which, column);
}

std::string sum(std::string const& column, StoredAs type) {
    if (type != StoredAs::integer && type != StoredAs::real) return "CAST(NULL AS text)";
    return fmt::format("CAST(trim_scale(sum(CAST({} AS numeric))) AS text)", column);
}

}  // namespace

std::string texts_alike() {
    return "SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL TimeZone = 'UTC'; SET "
           "LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL lc_monetary = 'C'; SET LOCAL "
           "search_path = pg_catalog; SET LOCAL row_security = off";
}

std::vector<DigestedColumn> digested_columns(Connection const& connection, std::string const& schema,
                                             Name const& table) {
    auto const found = connection.query(
        "WITH RECURSIVE made_of (attribute, type, base) AS (SELECT a.attname, t.oid, t.typbasetype FROM pg_attribute "
        "AS a JOIN pg_type AS t ON t.oid = a.atttypid WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT "
        "a.attisdropped UNION ALL SELECT m.attribute, t.oid, t.typbasetype FROM made_of AS m JOIN pg_type AS t ON "
        "t.oid = m.base) SELECT attribute, CASE WHEN type IN (to_regtype('int2'), to_regtype('int4'), "
        "to_regtype('int8')) THEN 'integer' WHEN type IN (to_regtype('float4'), to_regtype('float8'), "
        "to_regtype('numeric')) THEN 'real' WHEN type = to_regtype('bytea') THEN 'bytes' ELSE 'text' END FROM made_of "
        "WHERE base = 0 ORDER BY attribute COLLATE \"C\"",
        {in_schema(schema, table.text())});
    std::vector<DigestedColumn> columns;
    for (std::size_t row = 0; row < found.rows.size(); ++row)
        columns.push_back({found.text(row, 0), stored_as(found.text(row, 1))});
    return columns;
}

std::string keep_tables(std::string const& schema, std::vector<Name> const& tables) {
    std::string listed;
    for (auto const& table : tables) listed += (listed.empty() ? "" : ", ") + in_schema(schema, table.text());
    return "LOCK TABLE " + listed + " IN ACCESS SHARE MODE";
}

std::string open_hashes(std::string const& schema, Name const& table, std::vector<DigestedColumn> const& columns,
                        Hashes hashes) {
    std::string row;
    std::string each;
    for (auto const& column : columns) {
        row += (row.empty() ? "" : ", ") + quoted(column.name);
        if (hashes == Hashes::of_each_value_too) each += ", md5(CAST(" + quoted(column.name) + " AS text))";
    }
    return "DECLARE evolver_hashes NO SCROLL CURSOR FOR SELECT md5(CAST(ROW(" + row + ") AS text))" + each + " FROM " +
           in_schema(schema, table.text());
}

std::string next_hashes(std::size_t rows) { return "FETCH " + std::to_string(rows) + " FROM evolver_hashes"; }
std::string close_hashes() { return "CLOSE evolver_hashes"; }

std::string column_facts(std::string const& schema, Name const& table, std::vector<DigestedColumn> const& columns) {
    std::string facts;
    for (auto const& column : columns) {
        auto const name = quoted(column.name);
        facts += fmt::format("{}count({}), {}, {}, {}", facts.empty() ? "" : ", ", name,
                             extreme("min", name, column.stored_as), extreme("max", name, column.stored_as),
                             sum(name, column.stored_as));
    }
    return "SELECT " + facts + " FROM " + in_schema(schema, table.text());
}

}  // namespace evolver::postgresql
