#pragma once

// The plan that the application, its tests and its operator's tool share.

#include <evolver/plan/plan.hpp>

inline evolver::Plan shop_plan() {
    using namespace evolver;
    return Plan{
        "shop",
        {Migration{.id = "0001-orders",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "orders",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "customer", .type = text(), .nullable = false},
                                                          {.name = "price", .type = text()}}}}},
         Migration{.id = "0002-cents",
                   .summary = "prices become numbers",
                   .release = "2.0",
                   .operations = {ChangeType{.table = "orders",
                                             .from = "price",
                                             .to = "cents",
                                             .type = integer(),
                                             .up = "CAST(round(CAST(price AS REAL) * 100) AS INTEGER)",
                                             .down = "(cents / 100) || '.' || substr('0' || (cents % 100), -2)"},
                                  AddColumn{.table = "orders", .column = {.name = "note", .type = text()}}}}}};
}
