// The SQL of every operation on PostgreSQL, phase by phase, as it is compiled for a real server: tests/golden/postgresql. See support/golden.hpp for how
// they are written anew.

#include "support/golden.hpp"
#include "compile/postgresql/blueprint.hpp"
#include "dialect/postgresql/fill_sql.hpp"
#include "dialect/postgresql/render.hpp"
#include "dialect/postgresql/sync.hpp"
#include "execute/postgresql/site.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace evolver;
using namespace evolver::postgresql;
using evolver::testing::PostgresqlDatabase;

namespace {

struct Case {
    std::string golden;  ///< tests/golden/postgresql/<golden>.sql
    std::vector<Operation> before;
    Operation operation;
};

CreateTable packages() {
    return {.table = "packages",
            .columns = {{.name = "id", .type = integer(), .primary_key = true},
                        {.name = "name", .type = text(), .nullable = false},
                        {.name = "size", .type = text()},
                        {.name = "section", .type = text(), .nullable = false, .default_value = "'main'"}}};
}

CreateTable with(CreateTable table, UniqueKey key, Check check) {
    table.unique_keys = {std::move(key)};
    table.checks = {std::move(check)};
    return table;
}

CreateTable lines(std::vector<ForeignKey> keys) {
    return {.table = "lines",
            .columns = {{.name = "id", .type = integer(), .primary_key = true}, {.name = "package", .type = integer()}},
            .foreign_keys = std::move(keys)};
}

std::vector<Case> cases() {
    auto const ruled =
        with(packages(), {.name = "one_name", .columns = {"name"}}, {.name = "has_name", .condition = "name <> ''"});
    ForeignKey const key{.name = "line_package", .columns = {"package"}, .table = "packages"};
    CreateView const view{.name = "names", .query = "SELECT name FROM packages"};
    CreateIndex const index{.name = "by_size", .table = "packages", .columns = {"size"}};
    // What a column has besides its values: whoever takes over from it gets that.
    RawSql const granted{.expand =
                             "COMMENT ON COLUMN packages.size IS 'in bytes, as written'; GRANT SELECT (name, size), "
                             "UPDATE (size) ON packages TO PUBLIC; GRANT SELECT (size) ON packages TO pg_monitor WITH "
                             "GRANT OPTION"};
    return {
        {"add_check", {packages()}, AddCheck{.table = "packages", .name = "named", .condition = "name <> ''"}},
        {"add_column",
         {packages()},
         AddColumn{.table = "packages",
                   .column = {.name = "kind", .type = text(), .nullable = false, .default_value = "'box'"}}},
        {"add_foreign_key",
         {packages(), lines({})},
         AddForeignKey{.table = "lines", .key = key, .clean = {{"package", "NULL"}}}},
        {"add_unique", {packages()}, AddUnique{.table = "packages", .name = "one_name", .columns = {"name"}}},
        {"backfill", {packages()}, Backfill{.table = "packages", .set = {{"size", "'0'"}}, .where = "size IS NULL"}},
        {"backfill_by_functions",
         {packages()},
         Backfill{.table = "packages",
                  .set = {{"size", "measured(upper(trimmed(name)), 7)"}},
                  .where = "size IS NULL AND trimmed(name) <> ''",
                  .functions = {{.name = "measured", .version = "1", .call = [](Arguments const&) { return Null{}; }},
                                {.name = "trimmed", .version = "1", .call = [](Arguments const&) { return Null{}; }}}}},
        {"change_primary_key",
         {packages()},
         ChangePrimaryKey{.table = "packages", .name = "packages_by_name", .columns = {"name", "size"}}},
        {"change_type",
         {packages(), index},
         ChangeType{.table = "packages",
                    .from = "size",
                    .to = "size_bytes",
                    .type = integer(),
                    .up = "CAST(size AS BIGINT)",
                    .down = "CAST(size_bytes AS TEXT)"}},
        {"create_index", {packages()}, index},
        {"create_table", {packages()}, lines({key})},
        {"create_view", {packages()}, view},
        {"drop_check", {ruled}, DropCheck{.table = "packages", .name = "has_name"}},
        {"drop_column", {packages()}, DropColumn{.table = "packages", .column = "section", .down = "'none'"}},
        {"drop_default",
         {lines({}),
          AddColumn{.table = "lines", .column = {.name = "note", .type = text(), .default_value = "'none'"}}},
         DropDefault{.table = "lines", .column = "note"}},
        {"drop_foreign_key", {packages(), lines({key})}, DropForeignKey{.table = "lines", .name = "line_package"}},
        {"drop_index", {packages(), index}, DropIndex{.name = "by_size"}},
        {"drop_not_null", {packages()}, DropNotNull{.table = "packages", .column = "name"}},
        {"drop_table", {packages(), lines({})}, DropTable{.table = "lines"}},
        {"drop_unique", {ruled}, DropUnique{.table = "packages", .columns = {"name"}}},
        {"drop_view", {packages(), view}, DropView{.name = "names"}},
        {"merge_columns",
         {packages()},
         MergeColumns{.table = "packages",
                      .from = {"name", "size"},
                      .to = "label",
                      .type = text(),
                      .up = "name || ':' || size",
                      .down = {"split_part(label, ':', 1)", "split_part(label, ':', 2)"}}},
        {"merge_granted_columns",
         {packages(), granted},
         MergeColumns{.table = "packages",
                      .from = {"name", "size"},
                      .to = "label",
                      .type = text(),
                      .up = "name || ':' || size",
                      .down = {"split_part(label, ':', 1)", "split_part(label, ':', 2)"}}},
        {"raw_sql",
         {packages()},
         RawSql{.expand = "CREATE TABLE notes (); DO $$ BEGIN END $$",
                .contract = "SELECT 1",
                .undo = "DROP TABLE notes"}},
        {"rename_column", {packages(), index}, RenameColumn{.table = "packages", .from = "size", .to = "weight"}},
        {"rename_granted_column",
         {packages(), granted},
         RenameColumn{.table = "packages", .from = "size", .to = "weight"}},
        {"rename_table", {packages()}, RenameTable{.from = "packages", .to = "parcels"}},
        {"replace_view", {packages(), view}, ReplaceView{.name = "names", .query = "SELECT name, size FROM packages"}},
        {"set_default", {packages()}, SetDefault{.table = "packages", .column = "size", .value = "'0'"}},
        {"set_not_null", {packages()}, SetNotNull{.table = "packages", .column = "size", .clean = "'0'"}},
        {"split_column",
         {packages()},
         SplitColumn{
             .table = "packages",
             .from = "name",
             .into = {{"given", text(), "split_part(name, ' ', 1)"}, {"family", text(), "split_part(name, ' ', 2)"}},
             .down = "given || ' ' || family"}},
    };
}

/// As a script: what each step is for, and its statements.
std::string script(std::string const& phase, std::vector<Step> const& steps) {
    std::string text = "-- " + phase + "\n";
    for (auto const& step : steps) {
        text += "\n-- " + step.what + "\n";
        if (!step.refuse_if.empty()) text += "-- refused if: " + step.refuse_if + "\n";
        for (auto const& sql : step.sql) text += sql + (sql.ends_with(';') ? "\n" : ";\n");
    }
    return text + "\n";
}

/// What is done before contract and holds nobody up.
std::string proofs(postgresql::Compiled const& compiled) {
    std::string text;
    for (auto const& later : compiled.proven_indexes)
        text += make_index(later.index, "public", later.name, Beside::writers) + ";\n";
    for (auto const& proof : compiled.proofs) text += proof.make + ";\n" + proof.validate + ";\n";
    return text.empty() ? "" : "-- before contract, beside writers\n\n" + text + "\n";
}

class Phases {
public:
    Phases(Connection const& connection, Case const& one)
        : connection_{connection},
          plan_{"golden",
                {Migration{.id = "0001-before", .release = "1.0", .operations = one.before},
                 Migration{.id = "0002-change", .release = "2.0", .operations = {one.operation}}}} {
        connection.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        run(blueprint().expand());
        standing_.expanded = 1;
        run(blueprint().contract());
        standing_.contracted = 1;
    }

