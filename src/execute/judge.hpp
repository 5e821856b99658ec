#pragma once

// The gates of contract, judged by what the ledger and the fleet show right now.

#include "evolver/execute/contract_options.hpp"
#include "execute/workplace.hpp"
#include "fleet/gates/gates.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace evolver {

/// The processes are those that the system showed at the last look around: that takes longer than writers may be kept out.
class Judge {
public:
    Judge(Workplace& workplace, std::chrono::seconds soak, ContractOptions const& options)
        : workplace_{workplace}, soak_{soak}, options_{options} {}

    /// Before the first judgement, and as often as it should be of the moment.
    void look_around();

    /// Every gate of the migration, on the way to it: also what its own verify queries say. One that removes nothing has only its work to be done.
    [[nodiscard]] std::vector<Gate> all(ledger::Entry const& entry, bool removes, std::string waits_for) const;
    /// The same with writers kept out: the queries are left to the steps, the first of which asks them.
    [[nodiscard]] std::vector<Gate> at_standstill(ledger::Entry const& entry) const;

    /// May older releases be kept out from now on? Nobody of them lives, as far as that can be seen.
    [[nodiscard]] std::vector<Gate> of_older_releases(ledger::Entry const& entry) const;

    /// How long the steps of the migration that is judged next hold writers up.
    void expect(std::chrono::milliseconds time) noexcept { expected_ = time; }

    /// Is the migration held, or not due yet? Then contract leaves it, and those behind it, alone.
    [[nodiscard]] bool has_to_wait(ledger::Entry const& entry) const;

private:
    [[nodiscard]] contract_gates::Facts facts_of(ledger::Entry const& entry) const;
    [[nodiscard]] std::vector<Gate> all_of(contract_gates::Facts const& facts) const;
    [[nodiscard]] Gate judged(contract_gates::Condition const& condition, contract_gates::Facts const& facts) const;
    [[nodiscard]] bool overridden(contract_gates::Condition const& condition) const;

    Workplace& workplace_;
    std::chrono::seconds soak_;
    ContractOptions const& options_;
    std::vector<Process> open_;
    std::chrono::milliseconds expected_{0};
};

/// Throws PlanError for an override or an accepted loss that names nothing, or has no reason.
void refuse_unknown(Plan const& plan, ContractOptions const& options);

}  // namespace evolver
