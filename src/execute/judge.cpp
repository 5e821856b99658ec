#include "execute/judge.hpp"

#include "dialect/sqlite/statement_fault.hpp"
#include "execute/approval_check.hpp"

#include <algorithm>

#include <unistd.h>

namespace evolver {

void Judge::look_around() {
    if (!workplace_.path().empty()) open_ = processes_with_open(workplace_.path()).processes;
}

namespace {

/// What the queries of the migration say that have to find nothing before contract.
std::string unverified(sqlite::Connection const& connection, Migration const& migration) {
    for (auto const& operation : migration.operations) {
        auto const* const raw = std::get_if<RawSql>(&operation);
        if (raw == nullptr || !raw->verify) continue;
        auto const query = raw->verify->text(Engine::sqlite);
        std::string why;
        try {
            auto rows = connection.prepare(query);
            if (rows.step()) why = "finds rows: mend them by hand, it shows which";
        } catch (Error const& error) {
            if (!sqlite::is_the_statements_fault(error)) throw;
            why = std::string{"fails: "} + error.what();
        }
        if (!why.empty()) return "the verify query of the migration " + why + " (" + query + ")";
    }
    return {};
}

}  // namespace

contract_gates::Facts Judge::facts_of(ledger::Entry const& entry) const {
    auto const& connection = workplace_.own();
    auto const& plan = workplace_.plan();
    contract_gates::Facts facts{
        .plan = plan, .migration = plan.migrations()[static_cast<std::size_t>(entry.position)], .entry = entry};
    facts.legacy = ledger::legacy_of(connection, plan.name(), entry.position);
    facts.rollout = ledger::rollout_of(connection, plan.name(), entry.position);
    facts.signed_off = ledger::signed_off(connection, plan.name(), entry.position);
    facts.last_fallback_read = ledger::last_use(connection, plan.name(), entry.position, ledger::fallback_read);
    facts.backup = ledger::last_backup(connection, plan.name());
    facts.loss_accepted =
        std::ranges::any_of(options_.accept_loss, [&](AcceptedLoss const& one) { return one.migration == entry.id; });
    facts.own_release = workplace_.release();
    facts.instances = workplace_.presence().instances();
    facts.processes = open_;
    facts.own_process = getpid();
    facts.now = ledger::now(connection);
    facts.soak = soak_;
    facts.expected = expected_;
    facts.policy = ledger::policy_of(connection, plan.name());
    if (facts.policy)
        facts.approvals =
            ledger::standings(connection, *facts.policy, undertaking(workplace_, connection, ChangeClass::destructive));
    return facts;
}

bool Judge::overridden(contract_gates::Condition const& condition) const {
    return condition.overriding == contract_gates::Overriding::by_name &&
           std::ranges::any_of(options_.override_gates,
                               [&](Override const& one) { return one.gate == condition.name; });
}

Gate Judge::judged(contract_gates::Condition const& condition, contract_gates::Facts const& facts) const {
    auto reason = condition.reason(facts);
    bool const open = reason.empty() || overridden(condition);
    return {std::string{condition.name}, facts.entry.id, open, open ? "" : std::move(reason)};
}

std::vector<Gate> Judge::all(ledger::Entry const& entry, bool removes, std::string waits_for) const {
    auto facts = facts_of(entry);
    facts.waits_for = std::move(waits_for);
    if (!removes) return {judged(contract_gates::backfill, facts)};
    facts.unverified = unverified(workplace_.own(), facts.migration);
    return all_of(facts);
}

std::vector<Gate> Judge::at_standstill(ledger::Entry const& entry) const { return all_of(facts_of(entry)); }

std::vector<Gate> Judge::all_of(contract_gates::Facts const& facts) const {
    std::vector<Gate> found;
    for (auto const* condition : contract_gates::all()) found.push_back(judged(*condition, facts));
    return found;
}

std::vector<Gate> Judge::of_older_releases(ledger::Entry const& entry) const {
    auto const facts = facts_of(entry);
    return {judged(contract_gates::instances, facts), judged(contract_gates::processes, facts)};
}

bool Judge::has_to_wait(ledger::Entry const& entry) const {
    auto const facts = facts_of(entry);
    return !judged(contract_gates::due, facts).open || !judged(contract_gates::held, facts).open;
}

void refuse_unknown(Plan const& plan, ContractOptions const& options) {
    for (auto const& one : options.override_gates) {
        auto const* const condition = contract_gates::find(one.gate);
        bool const known = condition != nullptr && condition->overriding == contract_gates::Overriding::by_name;
        if (known && !one.reason.empty()) continue;
        std::string names;
        for (auto const* other : contract_gates::all()) {
            if (other->overriding == contract_gates::Overriding::by_name)
                names += (names.empty() ? "" : ", ") + std::string{other->name};
        }
        throw PlanError{Failure{.what = known ? "The override of gate \"" + one.gate + "\" has no reason."
                                              : "There is no gate \"" + one.gate + "\" that could be overridden.",
                                .object = one.gate,
                                .instead = known ? "say why, for the audit trail" : "gates that can be: " + names}};
    }
    for (auto const& one : options.accept_loss) {
        bool const known = std::ranges::any_of(
            plan.migrations(), [&](Migration const& migration) { return migration.id.text() == one.migration; });
        if (known && !one.reason.empty()) continue;
        throw PlanError{
            Failure{.what = known ? "The accepted loss of \"" + one.migration + "\" has no reason."
                                  : "The plan has no migration \"" + one.migration + "\" whose loss could be accepted.",
                    .object = one.migration,
                    .instead = "name the migration and say why: .accept_loss = {{\"<id>\", \"<reason>\"}}"}};
    }
    bool const named = !options.until || std::ranges::any_of(plan.migrations(), [&](Migration const& migration) {
        return migration.id == *options.until;
    });
    if (named) return;
    throw PlanError{
        Failure{.what = "The plan has no migration \"" + options.until->text() + "\" up to which to contract.",
                .object = options.until->text(),
                .instead = "status() lists the migrations"}};
}

}  // namespace evolver
