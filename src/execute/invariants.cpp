#include "execute/invariants.hpp"

#include "compile/invariant_check.hpp"
#include "dialect/sqlite/statement_fault.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

namespace evolver {

namespace {

/// What writers wait for without noticing: the same as for the steps themselves.
constexpr std::chrono::milliseconds longest_under_lock{50};
constexpr int most_measurements = 3;
/// An answer is a figure, or a few. One of more rows is no invariant, and would have to be kept.
constexpr std::size_t most_rows = 10'000;

using Answer = std::vector<std::string>;

/// Row by row, as SQL literals: so 1 is told from 1.0 and from '1'.
Answer ask(sqlite::Connection const& connection, Migration const& migration, Invariant const& invariant,
           Expression const& query, Changed before = Changed::no) {
    Answer rows;
    try {
        auto statement = connection.prepare(invariant_sql(query));
        while (rows.size() <= most_rows && statement.step()) {
            std::string row;
            for (int i = 0; i < statement.columns(); ++i) row += (i > 0 ? ", " : "") + to_text(statement.value(i));
            rows.push_back(std::move(row));
        }
    } catch (EngineError const& error) {
        if (!sqlite::is_the_statements_fault(error)) throw;
        std::string const what = error.what();
        throw Error{Failure{.what = "Migration \"" + migration.id.text() + "\", invariant \"" + invariant.name +
                                    "\": " + what.substr(0, what.find('\n')),
                            .object = invariant.name,
                            .instead = "correct the query",
                            .sql = query.text(Engine::sqlite),
                            .native_code = error.native_code(),
                            .changed = before,
                            .retry = error.retry_helps() ? Retry::helps : Retry::useless}};
    }
    if (rows.size() <= most_rows) return rows;
    throw Error{Failure{.what = fmt::format("Migration \"{}\", invariant \"{}\": the answer has more than {} rows.",
                                            migration.id.text(), invariant.name, most_rows),
                        .object = invariant.name,
                        .instead = "ask for a sum, or for a count",
                        .sql = query.text(Engine::sqlite),
                        .changed = before}};
}

/// A message ends at the first NUL.
std::string readable(std::string text) {
    std::replace(text.begin(), text.end(), '\0', '.');
    return text;
}

/// The first row that differs, where there is one.
std::pair<std::string, std::string> difference(Answer const& before, Answer const& after) {
    for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
        auto const row = [&](Answer const& answer) { return i < answer.size() ? answer[i] : "no such row"; };
        if (row(before) != row(after)) return {readable(row(before)), readable(row(after))};
    }
    return {};
}

std::string both(Expression const& before, Expression const& after) {
    return before.text(Engine::sqlite) + "; " + after.text(Engine::sqlite);
}

std::string first(Answer const& answer) { return answer.empty() ? "no row" : answer.front(); }

Failure failure_of(InvariantAnswer const& answer, std::string const& when, std::string sql, Changed changed) {
    std::string values;
    if (!answer.before.empty()) values = " (" + answer.before + ", then " + answer.after + ")";
    return Failure{.what = "Migration \"" + answer.migration + "\" does not leave \"" + answer.name +
                           "\" as it is: " + when + " the two queries have different answers" + values + ".",
                   .object = answer.name,
                   .instead = "look at both answers; then correct the migration, or the query",
                   .sql = std::move(sql),
                   .changed = changed};
}

}  // namespace

InvariantError::InvariantError(InvariantAnswer answer, std::string const& when, std::string sql, Changed changed)
    : Error{failure_of(answer, when, std::move(sql), changed)},
      answer_{std::make_shared<InvariantAnswer const>(std::move(answer))} {}

std::vector<InvariantAnswer> compare_invariants(sqlite::Connection const& connection, Migration const& migration,
                                                bool show_values) {
    std::vector<InvariantAnswer> all;
    for (auto const& invariant : migration.invariants) {
        if (!invariant.after || *invariant.after == invariant.before) continue;
        sqlite::ReadTransaction const snapshot{connection};
        try {
            for (auto const* query : {&invariant.before, &*invariant.after})
                (void)connection.prepare(invariant_sql(*query));
        } catch (EngineError const& error) {
            if (!sqlite::is_the_statements_fault(error)) throw;
            continue;  // a name that contract() gives: it asks then
        }
        auto const one = ask(connection, migration, invariant, invariant.before);
        auto const two = ask(connection, migration, invariant, *invariant.after);
        InvariantAnswer answer{.migration = migration.id.text(), .name = invariant.name};
        if (one != two) {
            if (show_values) std::tie(answer.before, answer.after) = difference(one, two);
            throw InvariantError{std::move(answer), "in one snapshot", both(invariant.before, *invariant.after),
                                 Changed::no};
        }
        if (show_values) answer.before = answer.after = first(one);
        all.push_back(std::move(answer));
    }
    return all;
}

InvariantsAround::InvariantsAround(sqlite::Connection const& connection, Migration const& migration, Steps steps,
                                   Report& report)
    : connection_{connection},
      migration_{migration},
      steps_{steps},
      before_{report.steps.empty() ? Changed::no : Changed::partly} {
    std::chrono::steady_clock::duration all{0};
    for (auto const& invariant : migration.invariants) {
        auto const& later = steps == Steps::of_contract && invariant.after ? *invariant.after : invariant.before;
        Question question{&invariant, &later};
        std::chrono::steady_clock::duration took{0};
        auto const too_long = [&] { return all + 2 * took > longest_under_lock; };
        // A machine that was busy with something else for a moment is no reason to leave it out; one that takes this long, nobody interrupts.
        for (int tries = 0; tries == 0 || (tries < most_measurements && too_long() && took < 4 * longest_under_lock);
             ++tries) {
            auto const start = std::chrono::steady_clock::now();
            try {
                (void)ask(connection, migration, invariant, invariant.before);
            } catch (Error const& error) {
                if (!sqlite::is_the_statements_fault(error)) throw;
                // What it asks for is made by a migration that comes before this one, and has no rows yet; or it is told below.
            }
            took = std::chrono::steady_clock::now() - start;
        }
        // It is asked twice, and the answer afterwards is taken to cost the same.
        if (!too_long()) {
            all += 2 * took;
            questions_.push_back(std::move(question));
            continue;
        }
        report.warnings.push_back(fmt::format(
            "migration \"{}\": the invariant \"{}\" was not asked while writers wait: {} ms, twice, are too much",
            migration.id.text(), invariant.name, std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
    }
}

void InvariantsAround::before_steps() {
    for (auto& question : questions_)
        question.answer = ask(connection_, migration_, *question.invariant, question.invariant->before, before_);
}

void InvariantsAround::after_steps() const {
    for (auto const& question : questions_) {
        if (ask(connection_, migration_, *question.invariant, *question.after, before_) == question.answer) continue;
        throw InvariantError{{.migration = migration_.id.text(), .name = question.invariant->name},
                             steps_ == Steps::of_expand
                                 ? "before and after the steps of expand(), which were rolled back,"
                                 : "before and after the steps of contract(), which were rolled back,",
                             both(question.invariant->before, *question.after),
                             before_};
    }
}

}  // namespace evolver
