#include "evolver/operation/move_column.hpp"

#include "evolver/dialect/access_error.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"
#include "support/round_trip.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <random>

using namespace evolver;
using namespace evolver::support;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

CreateTable users() {
    return {.table = "users",
            .columns = {{.name = "id", .type = integer(), .primary_key = true},
                        {.name = "name", .type = text()},
                        {.name = "address", .type = text()}}};
}

CreateTable profiles() {
    return {.table = "profiles",
            .columns = {{.name = "id", .type = integer(), .primary_key = true},
                        {.name = "user_id", .type = integer()},
                        {.name = "motto", .type = text()}},
            .unique_keys = {{.columns = {"user_id"}}}};
}

MoveColumn address() {
    return {.from = "users", .column = "address", .to = "profiles", .from_key = {"id"}, .to_key = {"user_id"}};
}

Migration first() { return {.id = "0001", .release = "1.0", .operations = {users(), profiles()}}; }

Plan plan_of(MoveColumn const& operation) {
    return Plan{"people", {first(), Migration{.id = "0002-address", .release = "2.0", .operations = {operation}}}};
}

std::string const some_rows =
    "INSERT INTO users VALUES (1, 'ann', 'a street'), (2, 'bob', NULL), (3, 'cid', 'c road'), (4, 'dan', 'd lane');"
    "INSERT INTO profiles VALUES (10, 1, 'x'), (20, 2, 'y'), (30, 3, NULL), (50, 5, 'none')";

/// Release 1.0 with some rows.
void make_people(std::string const& path, Plan const& plan, std::string const& rows = some_rows) {
    Application before{path, plan.until("1.0"), {.release = "1.0"}};
    before.db << "PRAGMA journal_mode = WAL";
    before.evolver.expand();
    RawSqlite{path}.connection().run(rows);
}

std::string refused(MoveColumn const& operation, std::vector<Operation> before = {users(), profiles()}) {
    return refusal(before, operation);
}

}  // namespace

TEST_SUITE_BEGIN("operation/move_column");

TEST_CASE("MoveColumn: the column is in the other table after contract, golden") {
    check({.golden = "move_column",
           .before = {users(), profiles(), CreateIndex{.name = "by_address", .table = "users", .columns = {"address"}}},
           .rows = some_rows,
           .operation = address(),
           .look = "SELECT user_id, address FROM profiles",
           .expected = "1|'a street'; 2|NULL; 3|'c road'; 5|NULL"});
}

TEST_CASE("MoveColumn: rows that are missing are made where the plan says so, golden") {
    auto operation = address();
    operation.missing_rows = MissingRows::made;
    operation.to_column = "home";
    check({.golden = "move_column_made",
           .before = {users(), profiles()},
           .rows = some_rows,
           .operation = operation,
           .look = "SELECT user_id, motto, home FROM profiles ORDER BY user_id",
           .expected = "1|'x'|'a street'; 2|'y'|NULL; 3|NULL|'c road'; 4|NULL|'d lane'; 5|'none'|NULL"});
}

