#include "ledger/postgresql/instances.hpp"

#include "ledger/postgresql/about.hpp"

namespace evolver::postgresql {

namespace {

constexpr auto columns = " id, release, release_position, plan_digest, host, process, acknowledged";

std::uint64_t unsigned_of(std::int64_t number) { return static_cast<std::uint64_t>(number); }

std::vector<InstanceRow> instances_in(Rows const& found) {
    std::vector<InstanceRow> instances;
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
        instances.push_back({.id = found.integer(row, 0),
                             .release = found.text(row, 1),
                             .release_position = found.integer(row, 2),
                             .plan_digest = found.text(row, 3),
                             .host = found.text(row, 4),
                             .process = found.integer(row, 5),
                             .acknowledged = unsigned_of(found.integer(row, 6))});
    }
    return instances;
}

FleetRow fleet(Connection const& connection, std::string const& plan, std::string const& lock) {
    auto const found =
        connection.query("SELECT epoch, floor, floor_release FROM evolver_fleet WHERE plan = $1 FOR " + lock, {plan});
    if (found.empty()) return {};
    return {.epoch = unsigned_of(found.integer(0, 0)), .floor = found.integer(0, 1), .floor_release = found.text(0, 2)};
}

}  // namespace

void make_fleet(Connection const& connection, std::string const& plan, std::chrono::milliseconds lock_timeout) {
    Transaction transaction{connection, lock_timeout};
    // Who only uses the database may make no table in it.
    if (!ledger::has_table(connection, "evolver_instance")) {
        // Two who say IF NOT EXISTS at once both find nothing, and one of them fails.
        connection.run("SELECT pg_advisory_xact_lock(hashtextextended('evolver_fleet', 0))");
        connection.run(
            "CREATE TABLE IF NOT EXISTS evolver_fleet (plan text PRIMARY KEY, epoch bigint NOT NULL DEFAULT 1, floor "
            "bigint NOT NULL DEFAULT 0, floor_release text NOT NULL DEFAULT '');"
            "CREATE TABLE IF NOT EXISTS evolver_instance (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, plan "
            "text NOT NULL, release text NOT NULL, release_position bigint NOT NULL, plan_digest text NOT NULL, host "
            "text NOT NULL, process bigint NOT NULL, acknowledged bigint NOT NULL, enrolled_at timestamptz NOT NULL "
            "DEFAULT clock_timestamp(), expires_at timestamptz NOT NULL) WITH (fillfactor = 50)");
    }
    connection.query("INSERT INTO evolver_fleet (plan) VALUES ($1) ON CONFLICT DO NOTHING", {plan});
    transaction.commit();
}

FleetRow fleet_for_share(Connection const& connection, std::string const& plan) {
    return fleet(connection, plan, "SHARE");
}
FleetRow fleet_for_update(Connection const& connection, std::string const& plan) {
    return fleet(connection, plan, "UPDATE");
}

void raise_epoch(Connection const& connection, std::string const& plan, std::uint64_t epoch) {
    connection.query("UPDATE evolver_fleet SET epoch = CAST($2 AS bigint) WHERE plan = $1",
                     {plan, std::to_string(epoch)});
}

void raise_floor(Connection const& connection, std::string const& plan, std::int64_t position,
                 std::string const& release) {
    connection.query(
        "UPDATE evolver_fleet SET floor = CAST($2 AS bigint), floor_release = $3 WHERE plan = $1 AND floor < CAST($2 "
        "AS bigint)",
        {plan, std::to_string(position), release});
}

void lower_floor(Connection const& connection, std::string const& plan, std::int64_t position,
                 std::string const& release) {
    connection.query("UPDATE evolver_fleet SET floor = CAST($2 AS bigint), floor_release = $3 WHERE plan = $1",
                     {plan, std::to_string(position), release});
}

std::int64_t add_instance(Connection const& connection, std::string const& plan, InstanceRow const& instance,
                          std::chrono::milliseconds lease) {
    return connection.integer(
        "INSERT INTO evolver_instance (plan, release, release_position, plan_digest, host, process, acknowledged, "
        "expires_at) "
        "VALUES ($1, $2, CAST($3 AS bigint), $4, $5, CAST($6 AS bigint), CAST($7 AS bigint), clock_timestamp() + "
        "CAST($8 AS "
        "bigint) * interval '1 millisecond') RETURNING id",
        {plan, instance.release, std::to_string(instance.release_position), instance.plan_digest, instance.host,
         std::to_string(instance.process), std::to_string(instance.acknowledged), std::to_string(lease.count())});
}

std::optional<std::uint64_t> renew_instance(Connection const& connection, std::int64_t instance,
                                            std::uint64_t acknowledged, std::chrono::milliseconds lease) {
    auto const found = connection.query(
        "UPDATE evolver_instance AS i SET acknowledged = CAST($2 AS bigint), expires_at = clock_timestamp() + CAST($3 "
        "AS "
        "bigint) * interval '1 millisecond' WHERE id = CAST($1 AS bigint) RETURNING (SELECT epoch FROM evolver_fleet "
        "AS f "
        "WHERE f.plan = i.plan)",
        {std::to_string(instance), std::to_string(acknowledged), std::to_string(lease.count())});
    if (found.empty()) return std::nullopt;
    return unsigned_of(found.integer(0, 0));
}

void remove_instance(Connection const& connection, std::int64_t instance) {
    connection.query("DELETE FROM evolver_instance WHERE id = CAST($1 AS bigint)", {std::to_string(instance)});
}

void raise_epoch(Connection const& connection, std::string const& plan) {
    raise_epoch(connection, plan, fleet_for_update(connection, plan).epoch + 1);
}

std::vector<InstanceRow> remove_expired(Connection const& connection, std::string const& plan) {
    return instances_in(connection.query(
        std::string{"DELETE FROM evolver_instance WHERE plan = $1 AND expires_at < clock_timestamp() RETURNING"} +
            columns,
        {plan}));
}

std::vector<InstanceRow> instances_of(Connection const& connection, std::string const& plan) {
    return instances_in(connection.query(
        std::string{"SELECT"} + columns + " FROM evolver_instance WHERE plan = $1 ORDER BY id", {plan}));
}

}  // namespace evolver::postgresql
