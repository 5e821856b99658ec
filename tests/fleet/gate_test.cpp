#include "evolver/fleet/gate.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace evolver;

TEST_SUITE("fleet/gate") {
    TEST_CASE("gate: a reason that holds up several migrations is told once, with their names, and gates() has each") {
        GateClosed const closed{{{"soak", "0002-size", false, "wait an hour"},
                                 {"processes", "0002-size", false, "open in vi (pid 7)"},
                                 {"soak", "0003-title", false, "wait an hour"},
                                 {"soak", "0004-note", false, "wait two hours"}}};
        CHECK(closed.what() == std::string{"Contract is refused: gates are closed.\n"
                                           "  soak (0002-size, 0003-title): wait an hour\n"
                                           "  processes (0002-size): open in vi (pid 7)\n"
                                           "  soak (0004-note): wait two hours"});
        CHECK(closed.gates().size() == 4);
        CHECK(closed.object() == "0002-size");
    }

    TEST_CASE("gate: what was asked for stands in front of the one reason") {
        GateClosed const closed{{{"lossless", "0002-size", false, "a row would be lost"}}, "Rollback"};
        CHECK(closed.what() ==
              std::string{"Rollback is refused: a gate is closed.\n  lossless (0002-size): a row would be lost"});
    }
}
