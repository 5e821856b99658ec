// Lint as a whole: acceptances, order, pages, and the list of rules.

#include "support/linted.hpp"

#include <fstream>
#include <set>

using namespace evolver;
using namespace evolver::support;

namespace {

std::vector<Finding> accepted(Acceptance acceptance, bool alone = true) {
    auto const plan = changed({DropTable{.table = "packages"}}, {std::move(acceptance)});
    return alone ? lint(plan) : Linted{plan, package_rows}.findings();
}

}  // namespace

TEST_SUITE_BEGIN("compile/lint");

TEST_CASE("lint: an acceptance with a reason takes its finding away") {
    auto const findings = accepted({.rule = "drop-table-in-use", .object = "Packages", .reason = "exported on 2 May"});
    CHECK(found(findings, "drop-table-in-use") == "");
    CHECK(found(findings, "unused-acceptance") == "");
}

TEST_CASE("acceptance-without-reason: it is a finding and accepts nothing") {
    auto const findings = accepted({.rule = "drop-table-in-use", .object = "packages", .reason = " "});
    CHECK(found(findings, "acceptance-without-reason") == "warning packages");
    CHECK(found(findings, "drop-table-in-use") == "warning packages");
    CHECK(found(accepted({.rule = "drop-table-in-use", .object = "packages", .reason = "x"}),
                "acceptance-without-reason") == "");
}

TEST_CASE("unused-acceptance: what matches no finding is a finding") {
    CHECK(found(accepted({.rule = "drop-table-in-use", .object = "package", .reason = "x"}), "unused-acceptance") ==
          "warning package");
    CHECK(found(accepted({.rule = "drop-tabel", .object = "packages", .reason = "x"}, false), "unused-acceptance") ==
          "warning packages");
}

TEST_CASE("unused-acceptance: on a database it is an info because another one may have the finding") {
    CHECK(found(accepted({.rule = "drop-column-in-use", .object = "packages.size", .reason = "x"}, false),
                "unused-acceptance") == "info packages.size");
}

TEST_CASE("lint: accepting later does not change the digest of a migration") {
    auto const plain = changed({DropTable{.table = "packages"}});
    auto const later = changed({DropTable{.table = "packages"}},
                               {{.rule = "drop-table-in-use", .object = "packages", .reason = "exported"}});
    CHECK(plain.digest() == later.digest());
}

TEST_CASE("lint: a change that evolver carries from end to end is no error") {
    Operation const change = ChangeType{.table = "packages",
                                        .from = "size",
                                        .to = "size_bytes",
                                        .type = integer(),
                                        .up = "CAST(size AS INTEGER)",
                                        .down = "CAST(size_bytes AS TEXT)"};
    for (auto const& findings : {linted({change}), linted_alone({change})}) {
        for (auto const& finding : findings) {
            INFO(text_of(finding));
            CHECK(finding.severity != Severity::error);
        }
    }
}

TEST_CASE("lint: errors come before warnings") {
    auto const findings = linted({raw("SELECT 1"), DropTable{.table = "packages"}});
    REQUIRE(findings.size() >= 2);
    CHECK(std::is_sorted(findings.begin(), findings.end(),
                         [](Finding const& one, Finding const& other) { return one.severity < other.severity; }));
    CHECK(findings.front().severity == Severity::error);
    CHECK(findings.back().severity == Severity::info);
}

TEST_CASE("lint: a live database is the same afterwards") {
    Linted linted{changed({DropColumn{.table = "packages", .column = "size"}, raw("DELETE FROM packages")}),
                  package_rows};
    auto const before =
        rows(linted.database(), "SELECT * FROM packages") + rows(linted.database(), "SELECT * FROM sqlite_schema");
    (void)linted.findings();
    CHECK(rows(linted.database(), "SELECT * FROM packages") + rows(linted.database(), "SELECT * FROM sqlite_schema") ==
          before);
}

TEST_CASE("lint: every rule has a page that names it and says all four things") {
    auto const rules = rules_of_lint();
    CHECK(std::is_sorted(rules.begin(), rules.end()));
    for (auto const& rule : rules) {
        auto const page = explain(rule);
        INFO(page);
        CHECK(page.starts_with(rule + " ("));
        for (auto const* part : {"What it catches\n  ", "Why it matters\n  ", "What to do instead\n  ", "Example\n  "})
            CHECK(page.find(part) != std::string::npos);
        CHECK(page.size() > 300);
    }
    CHECK_THROWS_WITH_AS((void)explain("drop-tabel"), doctest::Contains("drop-table-in-use"), Error);
}

