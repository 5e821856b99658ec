#pragma once

// Release 1.0 of the catalogue that most tests begin with: a table of packages, whose size is a text.

#include "evolver/plan/plan.hpp"

namespace evolver::testing {

inline Migration packages_migration() {
    return {.id = "0001-packages",
            .release = "1.0",
            .operations = {CreateTable{.table = "packages",
                                       .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                   {.name = "name", .type = text(), .nullable = false},
                                                   {.name = "size", .type = text()}}}}};
}

}  // namespace evolver::testing
