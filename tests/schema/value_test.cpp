#include "evolver/schema/value.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace evolver;

TEST_SUITE_BEGIN("schema/value");

TEST_CASE("a number is written so that it is the same number when it is read, and of the same type") {
    CHECK(to_text(0.3) == "0.3");
    CHECK(to_text(0.1 + 0.2) == "0.30000000000000004");
    CHECK(to_text(-2.0) == "-2.0");
    CHECK(to_text(-0.0) == "-0.0");
    CHECK(to_text(1e-9) == "1e-09");
    CHECK(to_text(1e300) == "1e+300");
    CHECK(to_text(std::numeric_limits<double>::infinity()) == "9e999");
    CHECK(to_text(-std::numeric_limits<double>::infinity()) == "-9e999");
    CHECK(to_text(std::int64_t{3}) == "3");
}

TEST_CASE("text, bytes and NULL are written as literals") {
    CHECK(to_text(std::string{"it's"}) == "'it''s'");
    CHECK(to_text(Blob{std::byte{0}, std::byte{0xaf}}) == "x'00af'");
    CHECK(to_text(Null{}) == "NULL");
}

TEST_SUITE_END();
