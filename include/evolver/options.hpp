#pragma once

/// What an Evolver is told when it is made, and when it fills.

#include "evolver/access/flag.hpp"
#include "evolver/execute/fill_order.hpp"
#include "evolver/execute/signal.hpp"
#include "evolver/execute/speed.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/observe/observer.hpp"
#include "evolver/plan/migration.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace evolver {

struct Options {
    /// The release that this program is. None: the last that the plan names.
    std::optional<Release> release = {};
    /// Who works here, for the audit trail: "alice", "deploy-job-17". Never a secret.
    std::string actor = {};
    /// On whose behalf, where that is somebody else: "alice", of a job that she has started.
    std::string on_behalf_of = {};
    /// Gets every event; must outlive the Evolver. None: nobody listens.
    Observer* observer = nullptr;
    /// How long to wait for a lock that somebody else holds, before an error says so.
    std::chrono::milliseconds wait = std::chrono::seconds{10};
    /// How long no legacy write must have come in before contract, and no read of the old shape by fallback.
    std::chrono::seconds soak = std::chrono::hours{24};
    /// Asked before each batch of a backfill, whoever calls it: while one says why not, nothing is filled. See execute/signal.hpp.
    std::vector<Signal> signals = {};
    /// How many rows a backfill looks at in a second, at most. 0: as many as its rests allow.
    double rows_per_second = 0;
    /// The tables that a backfill fills first, of those of one migration, and in which order their rows. The others follow, by ascending keys.
    std::vector<FillOrder> fill_order = {};
    /// How many rows of each pair of shapes heartbeat() compares, going through the table from one call to the next. 0: none.
    std::int64_t compared_rows = 100;
    /// Flags that do not follow the data, for tests.
    std::vector<FixedFlag> flags = {};
    /// Which instances set_canary() sends ahead: a share of 0.1 those below 0.1. None: drawn at random, once per Evolver.
    std::optional<double> canary_draw = {};
};

/// How a backfill is run to its end.
struct BackfillOptions {
    Speed speed = Speed::polite;
    /// Looked at between two batches. A backfill that is told to stop throws Error with Retry::helps; the next one goes on where it stopped.
    std::stop_token stop = {};
    /// Where a migration says Sync::application: gates to be treated as open, `instances` or `processes`, each with the reason that goes into
    /// the audit trail.
    std::vector<Override> override_gates = {};
};

}  // namespace evolver
