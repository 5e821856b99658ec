#pragma once

// What all LiveTables of one Evolver share: the shapes of its tables as they are now, and the texts written for them.

#include "access/fallback_reads.hpp"
#include "compile/shape_of.hpp"
#include "dialect/sqlite/connection.hpp"
#include "evolver/plan/plan.hpp"
#include "fleet/presence.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace evolver::detail {

struct UseGuard {
    Presence::Use use;
};

/// Whose shape a statement is written for.
struct Moment {
    std::uint64_t epoch;
    /// A session with a snapshot that may be older than the epoch: the statement is for what that snapshot holds. None: for the epoch.
    sqlite3* past = nullptr;
};

/// Threads: any number. It may outlive its Evolver; for a database in memory, not the session.
class AccessState {
public:
    /// `draw`: the instance's own number from 0 to 1, which says whether it is one of those that go ahead.
    AccessState(Plan plan, std::shared_ptr<Presence> presence, std::string path, sqlite3* given, double draw);

    [[nodiscard]] Presence& presence() noexcept { return *presence_; }

    /// What a statement is made of: its text from the shape, and the columns that it reads of it. `key` tells statements apart.
    struct Recipe {
        std::string key;
        std::function<std::string(Shape const&)> write;
        std::function<bool(Name const&)> reads = {};
    };
    /// The statement over the shape of `table` at that moment; under an epoch, from the cache where it is there.
    [[nodiscard]] SqlText text(Moment const& moment, Name const& table, Recipe const& recipe);

    /// Is the migration's new shape what this instance goes by: since reads are switched, or ahead of that?
    [[nodiscard]] bool is_ahead(std::size_t migration);

    /// Writes into the ledger what was counted since the last time; what cannot be written is kept for the next.
    void hand_in(sqlite::Connection const& connection, std::string const& release, std::chrono::milliseconds wait);

    /// Lets the session's connection read the schema anew if it has not done so under `epoch`. Nothing but a statement that runs makes SQLite
    /// compare its copy with the file, and a copy from before contract knows a renamed column as a generated one, which takes no writes.
    /// Returns what its statements are to be written for: a transaction that has read before the shape moved goes on with what it reads. Rows
    /// that were filled since then are not filled there, and columns that were added since then do not exist.
    [[nodiscard]] Moment look_at_schema(sqlite3* session, std::uint64_t epoch);

private:
    void be_at(std::uint64_t epoch);
    [[nodiscard]] bool sees_what_is(sqlite3* session);
    [[nodiscard]] Shape const& shape(Name const& table);
    [[nodiscard]] SqlText written(Recipe const& recipe, Shape const& shape);
    [[nodiscard]] sqlite::Connection const& connection();

    Plan plan_;
    std::shared_ptr<Presence> presence_;
    std::string path_;
    std::string vfs_;
    sqlite3* given_;
    std::mutex mutex_;
    std::optional<sqlite::Connection> connection_;
    std::uint64_t epoch_ = 0;
    std::map<std::string, Shape> shapes_;
    std::unordered_map<std::string, SqlText> texts_;
    std::optional<std::vector<bool>> ahead_;  // by migration; under epoch_
    double draw_;
    FallbackReads fallback_reads_;
    std::unordered_map<sqlite3*, std::uint64_t>
        looked_;  // a handle that is used again belongs to a younger connection: no harm
};

}  // namespace evolver::detail
