// Who looks after the database, from any machine.
//
//   operator fill|reconcile|contract|count CONNECTION

#include "plan.hpp"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("operator fill|reconcile|contract|count CONNECTION\n", stderr);
        return 64;
    }
    try {
        std::string const verb = argv[1];
        soci::session db{soci::postgresql, argv[2]};
        evolver::Evolver evolver{
            db, shop_plan(), {.release = "2.0", .actor = "operator", .soak = std::chrono::seconds{0}}};
        if (verb == "fill") evolver.backfill();
        if (verb == "reconcile") std::printf("%lld rows agree\n", static_cast<long long>(evolver.reconcile().rows()));
        if (verb == "contract") evolver.contract();
        if (verb == "count") {
            long long orders = 0;
            long long cents = 0;
            db << "SELECT count(*), coalesce(sum(cents), 0) FROM orders", soci::into(orders), soci::into(cents);
            std::printf("%lld %lld\n", orders, cents);
        }
        return 0;
    } catch (evolver::GateClosed const& closed) {
        std::fprintf(stderr, "%s\n", closed.what());
        return 2;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "operator: %s\n", error.what());
        return 1;
    }
}
