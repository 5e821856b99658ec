// What takes one long lock is refused, unless somebody has planned a window for it.

#include "scenario/scenario.hpp"

namespace {

evolver::Plan shop_plan(evolver::Lock lock) {
    using namespace evolver;
    return Plan{
        "shop",
        {Migration{.id = "0001-index",
                   .summary = "orders by customer",
                   .release = "2.0",
                   .operations = {CreateIndex{
                       .name = "orders_by_customer", .table = "orders", .columns = {"customer"}, .lock = lock}}}}};
}

}  // namespace

int main() {
    return scenario::run("A change in a maintenance window", [] {
        scenario::Folder const folder;
        scenario::OldRelease old{folder.database()};
        old.run({"CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT)",
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) INSERT INTO orders "
                 "(customer) "
                 "SELECT 'customer ' || i * 7919 % 1000 FROM n"});

        soci::session db{soci::sqlite3, "db=" + folder.database() + " timeout=5"};
        auto const words = scenario::message([&] {
            evolver::Evolver{db, shop_plan(evolver::Lock::within_budget)}.expand();
        });
        scenario::say("outside a window:\n" + words);
        scenario::expect("refused before the first write",
                         old.ask("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'evolver%'"), "0");

        scenario::say("in the window that the migration names, after a dry run that says how long it takes:");
        evolver::Evolver evolver{db, shop_plan(evolver::Lock::in_window)};
        for (auto const& step : evolver.dry_run().steps)
            scenario::say("  " + step.what + ": " + std::to_string(step.rows) + " rows, about " +
                          std::to_string(step.estimate.count()) + " ms");
        evolver.expand();
        scenario::expect("the index", old.ask("SELECT count(*) FROM sqlite_schema WHERE name = 'orders_by_customer'"),
                         "1");
    });
}
