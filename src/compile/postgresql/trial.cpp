#include "compile/postgresql/trial.hpp"

#include "dialect/postgresql/conversion.hpp"
#include "dialect/postgresql/fill_sql.hpp"
#include "dialect/postgresql/render.hpp"
#include "dialect/postgresql/schema_copy.hpp"
#include "evolver/operation/effect.hpp"

namespace evolver::postgresql {

namespace {

void run(std::vector<Step> const& steps, Connection const& connection, std::string const& schema) {
    auto const path = connection.text("SELECT current_setting('search_path')");
    for (auto const& step : steps) {
        if (!step.refuse_if.empty() && !connection.query(step.refuse_if).empty()) {
            throw PlanError{Failure{.what = "Migration \"" + step.migration + "\", step \"" + step.what +
                                            "\" is refused: " + step.refusal + ".",
                                    .object = step.migration}};
        }
        for (auto const& sql : step.sql) {
            try {
                connection.run(sql);
            } catch (EngineError const& error) {
                refuse_types_beyond(error);
                throw;
            }
        }
        refuse_locks_beyond(connection, schema);
    }
    connection.query("SELECT set_config('search_path', $1, true)", {path});
}

void make_missing(std::vector<LaterIndex> const& indexes, Connection const& connection, std::string const& schema) {
    for (auto const& later : indexes) {
        if (connection.query(index_is_valid(schema, later.name)).empty())
            connection.run(make_index(later.index, schema, later.name, Beside::nobody));
    }
}

}  // namespace

void try_expand(Compiled const& compiled, Connection const& connection, std::string const& schema) {
    for (auto const& counter : compiled.counters)
        connection.run("CREATE SEQUENCE " + in_schema(schema, counter_name(counter.id)));
    run(compiled.steps, connection, schema);
    for (auto const& check : compiled.parse_checks) connection.query(check);
    for (std::size_t i = 0; i < compiled.refuse_rows.size(); ++i) {
        if (!connection.query(compiled.refuse_rows[i]).empty())
            throw PlanError{Failure{.what = compiled.refusals[i] + ".", .object = schema}};
    }
    make_missing(compiled.indexes, connection, schema);
}

void try_fill(Blueprint const& blueprint, std::size_t position, Connection const& connection,
              std::string const& schema) {
    connection.run(std::string{filling});
    for (auto const& open : blueprint.pairs(position)) connection.run(fill(open.pair, open.key, Range::all));
    for (auto const& open : blueprint.transforms(position))
        connection.run(fill(open.transform, schema, open.key, Range::all));
}

void try_contract(Compiled const& compiled, Connection const& connection, std::string const& schema) {
    make_missing(compiled.proven_indexes, connection, schema);
    for (auto const& proof : compiled.proofs) {
        connection.run(proof.take_back);
        connection.run(proof.make);
        connection.run(proof.validate);
    }
    run(compiled.steps, connection, schema);
}

void complete_open(Blueprint const& blueprint, std::size_t position, Connection const& connection,
                   std::string const& schema) {
    for (auto const& open : blueprint.pairs(position)) {
        for (auto const& function : conversion_functions(open.pair)) connection.run(function);
    }
    make_missing(blueprint.indexes(position), connection, schema);
}

}  // namespace evolver::postgresql
