#pragma once

// What all LiveTables of one Evolver share: the shapes of its tables as they are now, and the texts written for them.

#include "access/fallback_reads.hpp"
#include "dialect/access_sql.hpp"
#include "fleet/lease.hpp"
#include "fleet/presence.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

struct sqlite3;

namespace soci {
class session;
class statement;
}  // namespace soci

namespace evolver::detail {

/// While it lives, the shape stays what it was. On SQLite it is counted where every process sees it; on a server it is a guard of the lease, or
/// nothing where there is no ledger yet, so that nobody could move the shape.
class UseGuard {
public:
    explicit UseGuard(Presence::Use use) : held_{std::move(use)} {}
    explicit UseGuard(std::shared_ptr<Lease::Guard const> guard) : held_{std::move(guard)} {}

    [[nodiscard]] std::uint64_t epoch() const noexcept {
        if (auto const* const use = std::get_if<Presence::Use>(&held_)) return use->epoch();
        auto const& guard = *std::get_if<std::shared_ptr<Lease::Guard const>>(&held_);
        return guard ? guard->epoch() : 0;
    }
    /// Before a statement runs, and after one that reads. Throws LeaseExpired.
    void check() const {
        auto const* const guard = std::get_if<std::shared_ptr<Lease::Guard const>>(&held_);
        if (guard != nullptr && *guard) (*guard)->check();
    }

private:
    std::variant<Presence::Use, std::shared_ptr<Lease::Guard const>> held_;
};

/// Whose shape a statement is written for.
struct Moment {
    std::uint64_t epoch;
    /// A session of SQLite with a snapshot that may be older than the epoch: the statement is for what that snapshot holds. None: for the epoch.
    sqlite3* past = nullptr;
};

/// Threads: any number. It may outlive its Evolver; for a database in memory, not the session.
class AccessState {
public:
    AccessState() = default;
    virtual ~AccessState() = default;
    AccessState(AccessState const&) = delete;
    AccessState& operator=(AccessState const&) = delete;

    /// Throws SchemaTooNew, LeaseExpired, EngineError.
    [[nodiscard]] virtual UseGuard use() = 0;

    /// What a statement is made of: its text, and the columns that it reads. `key` tells statements apart.
    struct Recipe {
        std::string key;
        std::function<std::string(AccessSql const&)> write;
        std::function<bool(Name const&)> reads = {};
    };
    /// The statement over the shape of `table` at that moment; under an epoch, from the cache where it is there.
    [[nodiscard]] virtual SqlText text(Moment const& moment, Name const& table, Recipe const& recipe) = 0;

    /// Is the migration's new shape what this instance goes by: since reads are switched, or ahead of that?
    [[nodiscard]] virtual bool is_ahead(std::size_t migration) = 0;

    /// Lets the session's connection read the schema anew if it has not done so under `epoch`; what its statements are to be written for.
    [[nodiscard]] virtual Moment look_at_schema(soci::session& session, std::uint64_t epoch) = 0;
    /// Ends a statement that was executed and not read to its end, so that no read stays open.
    virtual void end(soci::statement& statement) noexcept = 0;
};

}  // namespace evolver::detail
