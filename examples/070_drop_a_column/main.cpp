// Dropping a column and a table: the new release does without them, the old one keeps them until nobody uses them.

#include "scenario/scenario.hpp"

namespace {

evolver::Plan shop_plan() {
    using namespace evolver;
    return Plan{"shop",
                {Migration{.id = "0001-tidy",
                           .summary = "no fax numbers any more",
                           .release = "2.0",
                           .operations = {DropColumn{.table = "customers", .column = "fax", .down = "'none'"},
                                          DropTable{.table = "faxes"}}}}};
}

}  // namespace

int main() {
    return scenario::run("Dropping a column and a table", [] {
        scenario::Folder const folder;
        scenario::OldRelease old{folder.database()};
        old.run({"CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, fax TEXT NOT NULL)",
                 "CREATE TABLE faxes (id INTEGER PRIMARY KEY)",
                 "INSERT INTO customers (name, fax) VALUES ('Ann', '123')"});

        soci::session db{soci::sqlite3, "db=" + folder.database() + " timeout=5"};
        evolver::Evolver evolver{db, shop_plan()};
        evolver.expand();
        auto const customers = evolver.table("customers");
        std::string const bob = "Bob";
        db << customers.insert({"name"}), soci::use(bob, "name");
        scenario::expect("what 1.0 finds in 2.0's row", old.ask("SELECT fax FROM customers WHERE id = 2"), "none");
        scenario::expect("1.0 still has its table", old.ask("SELECT count(*) FROM faxes"), "0");

        scenario::say("contract is refused while somebody may still use them:");
        evolver.reconcile();
        scenario::say(scenario::message([&] { evolver.contract(); }));
        scenario::finish(evolver);
        scenario::expect("columns now", old.ask("SELECT group_concat(name) FROM pragma_table_info('customers')"),
                         "id,name");
    });
}
