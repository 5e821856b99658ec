#pragma once

/// Gates: the conditions that must hold before an old shape is removed.
///
///   backfill            every row is filled
///   reconciliation      both shapes agreed, no legacy write came in since, and verify queries of your own SQL find nothing
///   lossless            the new shape can give back every old value, or the loss was accepted for this migration
///   instances           no live instance of an older release is registered
///   processes           no unknown process has the database open (where the system shows that: Linux, WAL mode)
///   soak                no legacy write, and no read of the old shape by fallback that was handed in, for the soak time
///   readers             programs that never register, as the plan names them, are signed off
///   earlier migrations  none before it has to wait
///   due                 the day, and the release, that the plan waits for are reached
///   held                nobody holds its stage
///   backup              a backup was verified within the time that the plan asks for
///   window              the hours that the plan asks for, with time enough for the steps
///   approval            enough people have approved this plan, here, for changes that remove; where the database asks for that
///   rules               no row breaks a rule that the migration adds and does not say how to mend
///
/// What `backfill`, `reconciliation` and `rules` guard would be gone, or refused by the engine; `held`, `earlier migrations` and `approval` are
/// opened by those whose word they wait for. So these cannot be overridden. The others are, by name, with a reason, which goes into the audit trail.

#include "evolver/error.hpp"

#include <string>
#include <vector>

namespace evolver {

struct Gate {
    std::string name;
    std::string migration;
    bool open;
    std::string reason;  ///< Why it is closed, and what would open it; empty where it is open.
};

/// What was asked for waits behind a closed gate. The message tells each reason once, with the migrations that it holds up; gates() has
/// every closed gate of every migration. Nothing was changed.
class GateClosed : public Error {
public:
    /// `refused`: what was asked for.
    explicit GateClosed(std::vector<Gate> closed, std::string const& refused = "Contract");
    [[nodiscard]] std::vector<Gate> const& gates() const noexcept { return *gates_; }

private:
    std::shared_ptr<std::vector<Gate> const> gates_;
};

/// A gate to be treated as open.
struct Override {
    std::string gate;
    std::string reason;
};

/// A migration whose loss is accepted.
struct AcceptedLoss {
    std::string migration;
    std::string reason;
};

}  // namespace evolver
