// An index that the new release's query needs, over a column that the new release makes.

#include "scenario/scenario.hpp"

namespace {

evolver::Plan shop_plan() {
    using namespace evolver;
    return Plan{"shop",
                {Migration{.id = "0001-cents",
                           .summary = "prices in cents, found by their index",
                           .release = "2.0",
                           .operations = {
                               ChangeType{.table = "items",
                                          .from = "price",
                                          .to = "cents",
                                          .type = integer(),
                                          .up = "CAST(round(CAST(price AS REAL) * 100) AS INTEGER)",
                                          .down = "CASE WHEN cents IS NOT NULL THEN printf('%.2f', cents / 100.0) END"},
                               CreateIndex{.name = "items_by_cents", .table = "items", .columns = {"cents"}}}}}};
}

std::string plan_of(soci::session& db, std::string const& query) {
    soci::rowset<soci::row> rows{(db.prepare << "EXPLAIN QUERY PLAN " + query)};
    std::string text;
    for (auto const& row : rows) text += row.get<std::string>(3);
    return text;
}

}  // namespace

int main() {
    return scenario::run("An index for a new query", [] {
        scenario::Folder const folder;
        scenario::OldRelease old{folder.database()};
        old.run({"CREATE TABLE items (id INTEGER PRIMARY KEY, price TEXT NOT NULL)",
                 "INSERT INTO items (price) VALUES ('1.50'), ('12.00'), ('0.99')"});

        soci::session db{soci::sqlite3, "db=" + folder.database() + " timeout=5"};
        evolver::Evolver evolver{db, shop_plan()};
        evolver.expand();
        auto const has_index = "SELECT count(*) FROM sqlite_schema WHERE name = 'items_by_cents'";
        scenario::expect("the index before the backfill, which it would make slow", old.ask(has_index), "0");
        evolver.backfill();
        scenario::expect("the index after it", old.ask(has_index), "1");
        evolver.reconcile();

        auto const items = evolver.table("items");
        auto const query = (items.select({"id"}) + " WHERE cents = 150").text();
        auto const plan = plan_of(db, query);
        scenario::expect("the query is a SEARCH by the index", plan.find("SEARCH") != std::string::npos ? "yes" : plan,
                         "yes");
        old.run({"INSERT INTO items (price) VALUES ('2.00')"});
        long long id = 0;
        db << items.select({"id"}) + " WHERE cents = 200", soci::into(id);
        scenario::expect("it finds what 1.0 has written", std::to_string(id), "4");
        scenario::finish(evolver);
    });
}
