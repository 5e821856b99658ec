#include "evolver/plan/plan.hpp"

#include "operation/description.hpp"

#include "evolver/plan/day.hpp"
#include "evolver/schema/digest.hpp"

#include <algorithm>

namespace evolver {

struct Plan::Contents {
    std::string name;
    std::vector<Migration> migrations;
    std::vector<Release> releases;
    std::vector<std::string> digests;
    std::vector<std::string> chains;
};

namespace {

[[noreturn]] void refuse(std::string what, std::string instead) {
    throw PlanError{Failure{.what = std::move(what), .instead = std::move(instead)}};
}

std::string text_of(Migration const& migration) {
    std::string text = migration.id.text() + "\n" + migration.release.text() + "\n";
    for (auto const& operation : migration.operations) text += description(operation) + "\n";
    // Only where it differs: plans from before there was a choice keep their digest.
    if (migration.sync == Sync::application) text += "sync by the application\n";
    return text;
}

/// Throws PlanError where only triggers could do what the migration wants.
void refuse_triggers(Migration const& migration) {
    if (migration.sync != Sync::application) return;
    auto const of = "Migration \"" + migration.id.text() + "\" says Sync::application, and its ";
    for (auto const& operation : migration.operations) {
        if (auto const* moved = std::get_if<MoveColumn>(&operation)) {
            refuse(of + "MoveColumn " + moved->from.text() + "." + moved->column.text() +
                       " needs triggers: two rows are kept in step, and a write names one of them.",
                   "leave .sync out, or move the column to a migration of its own");
        }
        auto const* added = std::get_if<AddColumn>(&operation);
        if (added != nullptr && added->when_replaced == Replaced::kept) {
            refuse(of + "AddColumn " + added->table.text() + "." + added->column.name.text() +
                       " needs triggers: they carry the column over a REPLACE.",
                   "leave .when_replaced out, or .sync");
        }
    }
}

void refuse_bad_policy(Migration const& migration) {
    auto const& policy = migration.contract;
    auto const of = "Migration \"" + migration.id.text() + "\"";
    if (!policy.remove_after.empty() && !seconds_of_day(policy.remove_after))
        refuse(of + " is not to be contracted before \"" + policy.remove_after + "\", which is no day.",
               "write it as year, month and day: .remove_after = \"2027-01-31\"");
    for (auto const& reader : policy.readers) {
        if (reader.empty() || std::ranges::count(policy.readers, reader) > 1)
            refuse(
                of + (reader.empty() ? " has a reader without a name." : " names the reader \"" + reader + "\" twice."),
                "give each reader a name of its own: it is signed off by it");
    }
    constexpr std::chrono::minutes day = std::chrono::hours{24};
    auto const is_of_day = [&](std::chrono::minutes time) { return time.count() >= 0 && time < day; };
    if (policy.window && (!is_of_day(policy.window->from) || !is_of_day(policy.window->until) ||
                          policy.window->from == policy.window->until || policy.window->longest.count() < 0))
        refuse(of + " has a maintenance window that never opens, or has no hours of a day.",
               "write it as times from midnight: .from = std::chrono::hours{2}, .until = std::chrono::hours{4}");
    if (policy.backup_within.count() < 0)
        refuse(of + " wants a backup within a negative time.", "leave .backup_within out where none is needed");
}

}  // namespace

Plan::Plan(Name name, std::vector<Migration> migrations) {
    auto contents = std::make_shared<Contents>();
    contents->name = name.text();
    if (migrations.empty())
        refuse("The plan \"" + name.text() + "\" has no migration.", "start with one that creates a table");
    std::string chain;
    for (auto const& migration : migrations) {
        auto const& id = migration.id.text();
        if (migration.operations.empty()) {
            refuse("Migration \"" + id + "\" is empty: it has no operation.",
                   "give it one, or leave the migration out");
        }
        for (auto const& invariant : migration.invariants) {
            auto const same_name = [&](Invariant const& other) { return other.name == invariant.name; };
            if (invariant.name.empty() || std::ranges::count_if(migration.invariants, same_name) > 1) {
                refuse("Migration \"" + id + "\" has " +
                           (invariant.name.empty() ? "an invariant without a name."
                                                   : "two invariants of the name \"" + invariant.name + "\"."),
                       "give each a name of its own: messages and the audit trail use it");
            }
        }
        refuse_bad_policy(migration);
        refuse_triggers(migration);
        auto const same_id = [&](Migration const& other) { return &other != &migration && other.id == migration.id; };
        if (std::any_of(migrations.begin(), migrations.end(), same_id)) {
            refuse("Two migrations have the id \"" + id + "\".",
                   "an id is used once and for ever: give the newer one another");
        }
        auto& releases = contents->releases;
        auto const known = std::find(releases.begin(), releases.end(), migration.release);
        if (known == releases.end()) {
            releases.push_back(migration.release);
        } else if (known + 1 != releases.end()) {
            refuse("Migration \"" + id + "\" of release " + migration.release.text() +
                       " stands after those of release " + releases.back().text() + ".",
                   "a release's migrations stand together; append this one with a newer release");
        }
        contents->digests.push_back(digest_of(text_of(migration)));
        chain = digest_of(chain + contents->digests.back());
        contents->chains.push_back(chain);
    }
    contents->migrations = std::move(migrations);
    contents_ = std::move(contents);
}

std::string const& Plan::name() const noexcept { return contents_->name; }
std::span<Migration const> Plan::migrations() const& noexcept { return contents_->migrations; }
std::span<Release const> Plan::releases() const noexcept { return contents_->releases; }
std::string const& Plan::digest(std::size_t position) const { return contents_->digests.at(position); }
std::string const& Plan::chain(std::size_t position) const { return contents_->chains.at(position); }
std::string const& Plan::digest() const noexcept { return contents_->chains.back(); }

std::size_t Plan::position_of(Release const& release) const {
    auto const found = std::find(contents_->releases.begin(), contents_->releases.end(), release);
    if (found == contents_->releases.end()) {
        std::string known;
        for (auto const& other : contents_->releases) known += (known.empty() ? "" : ", ") + other.text();
        refuse("The plan \"" + name() + "\" names no release \"" + release.text() + "\".",
               "the releases that it names are " + known);
    }
    return static_cast<std::size_t>(found - contents_->releases.begin());
}

Plan Plan::until(Release const& release) const {
    auto const last = position_of(release);
    std::vector<Migration> migrations;
    for (auto const& migration : contents_->migrations) {
        if (position_of(migration.release) <= last) migrations.push_back(migration);
    }
    return Plan{name(), std::move(migrations)};
}

}  // namespace evolver
