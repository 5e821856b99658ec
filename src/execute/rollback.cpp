#include "execute/rollback.hpp"

#include "dialect/sqlite/inspect.hpp"
#include "execute/completion.hpp"
#include "execute/standstill.hpp"
#include "execute/undo_losses.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver {

namespace {

std::int64_t count(sqlite::Connection const& connection, std::string const& table, std::string const& condition) {
    return connection.integer("SELECT count(*) FROM " + sqlite::quoted(table) + " WHERE " + condition);
}

/// What only the new shape holds, in words; empty where nothing would be lost.
std::string losses(Workplace& workplace, Compiler const& compiler, std::size_t position) {
    auto const& connection = workplace.own();
    std::string found;
    auto const add = [&](std::int64_t rows, std::string const& what) {
        if (rows > 0)
            found += fmt::format("{}{} row{} of {}", found.empty() ? "" : "; ", rows, rows == 1 ? "" : "s", what);
    };
    for (auto const& open : compiler.pairs(position)) {
        // Without triggers what agrees in neither direction is older than the old shape, which has it all.
        auto const is_newer = open.pair.refilled ? " AND (" + sqlite::lossless(open.pair) + ")" : std::string{};
        add(count(
                connection, open.pair.table.text(),
                "NOT (" + sqlite::all_null(open.pair.to) + ") AND NOT (" + sqlite::filled(open.pair) + ")" + is_newer),
            open.pair.table.text() + " with a value that the old column cannot give back");
    }
    for (auto const& open : compiler.crossings(position)) {
        add(count(connection, open.pair.pair.target.text(), sqlite::only_in_target(open.pair)),
            open.pair.pair.target.text() + " with a value that " + open.pair.pair.source.text() + " does not have");
    }
    for (auto const& operation : workplace.plan().migrations()[position].operations) {
        if (auto const* created = std::get_if<CreateTable>(&operation))
            add(count(connection, created->table.text(), "1"), created->table.text());
        auto const* added = std::get_if<AddColumn>(&operation);
        if (added == nullptr || added->column.generated) continue;
        auto const name = sqlite::quoted(added->column.name.text());
        auto const unset = added->column.default_value ? "(" + added->column.default_value->text(Engine::sqlite) + ")"
                                                       : std::string{"NULL"};
        add(count(connection, compiler.at(added->table).text(), name + " IS NOT " + unset),
            added->table.text() + " with something in " + added->column.name.text());
    }
    return found;
}

/// Whether losses() has counted it: a column, or the table as a whole.
bool is_counted(Plan const& plan, Compiler const& compiler, std::size_t position, Name const& table,
                Name const* column) {
    for (auto const& open : compiler.pairs(position)) {
        bool const holds = column != nullptr &&
                           std::ranges::any_of(open.pair.to, [&](auto const& to) { return to.column == *column; });
        if (open.pair.table == table && holds) return true;
    }
    for (auto const& open : compiler.crossings(position)) {
        if (open.pair.pair.target == table) return true;
    }
    return std::ranges::any_of(plan.migrations()[position].operations, [&](Operation const& operation) {
        auto const* const created = std::get_if<CreateTable>(&operation);
        auto const* const added = std::get_if<AddColumn>(&operation);
        return (created != nullptr && compiler.at(created->table) == table) ||
               (added != nullptr && column != nullptr && compiler.at(added->table) == table &&
                added->column.name == *column);
    });
}

/// What SQL of one's own takes away on the way back; nothing where the migration has none.
UndoLosses own_losses(Plan const& plan, Compiler const& before, Compiler const& after, std::size_t position) {
    auto const& operations = plan.migrations()[position].operations;
    bool const has_own = std::ranges::any_of(
        operations, [](Operation const& operation) { return std::get_if<RawSql>(&operation) != nullptr; });
    if (!has_own) return {Schema{}, Schema{}, {}};
    return {sqlite::inspect(before.clone()), sqlite::inspect(after.clone()),
            [&](Name const& table, Name const* column) { return is_counted(plan, before, position, table, column); }};
}

std::size_t last_expanded(ledger::State const& state, Plan const& plan, std::string const& migration) {
    auto const refuse = [&](std::string what, std::string instead) {
        throw HistoryError{Failure{.what = std::move(what), .object = migration, .instead = std::move(instead)}};
    };
    auto const found = std::find_if(state.entries.begin(), state.entries.end(),
                                    [&](ledger::Entry const& entry) { return entry.id == migration; });
    if (found == state.entries.end()) {
        refuse("Migration \"" + migration + "\" is not expanded, so there is nothing to roll back.",
               "status() lists what is");
    }
    if (found->phase == Phase::contracted) {
        refuse("Migration \"" + migration + "\" is contracted: its old shape is gone.",
               "go forward with a new migration, or restore a backup");
    }
    if (found + 1 != state.entries.end()) {
        refuse("Migration \"" + migration + "\" is not the last that is expanded: \"" + state.entries.back().id +
                   "\" builds on it.",
               "roll back \"" + state.entries.back().id + "\" first");
    }
    bool const relaxed = std::any_of(state.relaxed.begin(), state.relaxed.end(),
                                     [&](ledger::Relaxed const& one) { return one.position == found->position; });
    if (found->stage == Stage::complete || relaxed) {
        refuse("Migration \"" + migration +
                   "\" is at stage complete, or on its way back from there: its old shape may lack values.",
               "call step_back({.reason = \"…\"}) first: it fills them in");
    }
    if (static_cast<std::size_t>(found->position) >= plan.migrations().size()) {
        refuse("This plan does not know migration \"" + migration + "\".",
               "roll back with the plan of the release that brought it");
    }
    return static_cast<std::size_t>(found->position);
}

}  // namespace