    std::string text() {
        auto const added = blueprint().expand();
        auto all = script("expand", added.steps);
        run(added);
        standing_.expanded = 2;
        for (auto const& later : added.indexes) {
            all += "-- once the rows are filled, beside writers\n\n" +
                   make_index(later.index, "public", later.name, Beside::writers) + ";\n\n";
            connection_.run(make_index(later.index, "public", later.name, Beside::nobody));
        }
        auto const open = blueprint();
        for (auto const& pair : open.pairs(1))
            all += "-- a batch\n\n" + fill_at_once(pair.pair, pair.key, {.after = {"1"}, .until = {"2"}}, {}) +
                   ";\n\n-- a batch with a row that cannot be converted\n\n" +
                   fill(pair.pair, pair.key, Range::after_until) + ";\n\n";
        for (auto const& one : open.transforms(1)) {
            for (std::size_t round = 0; one.called && round < one.called->rounds; ++round)
                all += "-- a batch, what its calls are given\n\n" +
                       rows_of_round(*one.called, round, "public", one.key, Range::after_until, {}) + ";\n\n";
            all += "-- a batch\n\n" +
                   (one.called ? fill(*one.called, "public", one.key, Range::after_until, {})
                               : fill(one.transform, "public", one.key, Range::after_until)) +
                   ";\n\n";
        }
        auto const removed = open.contract();
        all += proofs(removed) + script("contract", removed.steps) + script("undo", open.undo().steps);
        // What is golden works, too.
        for (auto const& later : removed.proven_indexes)
            connection_.run(make_index(later.index, "public", later.name, Beside::nobody));
        for (auto const& proof : removed.proofs) {
            connection_.run(proof.make);
            connection_.run(proof.validate);
        }
        run(removed);
        return all;
    }

private:
    [[nodiscard]] Blueprint blueprint() const { return {plan_, standing_, connection_, "public"}; }

    void run(postgresql::Compiled const& compiled) const {
        for (auto const& counter : compiled.counters)
            connection_.run("CREATE SEQUENCE " + in_schema("public", counter_name(counter.id)));
        run_steps(compiled.steps, connection_);
    }

    Connection const& connection_;
    Plan plan_;
    Standing standing_;
};

}  // namespace

TEST_SUITE_BEGIN("execute/postgresql/golden");

TEST_CASE("golden: the SQL of every operation on postgresql, phase by phase") {
    PostgresqlDatabase const database;
    auto const connection = database.connect();
    for (auto const& one : cases()) {
        CAPTURE(one.golden);
        auto const text = Phases{connection, one}.text();
        CHECK(text == support::golden("postgresql/" + one.golden + ".sql", text));
    }
}

TEST_SUITE_END();
