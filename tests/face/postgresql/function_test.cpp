// What is particular to a server about C++ functions: it cannot call them, it has types of its own, and others write beside it.

#include "evolver/evolver.hpp"
#include "evolver/execute/backfill_error.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

Function function(std::string name, std::function<Value(Arguments const&)> call) {
    return {.name = Name{std::move(name)}, .version = "1", .call = std::move(call)};
}

Function echo() {
    return function("echo", [](Arguments const& given) { return given.value(0); });
}

Function reversed() {
    return function("reversed", [](Arguments const& given) -> Value {
        auto const text = given.text(0);
        return std::string{text.rbegin(), text.rend()};
    });
}

Plan filling(std::string const& value, std::vector<Function> functions, std::string const& where = "n IS NULL") {
    return {
        "things",
        {Migration{.id = "0002-fill",
                   .release = "2.0",
                   .operations = {Backfill{
                       .table = "things", .set = {{"n", value}}, .where = where, .functions = std::move(functions)}}}}};
}

struct World {
    explicit World(std::string const& table) { app.run(table); }
    [[nodiscard]] Evolver evolver(Plan const& plan, Options const& options = {}) {
        return Evolver{session, plan, options};
    }
    void fill(Plan const& plan) {
        auto it = evolver(plan);
        it.expand();
        it.backfill();
    }
    /// Sessions that are opened from here on write moments, numbers and bytes in another way than others.
    void speak_another_way() {
        auto const name = app.text("SELECT quote_ident(current_database())");
        for (std::string const setting :
             {"timezone = 'Asia/Tokyo'", "datestyle = 'German'", "extra_float_digits = -5", "bytea_output = 'escape'"})
            app.run("ALTER DATABASE " + name + " SET " + setting);
        session.reconnect();
    }
    [[nodiscard]] std::string all(std::string const& sql) const {
        return app.text("SELECT string_agg(one, '; ' ORDER BY id) FROM (" + sql + ") AS every");
    }

    PostgresqlDatabase database;
    postgresql::Connection app = database.connect();
    soci::session session{soci::postgresql, database.parameters()};
};

bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string refusal_of(World& world, Plan const& plan) {
    try {
        world.evolver(plan).expand();
    } catch (PlanError const& error) {
        CHECK(world.app.text("SELECT count(*) FROM evolver_migration") == "0");
        return error.what();
    }
    return {};
}

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/function");

TEST_CASE("function on postgresql: what has no type of C++'s comes as a text that is the same in every session") {
    World world{
        "CREATE TABLE things (id integer PRIMARY KEY, b boolean, m numeric, at timestamptz, d date, u uuid, j jsonb, f "
        "real, s smallint, a integer[], n text); INSERT INTO things VALUES (1, true, 12345678901234567890.50, "
        "'2026-07-01 12:00+02', '2026-02-01', '00000000-0000-0000-0000-00000000000a', '{\"a\": [1]}', 0.12345, 7, "
        "'{1,2}')"};
    world.speak_another_way();
    std::string seen;
    world.fill(filling("seen(b, m, at, d, u, j, f, s, a)", {function("seen", [&](Arguments const& given) -> Value {
                           for (std::size_t i = 0; i < given.size(); ++i) seen += to_text(given.value(i)) + " ";
                           CHECK(given.real(1) == 12345678901234567890.5);
                           return Value{"done"};
                       })}));
    CHECK(seen ==
          "1 '12345678901234567890.50' '2026-07-01 10:00:00+00' '2026-02-01' '00000000-0000-0000-0000-00000000000a' "
          "'{\"a\": [1]}' 0.12345 7 '{1,2}' ");
}

