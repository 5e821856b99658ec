#include "plan/layout.hpp"

#include "evolver/operation/effect.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace evolver;

namespace {

Layout layout_of(std::vector<SqlFile> const& files) { return recognise(files); }

/// "id: part part" per migration.
std::vector<std::string> entries(Layout const& layout) {
    std::vector<std::string> lines;
    for (auto const& entry : layout.entries) {
        std::string line = entry.id + ":";
        for (auto const& [part, text] : entry.parts) line += " " + std::string{name_of(part)};
        lines.push_back(line);
    }
    return lines;
}

std::vector<std::string> ids(std::vector<std::string> const& paths) {
    std::vector<SqlFile> files;
    for (auto const& path : paths) files.push_back({path, "SELECT 1;"});
    std::vector<std::string> found;
    for (auto const& entry : layout_of(files).entries) found.push_back(entry.id);
    return found;
}

std::string refusal(std::vector<SqlFile> const& files) {
    try {
        (void)layout_of(files);
        return "nothing was refused";
    } catch (PlanError const& error) {
        return error.what();
    }
}

std::string refusal_of(std::vector<std::string> const& paths) {
    std::vector<SqlFile> files;
    for (auto const& path : paths) files.push_back({path, "SELECT 1;"});
    return refusal(files);
}

bool says(std::string const& text, std::string_view words) { return text.find(words) != std::string::npos; }

using Lines = std::vector<std::string>;

}  // namespace

TEST_SUITE_BEGIN("plan/layout");

TEST_CASE("layout: Flyway's V and U files belong together by their number") {
    auto const layout =
        layout_of({{"V10__last.sql", ""}, {"V1__first.sql", ""}, {"U1__away.sql", ""}, {"V1_2__mid.sql", ""}});
    CHECK(layout.name == "Flyway");
    CHECK(entries(layout) == Lines{"V1__first: up down", "V1_2__mid: up", "V10__last: up"});
    CHECK(layout.entries[1].number == "1.2");
    CHECK(layout.entries[0].summary == "first");
}

TEST_CASE("layout: up and down files belong together by their number") {
    auto const layout =
        layout_of({{"2_b.up.sql", ""}, {"1_a.down.sql", ""}, {"1_a.up.sql", ""}, {"2_was_b.down.sql", ""}});
    CHECK(layout.name == "up and down files");
    CHECK(entries(layout) == Lines{"1_a: up down", "2_b: up down"});
}

TEST_CASE("layout: a folder per migration holds up.sql and down.sql") {
    auto const layout = layout_of({{"2023-03-15-220114_drop_events/up.sql", ""},
                                   {"2023-03-15-220114_drop_events/down.sql", ""},
                                   {"00000000000000_initial/up.sql", ""}});
    CHECK(layout.name == "a folder per migration");
    CHECK(entries(layout) == Lines{"00000000000000_initial: up", "2023-03-15-220114_drop_events: up down"});
    CHECK(layout.entries[1].number == "2023-03-15-220114");
    CHECK(layout.entries[1].summary == "drop events");
}

TEST_CASE("layout: sections of one file are its way up and its way down") {
    auto const layout =
        layout_of({{"1_a.sql", "-- a word\n-- migrate:up\nCREATE TABLE t (a);\n\n-- migrate:down\nDROP TABLE t;\n"}});
    CHECK(layout.name == "dbmate sections");
    CHECK(entries(layout) == Lines{"1_a: up down"});
    CHECK(layout.entries[0].parts.at(Part::up).text == "CREATE TABLE t (a);\n\n");
    CHECK(layout.entries[0].parts.at(Part::down).text == "DROP TABLE t;\n");
    CHECK(layout.entries[0].parts.at(Part::down).first_line == 6);

    auto const goose =
        layout_of({{"1_a.sql", "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n"}});
    CHECK(goose.name == "goose sections");
    CHECK(entries(goose) == Lines{"1_a: up"});
}

TEST_CASE("layout: a wish for no transaction is passed over with a note") {
    auto const layout = layout_of({{"1_a.sql", "-- migrate:up transaction:false\nSELECT 1;\n"}});
    REQUIRE(layout.notes.size() == 1);
    CHECK(says(layout.notes.front(), "1_a.sql:1: the wish for no transaction is passed over"));
}

TEST_CASE("layout: plain files have no way back but a down file beside them") {
    auto const layout =
        layout_of({{"20230315_drop-events.sql", ""}, {"20220505_events.sql", ""}, {"20220505_events.down.sql", ""}});
    CHECK(layout.name == "plain files");
    CHECK(entries(layout) == Lines{"20220505_events: up down", "20230315_drop-events: up"});
    CHECK(layout.entries[1].summary == "drop events");
}

TEST_CASE("layout: evolver's own files say each phase") {
    auto const layout = layout_of({{"0001_x.expand.sql", ""},
                                   {"0001_x.backfill.sql", ""},
                                   {"0001_x.contract.sql", ""},
                                   {"0001_x.rollback.sql", ""},
                                   {"0001_x.verify.sql", ""}});
    CHECK(layout.name == "evolver's phases");
    CHECK(entries(layout) == Lines{"0001_x: expand backfill contract rollback verify"});
}

