// What is not possible on PostgreSQL yet, told by name before the first write.

#include "compile/postgresql/blueprint.hpp"
#include "dialect/postgresql/inspect.hpp"
#include "dialect/postgresql/render.hpp"
#include "plan/functions.hpp"

#include <algorithm>

namespace evolver::postgresql {

namespace {

constexpr auto by_hand = "say it in SQL, in phases: RawSql";

}  // namespace

void Blueprint::refuse_impossible(std::size_t position, Operation const& operation, Effect const& effect) const {
    Refuse const refuse = [&](std::string const& why, std::string const& instead) {
        throw PlanError{Failure{.what = title(operation) + " is not possible on PostgreSQL yet: " + why + ".",
                                .object = plan_.migrations()[position].id.text(),
                                .instead = instead}};
    };
    refuse_without_triggers(position, operation, effect, refuse);
    if (!effect.crossings.empty()) refuse("nothing keeps two tables in step here", by_hand);
    refuse_held_names(effect, refuse);
    refuse_hidden_rows(position, effect, refuse);
    refuse_fillings(operation, effect, refuse);
    refuse_key_in_use(position, effect, refuse);
    for (auto const* changes : {&effect.expand, &effect.contract, &effect.undo}) {
        for (auto const& change : *changes) (void)render(change, schema_);
    }
    refuse_mending(effect, refuse);
    refuse_indexes(effect, refuse);
    refuse_unsynced(effect, refuse);
}

void Blueprint::refuse_without_triggers(std::size_t position, Operation const& operation, Effect const& effect,
                                        Refuse const& refuse) const {
    for (auto const& pair : effect.pairs) {
        if (pair.kind == PairKind::dropped) continue;
        if (pair.kind == PairKind::alias && !has_triggers(position))
            refuse(
                "a second name is a column here, which a trigger keeps equal until contract gives the old one its name",
                "leave .sync out, or move it to a migration of its own");
        auto const is_among = [&](Pair const& other, Name const& column) {
            return std::ranges::count(other.from, column) > 0 ||
                   std::ranges::any_of(other.to, [&](Column const& to) { return to.name == column; });
        };
        for (auto const& open : open_) {
            bool const shares =
                open.pair.kind != PairKind::dropped && open.pair.table == pair.table &&
                (std::ranges::any_of(pair.from, [&](Name const& from) { return is_among(open.pair, from); }) ||
                 std::ranges::any_of(pair.to, [&](Column const& to) { return is_among(open.pair, to.name); }));
            if (!shares || (has_triggers(position) && has_triggers(open.position))) continue;
            auto const& id = plan_.migrations()[open.position].id.text();
            throw PlanError{Failure{.what = title(operation) + ": migration \"" + id +
                                            "\", which is open, computes the same column, and one of the two says "
                                            "Sync::application.",
                                    .object = plan_.migrations()[position].id.text(),
                                    .instead = open.position == position
                                                   ? "move one of them to a migration of a later release"
                                                   : "contract \"" + id + "\" first"}};
        }
    }
}

/// Rows that a view of the new name would show to roles that may not see them.
void Blueprint::refuse_hidden_rows(std::size_t position, Effect const& effect, Refuse const& refuse) const {
    constexpr int knows_invokers = 150000;
    for (auto const& move : effect.moves) {
        if (position >= standing_.expanded && connection_->server_version() < knows_invokers &&
            has_row_security(*connection_, schema_, stored(move.from)))
            refuse("before PostgreSQL 15 a view would show every row of a table with row-level security", by_hand);
    }
}

/// Rows that are filled once, or held to a rule: they have to be walked.
void Blueprint::refuse_fillings(Operation const& operation, Effect const& effect, Refuse const& refuse) const {
    if (auto const* fill = std::get_if<Backfill>(&operation); fill != nullptr) refuse_functions(*fill);
    std::vector<Name> walked;
    for (auto const& transform : effect.transforms) {
        refuse_new_side(transform, operation);
        std::vector<Name> set;
        for (auto const& one : transform.set) set.push_back(one.column);
        auto const trigger = trigger_on(*connection_, schema_, transform.table, set);
        if (!trigger.empty())
            refuse("its trigger \"" + trigger + "\" would fire for evolver's own writes", "drop it meanwhile");
        walked.push_back(transform.table);
    }
    for (auto const& rule : effect.rules) walked.push_back(rule.table);
    for (auto const& table : walked) {
        auto const* const known = live_.find_table(table);
        if (known != nullptr && known->key_columns().empty())
            refuse("table \"" + table.text() + "\" has no primary key, by which its rows are walked and named",
                   "add one first");
    }
}

/// Functions of which a call would not be known for one, and calls that only the server could make.
void Blueprint::refuse_functions(Backfill const& fill) const {
    for (auto const& function : fill.functions) {
        if (connection_->text(is_own_name(), {function.name.text()}) != "t") continue;
        throw PlanError{Failure{.what = title(Operation{fill}) + ": the function \"" + function.name.text() +
                                        "\" of a Backfill is one of PostgreSQL's own.",
                                .object = function.name.text(),
                                .instead = "give it another name"}};
    }
    (void)take_apart({fill.table, fill.set, fill.where}, functions_of(plan_), {}, title(Operation{fill}));
}

/// Rows that break a rule, and would be cleaned or put into quarantine.
void Blueprint::refuse_mending(Effect const& effect, Refuse const& refuse) const {
    for (auto const& rule : effect.rules) {
        if (rule.clean.empty() && rule.violators == Violators::refuse) continue;
        auto const why = why_not_synced(*connection_, schema_, rule.table);
        if (!why.empty())
            refuse("of table \"" + rule.table.text() + "\", " + why, "mend its rows yourself, without .clean");
        auto const child = referring_to(*connection_, schema_, rule.table);
        if (rule.violators == Violators::quarantine && !child.empty())
            refuse("table " + child + " refers to \"" + rule.table.text() + "\", and its rows could not stay",
                   "say how the rows are mended: .clean");
    }
}

/// Indexes of a column that another takes over from: they are made anew from its name alone.
void Blueprint::refuse_indexes(Effect const& effect, Refuse const& refuse) const {
    if (is_unique_rule(effect)) return;
    for (auto const& change : effect.contract) {
        auto const* const made = std::get_if<MakeIndex>(&change);
        if (made == nullptr) continue;
        auto const& name = made->index.name;
        if (made->index.unique) refuse("the column has the unique index \"" + name.text() + "\"", "drop it first");
        auto const unusual = unusual_in_index(*connection_, schema_, name);
        if (!unusual.empty())
            refuse("the index \"" + name.text() + "\" of the column has " + unusual +
                       ", and would be made anew as a plain one",
                   "drop it first, and make it on the new column by RawSql");
    }
}

/// Columns that a trigger could not keep in step.
void Blueprint::refuse_unsynced(Effect const& effect, Refuse const& refuse) const {
    for (auto const& pair : effect.pairs) {
        if (pair.kind == PairKind::dropped && pair.down.empty()) continue;
        auto const* const table = live_.find_table(pair.table);
        for (auto const& column : pair.from) {
            auto const* const known = table == nullptr ? nullptr : table->find(column);
            if (known != nullptr && known->generated)
                refuse("the column " + pair.table.text() + "." + column.text() +
                           " is generated, and a trigger does not see it",
                       by_hand);
        }
        auto const why = why_not_synced(*connection_, schema_, pair.table);
        if (!why.empty()) refuse("of table \"" + pair.table.text() + "\", " + why, "mend that first");
    }
}

void Blueprint::refuse_new_side(Transform const& transform, Operation const& operation) const {
    for (auto const& open : open_) {
        if (open.pair.kind != PairKind::computed || !(open.pair.table == transform.table)) continue;
        for (auto const& one : transform.set) {
            bool const is_new =
                std::ranges::any_of(open.pair.to, [&](Column const& to) { return to.name == one.column; });
            if (!is_new) continue;
            auto const& id = plan_.migrations()[open.position].id.text();
            throw PlanError{Failure{.what = title(operation) + ": column \"" + one.column.text() +
                                            "\" is filled by migration \"" + id +
                                            "\", which is open: older releases write it through its old shape.",
                                    .object = one.column.text(),
                                    .instead = "let its `up` say what is in the column, or contract it first"}};
        }
    }
}

}  // namespace evolver::postgresql
