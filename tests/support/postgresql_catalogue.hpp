#pragma once

// The plan that most tests on PostgreSQL begin with: a table of packages, whose size is a text, becomes a number.

#include "support/packages.hpp"

namespace evolver::testing {

inline Migration packages() { return packages_migration(); }

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
