#include "execute/approval_check.hpp"

#include "evolver/fleet/gate.hpp"

namespace evolver {

ledger::Undertaking undertaking(Workplace const& workplace, sqlite::Connection const& connection, ChangeClass change) {
    return {.plan = workplace.plan().name(),
            .plan_digest = workplace.plan().digest(),
            .change = change,
            .executor = workplace.actor(),
            .schema = workplace.schema_digest(connection)};
}

ChangeClass change_of(Migration const& migration, bool fills) {
    for (auto const& operation : migration.operations) {
        auto const* const raw = std::get_if<RawSql>(&operation);
        auto const* const code = std::get_if<RunCode>(&operation);
        if ((raw != nullptr && raw->expand) || (code != nullptr && code->expand)) return ChangeClass::destructive;
    }
    return fills ? ChangeClass::data : ChangeClass::additive;
}

void refuse_unapproved(Workplace const& workplace, sqlite::Connection const& connection, ChangeClass change,
                       std::string const& migration, std::string const& call) {
    auto const policy = ledger::policy_of(connection, workplace.plan().name());
    if (!policy || ledger::needed(*policy, change) <= 0) return;
    auto const missing = ledger::missing(
        *policy, change, ledger::standings(connection, *policy, undertaking(workplace, connection, change)));
    if (missing.empty()) return;
    throw GateClosed{{{"approval", migration, false,
                       "the database asks for approvals, and there are " + missing +
                           "; show the change on staging with Pipeline::run(), then approve(\"" + workplace.path() +
                           "\", plan, {.staging = run, .approver = \"<who>\", .reason = \"<why>\"" +
                           (change == ChangeClass::destructive ? ", .change = ChangeClass::destructive" : "") + "})"}},
                     call};
}

}  // namespace evolver
