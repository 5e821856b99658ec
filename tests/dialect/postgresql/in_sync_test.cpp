#include "dialect/postgresql/in_sync.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::postgresql;

namespace {

std::string settings(std::string const& up, std::string const& type = "bigint", std::string const& from = "text") {
    return fixed_settings(
        {{.table = "t", .from = {{"x", from}}, .to = {{"y", type}}, .up = {up}, .down = {"CAST(y AS text)"}}});
}

bool fixes(std::string const& settings, std::string const& what) { return settings.find(what) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("dialect/postgresql/in_sync");

TEST_CASE("an expression of columns and of what the server has for texts and numbers needs no settings of its own") {
    CHECK(settings("CAST(x AS bigint)").empty());
    CHECK(settings("CASE WHEN x = '' THEN NULL ELSE x::integer + 1 END").empty());
    CHECK(settings("trim(BOTH ' ' FROM \"x\")", "text").empty());
    CHECK(fixed_settings({}).empty());
}

TEST_CASE("where a name may mean something else in another session, its search_path is that of expand") {
    for (auto const* const up : {"number_of(x)", "CAST(x AS mood)", "public.lower(x)", "(SELECT count(*) FROM other)",
                                 "x @@ 'a'", "ARRAY[x]"}) {
        CAPTURE(up);
        CHECK(fixes(settings(up), "search_path"));
        CHECK(fixes(settings(up), "timezone"));
    }
    CHECK(fixes(settings("x", "mood"), "search_path"));
    CHECK(fixes(settings("x", "citext"), "search_path"));
}

TEST_CASE("where the text of a moment, a floating-point number or bytes is made or read, its settings are fixed") {
    for (auto const* const type : {"timestamp with time zone", "date", "double precision", "interval", "bytea"}) {
        CAPTURE(type);
        CHECK(fixes(settings("x", type), "timezone"));
        CHECK(fixes(settings("x", "text", type), "timezone"));
        CHECK_FALSE(fixes(settings("x", type), "search_path"));
        // What is only copied is no text.
        CHECK(fixed_settings({{.table = "t", .from = {{"x", type}}, .to = {{"y", type}}, .up = {"x"}, .down = {"y"}}})
                  .empty());
    }
    CHECK(fixes(settings("CAST(CAST(x AS timestamp) AS text)", "text"), "timezone"));
}

TEST_CASE("of several pairs, the one that needs most decides") {
    PhysicalPair const copy{.table = "t", .from = {{"x", "text"}}, .to = {{"y", "text"}}, .up = {"x"}, .down = {"y"}};
    auto asked = copy;
    asked.up = {"name_of(x)"};
    CHECK(fixed_settings({copy}).empty());
    CHECK(fixes(fixed_settings({copy, asked}), "search_path"));
}

TEST_SUITE_END();