TEST_CASE("function on postgresql: a value becomes what the column is, and one that does not fit is refused, not cut") {
    auto const stored = [](std::string const& type, Value const& value) -> std::string {
        World world{"CREATE TABLE things (id integer PRIMARY KEY, n " + type + "); INSERT INTO things VALUES (1)"};
        try {
            world.fill(filling("given()", {function("given", [&](Arguments const&) { return value; })}));
        } catch (BackfillFailed const& failed) {
            CHECK(failed.batch().rows == std::vector<std::string>{"1"});
            return "refused: " + failed.batch().error;
        }
        return world.all("SELECT id, CAST(n AS text) AS one FROM things");
    };
    CHECK(stored("smallint", std::int64_t{7}) == "7");
    CHECK(stored("smallint", std::int64_t{70000}).starts_with("refused: "));
    CHECK(stored("boolean", std::int64_t{1}) == "true");
    CHECK(stored("numeric(10,2)", 0.5) == "0.50");
    CHECK(stored("numeric", Value{"12345678901234567890.5"}) == "12345678901234567890.5");
    CHECK(stored("double precision", 0.1) == "0.1");
    CHECK(stored("double precision", 1e300) == "1e+300");
    CHECK(stored("integer", 3.0) == "3");
    CHECK(stored("date", Value{"2026-02-01"}) == "2026-02-01");
    CHECK(stored("jsonb", Value{"{\"a\":\"\\\\\"}"}) == "{\"a\": \"\\\\\"}");
    CHECK(stored("integer[]", Value{"{1,2}"}) == "{1,2}");
    CHECK(stored("varchar(3)", Value{"abc"}) == "abc");
    CHECK(stored("varchar(3)", Value{"abcd"}).starts_with("refused: PostgreSQL 22001"));
    CHECK(stored("char(3)", Value{"abcd"}).starts_with("refused: PostgreSQL 22001"));
    CHECK(stored("bit(3)", Value{"1011"}).starts_with("refused: PostgreSQL 22026"));
    CHECK(stored("bit(3)", Value{"101"}) == "101");
    CHECK(stored("bytea", Value{"\\x41"}) == "\\x5c783431");
    CHECK(stored("bytea", Value{Blob{std::byte{0}}}) == "\\x00");
    CHECK(has(stored("text", Value{Blob{std::byte{0}}}), "given() has returned bytes, and the column is of type text"));
    CHECK(has(stored("text", Value{std::string{"a\0b", 3}}), "given() has returned a text with a zero byte"));
    CHECK(stored("text", Value{"\xff"}).starts_with("refused: PostgreSQL 22021"));
    CHECK(stored("text", Null{}).empty());
}

TEST_CASE("function on postgresql: rows are found again by a key of any type, whatever the session's settings") {
    for (std::string const columns :
         {"a text, b timestamptz, PRIMARY KEY (a, b)", "a integer[], b double precision, PRIMARY KEY (b, a)",
          "a char(9), b bytea, PRIMARY KEY (a, b)", "a numeric, b date, PRIMARY KEY (a, b)"}) {
        CAPTURE(columns);
        bool const is_array = columns.starts_with("a integer[]");
        bool const is_number = columns.starts_with("a numeric");
        World world{"CREATE TABLE things (" + columns + ", name text, n text)"};
        std::string const b = columns.find("timestamptz") != std::string::npos
                                  ? "timestamptz '2026-02-01 10:00:00.25+00'"
                              : columns.find("double") != std::string::npos ? "0.5::float8"
                              : columns.find("bytea") != std::string::npos  ? "bytea '\\x5c00'"
                                                                            : "date '2026-02-01'";
        for (std::string const a : {"it''s", "\"{,}\\\\", "NULL", ""}) {
            auto const size = std::to_string(a.size());
            world.app.run("INSERT INTO things (a, b, name) VALUES (" +
                          (is_array    ? "ARRAY[" + size + ", 1]"
                           : is_number ? size + ".50"
                                       : "'" + a + "'") +
                          ", " + b + ", 'ab" + size + "')");
        }
        world.speak_another_way();
        world.fill(filling("reversed(name)", {reversed()}));
        CHECK(world.app.integer("SELECT count(*) FROM things WHERE n = reverse(name)") == 4);
    }
}