TEST_CASE("MoveColumn: both releases write and see each other's writes, from before expand to contract") {
    Folder const folder;
    auto const plan = plan_of(address());
    make_people(folder.database(), plan);
    Application release{folder.database(), plan};
    RawSqlite const old{folder.database()};
    auto const profiles_table = release.evolver.table("profiles");
    auto const users_table = release.evolver.table("users");
    auto const seen = [&](int user) {
        std::string found;
        soci::indicator indicator = soci::i_null;
        release.db << profiles_table.select({"address"}) + " WHERE user_id = :user", soci::into(found, indicator),
            soci::use(user, "user");
        return indicator == soci::i_ok ? found : std::string{"NULL"};
    };
    auto const address_of = [&](int user) {
        return rows(old.connection(), "SELECT address FROM users WHERE id = " + std::to_string(user));
    };
    release.evolver.attach();
    CHECK(seen(1) == "a street");
    CHECK(seen(2) == "NULL");
    CHECK_THROWS_WITH_AS((void)profiles_table.update({"address"}),
                         doctest::Contains("before expand() its values are in \"users\""), AccessError);
    CHECK_THROWS_WITH_AS((void)users_table.select({"address"}), doctest::Contains("no column \"address\""),
                         AccessError);
    int next = 100;
    auto const both = [&](std::string const& moment) {
        CAPTURE(moment);
        auto const write = [&](std::string const& value, int user) {
            release.db << profiles_table.update({"address"}) + " WHERE user_id = :user", soci::use(value, "address"),
                soci::use(user, "user");
        };
        CHECK(seen(3) == "c road");
        old.run("UPDATE users SET address = 'old ' || id WHERE id = 1");
        CHECK(seen(1) == "old 1");
        write("new 1", 1);
        CHECK(seen(1) == "new 1");
        CHECK(address_of(1) == "'new 1'");
        release.db << profiles_table.update({{"address", "address || '!'"}}) + " WHERE user_id = 1";
        CHECK(address_of(1) == "'new 1!'");
        release.db << profiles_table.update({{"address", "NULL"}}) + " WHERE user_id = 1";
        CHECK(seen(1) == "NULL");
        CHECK(address_of(1) == "NULL");
        // Rows that come: by the old release, and by the new one, in either order.
        int const by_old = ++next;
        old.run("INSERT INTO users VALUES (?, 'eve', 'e')", {std::int64_t{by_old}});
        old.run("INSERT INTO profiles (id, user_id) VALUES (?1, ?1)", {std::int64_t{by_old}});
        CHECK(seen(by_old) == "e");
        int const by_new = ++next;
        std::string const value = "n";
        release.db << users_table.insert({"id"}), soci::use(by_new, "id");
        CHECK(address_of(by_new) == "NULL");
        release.db << profiles_table.insert({"id", "user_id", "address"}), soci::use(by_new, "id"),
            soci::use(by_new, "user_id"), soci::use(value, "address");
        CHECK(address_of(by_new) == "'n'");
        int const turned = ++next;
        release.db << profiles_table.insert({"id", "user_id", "address"}), soci::use(turned, "id"),
            soci::use(turned, "user_id"), soci::use(value, "address");
        release.db << users_table.insert({"id"}), soci::use(turned, "id");
        CHECK(address_of(turned) == "'n'");
        CHECK(seen(turned) == "n");
        // A key that changes: the value goes with the row of the release that changed it.
        int const moved = ++next;
        old.run("INSERT INTO users VALUES (?, 'fay', 'f')", {std::int64_t{moved}});
        old.run("UPDATE profiles SET user_id = ?2 WHERE user_id = ?1", {std::int64_t{by_old}, std::int64_t{moved}});
        CHECK(seen(moved) == "f");
        CHECK(address_of(moved) == "'f'");
        release.db << profiles_table.update({"user_id"}) + " WHERE user_id = :was", soci::use(by_old, "user_id"),
            soci::use(moved, "was");
        CHECK(seen(by_old) == "f");
        CHECK(address_of(by_old) == "'f'");
        int const other = ++next;
        old.run("UPDATE users SET id = ? WHERE id = ?", {std::int64_t{other}, std::int64_t{by_new}});
        old.run("UPDATE profiles SET user_id = ? WHERE user_id = ?", {std::int64_t{other}, std::int64_t{by_new}});
        CHECK(seen(other) == "n");
        int const last = ++next;
        release.db << profiles_table.insert({"id", "user_id", "address"}), soci::use(last, "id"),
            soci::use(last, "user_id"), soci::use(moment, "address");
        release.db << users_table.update({"id"}) + " WHERE id = :was", soci::use(last, "id"), soci::use(turned, "was");
        CHECK(address_of(last) == "'" + moment + "'");
        CHECK(seen(last) == moment);
    };
    release.evolver.expand();
    both("expanded");
    (void)release.evolver.advance(1us);
    both("filling");
    release.evolver.backfill();
    both("filled");
    release.evolver.reconcile();
    CHECK(release.evolver.status().migrations[1].stage == Stage::switched);
    both("switched");
    release.evolver.reconcile();
    CHECK(release.evolver.status().migrations[1].lossy_rows > 0);  // dan has no profile
    CHECK_THROWS_AS((void)release.evolver.contract(now()), GateClosed);
    auto options = now();
    options.accept_loss = {{"0002-address", "who has no profile needs no address"}};
    (void)release.evolver.contract(options);
    CHECK(release.ask("SELECT count(*) FROM pragma_table_xinfo('users') WHERE name = 'address'") == "0");
    CHECK(old.connection().text("SELECT value FROM evolver_quarantine WHERE row_key = '4'") == "d lane");
    CHECK(seen(3) == "c road");
    std::string const value = "after";
    release.db << profiles_table.update({"address"}) + " WHERE user_id = 3", soci::use(value, "address");
    CHECK(seen(3) == "after");
}

