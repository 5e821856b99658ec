#pragma once

// What every operation is put through: expand and undo leave no trace, expand and contract lead to the schema that a fresh database
// gets, and the SQL of each phase is the golden one.

#include "support/golden.hpp"
#include "support/rollout.hpp"
#include "support/rows.hpp"

#include <string>
#include <vector>

namespace evolver::support {

struct RoundTrip {
    std::string golden;             ///< tests/golden/sqlite/<golden>.sql; none where empty.
    std::vector<Operation> before;  ///< What release 1.0 has made.
    std::string rows;               ///< SQL that fills it.
    Operation operation;            ///< What release 2.0 does.
    std::string look = {};          ///< A query over the new shape, after contract.
    std::string expected = {};      ///< What it finds.
};

inline void check(RoundTrip const& trip) {
    Plan const plan{"trip",
                    {Migration{.id = "0001-before", .release = "1.0", .operations = trip.before},
                     Migration{.id = "0002-change", .release = "2.0", .operations = {trip.operation}}}};
    auto const database = sqlite::Connection::in_memory();
    Rollout rollout{plan, database};
    (void)rollout.expand();
    (void)rollout.contract();
    database.run(trip.rows);
    auto const table = table_of(plan.migrations()[0].operations.front());
    auto const data = "SELECT * FROM " + sqlite::quoted(table);
    auto const rows_before = rows(database, data);
    auto const schema_before = rollout.canonical();

    auto text = script("expand", rollout.expand());
    auto const undo = script("undo", rollout.undo());
    CHECK(rollout.canonical() == schema_before);
    CHECK(rows(database, data) == rows_before);

    (void)rollout.expand();
    auto const filled = rollout.fill();
    (void)rollout.undo();  // also once it is filled
    CHECK(rollout.canonical() == schema_before);
    CHECK(rows(database, data) == rows_before);

    (void)rollout.expand();
    if (!filled.steps.empty()) text += script("after the backfill", filled);
    (void)rollout.fill();
    text += script("contract", rollout.contract());
    text += undo;
    if (!trip.look.empty()) CHECK(rows(database, trip.look) == trip.expected);
    if (!trip.golden.empty()) CHECK(text == golden("sqlite/" + trip.golden + ".sql", text));

    auto const fresh = sqlite::Connection::in_memory();
    Rollout other{plan, fresh};
    other.finish();
    CHECK(rollout.canonical() == other.canonical());
}

/// The message with which `operation` is refused over the schema that `before` makes; empty if it is not.
inline std::string refusal(std::vector<Operation> const& before, Operation const& operation) {
    Schema schema;
    try {
        for (auto const& other : before) (void)effect_of(other, schema);
        (void)effect_of(operation, schema);
    } catch (PlanError const& error) {
        return error.what();
    }
    return {};
}

/// `text` has each of `parts`.
inline std::string missing(std::string const& text, std::vector<std::string> const& parts) {
    for (auto const& part : parts) {
        if (text.find(part) == std::string::npos) return part + "\n    is not in\n" + text;
    }
    return {};
}

/// A table of release 1.0: packages (id, name, size, section).
inline CreateTable packages() {
    return {.table = "packages",
            .columns = {{.name = "id", .type = integer(), .primary_key = true},
                        {.name = "name", .type = text(), .nullable = false},
                        {.name = "size", .type = text()},
                        {.name = "section", .type = text(), .nullable = false, .default_value = "'main'"}}};
}

/// One with names that only work where every name is quoted.
inline CreateTable awkward() {
    return {.table = "Order \"2\"",
            .columns = {{.name = "primary", .type = integer(), .primary_key = true},
                        {.name = "select", .type = text()},
                        {.name = "Größe in B", .type = text()},
                        {.name = "it's", .type = text()}}};
}

inline std::string const package_rows =
    "INSERT INTO packages (id, name, size) VALUES (1, 'bash', '1500'), (2, 'vim', NULL), (3, 'zsh', '12')";
inline std::string const awkward_rows = R"(INSERT INTO "Order ""2""" VALUES (1, 'a', '5', 'x'), (2, NULL, '6', NULL))";

}  // namespace evolver::support
