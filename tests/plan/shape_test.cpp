#include "evolver/plan/shape.hpp"

#include "evolver/plan/step.hpp"

#include <doctest/doctest.h>

using namespace evolver;

TEST_SUITE_BEGIN("plan/shape");

TEST_CASE("Shape: knows the columns that the release may name, whatever their case") {
    Shape const shape{.table = "t", .columns = {"id", "Größe"}};
    CHECK(shape.has("ID"));
    CHECK(shape.has("größe"));
    CHECK_FALSE(shape.has("name"));
}

TEST_CASE("phases, stages and locks have names for people") {
    CHECK(name_of(Phase::planned) == "planned");
    CHECK(name_of(Phase::expanded) == "expanded");
    CHECK(name_of(Phase::contracted) == "contracted");
    CHECK(name_of(Stage::off) == "off");
    CHECK(name_of(Stage::dual) == "dual");
    CHECK(name_of(Stage::switched) == "switched");
    CHECK(name_of(Stage::complete) == "complete");
    CHECK(name_of(LockClass::instant) == "instant");
    CHECK(name_of(LockClass::scan) == "scan");
    CHECK(name_of(LockClass::rewrite) == "rewrite");
}

TEST_SUITE_END();