TEST_CASE("MoveColumn: counts old writes, and none of the new release's") {
    Folder const folder;
    auto const plan = plan_of(address());
    make_people(folder.database(), plan);
    Application release{folder.database(), plan};
    release.evolver.expand();
    release.evolver.backfill();
    auto const profiles_table = release.evolver.table("profiles");
    auto const users_table = release.evolver.table("users");
    auto const counted = [&] { return release.evolver.status().migrations[1].legacy_writes; };
    int const id = 7;
    std::string const value = "v";
    release.db << users_table.insert({"id"}), soci::use(id, "id");
    release.db << profiles_table.insert({"id", "user_id", "address"}), soci::use(id, "id"), soci::use(id, "user_id"),
        soci::use(value, "address");
    release.db << profiles_table.update({{"address", "address || '!'"}});
    CHECK(counted() == 0);
    RawSqlite const old{folder.database()};
    old.run("UPDATE users SET name = 'other'");
    CHECK(counted() == 0);
    old.run("UPDATE users SET address = 'a' WHERE id = 1");
    CHECK(counted() == 1);
    release.evolver.reconcile();  // which wants to know of the next one, in the same second, too
    old.run("INSERT INTO users VALUES (8, 'no profile', 'h')");
    CHECK(counted() == 2);
}

TEST_CASE("MoveColumn: the application's triggers fire for the application's writes only") {
    Folder const folder;
    auto const plan = plan_of(address());
    make_people(folder.database(), plan);
    RawSqlite const old{folder.database()};
    old.connection().run(
        "CREATE TABLE log (what TEXT);"
        "CREATE TRIGGER noted AFTER UPDATE ON profiles BEGIN INSERT INTO log VALUES ('profile'); END;"
        "CREATE TRIGGER loud AFTER UPDATE OF address ON users WHEN NEW.address <> upper(NEW.address) BEGIN UPDATE "
        "users SET "
        "address = upper(address) WHERE id = NEW.id; END");
    Application release{folder.database(), plan};
    release.evolver.expand();
    release.evolver.backfill();
    CHECK(old.connection().integer("SELECT count(*) FROM log") == 0);
    old.run("UPDATE users SET address = 'quiet' WHERE id = 1");
    CHECK(old.connection().integer("SELECT count(*) FROM log") == 0);
    CHECK(old.connection().text("SELECT address FROM profiles WHERE user_id = 1") == "QUIET");
    old.run("UPDATE profiles SET motto = 'z' WHERE user_id = 1");
    CHECK(old.connection().integer("SELECT count(*) FROM log") == 1);
    release.evolver.reconcile();
}

