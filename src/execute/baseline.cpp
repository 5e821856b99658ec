#include "execute/baseline.hpp"

#include "compile/compiler.hpp"
#include "dialect/sqlite/clone.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/statement_fault.hpp"
#include "dialect/sqlite/statements.hpp"
#include "evolver/schema/diff.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <optional>

namespace evolver {

namespace {

/// The oldest release that can use a database on which the migrations before `through` are contracted.
std::size_t floor_after(Plan const& plan, std::size_t through) {
    std::size_t floor = 0;
    auto const nothing = sqlite::Connection::in_memory();
    try {
        Compiler compiler{plan, {}, nothing};
        while (compiler.standing().expanded < through) {
            auto const compiled = compiler.expand();
            if (compiled.removes) floor = plan.position_of(plan.migrations()[compiled.position].release);
        }
    } catch (PlanError const&) {
        // The plan builds on tables that it did not make: only its own words tell what older releases could use.
        floor = plan.position_of(plan.migrations()[through - 1].release);
    }
    return floor;
}

/// What the first migrations make of nothing, where they are SQL of one's own; none where they are not, or build on what is not theirs.
std::optional<Schema> made_of_nothing(Plan const& plan, std::size_t through) {
    auto const connection = sqlite::Connection::in_memory();
    try {
        for (auto const& migration : plan.migrations().first(through)) {
            for (auto const& operation : migration.operations) {
                auto const* const raw = std::get_if<RawSql>(&operation);
                if (raw == nullptr) return std::nullopt;
                if (raw->expand) connection.run(raw->expand->text(Engine::sqlite));
                if (raw->contract) connection.run(raw->contract->text(Engine::sqlite));
            }
        }
        return sqlite::inspect(connection);
    } catch (Error const& error) {
        if (!sqlite::is_the_statements_fault(error)) throw;
        return std::nullopt;
    }
}

/// What the scripts would still change here: they run statement by statement on the schema as it is, without rows, and what fails was done before.
/// None where that tells nothing, because a rename has failed: what was made under the old name before it would look missing.
std::optional<std::string> still_to_do(Plan const& plan, std::size_t through, sqlite::Connection const& connection) {
    auto const now = sqlite::clone_schema(connection);
    auto const after = sqlite::clone_schema(connection);
    bool renames = false;
    for (auto const& migration : plan.migrations().first(through)) {
        for (auto const& operation : migration.operations) {
            auto const* const raw = std::get_if<RawSql>(&operation);
            if (raw == nullptr) return std::nullopt;
            for (auto const* script : {&raw->expand, &raw->contract}) {
                if (!*script) continue;
                auto const text = (*script)->text(Engine::sqlite);
                for (auto const& statement : sqlite::split(text)) {
                    try {
                        after.connection.run(std::string{statement.text});
                    } catch (Error const& error) {
                        if (!sqlite::is_the_statements_fault(error)) throw;
                        renames = renames || normalised(statement.text).find(" rename ") != std::string::npos;
                    }
                }
            }
        }
    }
    if (renames) return std::nullopt;
    std::string found;
    for (auto const& difference :
         diff(sqlite::inspect(after.connection), sqlite::inspect(now.connection), Engine::sqlite))
        found += "\n  " + difference.text();
    return found;
}

/// A history of SQL says nothing of the schema by itself: it is made once, in memory, and compared.
void refuse_other_history(Workplace& workplace, std::size_t through, sqlite::Connection const& connection) {
    auto const& plan = workplace.plan();
    auto const& last = plan.migrations()[through - 1].id.text();
    bool const is_sql = std::ranges::any_of(plan.migrations().first(through), [](Migration const& migration) {
        return std::ranges::any_of(migration.operations, [](Operation const& operation) {
            return std::get_if<RawSql>(&operation) != nullptr;
        });
    });
    if (!is_sql) return;  // what operations make, refuse_drift() knows
    auto const refuse = [&](std::string const& found) {
        throw DriftError{Failure{
            .what = "The database is not what the plan makes up to \"" + last + "\":" + found,
            .object = workplace.path(),
            .instead =
                "name the last migration whose work is there, or bring the database to that; nothing was written"}};
    };
    auto const expected = made_of_nothing(plan, through);
    if (!expected) {
        auto const undone = still_to_do(plan, through, connection);
        if (undone && undone->empty()) return;
        if (undone) return refuse(*undone);
        workplace.tell({.kind = EventKind::warning,
                        .migration = last,
                        .message = "the schema is taken as it is: the migrations up to \"" + last +
                                   "\" build on tables that are not theirs, or are not SQL alone, so nothing can be "
                                   "compared with what they make"});
        return;
    }
    std::string found;
    for (auto const& difference : diff(*expected, sqlite::inspect(connection), Engine::sqlite)) {
        if (difference.kind != DifferenceKind::unexpected) found += "\n  " + difference.text();
    }
    if (!found.empty()) refuse(found);
}

/// Takes a baseline back behind which nothing has been brought yet: it was a word, and may be said again.
void forget_baseline(Workplace const& workplace, sqlite::Connection const& connection) {
    auto const& plan = workplace.plan().name();
    if (ledger::read(connection, plan).entries.empty()) return;
    if (ledger::is_only_said(connection, plan)) return ledger::forget_plan(connection, plan);
    throw HistoryError{Failure{.what = "The database has a history of the plan \"" + plan + "\" already.",
                               .object = workplace.path(),
                               .instead = "a baseline is recorded before the first expand()"}};
}

}  // namespace

std::size_t migrations_through(Plan const& plan, MigrationId const& last) {
    auto const migrations = plan.migrations();
    auto const found = std::find_if(migrations.begin(), migrations.end(),
                                    [&](Migration const& migration) { return migration.id == last; });
    if (found == migrations.end()) {
        throw PlanError{Failure{.what = "The plan \"" + plan.name() + "\" has no migration \"" + last.text() + "\".",
                                .object = last.text(),
                                .instead = "name the last migration whose work the database shows already"}};
    }
    return static_cast<std::size_t>(found - migrations.begin()) + 1;
}

void baseline(Workplace& workplace, MigrationId const& last) {
    workplace.refuse_open_transaction("baseline");
    auto const& plan = workplace.plan();
    auto const through = migrations_through(plan, last);
    auto const& connection = workplace.own();
    ledger::refuse_other_name(connection, plan);
    refuse_drift(workplace, {through, through}, connection);
    refuse_other_history(workplace, through, connection);

    sqlite::WriteTransaction transaction{connection, workplace.wait()};
    forget_baseline(workplace, connection);
    ledger::create(connection, plan.name());
    for (std::size_t position = 0; position < through; ++position) {
        ledger::expanded(connection, plan, position, Phase::contracted, Stage::complete, true);
    }
    auto const floor = floor_after(plan, through);
    ledger::raise_floor(connection, plan.name(), static_cast<std::int64_t>(floor), plan.releases()[floor].text());
    workplace.audit(connection, "baseline", last.text(), {}, 0, {});
    transaction.commit();
}

}  // namespace evolver
