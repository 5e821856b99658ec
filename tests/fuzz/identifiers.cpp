// Names of anybody's never become SQL: whatever stands in a name of a table or a column, it comes back as the same name, and nothing else has
// happened.

#include "fuzz/fuzzer.hpp"

#include "compile/compiler.hpp"
#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "evolver/plan/plan.hpp"
#include "evolver/schema/tokens.hpp"

#include <vector>

using namespace evolver;
using fuzz::expect;

namespace {

void round_trip(std::string const& name) {
    auto const quoted = sqlite::quoted(name);
    auto const all = significant_tokens(std::string_view{quoted});
    expect(all.size() == 1 && identifier_of(all.front()) == name, "a quoted name is one token, and means the name");
    auto const text = sqlite::literal(name);
    expect(significant_tokens(std::string_view{text}).size() == 1, "a quoted text is one token");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::Bytes bytes{data, size};
    auto const table = bytes.line();
    auto const first = bytes.line();
    auto const second = bytes.line();
    auto const index = bytes.line();
    try {
        for (auto const& name : {table, first, second, index}) {
            (void)Name{name};  // throws for what no engine can hold
            round_trip(name);
        }
        Plan const plan{
            "fuzz",
            {Migration{.id = "1",
                       .release = "1",
                       .operations = {CreateTable{
                                          .table = table,
                                          .columns = {{.name = "evolver's own", .type = integer(), .primary_key = true},
                                                      {.name = first, .type = text()}}},
                                      CreateIndex{.name = index, .table = table, .columns = {Name{first}}}}},
             Migration{.id = "2",
                       .release = "2",
                       .operations = {RenameColumn{.table = table, .from = first, .to = second}}}}};
        auto const database = sqlite::Connection::in_memory();
        database.run(
            "CREATE TABLE bystander (a); INSERT INTO bystander VALUES (1);"
            "CREATE TABLE evolver_legacy (id INTEGER PRIMARY KEY, writes INTEGER, last_at INTEGER)");
        for (Standing standing; standing.expanded < 2; ++standing.expanded) {
            Compiler compiler{plan, standing, database};
            auto const compiled = compiler.expand();
            for (auto const& step : compiled.steps) {
                for (auto const& sql : step.sql) database.run(sql);
            }
            expect(database.integer("SELECT count(*) FROM bystander") == 1, "a bystander is as it was");
        }
        auto const found = sqlite::inspect_table(database, Name{table});
        expect(found.has_value(), "the table is there by its name");
        expect(found->find(Name{first}) != nullptr && found->find(Name{second}) != nullptr, "so are the columns");
        expect(database.text("PRAGMA integrity_check") == "ok", "the database is whole");
    } catch (Error const&) {
        // refused in words
    }
    return 0;
}
