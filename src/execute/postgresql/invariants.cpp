#include "execute/postgresql/invariants.hpp"

#include "dialect/postgresql/invariant_sql.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <tuple>
#include <utility>

namespace evolver::postgresql {

namespace {

using Answer = std::vector<std::vector<Text>>;
using Clock = std::chrono::steady_clock;

/// What writers wait for without noticing: the same as on SQLite.
constexpr std::chrono::milliseconds longest_under_lock{50};
constexpr int most_measurements = 3;
/// An answer is a figure, or a few. One of more rows is no invariant, and would have to be kept.
constexpr std::size_t most_rows = 10'000;

std::string title(Migration const& migration, Invariant const& invariant) {
    return "Migration \"" + migration.id.text() + "\", invariant \"" + invariant.name + "\": ";
}

std::string first_line(std::string const& words) { return words.substr(0, words.find('\n')); }

/// Whatever the query does is taken back, and the transaction lives on where it fails. `also` looks around before that.
Answer ask(Connection const& connection, Migration const& migration, Invariant const& invariant,
           Expression const& query, std::function<void()> const& also = {}) {
    Answer rows;
    connection.run(begin_to_ask());
    try {
        rows = connection.query(invariant_sql(query, most_rows + 1)).rows;
        if (also) also();
    } catch (EngineError const& error) {
        if (error.retry_helps() || !connection.in_transaction()) throw;
        connection.run(end_to_ask());
        throw Error{Failure{.what = title(migration, invariant) + first_line(error.what()),
                            .object = invariant.name,
                            .instead = "correct the query",
                            .sql = query.text(Engine::postgresql),
                            .native_code = error.native_code()}};
    }
    connection.run(end_to_ask());
    if (rows.size() <= most_rows) return rows;
    throw Error{
        Failure{.what = fmt::format("{}the answer has more than {} rows.", title(migration, invariant), most_rows),
                .object = invariant.name,
                .instead = "ask for a sum, or for a count",
                .sql = query.text(Engine::postgresql)}};
}

/// Nothing, where the server takes the query.
std::optional<EngineError> refusal(Connection const& connection, Expression const& query) {
    connection.run(begin_to_ask());
    std::optional<EngineError> refused;
    try {
        (void)connection.query(explain_invariant(query));
    } catch (EngineError const& error) {
        bool const lacks_parameter = error.native_code() == protocol_violation;
        if ((error.retry_helps() && !lacks_parameter) || !connection.in_transaction()) throw;
        refused = error;
    }
    connection.run(end_to_ask());
    return refused;
}

/// A row of an answer in words.
std::string row_of(Answer const& answer, std::size_t at) {
    if (at >= answer.size()) return at == 0 ? "no row" : "no such row";
    std::string text;
    for (auto const& part : answer[at]) text += (text.empty() ? "" : ", ") + part.value_or("NULL");
    return text;
}

/// The first row that differs.
std::pair<std::string, std::string> difference(Answer const& before, Answer const& after) {
    for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
        if (i >= before.size() || i >= after.size() || before[i] != after[i])
            return {row_of(before, i), row_of(after, i)};
    }
    return {};
}

std::string both(Expression const& before, Expression const& after) {
    return before.text(Engine::postgresql) + "; " + after.text(Engine::postgresql);
}

}  // namespace

void check_invariant(Connection const& connection, Migration const& migration, Invariant const& invariant,
                     Expression const& query) {
    auto const refused = refusal(connection, query);
    if (!refused) return;
    throw PlanError{
        Failure{.what = title(migration, invariant) + first_line(refused->what()),
                .object = invariant.name,
                .instead = "correct the query: one SELECT that reads only, without a semicolon and without parameters",
                .sql = query.text(Engine::postgresql),
                .native_code = refused->native_code()}};
}

