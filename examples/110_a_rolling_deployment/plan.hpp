#pragma once

// What both releases of the shop share: the history of its database. Release 1.0 is built from the plan as it was then.

#include <evolver/evolver.hpp>

inline evolver::Plan shop_plan() {
    using namespace evolver;
    return {"shop",
            {{.id = "0001-orders",
              .release = "1.0",
              .operations = {CreateTable{.table = "orders",
                                         .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                     {.name = "customer", .type = text(), .nullable = false},
                                                     {.name = "price", .type = text(), .nullable = false}}}}},
             {.id = "0002-cents",
              .summary = "a price is a number of cents, no text",
              .release = "2.0",
              .operations = {ChangeType{.table = "orders",
                                        .from = "price",
                                        .to = "cents",
                                        .type = integer(),
                                        .up = "CAST(CAST(price AS NUMERIC) * 100 AS BIGINT)",
                                        .down = "CAST(CAST(cents / 100.0 AS NUMERIC(20, 2)) AS TEXT)"}}}}};
}
