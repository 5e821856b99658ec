#pragma once

// The gates of contract, one per source file of this folder, and what they look at.
//
// A gate is a function from facts to a reason: why it is closed and what would open it, or nothing. It reads no database and no clock, so
// whoever judges decides of which moment the facts are.

#include "evolver/fleet/gate.hpp"
#include "evolver/plan/plan.hpp"
#include "fleet/presence.hpp"
#include "fleet/processes.hpp"
#include "ledger/approvals.hpp"
#include "ledger/ledger.hpp"
#include "ledger/rollout.hpp"
#include "ledger/usage.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::contract_gates {

/// What is known of one migration, and of who is there, at one moment.
struct Facts {
    Plan const& plan;
    Migration const& migration;
    ledger::Entry const& entry;
    ledger::Legacy legacy = {};
    ledger::Rollout rollout = {};
    std::vector<ledger::SignedOff> signed_off = {};
    ledger::Usage last_fallback_read = {};
    ledger::Backup backup = {};
    std::string waits_for = {};  ///< An earlier migration that is not contracted and will not be in this call.
    bool loss_accepted = false;
    /// Why what the migration wants to be true is not: its verify query finds rows, or fails. Empty where it has none, or finds none.
    std::string unverified = {};
    std::string own_release = {};  ///< Of the program that asks.
    std::vector<Instance> instances = {};
    std::vector<Process> processes = {};  ///< With the file open; empty where that cannot be seen.
    pid_t own_process = 0;
    std::int64_t now = 0;  ///< Seconds since 1970, by the database's clock.
    std::chrono::seconds soak{0};
    std::optional<ApprovalPolicy> policy = {};  ///< None: the database asks for no approvals.
    std::vector<ApprovalStanding> approvals = {};
    std::chrono::milliseconds expected{0};  ///< How long the steps hold writers up, together; 0 where it is not known.
};

enum class Overriding {
    refused,  ///< What it guards would be gone, or there is an order that opens it.
    by_name,
};

struct Condition {
    std::string_view name;
    Overriding overriding;
    std::string (*reason)(Facts const&);
};

/// All of them, in the order in which they are told.
[[nodiscard]] std::span<Condition const* const> all();
/// None for a name that is no gate's.
[[nodiscard]] Condition const* find(std::string_view name);

/// "12 h", "5 min", "7 s".
[[nodiscard]] std::string in_words(std::chrono::seconds time);

extern Condition const approval;
extern Condition const backfill;
extern Condition const backup;
extern Condition const due;
extern Condition const earlier;
extern Condition const held;
extern Condition const instances;
extern Condition const lossless;
extern Condition const processes;
extern Condition const readers;
extern Condition const reconciliation;
extern Condition const soak;
extern Condition const window;

}  // namespace evolver::contract_gates
