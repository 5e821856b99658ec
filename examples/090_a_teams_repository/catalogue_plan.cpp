#include "catalogue_plan.hpp"

using namespace evolver;

namespace {

// One function per migration keeps compile times flat, and a review short.

Migration packages() {
    return {.id = "0001-packages",
            .release = "1.0",
            .operations = {CreateTable{.table = "packages",
                                       .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                   {.name = "name", .type = text(), .nullable = false},
                                                   {.name = "size", .type = text()}}}}};
}

Migration size_bytes() {
    return {.id = "0002-size-bytes",
            .summary = "size becomes a number",
            .release = "2.0",
            .operations = {ChangeType{.table = "packages",
                                      .from = "size",
                                      .to = "size_bytes",
                                      .type = integer(),
                                      .up = "CAST(size AS INTEGER)",
                                      .down = "CAST(size_bytes AS TEXT)"}},
            .invariants = {{.name = "no package is lost",
                            .before = "SELECT count(*) FROM packages",
                            .after = "SELECT count(*) FROM packages"}},
            .contract = {.readers = {"nightly report"}}};
}

}  // namespace

Plan catalogue_plan() { return Plan{"catalogue", {packages(), size_bytes()}}; }
