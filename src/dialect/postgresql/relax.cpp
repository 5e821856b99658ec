#include "dialect/postgresql/relax.hpp"

#include "dialect/postgresql/conversion.hpp"

namespace evolver::postgresql {

std::vector<std::string> accept_nothing(Connection const& connection, std::string const& schema, Name const& table,
                                        Name const& column) {
    auto const name = in_schema(schema, table.text());
    auto const alter = "ALTER TABLE " + name + " ";
    std::vector<std::string> all;
    auto const required = connection.text(
        "SELECT attnotnull FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped",
        {name, column.text()});
    if (required == "t") all.push_back(alter + "ALTER COLUMN " + quoted(column.text()) + " DROP NOT NULL");
    auto const checks = connection.query(
        "SELECT k.conname FROM pg_constraint AS k JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = ANY "
        "(k.conkey) WHERE k.contype = 'c' AND k.conrelid = to_regclass($1) AND a.attname = $2 ORDER BY k.conname",
        {name, column.text()});
    for (std::size_t row = 0; row < checks.rows.size(); ++row)
        all.push_back(alter + "DROP CONSTRAINT IF EXISTS " + quoted(checks.text(row, 0)));
    return all;
}

}  // namespace evolver::postgresql
