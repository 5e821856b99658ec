// Adding what old programs need not know: a column with a default, and a table.

#include "scenario/scenario.hpp"

namespace {

evolver::Plan shop_plan() {
    using namespace evolver;
    return Plan{
        "shop",
        {Migration{
            .id = "0001-notes",
            .summary = "orders have notes and a priority",
            .release = "2.0",
            .operations = {
                AddColumn{.table = "orders",
                          .column = {.name = "priority", .type = integer(), .nullable = false, .default_value = "3"}},
                CreateTable{.table = "notes",
                            .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                        {.name = "order_id", .type = integer()},
                                        {.name = "body", .type = text()}},
                            .foreign_keys = {{.columns = {"order_id"}, .table = "orders"}}}}}}};
}

}  // namespace

int main() {
    return scenario::run("Adding a column and a table", [] {
        scenario::Folder const folder;
        scenario::OldRelease old{folder.database()};
        old.run({"CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL)",
                 "INSERT INTO orders (customer) VALUES ('Ann'), ('Bob')"});

        soci::session db{soci::sqlite3, "db=" + folder.database() + " timeout=5"};
        evolver::Evolver evolver{db, shop_plan()};
        evolver.expand();
        scenario::say("release 2.0 has expanded; release 1.0 goes on as before");
        old.run({"INSERT INTO orders (customer) VALUES ('Cid')"});
        scenario::expect("what 1.0 inserts has the default",
                         old.ask("SELECT priority FROM orders WHERE customer = 'Cid'"), "3");

        auto const orders = evolver.table("orders");
        db << orders.update({{"priority", "1"}}) + " WHERE customer = 'Bob'";
        db << "INSERT INTO notes (order_id, body) VALUES (2, 'in a hurry')";
        scenario::expect("what 1.0 reads", old.ask("SELECT group_concat(customer) FROM orders"), "Ann,Bob,Cid");

        scenario::finish(evolver);
        scenario::expect("contract had nothing to remove", old.ask("SELECT count(*) FROM orders WHERE priority = 1"),
                         "1");
    });
}