TEST_CASE("MoveColumn: many rows of the old table, the largest key counts, and contract waits where they disagree") {
    CreateTable const orders{.table = "orders",
                             .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                         {.name = "customer", .type = integer()},
                                         {.name = "phone", .type = text(), .nullable = false, .default_value = "''"}}};
    CreateTable const customers{.table = "customers",
                                .columns = {{.name = "id", .type = integer(), .primary_key = true}}};
    for (bool const wins : {false, true}) {
        Folder const folder;
        Plan const plan{
            "shop",
            {Migration{.id = "0001",
                       .release = "1.0",
                       .operations = {orders, customers,
                                      CreateIndex{.name = "by_customer", .table = "orders", .columns = {"customer"}}}},
             Migration{.id = "0002-phone",
                       .release = "2.0",
                       .operations = {
                           MoveColumn{.from = "orders",
                                      .column = "phone",
                                      .to = "customers",
                                      .from_key = {"customer"},
                                      .to_key = {"id"},
                                      .missing_rows = MissingRows::made,
                                      .when_rows_differ = wins ? Disagreement::largest_key_wins : Disagreement::refused,
                                      .absent = "''"}}}}};
        make_people(folder.database(), plan,
                    "INSERT INTO customers VALUES (1), (2); INSERT INTO orders VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 1, "
                    "''), (4, 2, 'c'), (5, 3, 'd'), (6, NULL, "
                    "'nobody')");
        Application release{folder.database(), plan};
        release.evolver.expand();
        release.evolver.backfill();
        RawSqlite const old{folder.database()};
        CHECK(rows(old.connection(), "SELECT id, phone FROM customers") == "1|'b'; 2|'c'; 3|'d'");
        // An old write of one order is none of the others.
        old.run("UPDATE orders SET phone = 'x' WHERE id = 1");
        CHECK(rows(old.connection(), "SELECT phone FROM customers WHERE id = 1") == "'b'");
        old.run("UPDATE orders SET phone = 'y' WHERE id = 2");
        CHECK(rows(old.connection(), "SELECT phone FROM customers WHERE id = 1") == "'y'");
        CHECK(rows(old.connection(), "SELECT phone FROM orders WHERE customer = 1") == "'x'; 'y'; ''");
        old.run("DELETE FROM orders WHERE id = 2");
        CHECK(rows(old.connection(), "SELECT phone FROM customers WHERE id = 1") == "'x'");
        old.run("INSERT INTO orders VALUES (20, 9, 'made')");
        CHECK(rows(old.connection(), "SELECT phone FROM customers WHERE id = 9") == "'made'");
        release.evolver.reconcile();
        CHECK(release.evolver.status().migrations[1].lossy_rows == 1);  // whose order it is nobody knows
        old.run("DELETE FROM orders WHERE customer IS NULL");
        old.run("UPDATE orders SET phone = 'z' WHERE id = 3");
        CHECK(rows(old.connection(), "SELECT phone FROM customers WHERE id = 1") == "'z'");
        release.evolver.reconcile();
        CHECK(release.evolver.status().migrations[1].lossy_rows == (wins ? 0 : 1));
        // What the new release says holds for all of them.
        std::string const value = "n";
        release.db << release.evolver.table("customers").update({"phone"}) + " WHERE id = 1", soci::use(value, "phone");
        CHECK(rows(old.connection(), "SELECT phone FROM orders WHERE customer = 1") == "'n'; 'n'");
        release.db << release.evolver.table("customers").update({{"phone", "NULL"}}) + " WHERE id = 2";
        CHECK(rows(old.connection(), "SELECT phone FROM orders WHERE customer = 2") == "''");
        release.evolver.reconcile();
        (void)release.evolver.contract(now());
        CHECK(rows(old.connection(), "SELECT id, phone FROM customers") == "1|'n'; 2|NULL; 3|'d'; 9|'made'");
    }
}