TEST_CASE(
    "function on postgresql: rows of one key in a table and in one that inherits from it are told apart, and parts are "
    "filled") {
    World heirs{
        "CREATE TABLE things (id integer PRIMARY KEY, name text, n text); CREATE TABLE heirs (PRIMARY KEY (id)) "
        "INHERITS "
        "(things); INSERT INTO things SELECT i, 'thing' || i FROM generate_series(1, 9) AS i; INSERT INTO heirs SELECT "
        "i, "
        "'heir' || i FROM generate_series(1, 9) AS i"};
    heirs.fill(filling("reversed(reversed(name))", {reversed()}));
    CHECK(heirs.app.integer("SELECT count(*) FROM things WHERE n = name") == 18);
    World parts{
        "CREATE TABLE things (id integer PRIMARY KEY, name text, n text) PARTITION BY HASH (id); CREATE TABLE even "
        "PARTITION OF things FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE odd PARTITION OF things FOR VALUES "
        "WITH (MODULUS 2, REMAINDER 1); INSERT INTO things SELECT i, 'thing' || i FROM generate_series(1, 900) AS i"};
    parts.fill(filling("reversed(name)", {reversed()}));
    CHECK(parts.app.integer("SELECT count(*) FROM things WHERE n = reverse(name)") == 900);
}

TEST_CASE("function on postgresql: what a row held before somebody's write is never stored behind that") {
    World world{
        "CREATE TABLE things (id integer PRIMARY KEY, name text NOT NULL, n text); INSERT INTO things SELECT i, 'a' || "
        "i FROM generate_series(1, 3000) AS i"};
    auto const plan = filling("reversed(name)", {reversed()});
    world.evolver(plan).expand();
    {
        // The batch waits for the row that somebody has changed, and reads what it has become.
        postgresql::Transaction holding{world.app, 1s};
        world.app.run("UPDATE things SET name = 'held' WHERE id = 4");
        auto evolver = world.evolver(plan);
        CHECK(evolver.advance(300ms));
        holding.commit();
    }
    std::atomic<bool> over{false};
    std::vector<std::thread> writers;
    for (int number = 0; number < 2; ++number) {
        writers.emplace_back([&, number] {
            auto const mine = world.database.connect();
            for (int i = 0; !over; ++i) {
                auto const id = std::to_string(1 + (i * 7 + number) % 3000);
                mine.run("UPDATE things SET name = 'w" + std::to_string(i) + "', n = NULL WHERE id = " + id);
                if (i % 5 == 0)
                    mine.run("DELETE FROM things WHERE id = " + id + "; INSERT INTO things VALUES (" + id + ", 'new')");
            }
        });
    }
    world.evolver(plan).backfill();
    over = true;
    for (auto& one : writers) one.join();
    CHECK(world.app.integer("SELECT count(*) FROM things WHERE n <> reverse(name)") == 0);
    CHECK(world.app.integer("SELECT count(*) FROM things WHERE n = reverse(name)") > 0);
    CHECK(world.app.text("SELECT n FROM things WHERE id = 4 AND name = 'held'").find("a4") == std::string::npos);
}

TEST_CASE("function on postgresql: a call that only the server could make is refused by name, before the first write") {
    World world{"CREATE TABLE things (id integer PRIMARY KEY, name text, n text); CREATE TABLE others (name text)"};
    auto const refused = [&](std::string const& value, std::string const& where = "n IS NULL") {
        return refusal_of(world, filling(value, {echo(), reversed()}, where));
    };
    CHECK(has(refused("(SELECT echo(name) FROM others LIMIT 1)"), "the function \"echo\" is called in a sub-query"));
    CHECK(has(refused("'x'", "n IS NULL AND EXISTS (SELECT 1 FROM others WHERE reversed(others.name) = 'x')"),
              "the function \"reversed\" is called in a sub-query"));
    CHECK(has(refused("max(echo(name))"), "aggregate functions are not allowed in UPDATE"));
    CHECK(has(refused("echo(max(name))"), "aggregate"));
    CHECK(has(refused("echo(regexp_split_to_table(name, ','))"), "set-returning functions"));
    CHECK(has(refused("echo(no_such_column)"), "no_such_column"));
    CHECK(has(refused("echo(echo(no_such_column))"), "no_such_column"));
    CHECK(has(refused("'x'", "n IS NULL AND echo(id) > 7"), "operator does not exist: text > integer"));
    CHECK(has(refused("echo(E'it\\'s')"), "plain quotes"));
    CHECK(has(refused("echo($$x$$)"), "plain quotes"));
    CHECK(has(refused("echo(name"), "does not end"));
    CHECK(refused("echo((SELECT max(name) FROM others WHERE others.name <> things.name))").empty());
}

