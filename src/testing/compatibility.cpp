#include "evolver/testing/compatibility.hpp"

#include "testing/matrix.hpp"
#include "testing/statement_file.hpp"

#include <utility>

namespace evolver::testing {

namespace {

/// `1|'bash'|NULL; 2|'vim'|0.5`
std::string rows_of(sqlite::Connection const& connection, std::string const& query) {
    std::string text;
    auto statement = connection.prepare(query);
    while (statement.step()) {
        if (!text.empty()) text += "; ";
        for (int i = 0; i < statement.columns(); ++i) text += (i > 0 ? "|" : "") + to_text(statement.value(i));
    }
    return text;
}

}  // namespace

Compatibility::Compatibility(Plan plan, CompatibilityOptions options)
    : plan_{std::move(plan)}, options_{std::move(options)} {}

Compatibility& Compatibility::statements(Release const& release, std::vector<std::string> const& sql) {
    auto const position = plan_.position_of(release);
    for (auto const& one : sql) statements_.push_back({position, one});
    return *this;
}

Compatibility& Compatibility::statements_from(Release const& release, std::string const& path) {
    auto const sql = read_statements(path);
    if (sql.empty()) {
        throw Error{Failure{.what = "The file \"" + path + "\" has no statement.",
                            .object = path,
                            .instead = "have a Recorder watch the release's sessions, and call flush()"}};
    }
    return statements(release, sql);
}

Compatibility& Compatibility::live(Release const& release, std::function<std::vector<std::string>(Evolver&)> write) {
    live_.push_back({plan_.position_of(release), std::move(write)});
    return *this;
}

Compatibility& Compatibility::seed(Release const& release, std::vector<std::string> const& sql) {
    auto& seeds = seeds_[plan_.position_of(release)];
    seeds.insert(seeds.end(), sql.begin(), sql.end());
    return *this;
}

Compatibility& Compatibility::expect(Release const& release, std::string const& query, std::string const& rows) {
    expected_.push_back({plan_.position_of(release), query, rows});
    return *this;
}

CompatibilityReport Compatibility::check() const {
    Baggage const baggage{.schema = options_.schema, .seeds = seeds_, .foreign_keys = options_.foreign_keys};
    std::vector<MatrixStatement> statements;
    for (auto const& one : statements_) statements.push_back({one.release, one.sql});
    std::vector<MatrixLive> live;
    for (auto const& one : live_) live.push_back({one.release, one.write});
    auto report = MatrixRun{plan_, baggage, options_.functions, std::move(statements), std::move(live)}.run();
    for (auto const& one : expected_) {
        Journey journey{plan_, baggage};
        sqlite::StandIns const stand_ins{journey.connection(), options_.functions};
        journey.settle(journey.end_of(one.release), false);
        auto const found = rows_of(journey.connection(), one.query);
        ++report.checks;
        if (found == one.rows) continue;
        report.failures.push_back(
            {.release = plan_.releases()[one.release].text(),
             .statement = one.query,
             .phases = {plan_.migrations()[journey.end_of(one.release) - 1].id.text() + ": contracted"},
             .kind = IncompatibilityKind::other_rows,
             .error = "from the seeds it returns " + found + ", and should return " + one.rows,
             .migration = {},
             .operation = {},
             .instead = "look at up and down of what makes these columns"});
    }
    return report;
}

}  // namespace evolver::testing
