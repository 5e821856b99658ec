#pragma once

// The shapes of tables on SQLite.

#include "access/access_state.hpp"
#include "compile/shape_of.hpp"
#include "dialect/sqlite/connection.hpp"
#include "evolver/plan/plan.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace evolver::detail {

class SqliteAccess : public AccessState {
public:
    /// `draw`: the instance's own number from 0 to 1, which says whether it is one of those that go ahead.
    SqliteAccess(Plan plan, std::shared_ptr<Presence> presence, std::string path, sqlite3* given, double draw);

    [[nodiscard]] UseGuard use() override { return UseGuard{presence_->use()}; }
    [[nodiscard]] SqlText text(Moment const& moment, Name const& table, Recipe const& recipe) override;
    [[nodiscard]] bool is_ahead(std::size_t migration) override;
    /// Nothing but a statement that runs makes SQLite compare its copy of the schema with the file, and a copy from before contract knows a renamed
    /// column as a generated one, which takes no writes. And a transaction that has read before the shape moved goes on with what it reads: rows
    /// that were filled since then are not filled there, and columns that were added since then do not exist.
    [[nodiscard]] Moment look_at_schema(soci::session& session, std::uint64_t epoch) override;
    void end(soci::statement& statement) noexcept override;

    /// Writes into the ledger what was counted since the last time; what cannot be written is kept for the next.
    void hand_in(sqlite::Connection const& connection, std::string const& release, std::chrono::milliseconds wait);

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
