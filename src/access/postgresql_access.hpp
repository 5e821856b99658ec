#pragma once

// The shapes of tables on PostgreSQL, and this instance's lease while statements are written for them.
//
// A statement that was written for one shape has to end before the next but one comes: that is what the lease is for (fleet/lease.hpp). It is renewed
// when a statement asks and a third of its length is over; so an instance that has nothing to say lets it run out, and is back with the next
// statement, if its release still may.

#include "access/access_state.hpp"
#include "access/stood.hpp"
#include "compile/postgresql/blueprint.hpp"
#include "compile/shape_of.hpp"
#include "execute/postgresql/site.hpp"
#include "ledger/postgresql/rollout.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace evolver::detail {

class PostgresqlAccess : public AccessState {
public:
    /// Connects when it is first asked. `draw`: which of the instances this one is, from 0 to 1; canaries are those below the share.
    PostgresqlAccess(std::shared_ptr<postgresql::Site> site, double draw);

    [[nodiscard]] UseGuard use() override;
    [[nodiscard]] SqlText text(Moment const& moment, Name const& table, Recipe const& recipe) override;
    [[nodiscard]] bool is_ahead(std::size_t migration) override;
    /// A server's statements are planned anew by themselves where a table has changed.
    [[nodiscard]] Moment look_at_schema(soci::session&, std::uint64_t epoch) override { return {.epoch = epoch}; }
    void end(soci::statement&) noexcept override {}

    /// Renews the lease. Throws SchemaTooNew, EngineError.
    void renew();
    /// The schema may be another one: everything is looked at anew.
    void forget() noexcept { ++changes_; }

private:
    struct Known {
        Shape shape;
        std::vector<postgresql::NamedPair> pairs;
    };

    [[nodiscard]] postgresql::Connection const& connection();
    /// Does `look` on this object's own connection, again where somebody holds a lock or the connection was cut.
    void patiently(std::function<void()> const& look);
    [[nodiscard]] Known read(Name const& table);
    void be_at(std::uint64_t epoch);
    [[nodiscard]] bool has_joined();

    std::shared_ptr<postgresql::Site> site_;
    std::string parameters_;
    double draw_;
    std::mutex mutex_;
    std::optional<postgresql::Connection> connection_;
    Lease* lease_ = nullptr;  // the site's
    Stood stood_;             // at the last renewal
    ledger::Shares shares_;   // so are these
    std::atomic<std::uint64_t> changes_ = 1;
    std::pair<std::uint64_t, std::uint64_t> known_at_{};  // of which epoch, and after how many changes
    std::map<std::string, Known> shapes_;
    std::unordered_map<std::string, SqlText> texts_;
    std::optional<std::vector<bool>> ahead_;  // by migration
};

}  // namespace evolver::detail
