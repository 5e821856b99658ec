#pragma once

// What all LiveTables of one Evolver share: the shapes of its tables as they are now, and the texts written for them.

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

/// Threads: any number. It may outlive its Evolver; for a database in memory, not the session.
class AccessState {
public:
    AccessState(Plan plan, std::shared_ptr<Presence> presence, std::string path, sqlite3* given);

    [[nodiscard]] Presence& presence() noexcept { return *presence_; }

    /// The text that `write` makes of the shape of `table` under `epoch`, from the cache where it is there. `key` tells statements apart.
    [[nodiscard]] std::string text(std::uint64_t epoch, Name const& table, std::string const& key,
                                   std::function<std::string(Shape const&)> const& write);

    /// Lets the session's connection read the schema anew if it has not done so under `epoch`. Nothing but a statement that runs makes SQLite
    /// compare its copy with the file, and a copy from before contract knows a renamed column as a generated one, which takes no writes.
    void look_at_schema(sqlite3* session, std::uint64_t epoch);

private:
    [[nodiscard]] Shape const& shape(Name const& table);
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
    std::unordered_map<std::string, std::string> texts_;
    std::unordered_map<sqlite3*, std::uint64_t>
        looked_;  // a handle that is used again belongs to a younger connection: no harm
};

}  // namespace evolver::detail
