#include "fleet/postgresql_roster.hpp"

#include "evolver/ledger/ledger_error.hpp"
#include "ledger/postgresql/instances.hpp"

#include <utility>

namespace evolver::postgresql {

namespace {

Enrolled enrolled(InstanceRow row) {
    return {.instance = row.id,
            .as = {.release = std::move(row.release),
                   .release_position = row.release_position,
                   .plan_digest = std::move(row.plan_digest),
                   .host = std::move(row.host),
                   .process = row.process},
            .acknowledged = row.acknowledged};
}

std::vector<Enrolled> enrolled(std::vector<InstanceRow> rows) {
    std::vector<Enrolled> all;
    for (auto& row : rows) all.push_back(enrolled(std::move(row)));
    return all;
}

}  // namespace

class Roster::OpenTurn : public Turn {
public:
    explicit OpenTurn(Roster& roster)
        : roster_{roster},
          lock_{roster.mutex_},
          transaction_{roster.connection_, roster.options_.lock_timeout},
          epoch_{fleet_for_update(roster.connection_, roster.options_.plan).epoch} {}

    [[nodiscard]] std::uint64_t epoch() const override { return epoch_; }
    [[nodiscard]] std::vector<Enrolled> expel_expired() override {
        return enrolled(remove_expired(roster_.connection_, roster_.options_.plan));
    }
    [[nodiscard]] std::vector<Enrolled> live() override {
        return enrolled(instances_of(roster_.connection_, roster_.options_.plan));
    }
    void wait_for_writers() override {
        // SHARE goes with those who read, and with no one who writes.
        for (auto const& table : roster_.options_.tables)
            roster_.connection_.run("LOCK TABLE " + table + " IN SHARE MODE");
    }
    void raise_epoch(std::uint64_t epoch) override {
        postgresql::raise_epoch(roster_.connection_, roster_.options_.plan, epoch);
        epoch_ = epoch;
    }
    void raise_floor(std::int64_t position) override {
        auto const& releases = roster_.options_.releases;
        auto const at = static_cast<std::size_t>(position);
        postgresql::raise_floor(roster_.connection_, roster_.options_.plan, position,
                                at < releases.size() ? releases[at] : std::string{});
    }
    void commit() override { transaction_.commit(); }

private:
    Roster& roster_;
    std::unique_lock<std::recursive_mutex> lock_;
    Transaction transaction_;
    std::uint64_t epoch_;
};

Roster::Roster(Connection connection, RosterOptions options)
    : connection_{std::move(connection)}, options_{std::move(options)} {
    make_fleet(connection_, options_.plan, options_.lock_timeout);
}

Grant Roster::enrol(Enrolment const& enrolment, std::chrono::milliseconds lease) {
    std::scoped_lock const lock{mutex_};
    connection_.revive();
    Transaction transaction{connection_, options_.lock_timeout};
    auto const fleet = fleet_for_share(connection_, options_.plan);
    if (enrolment.release_position < fleet.floor) {
        throw SchemaTooNew{Failure{.what = "Release " + enrolment.release +
                                           " is too old for this database: the oldest that can use it is " +
                                           fleet.floor_release + ".",
                                   .object = options_.plan,
                                   .instead = "start release " + fleet.floor_release + ", or a newer one"}};
    }
    auto const instance = add_instance(connection_, options_.plan,
                                       {.release = enrolment.release,
                                        .release_position = enrolment.release_position,
                                        .plan_digest = enrolment.plan_digest,
                                        .host = enrolment.host,
                                        .process = enrolment.process,
                                        .acknowledged = fleet.epoch},
                                       lease);
    transaction.commit();
    return {.instance = instance, .epoch = fleet.epoch};
}

std::optional<std::uint64_t> Roster::renew(std::int64_t instance, std::uint64_t acknowledged,
                                           std::chrono::milliseconds lease) {
    std::scoped_lock const lock{mutex_};
    connection_.revive();
    // A mover that takes the row out holds it until its end, and then there is nothing to renew.
    Transaction transaction{connection_, options_.lock_timeout};
    auto const epoch = renew_instance(connection_, instance, acknowledged, lease);
    transaction.commit();
    return epoch;
}

void Roster::leave(std::int64_t instance) {
    std::scoped_lock const lock{mutex_};
    connection_.revive();
    Transaction transaction{connection_, options_.lock_timeout};
    remove_instance(connection_, instance);
    transaction.commit();
}

std::unique_ptr<Turn> Roster::take_turn() {
    std::scoped_lock const lock{mutex_};
    connection_.revive();
    return std::make_unique<OpenTurn>(*this);
}

}  // namespace evolver::postgresql
