#pragma once

// The list of instances in a server's ledger, and what the protocol of leases needs of it.
//
// SQLite has no use for it: there the kernel knows who lives (fleet/presence.hpp). A server has a clock, the same for everybody, and one
// row of the plan that everybody can lock; the rest follows. Each function of Roster is one transaction of the server, and says in its comment
// which statements it is.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace evolver {

/// An instance that asks to be let in.
struct Enrolment {
    std::string release;
    std::int64_t release_position = 0;  ///< Among the releases that the plan names.
    std::string plan_digest;
    std::string host;
    std::int64_t process = 0;
};

/// What one transaction said.
struct Grant {
    std::int64_t instance = 0;  ///< Its number; never given twice.
    std::uint64_t epoch = 0;    ///< That new statements are to be written for.
};

/// An instance as the ledger has it.
struct Enrolled {
    std::int64_t instance = 0;
    Enrolment as;
    std::uint64_t acknowledged = 0;  ///< No statement of its is for an older epoch.
};

/// A mover's transaction. It ends with commit(), or without a trace.
class Turn {
public:
    virtual ~Turn() = default;

    [[nodiscard]] virtual std::uint64_t epoch() const = 0;
    /// Takes those out whose lease is over by the server's clock, and returns them. Before live() is asked: a renewal that waits for this
    /// transaction finds its row gone, and one that came first keeps it.
    ///     DELETE FROM evolver_instance WHERE expires_at < clock_timestamp() RETURNING …
    [[nodiscard]] virtual std::vector<Enrolled> expel_expired() = 0;
    [[nodiscard]] virtual std::vector<Enrolled> live() = 0;
    /// Waits until no transaction is in the middle of writing, with a lock timeout; nobody writes until the end of the turn. What an instance that
    /// was taken out has begun is over then.
    ///     LOCK TABLE … IN SHARE MODE
    virtual void wait_for_writers() = 0;
    virtual void raise_epoch(std::uint64_t epoch) = 0;
    virtual void raise_floor(std::int64_t release_position) = 0;
    virtual void commit() = 0;
};

/// Throws EngineError where the connection is lost; what it said may then have been done or not.
class Roster {
public:
    virtual ~Roster() = default;

    /// SELECT floor, epoch … FOR SHARE, then INSERT, in one transaction: read before it, the floor could be raised by somebody who has not seen
    /// this instance yet. Throws SchemaTooNew where the release is below the floor.
    [[nodiscard]] virtual Grant enrol(Enrolment const& enrolment, std::chrono::milliseconds lease) = 0;
    /// The epoch; nothing where the instance has been taken out. A lease that is over, and was not taken out, goes on: nobody has gone on without
    /// it.
    ///     UPDATE evolver_instance SET expires_at = clock_timestamp() + lease, acknowledged = … WHERE id = … RETURNING …
    [[nodiscard]] virtual std::optional<std::uint64_t> renew(std::int64_t instance, std::uint64_t acknowledged,
                                                             std::chrono::milliseconds lease) = 0;
    virtual void leave(std::int64_t instance) = 0;

    /// SELECT … FOR UPDATE of the plan's row: one mover at a time, and nobody enrols meanwhile. Throws Error with Retry::helps where another
    /// mover has it.
    [[nodiscard]] virtual std::unique_ptr<Turn> take_turn() = 0;
};

}  // namespace evolver