TEST_CASE("MoveColumn: many rows of the new table hold one value until contract") {
    auto many = profiles();
    many.unique_keys = {};
    Folder const folder;
    Plan const plan{
        "people",
        {Migration{.id = "0001",
                   .release = "1.0",
                   .operations = {users(), many,
                                  CreateIndex{.name = "by_user", .table = "profiles", .columns = {"user_id"}}}},
         Migration{.id = "0002-address", .release = "2.0", .operations = {address()}}}};
    make_people(folder.database(), plan,
                "INSERT INTO users VALUES (1, 'ann', 'a'), (2, 'bob', 'b'); INSERT INTO profiles (id, user_id) VALUES "
                "(10, 1), (11, 1), (20, 2)");
    Application release{folder.database(), plan};
    release.evolver.expand();
    release.evolver.backfill();
    RawSqlite const old{folder.database()};
    auto const all = [&] {
        return rows(old.connection(), "SELECT address FROM profiles WHERE user_id = 1 ORDER BY id");
    };
    CHECK(all() == "'a'; 'a'");
    old.run("UPDATE users SET address = 'o' WHERE id = 1");
    CHECK(all() == "'o'; 'o'");
    auto const counted = release.evolver.status().migrations[1].legacy_writes;
    std::string const value = "n";
    release.db << release.evolver.table("profiles").update({"address"}) + " WHERE id = 10", soci::use(value, "address");
    CHECK(all() == "'n'; 'n'");
    CHECK(old.connection().text("SELECT address FROM users WHERE id = 1") == "n");
    old.run("INSERT INTO profiles (id, user_id) VALUES (12, 1)");
    CHECK(all() == "'n'; 'n'; 'n'");
    CHECK(release.evolver.status().migrations[1].legacy_writes == counted);
    release.evolver.reconcile();
    (void)release.evolver.contract(now());
    CHECK(all() == "'n'; 'n'; 'n'");
}

TEST_CASE("MoveColumn: a rollback takes the new column away, and refuses to lose what only it has") {
    Folder const folder;
    auto const plan = plan_of(address());
    make_people(folder.database(), plan);
    RawSqlite const old{folder.database()};
    auto const before =
        rows(old.connection(), "SELECT * FROM users") + rows(old.connection(), "SELECT * FROM profiles");
    Application release{folder.database(), plan};
    for (bool const filled : {false, true}) {
        release.evolver.expand();
        if (filled) release.evolver.backfill();
        (void)release.evolver.rollback({.migration = "0002-address"});
        CHECK(rows(old.connection(), "SELECT * FROM users") + rows(old.connection(), "SELECT * FROM profiles") ==
              before);
    }
    release.evolver.expand();
    std::string const value = "only here";
    release.db << release.evolver.table("profiles").update({"address"}) + " WHERE user_id = 5",
        soci::use(value, "address");
    CHECK_THROWS_WITH_AS((void)release.evolver.rollback({.migration = "0002-address"}),
                         doctest::Contains("1 row of profiles with a value that users does not have"), GateClosed);
}

TEST_CASE("MoveColumn: reconciliation finds a write past the triggers") {
    Folder const folder;
    auto const plan = plan_of(address());
    make_people(folder.database(), plan);
    Application release{folder.database(), plan};
    release.evolver.expand();
    release.evolver.backfill();
    RawSqlite const old{folder.database()};
    old.connection().enable_triggers(false);
    old.run("UPDATE users SET address = 'past' WHERE id = 3");
    try {
        release.evolver.reconcile();
        FAIL("not found");
    } catch (ReconcileError const& error) {
        REQUIRE(error.rows().size() == 1);
        CHECK(error.rows()[0].table == "profiles");
        CHECK(error.rows()[0].key == "30");
    }
}

