#include "room/room.hpp"

#include "room/sqlite_room.hpp"
#ifdef EVOLVER_HAS_POSTGRESQL
#include "room/postgresql_room.hpp"
#endif

#include <soci/soci.h>

#include <random>
#include <utility>

namespace evolver {

std::unique_ptr<Room> room_for(soci::session& session, Plan plan, Options const& options) {
    auto release = options.release ? *options.release : plan.releases().back();
#ifdef EVOLVER_HAS_POSTGRESQL
    if (session.is_connected() && session.get_backend_name() == "postgresql")
        return std::make_unique<PostgresqlRoom>(session, std::move(plan), std::move(release), options);
#endif
    return std::make_unique<SqliteRoom>(session, std::move(plan), std::move(release), options);
}

double given_or_drawn(std::optional<double> given) {
    if (given) return *given;
    std::random_device device;
    return std::uniform_real_distribution<double>{0, 1}(device);
}

}  // namespace evolver
