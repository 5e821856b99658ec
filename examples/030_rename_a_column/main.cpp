// Renaming a column and a table: each release uses its own names until contract.

#include "scenario/scenario.hpp"

namespace {

evolver::Plan shop_plan() {
    using namespace evolver;
    return Plan{"shop",
                {Migration{.id = "0001-names",
                           .summary = "orders become purchases, and customers buyers",
                           .release = "2.0",
                           .operations = {RenameTable{.from = "orders", .to = "purchases"},
                                          RenameColumn{.table = "purchases", .from = "customer", .to = "buyer"}}}}};
}

}  // namespace

int main() {
    return scenario::run("Renaming a table and a column", [] {
        scenario::Folder const folder;
        scenario::OldRelease old{folder.database()};
        old.run({"CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL)",
                 "INSERT INTO orders (customer) VALUES ('Ann')"});

        soci::session db{soci::sqlite3, "db=" + folder.database() + " timeout=5"};
        evolver::Evolver evolver{db, shop_plan()};
        evolver.expand();
        auto const purchases = evolver.table("purchases");
        std::string const bob = "Bob";
        db << purchases.insert({"buyer"}), soci::use(bob, "buyer");
        scenario::expect("what 1.0 reads of 2.0's row", old.ask("SELECT customer FROM orders WHERE id = 2"), "Bob");
        old.run({"INSERT INTO orders (customer) VALUES ('Cid')"});
        std::string buyer;
        db << purchases.select({"buyer"}) + " WHERE buyer > 'C'", soci::into(buyer);
        scenario::expect("what 2.0 reads of 1.0's row", buyer, "Cid");

        scenario::finish(evolver);
        scenario::say("contract has renamed both; no row was copied");
        scenario::expect("the table", old.ask("SELECT group_concat(buyer) FROM purchases"), "Ann,Bob,Cid");
        scenario::expect("the old name is gone", old.refusal("SELECT customer FROM orders").empty() ? "no" : "yes",
                         "yes");
    });
}