TEST_CASE("MoveColumn: what cannot be meant is refused") {
    auto const with = [](auto const& edit, std::vector<Operation> const& before = {users(), profiles()}) {
        auto operation = address();
        edit(operation);
        return refused(operation, before);
    };
    CHECK(with([](MoveColumn&) {}) == "");
    CHECK(missing(with([](MoveColumn& o) { o.from = "user"; }),
                  {"MoveColumn user.address", "did you mean \"users\"?"}) == "");
    CHECK(missing(with([](MoveColumn& o) { o.to = "profile"; }), {"did you mean \"profiles\"?"}) == "");
    CHECK(missing(with([](MoveColumn& o) { o.to = "users"; }), {"both tables are the same", "RenameColumn"}) == "");
    CHECK(missing(with([](MoveColumn& o) { o.column = "adress"; }), {"did you mean \"address\"?"}) == "");
    CHECK(missing(with([](MoveColumn& o) { o.to_column = "motto"; }), {"has a column \"motto\" already"}) == "");
    CHECK(missing(with([](MoveColumn& o) { o.to_key = {}; }), {"`from_key` has 1 columns and `to_key` 0"}) == "");
    CHECK(missing(with([](MoveColumn& o) { o.to_key = {"motto"}; }),
                  {"no index leads to the rows of \"profiles\" by motto", "CreateIndex"}) == "");
    CHECK(missing(with([](MoveColumn& o) {
                      o.from_key = {"name"};
                      o.to_key = {"motto"};
                  }),
                  {"neither the rows of \"users\" by name nor those of \"profiles\" by motto are unique"}) == "");
    auto required = users();
    required.columns[2].nullable = false;
    CHECK(missing(with([](MoveColumn&) {}, {required, profiles()}), {"NOT NULL", ".absent = \"''\""}) == "");
    CHECK(with([](MoveColumn& o) { o.absent = "''"; }, {required, profiles()}) == "");
    CHECK(missing(with([](MoveColumn& o) { o.absent = "name"; }), {"`absent` reads a column"}) == "");
    auto strict = profiles();
    strict.strict = true;
    CHECK(missing(with([](MoveColumn&) {}, {users(), strict}), {"\"profiles\" is STRICT"}) == "");
    auto full = profiles();
    full.columns[2].nullable = false;
    CHECK(missing(with([](MoveColumn& o) { o.missing_rows = MissingRows::made; }, {users(), full}),
                  {"would have nothing in \"motto\"", "SetDefault"}) == "");
    auto const refused_later = [](Operation const& other, bool other_first) {
        std::vector<Operation> operations{address(), other};
        if (other_first) std::swap(operations[0], operations[1]);
        Plan const plan{"people",
                        {first(), Migration{.id = "0002", .release = "2.0", .operations = {operations[0]}},
                         Migration{.id = "0003", .release = "3.0", .operations = {operations[1]}}}};
        auto const database = sqlite::Connection::in_memory();
        Rollout rollout{plan, database};
        (void)rollout.expand();
        (void)rollout.expand();
        try {
            (void)rollout.expand();
        } catch (PlanError const& error) {
            return std::string{error.what()};
        }
        return std::string{};
    };
    ChangeType const later{
        .table = "profiles", .from = "address", .to = "place", .type = text(), .up = "upper(address)", .down = "place"};
    CHECK(missing(refused_later(later, false), {"Migration \"0003\"", "it is about profiles.address",
                                                "migration \"0002\"", "contract \"0002\" first"}) == "");
    ChangeType const key{
        .table = "users", .from = "name", .to = "called", .type = text(), .up = "name", .down = "called"};
    CHECK(refused_later(key, true) == "");
    CHECK(missing(refused_later(RenameTable{.from = "profiles", .to = "people"}, false),
                  {"it is about the table profiles"}) == "");
    CHECK(refused_later(RenameColumn{.table = "profiles", .from = "address", .to = "place"}, false) == "");
    auto words = profiles();
    words.columns[1].type = text();
    Plan const unlike{"people",
                      {Migration{.id = "0001", .release = "1.0", .operations = {users(), words}},
                       Migration{.id = "0002", .release = "2.0", .operations = {address()}}}};
    auto const database = sqlite::Connection::in_memory();
    Rollout rollout{unlike, database};
    (void)rollout.expand();
    CHECK_THROWS_WITH_AS((void)rollout.expand(), doctest::Contains("differ in type or collation"), PlanError);
}

