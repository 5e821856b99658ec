#include "dialect/postgresql/script.hpp"

#include "evolver/error.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace evolver::postgresql;

namespace {

using Texts = std::vector<std::string>;

Texts texts(std::string const& script) {
    Texts found;
    for (auto const& statement : split(script)) found.push_back(statement.complete ? std::string{statement.text} : "…");
    return found;
}

std::string refusal(std::string const& script) {
    try {
        (void)for_transaction(script, "1_x.sql");
        return "nothing was refused";
    } catch (evolver::Error const& error) {
        return error.what();
    }
}

bool says(std::string const& text, std::string_view words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("dialect/postgresql/script");

TEST_CASE("postgresql script: a semicolon ends a statement, and the last one needs none") {
    CHECK(texts("SELECT 1; SELECT 2") == Texts{"SELECT 1;", "SELECT 2"});
    CHECK(texts(" -- nothing;\n/* nor; here */ ") == Texts{});
    CHECK(split("SELECT 1;\n\n -- two\n SELECT 2;").at(1).line == 4);
}

TEST_CASE("postgresql script: a semicolon inside of something ends nothing") {
    for (std::string const one :
         {"SELECT 'a;b''c;d'", "SELECT \"a;b\"\"c;d\"", "SELECT E'a\\';b'", "SELECT e'\\\\'",
          "SELECT /* a; /* b; */ c; */ 1", "SELECT $$a;b$$", "SELECT $x$ a; $$ b; $y$ c; $x$",
          "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)", "SELECT 1 -- a;\n + 2",
          "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE SQL BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; "
          "SELECT 2; END",
          "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $body$ BEGIN PERFORM 1; END; $body$",
          "SELECT a$b$c, $1, U&'d;'"}) {
        CAPTURE(one);
        CHECK(texts(one + "; SELECT 2") == Texts{one + ";", "SELECT 2"});
    }
    // A column called begin, and a dollar inside of a name, open nothing.
    CHECK(texts("CREATE TABLE t (\"begin\" int); SELECT a$$ FROM t; SELECT 2").size() == 3);
    CHECK(texts("SELECT 'a\\'; SELECT 2").size() == 2);  // no backslashes without E
}

TEST_CASE("postgresql script: what never ends is told") {
    for (std::string const one : {"SELECT 'a", "SELECT \"a", "SELECT $$a", "SELECT $x$ a $$", "/* /* */",
                                  "SELECT (1; SELECT 2;", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;"}) {
        CAPTURE(one);
        CHECK(texts(one) == Texts{"…"});
        CHECK(says(refusal(one), "1_x.sql:1: this statement never ends"));
    }
}

TEST_CASE("postgresql script: what the transaction says already is taken out") {
    auto const script = for_transaction("BEGIN;\nCREATE TABLE t ();\nCOMMIT;\n", "1_x.sql");
    CHECK(script.sql == "\nCREATE TABLE t ();\n\n");
    CHECK(script.notes.at(0) ==
          "line 1: BEGIN is left out: evolver runs the migration in one transaction with its own record");
    CHECK(script.notes.size() == 2);
    CHECK_FALSE(script.does_nothing);
    CHECK(for_transaction("START TRANSACTION; END", "1_x.sql").does_nothing);
    CHECK(for_transaction("-- nothing\n;", "1_x.sql").does_nothing);
    CHECK(for_transaction("SELECT 1 -- the end", "1_x.sql").sql == "SELECT 1 -- the end\n;\n");
}

TEST_CASE("postgresql script: what cannot be in a migration is refused with its line, and with what to do instead") {
    for (auto const& [sql, words] : std::vector<std::pair<std::string, std::string>>{
             {"ROLLBACK", "ROLLBACK would undo"},
             {"savepoint a", "SAVEPOINT would undo"},
             {"VACUUM t", "VACUUM cannot run inside of a transaction"},
             {"CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", "make it by CreateIndex or DropIndex"},
             {"DROP INDEX CONCURRENTLY i", "DROP … CONCURRENTLY cannot run"},
             {"ALTER TABLE t DETACH PARTITION u CONCURRENTLY", "cannot run inside of a transaction"},
             {"CREATE DATABASE d", "cannot run inside of a transaction"},
             {"SET search_path = a", "write SET LOCAL"},
             {"RESET ALL", "RESET would outlive the migration"},
             {"PREPARE p AS SELECT 1", "PREPARE would outlive"},
             {"PREPARE TRANSACTION 'x'", "PREPARE would outlive"},
             {"COPY t FROM STDIN", "write them as INSERT"},
             {"COPY t TO STDOUT", "nobody reads"},
             {"\\connect other", "a command of psql"}}) {
        CAPTURE(sql);
        CHECK(says(refusal("SELECT 1;\n" + sql), "1_x.sql:2: "));
        CHECK(says(refusal(sql), words));
    }
    for (std::string const sql :
         {"SET LOCAL statement_timeout = 0", "SET CONSTRAINTS ALL DEFERRED", "CREATE INDEX i ON t (a)",
          "DO $$ BEGIN NULL; END $$", "CALL p()", "COPY t FROM '/tmp/x'"})
        CHECK(refusal(sql) == "nothing was refused");
}

TEST_CASE("postgresql script: in a plan, statements come one by one, and BEGIN is refused") {
    CHECK(statements_of("SELECT 1;; -- two\nDO $$ BEGIN; END $$") == Texts{"SELECT 1;", "DO $$ BEGIN; END $$"});
    CHECK_THROWS_WITH_AS(statements_of("SELECT 1;\nBEGIN;"),
                         doctest::Contains("RawSql, line 2, BEGIN: the steps of a migration"), evolver::Error);
    CHECK_THROWS_AS(statements_of("VACUUM"), evolver::Error);
    CHECK_THROWS_AS(statements_of("SELECT 'a"), evolver::Error);
}

TEST_CASE("postgresql script: placeholders get their numbers, outside of strings and where none has one") {
    auto const numbered = [](std::string_view sql) {
        auto const found = with_numbers(sql);
        return found.sql + " | " + std::to_string(found.placeholders);
    };
    CHECK(numbered("SELECT ?, ?") == "SELECT $1, $2 | 2");
    CHECK(numbered("SELECT ?2, ?1, ?") == "SELECT $2, $1, $3 | 3");
    CHECK(numbered("SELECT '?', $$?$$, \"?\" -- ?") == "SELECT '?', $$?$$, \"?\" -- ? | 0");
    CHECK(numbered("SELECT a ? $1") == "SELECT a ? $1 | 1");
    CHECK(numbered("SELECT ?99999999999999999999") == "SELECT $199999999999999999999 | 1");  // the server refuses it
    CHECK(first_word(" /* a */ (select 1)") == "select");
    CHECK(first_word("-- nothing").empty());
}

TEST_SUITE_END();