std::vector<InvariantAnswer> compare_invariants(Site const& site, Migration const& migration, bool show_values) {
    std::vector<InvariantAnswer> all;
    auto const& connection = site.connection();
    for (auto const& invariant : migration.invariants) {
        if (!invariant.after || *invariant.after == invariant.before) continue;
        Transaction const snapshot{connection, site.options().lock_timeout, Sees::one_moment};
        // Otherwise it is a name that contract() gives: it asks then.
        bool const answers = !refusal(connection, invariant.before) && !refusal(connection, *invariant.after);
        if (!answers) continue;
        InvariantAnswer answer{.migration = migration.id.text(), .name = invariant.name};
        auto const one = ask(connection, migration, invariant, invariant.before);
        auto const two = ask(connection, migration, invariant, *invariant.after);
        if (one != two) {
            if (show_values) std::tie(answer.before, answer.after) = difference(one, two);
            throw InvariantError{std::move(answer), "in one snapshot", both(invariant.before, *invariant.after),
                                 Changed::no};
        }
        if (show_values) answer.before = answer.after = row_of(one, 0);
        all.push_back(std::move(answer));
    }
    return all;
}

InvariantsAround::InvariantsAround(Site const& site, Migration const& migration, Steps steps)
    : migration_{&migration}, steps_{steps} {
    auto const& connection = site.connection();
    Clock::duration all{0};
    for (auto const& invariant : migration.invariants) {
        auto const& later = steps == Steps::of_contract && invariant.after ? *invariant.after : invariant.before;
        Question question{.invariant = &invariant, .after = &later};
        auto took = Clock::duration{0};
        std::vector<std::string> tables;
        auto const too_long = [&] { return all + 2 * took > longest_under_lock; };
        // A machine that was busy with something else for a moment is no reason to leave it out.
        for (int tries = 0; tries == 0 || (tries < most_measurements && too_long()); ++tries) {
            tables.clear();
            Transaction const measured{connection, site.options().lock_timeout};
            connection.run(ask_no_longer_than(longest_under_lock));
            auto const start = Clock::now();
            took = longest_under_lock;
            try {
                (void)ask(connection, migration, invariant, invariant.before, [&] {
                    took = Clock::now() - start;
                    auto const read = connection.query(tables_read());
                    for (std::size_t row = 0; row < read.rows.size(); ++row) tables.push_back(read.text(row, 0));
                });
            } catch (EngineError const& error) {
                if (error.native_code() != query_canceled) throw;
            } catch (Error const&) {
                // What it asks for is made by these steps, and has no rows yet; or it is told below.
                took = Clock::duration{0};
            }
        }
        // It is asked twice, and the answer afterwards is taken to cost the same.
        if (too_long()) {
            warnings_.push_back(fmt::format(
                "migration \"{}\": the invariant \"{}\" was not asked while writers wait: {} ms or more, twice, are "
                "too much",
                migration.id.text(), invariant.name,
                std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
            continue;
        }
        all += 2 * took;
        questions_.push_back(std::move(question));
        for (auto& table : tables) {
            if (std::ranges::find(tables_, table) == tables_.end()) tables_.push_back(std::move(table));
        }
    }
    std::ranges::sort(tables_);  // two who wait for the same tables wait in the same order
}

void InvariantsAround::before_steps(Connection const& connection) {
    if (!tables_.empty()) connection.run(keep_writers_out(tables_));
    for (auto& question : questions_)
        question.answer = ask(connection, *migration_, *question.invariant, question.invariant->before);
}

void InvariantsAround::after_steps(Connection const& connection) const {
    if (steps_ == Steps::of_contract) {
        for (auto const& invariant : migration_->invariants)
            check_invariant(connection, *migration_, invariant, invariant.after.value_or(invariant.before));
    }
    for (auto const& question : questions_) {
        if (ask(connection, *migration_, *question.invariant, *question.after) == question.answer) continue;
        throw InvariantError{{.migration = migration_->id.text(), .name = question.invariant->name},
                             steps_ == Steps::of_expand
                                 ? "before and after the steps of expand(), which were rolled back,"
                                 : "before and after the steps of contract(), which were rolled back,",
                             both(question.invariant->before, *question.after),
                             Changed::no};
    }
}

}  // namespace evolver::postgresql
