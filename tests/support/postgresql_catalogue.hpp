#pragma once

// The plan that most tests on PostgreSQL begin with: a table of packages, whose size is a text, becomes a number.

#include "evolver/plan/plan.hpp"

namespace evolver::testing {

inline Migration packages() {
    return {.id = "0001-packages",
            .release = "1.0",
            .operations = {CreateTable{.table = "packages",
                                       .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                   {.name = "name", .type = text(), .nullable = false},
                                                   {.name = "size", .type = text()}}}}};
}

inline Migration size_bytes() {
    return {.id = "0002-size-bytes",
            .summary = "size becomes a number",
            .release = "2.0",
            .operations = {ChangeType{.table = "packages",
                                      .from = "size",
                                      .to = "size_bytes",
                                      .type = integer(),
                                      .up = "CAST(size AS BIGINT)",
                                      .down = "CAST(size_bytes AS TEXT)"}}};
}

}  // namespace evolver::testing
