#include "pipeline/site.hpp"

#include "dialect/sqlite/online_copy.hpp"

#include <utility>

namespace evolver {

Site::Site(sqlite::Connection connection, Crew const& crew)
    : connection_{std::make_unique<sqlite::Connection>(std::move(connection))},
      workplace_{std::make_unique<Workplace>(connection_->handle(), crew.plan, crew.release, crew.actor, crew.observer,
                                             crew.wait)} {
    workplace_->act_as(crew.acting);
}

Site Site::open(std::string const& path, Crew const& crew) {
    return Site{sqlite::open_for_writing(path, crew.wait), crew};
}

Site Site::look_at(std::string const& path, Crew const& crew) {
    return Site{sqlite::open_for_reading(path, crew.wait), crew};
}

Site Site::open_copy(std::string const& path, Crew const& crew) {
    return Site{sqlite::open_for_writing(path, crew.wait, sqlite::Durability::none), crew};
}

}  // namespace evolver
