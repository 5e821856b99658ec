#include "dialect/sqlite/table_digest.hpp"

#include "dialect/sqlite/row_hash.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <utility>

using namespace evolver;
using namespace evolver::sqlite;

namespace {

struct Database {
    Database() { add_table_digest(connection); }
    [[nodiscard]] std::string ask(std::string const& sql) const { return to_text(connection.scalar(sql)); }
    /// Of rows, given as VALUES.
    [[nodiscard]] std::string of(std::string const& rows) const {
        return ask("SELECT evolver_table_digest(column1, column2) FROM (VALUES " + rows + ")");
    }
    Connection connection = Connection::in_memory();
};

std::pair<std::uint64_t, std::uint64_t> hashed(std::string const& text) {
    RowHash hash;
    hash.add_text(text.data(), text.size());
    return {hash.result().high, hash.result().low};
}

}  // namespace

TEST_SUITE_BEGIN("dialect/sqlite/table_digest");

TEST_CASE("a digest tells apart what equality does not") {
    Database const database;
    std::set<std::string> seen;
    std::array const values{"NULL",
                            "''",
                            "x''",
                            "0",
                            "'0'",
                            "0.0",
                            "-0.0",
                            "1",
                            "'1'",
                            "1.0",
                            "x'31'",
                            "'a'",
                            "'A'",
                            "'a '",
                            "x'61'",
                            "'a' || char(0)",
                            "0.3",
                            "0.30000000000000004",
                            "9007199254740993",
                            "9007199254740992.0",
                            "9223372036854775807",
                            "-9223372036854775807 - 1",
                            "1e999",
                            "'é'",
                            "'e' || char(769)"};
    for (auto const* value : values) {
        CAPTURE(std::string{value});
        CHECK(seen.insert(database.of("(" + std::string{value} + ", 7)")).second);
        CHECK(seen.insert(database.of("(7, " + std::string{value} + ")")).second);
    }
}

TEST_CASE("a digest knows where a value ends and the next one begins") {
    Database const database;
    CHECK(database.of("('a', 'b')") != database.of("('ab', '')"));
    CHECK(database.of("('a', 'b')") != database.of("('', 'ab')"));
    CHECK(database.of("('12345678', '9')") != database.of("('123456789', '')"));
    CHECK(database.of("(NULL, 1)") != database.of("(1, NULL)"));
}

TEST_CASE("a digest is of the rows, in whatever order, with how often each is there") {
    Database const database;
    CHECK(database.of("(1, 'a'), (2, 'b')") == database.of("(2, 'b'), (1, 'a')"));
    CHECK(database.of("(1, 'a'), (2, 'b')") != database.of("(1, 'b'), (2, 'a')"));
    CHECK(database.of("(1, 'a'), (1, 'a'), (2, 'b'), (2, 'b')") !=
          database.of("(3, 'a'), (3, 'a'), (4, 'b'), (4, 'b')"));
    CHECK(database.of("(1, 'a')") != database.of("(1, 'a'), (1, 'a')"));
    CHECK(database.ask("SELECT evolver_table_digest(1) WHERE 0") == "x'" + std::string(48, '0') + "'");
}

TEST_CASE("the digest of a row is its hash") {
    Database const database;
    CHECK(database.ask("SELECT substr(evolver_table_digest(1, 'a'), 9)") ==
          database.ask("SELECT evolver_hash(1, 'a')"));
    CHECK(database.ask("SELECT substr(evolver_table_digest(1, 'a'), 1, 8)") == "x'0000000000000001'");
}

TEST_CASE("text of every length from 0 to 200 counts with each of its bytes") {
    std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
    std::size_t made = 0;
    for (std::size_t size = 0; size <= 200; ++size) {
        std::string text(size, 'a');
        seen.insert(hashed(text));
        ++made;
        for (auto& letter : text) {
            letter = 'b';
            seen.insert(hashed(text));
            ++made;
            letter = 'a';
        }
    }
    CHECK(seen.size() == made);
}

TEST_CASE("one bit of a value changes about half of the bits of its hash") {
    std::mt19937_64 random{7};
    int changed = 0;
    int least = 128;
    constexpr int rounds = 2000;
    for (int i = 0; i < rounds; ++i) {
        auto const number = random();
        auto const hash = [](std::uint64_t bits) {
            RowHash row;
            row.add(std::int64_t{1});
            row.add(static_cast<std::int64_t>(bits));
            return row.result();
        };
        auto const a = hash(number);
        auto const b = hash(number ^ std::uint64_t{1} << random() % 64);
        auto const bits = std::popcount(a.high ^ b.high) + std::popcount(a.low ^ b.low);
        changed += bits;
        least = std::min(least, bits);
    }
    CHECK(changed / rounds >= 63);
    CHECK(changed / rounds <= 65);
    CHECK(least >= 32);
}

TEST_CASE("hashes of small numbers do not meet, in either half") {
    std::set<std::uint64_t> high;
    std::set<std::uint64_t> low;
    for (std::int64_t i = 0; i < 100'000; ++i) {
        RowHash row;
        row.add(i % 317);
        row.add(i / 317);
        high.insert(row.result().high);
        low.insert(row.result().low);
    }
    CHECK(high.size() == 100'000);
    CHECK(low.size() == 100'000);
}

TEST_CASE("a sum of 128 bits carries from its lower half, and wraps around") {
    Sum128 sum{.high = 1, .low = ~std::uint64_t{0}};
    sum += {.high = 0, .low = 1};
    CHECK(sum == Sum128{.high = 2, .low = 0});
    sum += {.high = ~std::uint64_t{1}, .low = 5};
    CHECK(sum == Sum128{.high = 0, .low = 5});
}

TEST_CASE("a table may have more columns than a function takes arguments") {
    Database const database;
    std::string create = "CREATE TABLE t (id INTEGER PRIMARY KEY";
    std::vector<Name> columns{"id"};
    for (int i = 0; i < 250; ++i) {
        columns.emplace_back("c" + std::to_string(i));
        create += ", c" + std::to_string(i);
    }
    database.connection.run(create + "); INSERT INTO t (id, c0, c120, c249) VALUES (1, 'a', 'b', 'c')");
    auto const key = row_key(database.connection, "t");
    auto const now = [&] {
        auto statement = database.connection.prepare(digest("t", columns, key, Range::all));
        auto const found = run_digest(statement);
        CHECK(found.rows == 1);
        return in_hex(found.hashes);
    };
    std::set<std::string> seen{now()};
    for (auto const* column : {"c0", "c99", "c100", "c249"}) {
        database.connection.run("UPDATE t SET " + std::string{column} + " = 'x'");
        CHECK(seen.insert(now()).second);
    }
}

TEST_CASE("ranges of a table add up to the whole of it") {
    Database const database;
    database.connection.run(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);"
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO t SELECT i, 'name "
        "' "
        "|| i FROM n");
    auto const key = row_key(database.connection, "t");
    auto const part = [&](Range range, std::int64_t from, std::int64_t until) {
        auto statement = database.connection.prepare(digest("t", {"id", "name"}, key, range));
        statement.bind(1, from).bind(2, until);
        return run_digest(statement);
    };
    TableDigest sum = part(Range::after_until, 0, 40);
    sum += part(Range::after_until, 40, 77);
    sum += part(Range::after_until, 77, 1000);
    auto whole = database.connection.prepare(digest("t", {"id", "name"}, key, Range::all));
    CHECK(sum.rows == 100);
    CHECK(sum == run_digest(whole));
    CHECK(in_hex(Sum128{.high = 1, .low = 0xab}) == "000000000000000100000000000000ab");
}

TEST_SUITE_END();
