#include "long/random/world.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

namespace evolver::random_test {

namespace {

/// What the histories are about, in the order of the model.
std::string const without_crowd = fmt::format(" WHERE u < {} ORDER BY u", crowd_u);

[[noreturn]] void fail(std::string const& what) { throw Failed{what}; }

}  // namespace

/// Plays one step; throws Failed where the database and the model differ.
void World::play(Step const& step) {
    database_.said.clear();
    switch (step.kind % 36) {
        case 0:
        case 1:
        case 2: return statements_.insert_old(step);
        case 3:
        case 4: return statements_.update_old(step);
        case 5: return statements_.update_old_expression(step);
        case 6: return statements_.upsert_old(step);
        case 7: return statements_.insert_or_ignore(step);
        case 8: return statements_.replace_old(step);
        case 9: return statements_.remove(step);
        case 10: return statements_.change_key(step);
        case 11: return statements_.update_unrelated(step);
        case 12:
        case 13: return statements_.insert_new(step);
        case 14:
        case 15: return statements_.update_new(step);
        case 16: return statements_.update_new_expression(step);
        case 17: return statements_.upsert_new(step);
        case 18: return statements_.update_raw_new(step);
        case 19:
        case 20:
        case 21: return statements_.update_both(step);
        case 22:
        case 23: return statements_.update_side_old(step);
        case 24:
        case 25: return statements_.update_side_new(step);
        case 26: return expand(step);
        case 27: return advance(step);
        case 28:
        case 29: return advance_past_moving_rows(step);
        case 30: return step.a % 3 == 0 ? contract() : reconcile();
        case 31: return step.a % 3 == 0 ? rollback() : advance(step);
        case 32: return statements_.insert_raw_new(step);
        case 33: return statements_.insert_both(step);
        case 34: return statements_.replace_raw_new(step);
        case 35: return statements_.ignore_new(step);
    }
}

// ---- the comparison

void World::check() {
    auto const& links = model_.links();
    std::size_t const newest = model_.top;
    // Each release that may live reads every row.
    for (std::size_t link = model_.floor; link <= newest; ++link) {
        std::string sql;
        std::optional<LiveSql> live;
        if (link == model_.floor) {
            sql = "SELECT k, u, " + links[link].column + " FROM t" + without_crowd;
        } else {
            live.emplace(database_.table(link).select({"k", "u", links[link].column}) + without_crowd);
            sql = live->text();
        }
        auto const rows = database_.raw().rows(sql);
        live.reset();
        compare(rows, link, sql);
    }
    check_side();
    if (setting_.audit && model_.audited_exactly) {
        auto const found = database_.raw().integer("SELECT count(*) FROM audit");
        if (found != model_.audits)
            fail(fmt::format("the application's audit trigger fired {} times, expected {}", found, model_.audits));
    }
}

void World::compare(std::vector<std::vector<Value>> const& rows, std::size_t link, std::string const& sql) const {
    if (rows.size() != model_.rows().size())
        fail(fmt::format("{} rows, the model has {}\n  {}", rows.size(), model_.rows().size(), sql));
    std::size_t i = 0;
    for (auto const& [u, row] : model_.rows()) {
        auto const& found = rows[i++];
        if (found[1] != Value{u} || found[0] != row.key)
            fail(fmt::format("row u={}: key {} expected {}", u, to_text(found[0]), to_text(row.key)));
        if (found[2] == row.seen[link]) continue;
        fail(fmt::format("release {}.0 reads {} = {} in row u={}, the model says {}\n  {}", link + 1,
                         model_.links()[link].column, to_text(found[2]), u, to_text(row.seen[link]), sql));
    }
}

void World::check_side() {
    if (model_.floor < model_.links().size() - 1 || setting_.side == Side::none) {
        auto const rows = database_.raw().rows("SELECT p, u FROM t" + without_crowd);
        std::size_t i = 0;
        for (auto const& [u, row] : model_.rows()) {
            if (rows[i++][0] != row.side.p)
                fail(fmt::format("release 1.0 reads p = {} in row u={}, the model says {}", to_text(rows[i - 1][0]), u,
                                 to_text(row.side.p)));
        }
    }
    if (!model_.side_open()) return;
    auto const columns =
        setting_.side == Side::split ? std::vector<std::string>{"q1", "q2"} : std::vector<std::string>{"q1"};
    auto const live = database_.table(model_.top).select_columns(columns) + without_crowd;
    auto const rows = database_.raw().rows(live.text());
    std::size_t i = 0;
    for (auto const& [u, row] : model_.rows()) {
        auto const& found = rows[i++];
        if (found[0] != row.side.q1)
            fail(fmt::format("the new release reads q1 = {} in row u={}, the model says {}\n  {}", to_text(found[0]), u,
                             to_text(row.side.q1), live.text()));
        if (found.size() > 1 && found[1] != row.side.q2)
            fail(fmt::format("the new release reads q2 = {} in row u={}, the model says {}", to_text(found[1]), u,
                             to_text(row.side.q2)));
    }
}

// ---- phases

void World::expand(Step const& step) {
    if (model_.top + 1 >= model_.links().size()) return;
    ++model_.top;
    database_.said += fmt::format("expand release {}.0", model_.top + 1);
    database_.application(model_.top).expand();
    if (setting_.trigger_after && !model_.trigger_after_made && model_.floor == 0) {
        database_.add_trimming_trigger("after_t", "");
        model_.trigger_after_made = true;
    }
    bool const has_y = model_.links()[1].column == "y" || model_.top > 1;
    if (setting_.caps && !model_.capped && model_.floor == 0 && has_y) {
        database_.add_capping_triggers();
        model_.capped = true;
        for (auto& [u, row] : model_.rows()) {
            if (model_.too_high(row)) statements_.write_highest(row);
        }
    }
    if (step.a % 2 == 0) advance_past_moving_rows(step);
}

void World::advance(Step const& step) {
    if (model_.top == model_.floor) return;
    database_.said += "advance";
    for (unsigned i = 0; i <= step.b % 4; ++i) {
        if (!database_.application(model_.top).advance(std::chrono::microseconds{1})) break;
    }
    if (step.c % 2 == 0) reconcile();
}

void World::advance_past_moving_rows(Step const& step) {
    if (model_.top == model_.floor) return;
    database_.said += " advance ";
    (void)database_.application(model_.top).advance(std::chrono::microseconds{1});
    for (unsigned i = 0; i < 8; ++i) {
        if (auto* row = model_.pick(step.b + i)) statements_.move_to_front(*row);
    }
}

void World::reconcile() {
    if (model_.top == model_.floor) return;
    database_.said += " reconcile";
    try {
        database_.application(model_.top).reconcile();
    } catch (GateClosed const&) {
        database_.said += ": not filled yet";
    }
}

void World::contract() {
    if (model_.top == model_.floor || model_.trigger_after_made || model_.capped || setting_.trigger_before ||
        setting_.stamps)
        return;  // their bodies name the old column
    database_.said += "contract";
    for (auto link = model_.floor; link < model_.top; ++link)
        database_.end_application(link);  // the older releases end
    database_.application(model_.top).backfill(Speed::full);
    database_.application(model_.top).reconcile();
    ContractOptions options{.override_gates = {{"soak", "a test"}, {"lossless", "a test"}}};
    database_.application(model_.top).contract(options);
    model_.floor = model_.top;
    // What the old shape alone could hold is gone; the new shape is what counts now.
    model_.audits = database_.raw().integer("SELECT count(*) FROM audit");
    model_.audited_exactly = true;
}

void World::rollback() {
    if (model_.top == model_.floor) return;
    database_.said += "rollback";
    if (std::exchange(model_.capped, false)) database_.drop_capping_triggers();
    if (model_.side_open()) {
        database_.application(model_.top).rollback({.migration = "0009", .accept_loss = {{"0009", "a test"}}});
        model_.side_rolled_back();
    }
    auto const migration = fmt::format("{:04}", model_.top + 1);
    database_.application(model_.top).rollback({.migration = migration, .accept_loss = {{migration, "a test"}}});
    database_.end_application(model_.top);
    model_.rolled_back();
}

}  // namespace evolver::random_test
