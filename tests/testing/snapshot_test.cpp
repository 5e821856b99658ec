// Snapshots of each release's schema.

#include <doctest/doctest.h>

#include "evolver/evolver.hpp"
#include "evolver/testing.hpp"
#include "support/folder.hpp"
#include "testing/json.hpp"
#include "testing/statement_file.hpp"

#include <filesystem>
#include <fstream>

using namespace evolver;
using namespace evolver::testing;

namespace {

Migration first(Type size) {
    return {.id = "0001-packages",
            .release = "1.0",
            .operations = {CreateTable{.table = "packages",
                                       .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                   {.name = "it's \"odd\"", .type = text(), .default_value = "'a\nb'"},
                                                   {.name = "size", .type = std::move(size)}}},
                           CreateIndex{.name = "by_size", .table = "packages", .columns = {"size"}}}};
}

Migration second() {
    return {.id = "0002-size-bytes",
            .release = "2.0/beta",
            .operations = {ChangeType{.table = "packages",
                                      .from = "size",
                                      .to = "size_bytes",
                                      .type = integer(),
                                      .up = "CAST(size AS INTEGER)",
                                      .down = "CAST(size_bytes AS TEXT)"},
                           CreateView{.name = "sized", .query = "SELECT size_bytes FROM packages"}}};
}

Plan plan(Type size = text()) { return Plan{"catalogue", {first(std::move(size)), second()}}; }

}  // namespace

TEST_SUITE_BEGIN("testing/snapshot");

TEST_CASE("snapshots: written once per release, they agree, and every one of them can be upgraded") {
    Folder const folder{"evolver-kit"};
    auto const path = folder.path().string();
    CHECK(write_snapshots(plan(), path) == std::vector<std::string>{"1.0.json", "2.0%47beta.json"});
    CHECK(write_snapshots(plan(), path).empty());
    EVOLVER_CHECK_SNAPSHOTS(plan(), path);
    auto const parsed = parse_json(read_file(folder.file("1.0.json")), "1.0.json");
    CHECK(parsed.at("release") == std::vector<std::string>{"1.0"});
    CHECK(parsed.at("sqlite").size() == 2);
}

TEST_CASE("snapshots: one that is missing, an edited migration, and a release that went are told") {
    Folder const folder{"evolver-kit"};
    auto const path = folder.path().string();
    write_snapshots(plan(), path);
    std::filesystem::rename(folder.file("2.0%47beta.json"), folder.file("1.5.json"));
    auto const wrong = check_snapshots(plan(integer()), path);
    REQUIRE(wrong.size() == 3);
    CHECK(wrong[0].find("release 1.0 is not what its snapshot 1.0.json says") != std::string::npos);
    CHECK(wrong[0].find("instead:   column packages.size: bigint") != std::string::npos);
    CHECK(wrong[1].find("release 2.0/beta has no snapshot") != std::string::npos);
    CHECK(wrong[2].find("1.5.json is of a release that the plan does not name") != std::string::npos);
}

TEST_CASE("snapshots: a database of an old release that does not come to what a fresh one is, is told") {
    Folder const folder{"evolver-kit"};
    auto const path = folder.path().string();
    write_snapshots(plan(), path);
    // A release that left an index behind, which no migration takes away.
    auto text = read_file(folder.file("1.0.json"));
    auto const at = text.find("\"sqlite\": [") + 11;
    text.insert(at, "\n    \"CREATE TABLE left_behind (a)\",");
    std::ofstream{folder.file("1.0.json")} << text;
    auto const wrong = check_snapshots(plan(), path);
    REQUIRE(wrong.size() == 1);
    CHECK(wrong[0].find("upgraded to 2.0/beta, is not what a fresh one is") != std::string::npos);
    CHECK(wrong[0].find("left_behind") != std::string::npos);
}

TEST_CASE("snapshots: a file that is no snapshot is an error that names it and the line") {
    CHECK_THROWS_WITH_AS((void)parse_json("{\n\"a\": 1}", "x.json"), doctest::Contains("line 2 should have '\"'"),
                         Error);
    for (auto const* text : {"", "{", "{\"a\"", "{\"a\": \"b", "{\"a\": [\"b\"", "{} x", "{\"a\": \"\\q\"}",
                             "{\"a\": \"\\u12", "{\"a\": \"\\u1234\"}", "[]"})
        CHECK_THROWS_AS((void)parse_json(text, "x.json"), Error);
    CHECK(parse_json("{ \"a\" : [ ] , \"b\":\"\\u0001\\n\\\"\\\\\" }", "x.json") ==
          std::map<std::string, std::vector<std::string>>{{"a", {}}, {"b", {"\x01\n\"\\"}}});
    JsonTexts const texts{{"a", {"x\ty\n\"\\\x02"}}, {"b", {}}};
    CHECK(parse_json(json_of(texts, {"b"}), "x.json").at("a").front() == "x\ty\n\"\\\x02");
}
