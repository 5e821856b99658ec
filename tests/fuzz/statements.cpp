// Recorded statements: files of anybody's are read, and each statement is looked at, tried and taken back: afterwards the database is what it
// was.

#include "fuzz/fuzzer.hpp"

#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/statement_trial.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "testing/statement_file.hpp"

using namespace evolver;
using fuzz::expect;

namespace {

constexpr char const* state =
    "SELECT (SELECT count(*) FROM t) || ' ' || (SELECT sum(a) FROM t) || ' ' || (SELECT group_concat(b) FROM t) || ' ' "
    "|| (SELECT count(*) FROM u) || (SELECT group_concat(sql) FROM sqlite_schema)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size > 2000) return 0;
    std::string const text{reinterpret_cast<char const*>(data), size};
    for (auto const& sql : testing::statements_of(text)) {
        auto const line = testing::recordable(sql);
        expect(testing::recordable(line) == line, "what was recorded is recorded as it is");
    }
    auto const database = sqlite::Connection::in_memory();
    database.run(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE TABLE u (a, c); INSERT INTO t VALUES (1, 'x'), (2, "
        "NULL);"
        "CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO u VALUES (NEW.a, 1); "
        "END");
    auto const before = database.text(state);
    sqlite::StandIns stand_ins{database, {}};
    auto const schema = sqlite::inspect(database);
    int count = 0;
    for (auto const& sql : testing::statements_of(text)) {
        if (++count > 5) break;
        try {
            auto const look = sqlite::look_at(database, sql, stand_ins);
            // One that goes on for ever is no concern of the kit's.
            if (!look.about_rows || sql.find("ecursive") != std::string::npos ||
                sql.find("ECURSIVE") != std::string::npos)
                continue;
            for (auto const& values : sqlite::values_for(sql, look, schema))
                (void)sqlite::try_statement(database, sql, look, values, sqlite::sight_of(schema), stand_ins);
        } catch (EngineError const&) {
            // not understood
        }
        expect(!database.in_transaction(), "nothing is left open");
        expect(database.text(state) == before, "everything is as it was");
    }
    return 0;
}
