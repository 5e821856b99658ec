#include "execute/moved_losses.hpp"

#include "dialect/sqlite/fill_sql.hpp"

namespace evolver {

std::int64_t quarantine_unhomed(Workplace& workplace, std::vector<OpenPhysicalCrossPair> const& crossings,
                                std::string const& migration) {
    std::int64_t kept = 0;
    for (auto const& open : crossings) {
        auto const& pair = open.pair.pair;
        auto statement = workplace.own().prepare(
            "INSERT INTO evolver_quarantine (plan, migration, table_name, row_key, column_name, value, at) SELECT ?1, "
            "?2, ?3, " +
            sqlite::key_text(open.pair.source_row) + ", ?4, " + sqlite::quoted(pair.column.text()) +
            ", strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM " + sqlite::quoted(pair.source.text()) + " WHERE " +
            sqlite::unhomed(open.pair));
        statement.bind(1, std::string_view{workplace.plan().name()})
            .bind(2, std::string_view{migration})
            .bind(3, std::string_view{pair.source.text()})
            .bind(4, std::string_view{pair.column.text()});
        kept += statement.run();
    }
    return kept;
}

}  // namespace evolver
