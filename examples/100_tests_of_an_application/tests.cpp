// An application's test suite, as far as it is about its schema.

#include "plan.hpp"

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <evolver/evolver.hpp>
#include <evolver/testing.hpp>

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <string>
#include <vector>

namespace {

using evolver::testing::Client;

// ---- what each release's program does with an order, for the scenario: its price in cents is the fact

std::optional<std::int64_t> found(soci::session& session, long long cents, soci::indicator indicator) {
    if (!session.got_data() || indicator == soci::i_null) return std::nullopt;
    return cents;
}

evolver::testing::Program first_release() {
    return {.release = "1.0",
            .write =
                [](Client& client, std::int64_t key, std::int64_t value) {
                    long long const id = key;
                    std::string const price =
                        std::to_string(value / 100) + (value % 100 < 10 ? ".0" : ".") + std::to_string(value % 100);
                    client.session() << "INSERT INTO orders (id, customer, price) VALUES (:id, 'Ann', :price) "
                                        "ON CONFLICT (id) DO UPDATE SET price = excluded.price",
                        soci::use(id, "id"), soci::use(price, "price");
                },
            .read =
                [](Client& client, std::int64_t key) {
                    long long const id = key;
                    long long cents = 0;
                    soci::indicator indicator = soci::i_null;
                    client.session()
                        << "SELECT CAST(round(CAST(price AS REAL) * 100) AS INTEGER) FROM orders WHERE id = :id",
                        soci::into(cents, indicator), soci::use(id, "id");
                    return found(client.session(), cents, indicator);
                },
            .remove =
                [](Client& client, std::int64_t key) {
                    long long const id = key;
                    client.session() << "DELETE FROM orders WHERE id = :id", soci::use(id, "id");
                }};
}

evolver::testing::Program second_release() {
    return {.release = "2.0",
            .write =
                [](Client& client, std::int64_t key, std::int64_t value) {
                    long long const id = key;
                    long long const cents = value;
                    std::string const customer = "Bob";
                    auto const orders = client.evolver().table("orders");
                    long long there = 0;
                    client.session() << "SELECT count(*) FROM orders WHERE id = :id", soci::into(there),
                        soci::use(id, "id");
                    if (there == 0) {
                        client.session() << orders.insert({"id", "customer", "cents"}), soci::use(id, "id"),
                            soci::use(customer, "customer"), soci::use(cents, "cents");
                    } else {
                        client.session() << orders.update({"cents"}) + " WHERE id = :id", soci::use(cents, "cents"),
                            soci::use(id, "id");
                    }
                },
            .read =
                [](Client& client, std::int64_t key) {
                    long long const id = key;
                    long long cents = 0;
                    soci::indicator indicator = soci::i_null;
                    client.session() << client.evolver().table("orders").select({"cents"}) + " WHERE id = :id",
                        soci::into(cents, indicator), soci::use(id, "id");
                    return found(client.session(), cents, indicator);
                }};
}

}  // namespace

TEST_CASE("every statement of both releases works on every schema that it may meet") {
    evolver::testing::Compatibility releases{shop_plan()};
    releases.statements_from("1.0", SHOP_FOLDER "/statements/1.0.sql");
    releases.live("2.0", [](evolver::Evolver& evolver) {
        auto const orders = evolver.table("orders");
        return std::vector{orders.insert({"customer", "cents", "note"}).text(),
                           orders.select({"customer", "cents"}).text() + " WHERE cents > :least"};
    });
    EVOLVER_CHECK_COMPATIBLE(releases);
}

TEST_CASE("what the kit would say of a careless statement") {
    evolver::testing::Compatibility releases{shop_plan()};
    releases.statements("1.0", {"INSERT INTO orders VALUES (NULL, :customer, :price)"});
    auto const report = releases.check();
    CHECK_FALSE(report.compatible());
    MESSAGE(text_of(report));
}

TEST_CASE("both releases see each other's prices, while 2.0 rolls out and is rolled back") {
    evolver::testing::Scenario const scenario{shop_plan(), {first_release(), second_release()}, {.histories = 5}};
    EVOLVER_CHECK_SCENARIO(scenario);
}

TEST_CASE("what was shipped is what it was, and every release gets here") {
    EVOLVER_CHECK_SNAPSHOTS(shop_plan(), SHOP_FOLDER "/snapshots");
}

TEST_CASE("prices of 1.0 become the cents that one expects") {
    evolver::testing::Compatibility releases{shop_plan()};
    releases.seed("1.0",
                  {"INSERT INTO orders (customer, price) VALUES ('Ann', '12.50'), ('Bob', NULL), ('Cy', '0.07')"});
    releases.expect("2.0", "SELECT customer, cents FROM orders ORDER BY id", "'Ann'|1250; 'Bob'|NULL; 'Cy'|7");
    EVOLVER_CHECK_COMPATIBLE(releases);
}
