// A column whose meaning changes: backfilled in slices from an idle loop, while both releases write.

#include "scenario/scenario.hpp"

namespace {

evolver::Plan shop_plan() {
    using namespace evolver;
    return Plan{
        "shop",
        {Migration{.id = "0001-names",
                   .summary = "one name becomes two",
                   .release = "2.0",
                   .operations = {SplitColumn{
                       .table = "customers",
                       .from = "name",
                       .into = {{.name = "first", .type = text(), .up = "substr(name, 1, instr(name || ' ', ' ') - 1)"},
                                {.name = "last", .type = text(), .up = "ltrim(substr(name, instr(name || ' ', ' ')))"}},
                       .down = "rtrim(first || ' ' || last)"}}}}};
}

}  // namespace

int main() {
    return scenario::run("Transforming a column", [] {
        scenario::Folder const folder;
        scenario::OldRelease old{folder.database()};
        old.run({"CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)",
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO "
                 "customers (name) "
                 "SELECT 'First' || i || ' Last' || i FROM n"});

        soci::session db{soci::sqlite3, "db=" + folder.database() + " timeout=5"};
        evolver::Evolver evolver{db, shop_plan()};
        evolver.expand();
        auto const customers = evolver.table("customers");
        int slices = 0;
        while (evolver.advance(std::chrono::milliseconds{8})) {
            ++slices;
            old.run({"UPDATE customers SET name = 'Ann Lee' WHERE id = 20000"});
        }
        scenario::say("backfilled in " + std::to_string(slices) + " slices, with 1.0 writing between them");
        std::string last;
        db << customers.select({"last"}) + " WHERE id = 20000", soci::into(last);
        scenario::expect("the name that 1.0 wrote meanwhile", last, "Lee");
        std::string const first = "Bob";
        std::string const given = "Ross";
        db << customers.insert({"first", "last"}), soci::use(first, "first"), soci::use(given, "last");
        scenario::expect("what 1.0 reads of 2.0's row", old.ask("SELECT name FROM customers WHERE id = 20001"),
                         "Bob Ross");
        scenario::finish(evolver);
        scenario::expect("rows without a name", old.ask("SELECT count(*) FROM customers WHERE first IS NULL"), "0");
    });
}