TEST_CASE("function on postgresql: it is called for the rows that the rest of `where` is for, and for no other") {
    World world{
        "CREATE TABLE things (id integer PRIMARY KEY, name text, n text); INSERT INTO things VALUES (1, 'a'), (2, "
        "'b'), "
        "(3, 'c'), (4, 'd')"};
    std::string seen;
    Function const looked = function("looked", [&](Arguments const& given) -> Value {
        seen += given.text(0);
        return std::string{given.text(0)};
    });
    world.fill(
        filling("looked(name || '!') -- which ends here", {looked}, "n IS NULL AND id > 1 AND looked(name) <> 'c'"));
    CHECK(seen == "bcdb!d!");
    CHECK(world.all("SELECT id, n AS one FROM things") == "b!; d!");
}

TEST_CASE("function on postgresql: parts of `where` are told apart where all have to hold, and nowhere else") {
    for (auto const& [where, ids] : std::vector<std::pair<std::string, std::string>>{
             {"n IS NULL AND echo(name) = 'a'", "1; 4"},
             {"n IS NULL AND (id > 3 OR echo(name) = 'b')", "2; 4; 5"},
             {"n IS NULL AND id BETWEEN 2 AND 4 AND echo(name) <> 'c'", "2; 4"},
             {"n IS NULL AND CASE WHEN id > 2 AND id < 5 THEN echo(name) = 'a' ELSE false END", "4"},
             {"id < 3 AND n IS NULL OR n IS NULL AND echo(name) = 'c'", "1; 2; 3"},
             {"NOT n IS NOT NULL AND NOT echo(name) = 'a'", "2; 3; 5"}}) {
        CAPTURE(where);
        World world{
            "CREATE TABLE things (id integer PRIMARY KEY, name text, n text); INSERT INTO things VALUES (1, 'a'), (2, "
            "'b'), (3, 'c'), (4, 'a'), (5, 'b')"};
        world.fill(filling("'x'", {echo()}, where));
        CHECK(world.all("SELECT id, CAST(id AS text) AS one FROM things WHERE n = 'x'") == ids);
    }
}

TEST_CASE(
    "function on postgresql: the session has its settings again behind it, and a function of the server's keeps its "
    "calls") {
    World world{
        "CREATE SCHEMA tools; CREATE FUNCTION tools.reversed(text) RETURNS text LANGUAGE sql AS 'SELECT $1 || "
        "''!'''; CREATE TABLE things (id integer PRIMARY KEY, name text, n text, at timestamptz DEFAULT '2026-07-01 "
        "12:00+00', told text); INSERT INTO things (id, name) VALUES (1, 'ab')"};
    world.speak_another_way();
    world.fill({"things",
                {Migration{.id = "0002-fill",
                           .release = "2.0",
                           .operations = {Backfill{.table = "things",
                                                   .set = {{"n", "tools.reversed(reversed(name))"}},
                                                   .where = "n IS NULL",
                                                   .functions = {reversed()}},
                                          Backfill{.table = "things",
                                                   .set = {{"told", "current_setting('timezone')"}},
                                                   .where = "told IS NULL"}}}}});
    CHECK(world.all("SELECT id, n || ' ' || told AS one FROM things") == "ba! Asia/Tokyo");
}

TEST_SUITE_END();