Report rollback(Workplace& workplace, RollbackOptions const& options) {
    workplace.refuse_open_transaction("rollback");
    auto const& plan = workplace.plan();
    auto const& connection = workplace.own();
    auto const position = last_expanded(workplace.state(connection), plan, options.migration);
    auto const before = look(workplace, connection, Drift::refused);
    auto after = look(workplace, connection).compiler;
    auto const compiled = after.undo();
    workplace.foresee(after);
    auto own = own_losses(plan, before.compiler, after, position);
    auto const accepted = std::find_if(
        options.accept_loss.begin(), options.accept_loss.end(),
        [&](AcceptedLoss const& one) { return one.migration == options.migration && !one.reason.empty(); });
    auto const start = std::chrono::steady_clock::now();
    std::vector<StepTaken> taken;
    auto const kept_out = at_standstill(workplace, {}, [&] {
        if (last_expanded(workplace.state(connection), plan, options.migration) != position) return;
        auto lost = losses(workplace, before.compiler, position);
        auto const refuse_loss = [&] {
            if (lost.empty() || accepted != options.accept_loss.end()) return;
            throw GateClosed{{{"lossless", options.migration, false,
                               "rolling back would lose " + lost + "; accept that by name: .accept_loss = {{\"" +
                                   options.migration + "\", \"<reason>\"}}"}},
                             "Rollback"};
        };
        refuse_loss();
        own.look(connection);
        auto const schema_before = workplace.schema_digest(connection);
        refuse_rewrite_of_relaxed(before.standing, compiled.steps);
        taken = run_steps(compiled.steps, connection);
        if (auto const more = own.lost(connection); !more.empty()) lost += (lost.empty() ? "" : "; ") + more;
        refuse_loss();
        for (auto const& table : before.compiler.tables(position)) ledger::forget_rebuild(connection, table.text());
        ledger::rolled_back(connection, plan.name(), static_cast<std::int64_t>(position));
        workplace.audit(connection, "rollback", options.migration,
                        lost.empty() ? "" : "accepted: " + accepted->reason + " (" + lost + ")", 0,
                        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start),
                        {.schema_before = schema_before,
                         .schema_after = workplace.schema_digest(connection),
                         .steps = in_words(compiled.steps),
                         .warnings = compiled.warnings});
    });
    tell_steps(workplace, compiled.steps, taken);
    workplace.tell({.kind = EventKind::rolled_back, .migration = options.migration, .duration = kept_out});
    for (auto const& warning : compiled.warnings)
        workplace.tell({.kind = EventKind::warning, .migration = options.migration, .message = warning});
    return Report{.steps = compiled.steps, .warnings = compiled.warnings};
}

}  // namespace evolver
