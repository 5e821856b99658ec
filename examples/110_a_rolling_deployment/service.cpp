// One process of the shop: it takes orders, corrects their prices and reads them back, until it is told to end (SIGTERM).
//
//   service RELEASE NUMBER CONNECTION
//
// It ends with 1 where a statement has failed, or an order is not what was written; it prints how many orders it has taken, and their cents.

#include "plan.hpp"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>

namespace {

std::atomic<bool> told_to_end{false};

std::string as_price(long long cents) {
    auto const rest = std::to_string(cents % 100);
    return std::to_string(cents / 100) + "." + (rest.size() < 2 ? "0" : "") + rest;
}

/// Release 1.0 knows prices.
struct FirstRelease {
    evolver::LiveTable orders;

    void take(soci::session& db, long long id, std::string const& customer, long long cents) const {
        auto const price = as_price(cents);
        db << orders.insert({"id", "customer", "price"}), soci::use(id, "id"), soci::use(customer, "customer"),
            soci::use(price, "price");
    }
    void correct(soci::session& db, long long id, long long cents) const {
        auto const price = as_price(cents);
        db << orders.update({"price"}) + " WHERE id = :id", soci::use(price, "price"), soci::use(id, "id");
    }
    [[nodiscard]] bool holds(soci::session& db, long long id, long long cents) const {
        std::string price;
        db << orders.select({"price"}) + " WHERE id = :id", soci::use(id, "id"), soci::into(price);
        return price == as_price(cents);
    }
};

/// Release 2.0 knows cents.
struct SecondRelease {
    evolver::LiveTable orders;

    void take(soci::session& db, long long id, std::string const& customer, long long cents) const {
        db << orders.insert({"id", "customer", "cents"}), soci::use(id, "id"), soci::use(customer, "customer"),
            soci::use(cents, "cents");
    }
    void correct(soci::session& db, long long id, long long cents) const {
        db << orders.update({"cents"}) + " WHERE id = :id", soci::use(cents, "cents"), soci::use(id, "id");
    }
    [[nodiscard]] bool holds(soci::session& db, long long id, long long cents) const {
        long long found = -1;
        db << orders.select({"cents"}) + " WHERE id = :id", soci::use(id, "id"), soci::into(found);
        return found == cents;
    }
};

struct Taken {
    long long orders = 0;
    long long cents = 0;
};

template <class Release>
Taken serve(soci::session& db, Release const& release, long long number) {
    Taken taken;
    while (!told_to_end) {
        auto const id = number * 1'000'000 + ++taken.orders;
        long long cents = (id * 7919) % 100'000;
        release.take(db, id, "customer " + std::to_string(id), cents);
        if (taken.orders % 3 == 0) release.correct(db, id, cents += 25);
        taken.cents += cents;
        if (!release.holds(db, id, cents)) throw std::runtime_error{"order " + std::to_string(id) + " is another one"};
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    return taken;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("service RELEASE NUMBER CONNECTION\n", stderr);
        return 64;
    }
    std::signal(SIGTERM, [](int) { told_to_end = true; });
    try {
        std::string const release = argv[1];
        soci::session db{soci::postgresql, argv[3]};
        evolver::Evolver evolver{db, shop_plan().until(evolver::Release{release}), {.release = release}};
        evolver.expand();
        auto const orders = evolver.table("orders");
        auto const number = std::stoll(argv[2]);
        auto const taken =
            release == "1.0" ? serve(db, FirstRelease{orders}, number) : serve(db, SecondRelease{orders}, number);
        std::printf("%lld %lld\n", taken.orders, taken.cents);
        return 0;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "service %s %s: %s\n", argv[1], argv[2], error.what());
        return 1;
    }
}
