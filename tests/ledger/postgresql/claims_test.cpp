// Who fills which rows: a claim belongs to a transaction, and to nobody when that has ended.

#include "ledger/postgresql/claims.hpp"

#include "ledger/postgresql/ledger.hpp"
#include "ledger/postgresql/rollout.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;
using ledger::Claim;
using postgresql::Transaction;

namespace {

struct Book {
    PostgresqlDatabase database;
    postgresql::Connection one = database.connect();
    postgresql::Connection other = database.connect();
    ledger::Claimed packages{"catalogue", 1, "packages"};

    Book() { ledger::create(one, "catalogue", 1s); }
    void add(Claim claim) const {
        Transaction transaction{one, 1s};
        ledger::add_claim(one, packages, std::move(claim));
        transaction.commit();
    }
    [[nodiscard]] std::optional<Claim> taken() const {
        Transaction const transaction{one, 1s};
        return ledger::take_claim(one, packages);
    }
};

}  // namespace

TEST_SUITE_BEGIN("ledger/postgresql/claims");

TEST_CASE(
    "claims on postgresql: what one worker has taken, others pass over, until his transaction ends however it does") {
    Book const book;
    CHECK_FALSE(book.taken());
    book.add({.rows = 500, .until = {"500"}});
    book.add({.rows = 500, .done = {"500"}, .until = {"1000"}});
    {
        Transaction const first{book.one, 1s};
        Transaction const second{book.other, 1s};
        auto const mine = ledger::take_claim(book.one, book.packages);
        auto const his = ledger::take_claim(book.other, book.packages);
        REQUIRE(mine);
        REQUIRE(his);
        CHECK(mine->number != his->number);
        CHECK(mine->done.empty());
        CHECK(his->done == std::vector<std::string>{"500"});
        CHECK_FALSE(ledger::take_claim(book.other, book.packages, mine->number));
        CHECK(ledger::claims_of(book.other, book.packages) == 2);
    }
    auto const again = book.taken();
    REQUIRE(again);
    CHECK(again->done.empty());
}

TEST_CASE(
    "claims on postgresql: a claim keeps its keys part by part, and moves on with the transaction that fills it") {
    Book const book;
    Claim const at_the_start{.number = 1, .rows = 20, .until = {"7", ""}};
    book.add(at_the_start);
    CHECK(book.taken() == at_the_start);
    Claim const next{.number = 1, .rows = 40, .done = {"7", ""}, .until = {"9", "a"}};
    {
        Transaction const rolled_back{book.one, 1s};
        (void)ledger::take_claim(book.one, book.packages);
        ledger::move_claim(book.one, book.packages, next);
    }
    CHECK(book.taken() == at_the_start);
    {
        Transaction transaction{book.one, 1s};
        (void)ledger::take_claim(book.one, book.packages);
        ledger::move_claim(book.one, book.packages, next);
        transaction.commit();
    }
    CHECK(book.taken() == next);
}

TEST_CASE("claims on postgresql: halved, they are filled in parts, and go with their migration alone") {
    Book const book;
    book.add({.rows = 500, .until = {"500"}});
    book.add({.rows = 1, .done = {"500"}, .until = {"501"}});
    ledger::halve_claims(book.one, "catalogue", 2);
    REQUIRE(book.taken());
    CHECK(book.taken()->whole);
    ledger::halve_claims(book.one, "catalogue", 1);
    CHECK(book.taken() == Claim{.number = 1, .rows = 250, .whole = false, .until = {"500"}});
    CHECK(book.one.integer("SELECT min(rows) FROM evolver_claim") == 1);
    ledger::forget_claims(book.one, "catalogue", 2);
    CHECK(ledger::claims_of(book.one, book.packages) == 2);
    ledger::drop_claim(book.one, book.packages, 1);
    CHECK(ledger::claims_of(book.one, book.packages) == 1);
    ledger::forget_claims(book.one, "catalogue", 1);
    CHECK(ledger::claims_of(book.one, book.packages) == 0);
}

TEST_CASE("claims on postgresql: nothing is claimed of what is to be filled anew") {
    Book const book;
    book.add({.rows = 500, .until = {"500"}});
    Transaction const transaction{book.one, 1s};
    ledger::fill_anew(book.one, "catalogue", 2);
    CHECK(ledger::claims_of(book.one, book.packages) == 1);
    ledger::fill_anew(book.one, "catalogue", 1);
    CHECK(ledger::claims_of(book.one, book.packages) == 0);
}

TEST_SUITE_END();
