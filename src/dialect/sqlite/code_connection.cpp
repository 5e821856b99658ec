#include "dialect/sqlite/code_connection.hpp"

#include "dialect/sqlite/statements.hpp"
#include "evolver/schema/tokens.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace evolver::sqlite {

namespace {

/// The word that a statement begins with is what SQLite tells its kind by.
constexpr std::array<std::string_view, 16> refused{"BEGIN",  "COMMIT",  "END",     "ROLLBACK", "SAVEPOINT", "RELEASE",
                                                   "PRAGMA", "ATTACH",  "DETACH",  "CREATE",   "ALTER",     "DROP",
                                                   "VACUUM", "REINDEX", "ANALYZE", "EXPLAIN"};

void refuse_beyond_rows(std::string_view sql) {
    auto const all = significant_tokens(sql);
    if (all.empty()) return;
    bool const beyond = std::any_of(refused.begin(), refused.end(),
                                    [&](std::string_view word) { return is_keyword(all.front(), word); });
    if (!beyond) return;
    throw Error{
        Failure{.what = "\"" + std::string{all.front().text} +
                        "\" is not for a RunCode: it reads and writes rows, inside the transaction of its phase.",
                .instead = "change the schema by an operation of its own, before or after it",
                .sql = std::string{sql}}};
}

}  // namespace

Statement CodeConnection::prepared(std::string_view sql, std::vector<Value> const& values) const {
    auto const statements = split(sql);
    if (statements.size() != 1) {
        throw Error{
            Failure{.what = "A RunCode gave " + std::to_string(statements.size()) + " statements where one is meant.",
                    .instead = "use run() for a script",
                    .sql = std::string{sql}}};
    }
    refuse_beyond_rows(sql);
    auto statement = connection_.prepare(sql);
    auto const wanted = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement.handle()));
    if (wanted != values.size()) {
        throw Error{Failure{.what = "A RunCode gave " + std::to_string(values.size()) + " values for " +
                                    std::to_string(wanted) + " placeholders.",
                            .sql = std::string{sql}}};
    }
    for (std::size_t i = 0; i < values.size(); ++i) statement.bind(static_cast<int>(i) + 1, values[i]);
    return statement;
}

void CodeConnection::run(std::string_view script) {
    for (auto const& statement : split(script)) (void)prepared(statement.text, {}).run();
}

std::int64_t CodeConnection::execute(std::string_view sql, std::vector<Value> const& values) {
    return prepared(sql, values).run();
}

void CodeConnection::each(std::string_view sql, std::vector<Value> const& values,
                          std::function<void(Row const&)> const& row) {
    auto statement = prepared(sql, values);
    while (statement.step()) {
        Row found;
        for (int i = 0; i < statement.columns(); ++i) found.push_back(statement.value(i));
        row(found);
    }
}

}  // namespace evolver::sqlite
