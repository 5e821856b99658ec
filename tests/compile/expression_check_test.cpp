#include "compile/expression_check.hpp"

#include "evolver/operation/effect.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace evolver;
using namespace evolver::sqlite;

namespace {

/// The message with which the pair is refused; empty if it is not.
std::string refusal(std::string const& up, std::string const& down = "CAST(n AS TEXT)", std::string const& of = "o") {
    auto schema = Connection::in_memory();
    schema.run("CREATE TABLE t (id INTEGER PRIMARY KEY, o TEXT, n BIGINT, \"group\" TEXT)");
    schema.refuse_quoted_strings();
    PhysicalPair const pair{
        .table = "t", .from = {{of, Affinity::text}}, .to = {{"n", Affinity::integer}}, .up = {up}, .down = {down}};
    std::string message;
    try {
        check_expressions(schema, pair, "Migration \"0002\", ChangeType t.o");
    } catch (PlanError const& error) {
        message = error.what();
    }
    // Whatever the answer: the clone is as it was.
    CHECK(schema.integer("SELECT count(*) FROM sqlite_schema") == 1);
    return message;
}

}  // namespace

TEST_SUITE_BEGIN("compile/expression_check");

TEST_CASE("expressions: what a trigger may compute is taken") {
    for (std::string const up : {"CAST(o AS INTEGER)", "CASE WHEN o NOT GLOB '*[^0-9]*' THEN CAST(o AS INTEGER) END",
                                 "length(o)", "o", "CASE WHEN json_valid(o) THEN json_extract(o, '$.n') END",
                                 "strftime('%s', o)", "CAST(o /* kB */ AS INTEGER) -- what\n", "instr(o, 'now')",
                                 "nullif(o, 'utc')", "julianday(o)", "nullif(o, ')')"}) {
        CAPTURE(up);
        CHECK(refusal(up) == "");
    }
    CHECK(refusal("CAST(\"group\" AS INTEGER)", "CAST(n AS TEXT)", "group") == "");
}

TEST_CASE("expressions: each that is not fit is refused, and the message says why") {
    struct Case {
        std::string up;
        std::string why;
    };
    static Case const cases[] = {
        {"CAST(oo AS INTEGER)", "no such column: oo"},
        {"CAST(\"oo\" AS INTEGER)", "no such column: oo"},
        {"CAST(AS INTEGER)", "syntax error"},
        {"o +", "syntax error"},
        {"to_bytes(o)", "no such function: to_bytes"},
        {"max(o)", "misuse of aggregate"},
        {"sum(o)", "misuse of aggregate"},
        {"(SELECT 1)", "subqueries prohibited"},
        {"EXISTS (SELECT 1)", "subqueries prohibited"},
        {"random()", "non-deterministic"},
        {"last_insert_rowid()", "non-deterministic"},
        {"row_number() OVER ()", "window"},
        {"o, o", "row value misused"},
        {"strftime('%s', 'now')", "changes with the clock"},
        {"date('NOW')", "changes with the clock"},
        {"CURRENT_TIMESTAMP", "changes with the clock"},
        {"current_date", "changes with the clock"},
        {"datetime()", "changes with the clock"},
        {"unixepoch ( )", "changes with the clock"},
        {"strftime('%s')", "changes with the clock"},
        {"strftime('%s', o, 'localtime')", "time zone"},
        {"json_extract(o, '$.n')", "raise an error for text that is no JSON"},
        {"o -> 'n'", "raise an error for text that is no JSON"},
        {"o ->> 'n'", "CASE WHEN json_valid(o) THEN o ->> 'n' END"},
        {"abs(o)", "abs() raises an error"},
        {"zeroblob(o)", "zeroblob() raises an error"},
        {"CAST(o AS INTEGER", "parentheses do not match"},
        {"o) OR (o", "parentheses do not match"},
        {"o; DROP TABLE t", "semicolon"},
        {"o + :x", "placeholder"},
        {"o + ?", "placeholder"},
        {"CAST(o AS INTEGER) -- to bytes", "would swallow what follows"},
        {"'it''s", "does not end"},
        {"o /* not", "does not end"},
        {"COALESCE(CAST(o AS INTEGER), 0)", "up(down(NULL)) is 0, and must be NULL"},
    };
    for (auto const& each : cases) {
        CAPTURE(each.up);
        auto const message = refusal(each.up);
        CAPTURE(message);
        CHECK(message.find(each.why) != std::string::npos);
        CHECK(message.find("Migration \"0002\", ChangeType t.o: `up` = " + each.up) == 0);
    }
}

TEST_CASE("expressions: `down` is held to the same") {
    CHECK(refusal("o", "CAST(nn AS TEXT)").find("`down` = CAST(nn AS TEXT)") != std::string::npos);
    CHECK(refusal("o", "random()").find("non-deterministic") != std::string::npos);
    CHECK(refusal("nullif(o, 'none')", "'none'") == "");  // a constant text, which is no name
    CHECK(refusal("nullif(o, '')", "''") == "");
}

TEST_CASE("expressions, rule 5: NULL has to mean that a row is not filled") {
    CHECK(refusal("CAST(o AS INTEGER)", "COALESCE(n, '0')").find("up(down(NULL)) is 0") != std::string::npos);
    CHECK(refusal("CAST(o AS INTEGER)", "COALESCE(n, '0')").find("NULLIF") != std::string::npos);
    CHECK(refusal("NULLIF(CAST(o AS INTEGER), 0)", "COALESCE(n, '0')") == "");
}

TEST_SUITE_END();
