#include "testing/journey.hpp"

#include "dialect/sqlite/samples.hpp"
#include "dialect/sqlite/soci_handle.hpp"
#include "evolver/evolver.hpp"
#include "testing/overrides.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>

namespace evolver::testing {

std::string_view name_of(Point point) noexcept {
    switch (point) {
        case Point::settled: return "before the next migration";
        case Point::expanded: return "expanded";
        case Point::filled: return "filled";
        case Point::switched: return "switched";
        case Point::complete: return "complete";
        case Point::contracted: return "contracted";
    }
    return {};
}

Journey::Journey(Plan plan, Baggage const& baggage)
    : plan_{std::move(plan)},
      baggage_{&baggage},
      session_{std::make_unique<soci::session>(soci::sqlite3, "db=:memory:")},
      connection_{std::make_unique<sqlite::Connection>(sqlite::Connection::borrow(sqlite::handle_of(*session_)))} {
    if (!baggage.schema.empty()) connection_->run(baggage.schema);
    connection_->refuse_quoted_strings();
    if (baggage.foreign_keys) connection_->run("PRAGMA foreign_keys = ON");
}

Journey::~Journey() = default;
Journey::Journey(Journey&&) noexcept = default;

std::size_t Journey::begin_of(std::size_t release) const { return release == 0 ? 0 : end_of(release - 1); }

std::size_t Journey::end_of(std::size_t release) const {
    auto const all = plan_.migrations();
    auto const& name = plan_.releases()[release];
    std::size_t end = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].release == name) end = i + 1;
    }
    return end;
}

Evolver Journey::evolver_of(std::size_t migrations) {
    auto const all = plan_.migrations();
    Plan part{plan_.name(), {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(migrations)}};
    return Evolver{*session_, std::move(part), {.actor = "compatibility", .soak = std::chrono::seconds{0}}};
}

void Journey::run_seeds(std::size_t release) {
    auto const found = baggage_->seeds.find(release);
    if (found == baggage_->seeds.end()) return;
    for (auto const& sql : found->second) connection_->run(sql);
}

void Journey::settle(std::size_t position, bool with_rows) {
    bool seeded = false;
    for (std::size_t release = 0; release < plan_.releases().size() && end_of(release) <= position; ++release) {
        while (expanded_ < end_of(release)) expand();
        fill();
        switch_reads();
        while (contracted_ < expanded_) contract();
        run_seeds(release);
        seeded = seeded || baggage_->seeds.contains(release);
    }
    if (with_rows && !seeded) sqlite::make_up_rows(*connection_);
}

void Journey::adopt(std::size_t release) {
    auto const end = end_of(release);
    evolver_of(end).baseline(plan_.migrations()[end - 1].id);
    expanded_ = contracted_ = end;
}

void Journey::expand() {
    auto evolver = evolver_of(expanded_ + 1);
    evolver.expand();
    ++expanded_;
}

void Journey::fill() {
    if (contracted_ < expanded_) evolver_of(expanded_).backfill(Speed::full);
}

void Journey::switch_reads() {
    if (contracted_ < expanded_) (void)evolver_of(expanded_).reconcile();
}

bool Journey::complete() {
    try {
        auto evolver = evolver_of(expanded_);
        auto const& id = plan_.migrations()[contracted_].id;
        return evolver.advance_stage(
                   {.reason = own_database, .migration = id, .override_gates = override_everything()}) ==
               Stage::complete;
    } catch (Error const&) {
        return false;  // a migration with one shape has no stages; and contract does not need it
    }
}

void Journey::contract() {
    auto evolver = evolver_of(expanded_);
    auto const& id = plan_.migrations()[contracted_].id;
    // One with nothing to remove may have gone by itself with the one before it.
    auto const status = evolver.status();
    if (status.migrations[contracted_].phase != Phase::contracted) {
        evolver.contract({.until = id,
                          .override_gates = override_everything(),
                          .accept_loss = {{id.text(), own_database}},
                          .speed = Speed::full});
    }
    ++contracted_;
}

std::size_t Journey::floor() {
    if (expanded_ == 0) return 0;
    auto evolver = evolver_of(expanded_);
    auto const status = evolver.status();
    return status.floor_release.empty() ? 0 : plan_.position_of(Release{status.floor_release});
}

}  // namespace evolver::testing
