#include "testing/verdict.hpp"

#include "evolver/dialect/engine_error.hpp"
#include "testing/table_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::testing {

namespace {

using Kind = IncompatibilityKind;

std::string joined(std::vector<std::string> const& words) {
    std::string text;
    for (auto const& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// What is not the same, without the rows themselves: they are somebody's.
std::string in_words(sqlite::Trial const& home, sqlite::Trial const& now) {
    if (home.rows != now.rows) {
        return home.rows.size() == now.rows.size()
                   ? fmt::format("of {} row{} that it returns, not all are those of its own schema", now.rows.size(),
                                 now.rows.size() == 1 ? "" : "s")
                   : fmt::format("it returns {} row{}, and {} on its own schema", now.rows.size(),
                                 now.rows.size() == 1 ? "" : "s", home.rows.size());
    }
    for (auto const& [table, rows] : home.left) {
        auto const found = now.left.find(table);
        if (found == now.left.end() || found->second == rows) continue;
        return "it leaves other rows in " + table + " than on its own schema";
    }
    return "it does something else than on its own schema";
}

}  // namespace

std::string engine_words(Error const& error) {
    constexpr std::string_view engine = "SQLite: ";
    std::string const words = error.what();
    auto const begin = words.starts_with(engine) ? engine.size() : 0;
    return words.substr(begin, words.find('\n') - begin);
}

AtHome at_home(std::string const& sql, Home const& home, sqlite::StandIns& stand_ins) {
    AtHome known{.look = sqlite::look_at(*home.connection, sql, stand_ins)};
    if (!known.look.about_rows || known.look.reads_catalogue) return known;
    for (auto const& values : sqlite::values_for(sql, known.look, home.schema)) {
        auto const trial = sqlite::try_statement(*home.connection, sql, known.look, values, home.sight, stand_ins);
        if (!trial.failure.empty()) continue;
        if (!known.tried || trial.did_something()) known.binds = values;
        known.tried = true;
        if (trial.did_something()) break;
    }
    return known;
}

std::optional<Verdict> judge(std::string const& sql, Home const& home, AtHome const& known, Elsewhere const& elsewhere,
                             sqlite::StandIns& home_stand_ins, sqlite::StandIns& stand_ins) {
    sqlite::StatementLook look;
    try {
        look = sqlite::look_at(*elsewhere.connection, sql, stand_ins);
    } catch (EngineError const& error) {
        return Verdict{.kind = Kind::not_understood,
                       .error = engine_words(error),
                       .instead = "keep what it names until contract: an operation does that for both releases",
                       .tables = tables_of(known.look)};
    }
    if (!known.look.about_rows) return std::nullopt;
    if (look.result != known.look.result) {
        return Verdict{.kind = Kind::result_columns,
                       .error = fmt::format("it returns ({}), and ({}) on its own schema", joined(look.result),
                                            joined(known.look.result)),
                       .instead = "name the columns: SELECT a, b …",
                       .tables = tables_of(known.look)};
    }
    if (auto verdict = compare_tables(sql, home, known, elsewhere)) return verdict;
    if (!known.tried) return std::nullopt;
    auto const there = [&] {
        return sqlite::try_statement(*elsewhere.connection, sql, look, known.binds, home.sight, stand_ins);
    };
    auto const here = [&] {
        return sqlite::try_statement(*home.connection, sql, known.look, known.binds, home.sight, home_stand_ins);
    };
    auto const now = there();
    if (!now.failure.empty()) {
        return Verdict{.kind = Kind::refused,
                       .error = "it fails when it runs: " + now.failure,
                       .instead = "look at the triggers and constraints that the migration adds",
                       .tables = tables_of(known.look)};
    }
    if (!elsewhere.same_rows || look.reads_catalogue) return std::nullopt;
    auto const before = here();
    if (before == now) return std::nullopt;
    // The clock, and chance: what differs from itself says nothing.
    auto const again = here();
    if (!(again == before)) return std::nullopt;
    auto const now_again = there();
    if (now_again == again || !(now_again == there())) return std::nullopt;
    return Verdict{.kind = Kind::other_rows,
                   .error = in_words(again, now_again),
                   .instead = "look at what the migration makes of rows, views and triggers that its release uses",
                   .tables = tables_of(known.look)};
}

}  // namespace evolver::testing