namespace {

/// What both releases believe, one value per user, with profiles for some. Keys change by the old release's and by the new one's rules.
struct People {
    struct User {
        std::optional<std::string> address;
    };
    std::map<int, std::optional<std::string>> users;     // what the old release sees
    std::map<int, std::optional<std::string>> profiles;  // by user: what the new release sees

    void both(int user, std::optional<std::string> const& value) {
        if (users.contains(user)) users[user] = value;
        if (profiles.contains(user)) profiles[user] = value;
    }
};

std::string text_of(std::map<int, std::optional<std::string>> const& all) {
    std::string text;
    for (auto const& [user, value] : all)
        text += (text.empty() ? "" : "; ") + std::to_string(user) + "|" + (value ? "'" + *value + "'" : "NULL");
    return text;
}

}  // namespace

TEST_CASE("MoveColumn: random statements of both releases on both tables do what a model says") {
    auto const seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random{seed};
    auto const below = [&](int bound) { return static_cast<int>(random() % static_cast<unsigned>(bound)); };
    for (int round = 0; round < 6; ++round) {
        Folder const folder;
        auto const plan = plan_of(address());
        make_people(folder.database(), plan, "SELECT 1");
        RawSqlite const old{folder.database()};
        Application release{folder.database(), plan};
        auto const profiles_table = release.evolver.table("profiles");
        auto const users_table = release.evolver.table("users");
        People model;
        for (int user = 1; user <= 12; ++user) {
            auto const value = below(3) == 0 ? std::optional<std::string>{} : "start " + std::to_string(user);
            old.run("INSERT INTO users (id, address) VALUES (?, ?)",
                    {std::int64_t{user}, value ? sqlite::Value{*value} : sqlite::Value{Null{}}});
            model.users[user] = value;
            if (below(3) == 0) continue;
            old.run("INSERT INTO profiles (id, user_id) VALUES (?1, ?1)", {std::int64_t{user}});
            model.profiles[user] = value;
        }
        release.evolver.expand();
        int made = 100;
        for (int step = 0; step < 150; ++step) {
            CAPTURE(step);
            if (step == 50) release.evolver.backfill();
            if (step == 100) release.evolver.reconcile();
            int user = 1 + below(14);
            int other = 1 + below(14);
            auto const value = below(4) == 0 ? std::optional<std::string>{} : "v" + std::to_string(step);
            auto const bound = value ? sqlite::Value{*value} : sqlite::Value{Null{}};
            std::string const given = value.value_or("");
            soci::indicator const indicator = value ? soci::i_ok : soci::i_null;
            bool const has_user = model.users.contains(user);
            bool const has_profile = model.profiles.contains(user);
            switch (below(11)) {
                case 0:
                    old.run("UPDATE users SET address = ? WHERE id = ?", {bound, std::int64_t{user}});
                    if (has_user) model.both(user, value);
                    break;
                case 1: {
                    soci::indicator sent = indicator;
                    release.db << profiles_table.update({"address"}) + " WHERE user_id = :user",
                        soci::use(given, sent, "address"), soci::use(user, "user");
                    if (has_profile) model.both(user, value);
                    break;
                }
                case 2:
                    if (has_user) break;
                    old.run("INSERT INTO users (id, address) VALUES (?, ?)", {std::int64_t{user}, bound});
                    model.users[user] = value;
                    if (has_profile && value) model.profiles[user] = value;
                    if (has_profile && !value) model.users[user] = model.profiles[user];
                    break;
                case 3:
                    if (has_profile) break;
                    old.run("INSERT INTO profiles (id, user_id) VALUES (?, ?)",
                            {std::int64_t{++made}, std::int64_t{user}});
                    model.profiles[user] = has_user ? model.users[user] : std::nullopt;
                    break;
                case 4: {
                    if (has_profile) break;
                    soci::indicator sent = indicator;
                    ++made;
                    release.db << profiles_table.insert({"id", "user_id", "address"}), soci::use(made, "id"),
                        soci::use(user, "user_id"), soci::use(given, sent, "address");
                    model.profiles[user] = value;
                    if (has_user && value) model.users[user] = value;
                    if (has_user && !value) model.profiles[user] = model.users[user];
                    break;
                }
                case 5:
                    if (has_user) break;
                    release.db << users_table.insert({"id"}), soci::use(user, "id");
                    model.users[user] = has_profile ? model.profiles[user] : std::nullopt;
                    break;
                case 6:
                    old.run("DELETE FROM users WHERE id = ?", {std::int64_t{user}});
                    model.users.erase(user);
                    break;
                case 7:
                    release.db << profiles_table.remove() + " WHERE user_id = :user", soci::use(user, "user");
                    model.profiles.erase(user);
                    break;
                case 8: {  // the old release gives a profile to another user, the new one takes the value along
                    if (!has_profile || model.profiles.contains(other)) break;
                    bool const by_new = below(2) == 0;
                    if (by_new) {
                        release.db << profiles_table.update({"user_id"}) + " WHERE user_id = :was",
                            soci::use(other, "user_id"), soci::use(user, "was");
                    } else {
                        old.run("UPDATE profiles SET user_id = ? WHERE user_id = ?",
                                {std::int64_t{other}, std::int64_t{user}});
                    }
                    auto const held = model.profiles[user];
                    model.profiles.erase(user);
                    bool const has_other = model.users.contains(other);
                    model.profiles[other] = by_new || !has_other ? held : model.users[other];
                    if (by_new && has_other) model.users[other] = held;
                    break;
                }
                case 9: {
                    if (!has_user || model.users.contains(other)) break;
                    bool const by_new = below(2) == 0;
                    if (by_new) {
                        release.db << users_table.update({"id"}) + " WHERE id = :was", soci::use(other, "id"),
                            soci::use(user, "was");
                    } else {
                        old.run("UPDATE users SET id = ? WHERE id = ?", {std::int64_t{other}, std::int64_t{user}});
                    }
                    auto const held = model.users[user];
                    model.users.erase(user);
                    bool const there = model.profiles.contains(other);
                    auto const said = there ? model.profiles[other] : std::nullopt;
                    auto const& first_said = by_new ? said : held;
                    model.users[other] = first_said ? first_said : by_new ? held : said;
                    if (there) model.profiles[other] = model.users[other];
                    break;
                }
                default: old.run("UPDATE users SET name = 'n' WHERE id = ?", {std::int64_t{user}}); break;
            }
            REQUIRE(rows(old.connection(), "SELECT id, address FROM users ORDER BY id") == text_of(model.users));
            std::string seen;
            std::string found;
            int of = 0;
            soci::indicator there = soci::i_null;
            LiveStatement read{release.db, profiles_table.select({"user_id", "address"}) + " ORDER BY user_id"};
            read.into(of).into(found, there);
            read.each([&] {
                seen += (seen.empty() ? "" : "; ") + std::to_string(of) + "|" +
                        (there == soci::i_ok ? "'" + found + "'" : "NULL");
            });
            REQUIRE(seen == text_of(model.profiles));
        }
        release.evolver.reconcile();
        auto options = now();
        options.accept_loss = {{"0002-address", "a test"}};
        (void)release.evolver.contract(options);
        CHECK(rows(old.connection(), "SELECT user_id, address FROM profiles ORDER BY user_id") ==
              text_of(model.profiles));
    }
}

TEST_SUITE_END();