TEST_CASE("lint: the list of hazards and the rules and their pages agree") {
    std::ifstream file{std::string{EVOLVER_SOURCE_DIR} + "/tests/lint.md"};
    std::set<std::string> listed;
    bool beyond = false;
    for (std::string line; std::getline(file, line);) {
        beyond = beyond || line.starts_with("| rule |");
        if (!line.starts_with("| `")) continue;
        auto const name = line.substr(3, line.find('`', 3) - 3);
        if (name == "suppression-hygiene") continue;  // two rules, which the second table has
        auto const answer = line.substr(line.find('|', 2) + 2);
        bool const is_rule = beyond || answer.starts_with("rule ");
        INFO(line);
        CHECK((is_rule || answer.starts_with("construction ") || answer.starts_with("refusal ")));
        if (is_rule) listed.insert(name);
    }
    auto const rules = rules_of_lint();
    CHECK(listed == std::set<std::string>{rules.begin(), rules.end()});
}

TEST_CASE("no-op: SQL that changes nothing is called a no-op") {
    CHECK(found(linted({raw("CREATE TABLE IF NOT EXISTS packages (a)")}), "no-op") == "info 0002-change");
    CHECK(found(linted({raw("SELECT 1")}), "no-op") == "info 0002-change");
}

TEST_CASE("no-op: SQL that changes a row or the schema or that finds no row among the samples is none") {
    CHECK(found(linted({raw("UPDATE packages SET size = '5' WHERE id = 17")}), "no-op") == "");
    CHECK(found(linted({raw("UPDATE packages SET size = '5' WHERE id = 2")}), "no-op") == "");
    CHECK(found(linted({raw("CREATE TABLE IF NOT EXISTS other (a)")}), "no-op") == "");
}

TEST_CASE("refused-by-expand: what expand refuses is a finding with its words") {
    auto const findings = linted({DropColumn{.table = "packages", .column = "sise"}});
    CHECK(found(findings, "refused-by-expand") == "error 0002-change");
    CHECK(missing(words(findings, "refused-by-expand"), {"did you mean \"size\"?"}) == "");
}

TEST_CASE("refused-by-expand: what comes after a refusal is still judged") {
    auto const findings = linted({DropColumn{.table = "packages", .column = "sise"}, DropTable{.table = "packages"}});
    CHECK(found(findings, "drop-table-in-use") == "error packages");
    CHECK(found(linted({raw("DROP TABLE nothing"), raw("DELETE FROM packages")}), "truncate-or-mass-delete") ==
          "error packages");
}

TEST_CASE("refused-by-expand: a plan that works is silent") {
    CHECK(found(linted({AddColumn{.table = "packages", .column = {.name = "licence", .type = text()}}}),
                "refused-by-expand") == "");
}

TEST_CASE("unique-on-existing: CreateIndex on columns that older releases write is an error with AddUnique instead") {
    std::string const twice = "INSERT INTO packages (name) VALUES ('a'), ('a')";
    auto const operation = CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}, .unique = true};
    auto const findings = linted({operation}, twice);
    CHECK(found(findings, "unique-on-existing") == "error by_name");
    CHECK(missing(words(findings, "unique-on-existing"),
                  {"1 row repeats", "AddUnique{.table = \"packages\", .name = \"by_name\", .columns = {\"name\"}}"}) ==
          "");
    CHECK(found(linted_alone({operation}), "unique-on-existing") == "error by_name");
    CHECK(found(linted({raw("CREATE UNIQUE INDEX by_name ON packages (name)")}), "unique-on-existing") ==
          "error by_name");
}

TEST_CASE("unique-on-existing: AddUnique is silent unless rows repeat values and nothing is said of them") {
    AddUnique added{.table = "packages", .name = "by_name", .columns = {"name"}};
    std::string const twice = "INSERT INTO packages (name) VALUES ('a'), ('a')";
    CHECK(found(linted({added}), "unique-on-existing") == "");
    CHECK(found(linted({added}, twice), "unique-on-existing") == "error by_name");
    added.violators = Violators::quarantine;
    CHECK(found(linted({added}, twice), "unique-on-existing") == "");
}

TEST_CASE("unique-on-existing: an index that is not unique and one on a new table are silent") {
    CHECK(found(linted({CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}}}),
                "unique-on-existing") == "");
    CHECK(found(linted({CreateTable{.table = "tags", .columns = {{.name = "tag", .type = text()}}},
                        CreateIndex{.name = "by_tag", .table = "tags", .columns = {"tag"}, .unique = true}}),
                "unique-on-existing") == "");
}

TEST_SUITE_END();
