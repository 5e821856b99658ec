// Constraints that rows of today break: measured, mended, and only then the table's own.

#include "scenario/scenario.hpp"

namespace {

evolver::Plan shop_plan(std::optional<evolver::Expression> const& clean) {
    using namespace evolver;
    return Plan{"shop",
                {Migration{.id = "0001-rules",
                           .summary = "every order has a customer, and a quantity above zero",
                           .release = "2.0",
                           .operations = {SetNotNull{.table = "orders", .column = "customer", .clean = clean},
                                          AddCheck{.table = "orders",
                                                   .name = "some",
                                                   .condition = "quantity > 0",
                                                   .violators = Violators::quarantine}}}}};
}

}  // namespace

int main() {
    return scenario::run("Tightening a constraint", [] {
        scenario::Folder const folder;
        scenario::OldRelease old{folder.database()};
        old.run({"CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, quantity INTEGER)",
                 "INSERT INTO orders (customer, quantity) VALUES ('Ann', 1), (NULL, 2), ('Bob', 0)"});

        soci::session db{soci::sqlite3, "db=" + folder.database() + " timeout=5"};
        scenario::say("measured first, and refused:");
        scenario::say(scenario::message([&] { evolver::Evolver{db, shop_plan(std::nullopt)}.expand(); }));

        evolver::Evolver evolver{db, shop_plan("'unknown'")};
        evolver.expand();
        auto const orders = evolver.table("orders");
        std::string customer;
        db << orders.select({"customer"}) + " WHERE id = 2", soci::into(customer);
        scenario::expect("2.0 reads the row clean already", customer, "unknown");
        scenario::expect("1.0 still reads what it wrote", old.ask("SELECT customer FROM orders WHERE id = 2"), "NULL");
        old.run({"INSERT INTO orders (quantity) VALUES (5)"});
        scenario::say("1.0 may break the rule until contract; 2.0 may not");

        scenario::finish(evolver);
        scenario::expect("cleaned", old.ask("SELECT group_concat(id) FROM orders WHERE customer = 'unknown'"), "2,4");
        scenario::expect("in quarantine, as the statement that brings it back",
                         old.ask("SELECT value FROM evolver_quarantine WHERE column_name = ''"),
                         "INSERT INTO \"orders\" (\"id\", \"customer\", \"quantity\") VALUES (3, 'Bob', 0)");
        scenario::expect("a NULL is refused now",
                         old.refusal("INSERT INTO orders (quantity) VALUES (5)").empty() ? "no" : "yes", "yes");
    });
}