TEST_CASE("layout: the order is that of the numbers and not that of the text") {
    CHECK(ids({"10_c.sql", "9_b.sql", "0001_a.sql"}) == Lines{"0001_a", "9_b", "10_c"});
    CHECK(ids({"0.10/00__c.sql", "0.9/02__b.sql", "0.9/01__a.sql", "v1.4/1_d.sql"}) ==
          Lines{"0.9/01__a", "0.9/02__b", "0.10/00__c", "v1.4/1_d"});
    CHECK(ids({"99999999999999999999_b.sql", "100000000000000000000_c.sql", "5_a.sql"}) ==
          Lines{"5_a", "99999999999999999999_b", "100000000000000000000_c"});
    CHECK(ids({"2023-10-01_b.sql", "2023-09-30_a.sql"}) == Lines{"2023-09-30_a", "2023-10-01_b"});
}

TEST_CASE("layout: two files of one number are refused by both names") {
    auto const words = refusal_of({"1_a.sql", "01_b.sql"});
    CHECK(says(words, "1_a.sql and 01_b.sql have the same number"));
    CHECK(says(words, "give the newer one the next number"));
    CHECK(says(refusal_of({"V1__a.sql", "V1.0__b.sql"}), "V1__a.sql and V1.0__b.sql have the same number"));
    CHECK(says(refusal_of({"1_a.up.sql", "1_b.up.sql"}), "1_a.up.sql and 1_b.up.sql have the same number"));
    CHECK(says(refusal_of({"1_a/up.sql", "1_b/up.sql"}), "1_a/up.sql and 1_b/up.sql have the same number"));
    CHECK(
        says(refusal_of({"1_a.expand.sql", "1_b.contract.sql"}), "1_a.expand.sql and 1_b.contract.sql have the same"));
    CHECK(says(refusal_of({"v1.4/1_a.sql", "1.4/2_b.sql"}), "are of one version"));
}

TEST_CASE("layout: a mixture is refused by an example of each") {
    auto const words = refusal_of({"V1__a.sql", "2_b.up.sql"});
    CHECK(says(words, "mixes two layouts: V1__a.sql is of \"Flyway\", 2_b.up.sql of \"up and down files\""));
    CHECK(says(words, "leave_out"));
    CHECK(says(refusal_of({"1_a.up.sql", "2_b.sql"}), "mixes two layouts"));
    CHECK(says(refusal({{"1_a.sql", "-- migrate:up\n"}, {"2_b.sql", "SELECT 1"}}), "of \"plain files\""));
    CHECK(says(refusal({{"1_a.sql", "-- migrate:up\n"}, {"2_b.sql", "-- +goose Up\n"}}), "of \"goose sections\""));
    CHECK(says(refusal_of({"1_a.sql", "2_b.expand.sql"}), "of \"evolver's phases\""));
    CHECK(says(refusal_of({"1_a.sql", "0.8/2_b.sql"}), "1_a.sql lies beside version folders"));
}

TEST_CASE("layout: a file without a place in the order is refused") {
    CHECK(says(refusal_of({"1_a.sql", "LATEST.sql"}), "LATEST.sql has no number"));
    CHECK(says(refusal_of({"1a.sql"}), "1a.sql has no number"));
    CHECK(says(refusal_of({"seed/1_a.sql"}), "seed/1_a.sql lies in a folder whose name is no version"));
    CHECK(says(refusal_of({"a/0.8/1_a.sql"}), "lies deeper than migrations do"));
    CHECK(says(refusal_of({"R__views.sql"}), "R__views.sql is repeatable"));
}

TEST_CASE("layout: a part without the one that it belongs to is refused") {
    CHECK(says(refusal_of({"1_a.sql", "2_b.down.sql"}), "2_b.down.sql stands alone: there is no way up"));
    CHECK(says(refusal_of({"U1__a.sql"}), "U1__a.sql stands alone"));
    CHECK(says(refusal_of({"1_a.expand.sql", "1_a.verify.sql"}), "there is no .contract.sql"));
    CHECK(says(refusal_of({"1_a.contract.sql", "1_a.rollback.sql"}), "there is no .expand.sql or .backfill.sql"));
}

TEST_CASE("layout: what cannot be read as sections is refused") {
    CHECK(says(refusal({{"1_a.sql", "SELECT 1;\n-- migrate:up\n"}}), "1_a.sql:1: SQL stands before the first section"));
    CHECK(says(refusal({{"1_a.sql", "-- migrate:up\n-- migrate:up\n"}}), "1_a.sql:2: a file has one section up"));
    CHECK(says(refusal({{"1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\n"}}), "1_a.sql:2: ENVSUB"));
    CHECK(says(refusal({{"1_a.sql", std::string("SELECT\0", 7)}}), "1_a.sql is no text in UTF-8"));
    CHECK(says(refusal({}), "There is no SQL file"));
}

TEST_SUITE_END();
