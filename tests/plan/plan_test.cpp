#include "evolver/plan/plan.hpp"

#include "operation/description.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace evolver;

namespace {

Migration made(std::string const& id, std::string const& release, std::string const& table) {
    return {.id = id,
            .release = release,
            .operations = {CreateTable{.table = table, .columns = {{.name = "a", .type = text()}}}}};
}

std::vector<Migration> three() {
    return {made("0001", "1.0", "t"), made("0002", "1.0", "u"), made("0003", "2.0", "v")};
}

std::string refusal(std::vector<Migration> migrations) {
    try {
        Plan const plan{"shop", std::move(migrations)};
    } catch (PlanError const& error) {
        return error.what();
    }
    return {};
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("plan/plan");

TEST_CASE("Plan: knows its migrations and its releases in order") {
    Plan const plan{"shop", three()};
    CHECK(plan.name() == "shop");
    CHECK(plan.migrations().size() == 3);
    REQUIRE(plan.releases().size() == 2);
    CHECK(plan.releases()[0].text() == "1.0");
    CHECK(plan.releases()[1].text() == "2.0");
    CHECK(plan.position_of("2.0") == 1);
}

TEST_CASE("Plan: a release is a name: its order is that in which the plan names it") {
    Plan const plan{"shop", {made("0001", "v9", "t"), made("0002", "v10", "u"), made("0003", "beta", "v")}};
    CHECK(plan.position_of("v9") == 0);
    CHECK(plan.position_of("v10") == 1);
    CHECK(plan.position_of("beta") == 2);
}

TEST_CASE("Plan: an empty plan, an empty migration and an id used twice are refused by name") {
    CHECK(has(refusal({}), "The plan \"shop\" has no migration."));
    auto empty = three();
    empty[1].operations.clear();
    CHECK(has(refusal(empty), "Migration \"0002\" is empty"));
    auto twice = three();
    twice[2].id = "0001";
    CHECK(has(refusal(twice), "Two migrations have the id \"0001\"."));
    CHECK(has(refusal(twice), "give the newer one another"));
}

TEST_CASE("Plan: a release's migrations stand together") {
    auto const text = refusal({made("0001", "1.0", "t"), made("0002", "2.0", "u"), made("0003", "1.0", "v")});
    CHECK(has(text, "Migration \"0003\" of release 1.0 stands after those of release 2.0"));
    CHECK(has(text, "append this one with a newer release"));
}

TEST_CASE("Plan: until() is the plan as a release knew it") {
    Plan const plan{"shop", three()};
    auto const old = plan.until("1.0");
    CHECK(old.migrations().size() == 2);
    CHECK(old.digest() == plan.chain(1));
    CHECK(plan.until("2.0").digest() == plan.digest());
    CHECK_THROWS_WITH_AS((void)plan.until("3.0"), doctest::Contains("names no release \"3.0\""), PlanError);
    CHECK_THROWS_WITH_AS((void)plan.position_of("3.0"), doctest::Contains("the releases that it names are 1.0, 2.0"),
                         PlanError);
}

TEST_CASE("Plan: a summary is prose and does not count, everything else of a migration does") {
    Plan const plan{"shop", three()};
    auto const edited = [&](std::function<void(std::vector<Migration>&)> const& edit) {
        auto migrations = three();
        edit(migrations);
        return Plan{"shop", migrations};
    };
    CHECK(edited([](auto& all) { all[0].summary = "the first"; }).digest() == plan.digest());
    auto const of_id = edited([](auto& all) { all[1].id = "0002b"; });
    CHECK(of_id.digest(0) == plan.digest(0));
    CHECK(of_id.digest(1) != plan.digest(1));
    CHECK(of_id.digest(2) == plan.digest(2));
    CHECK(of_id.chain(0) == plan.chain(0));
    CHECK(of_id.chain(1) != plan.chain(1));
    CHECK(of_id.chain(2) != plan.chain(2));  // the history of the third is another
    CHECK(edited([](auto& all) { all[2].release = "2.1"; }).digest(2) != plan.digest(2));
    CHECK(edited([](auto& all) { all[2].operations.push_back(DropTable{.table = "t"}); }).digest(2) != plan.digest(2));
    auto const swapped = edited([](auto& all) { std::swap(all[0], all[1]); });
    CHECK(swapped.digest(0) == plan.digest(1));
    CHECK(swapped.chain(1) != plan.chain(1));
}

TEST_CASE("Plan: every member of every operation counts in the digest") {
    Column const column{.name = "a", .type = text()};
    std::vector<Operation> const operations = [&] {
        std::vector<Operation> all;
        CreateTable table{.table = "t", .columns = {column}};
        all.emplace_back(table);
        auto const add = [&](auto base, auto const& edit) {
            edit(base);
            all.emplace_back(base);
        };
        add(table, [](auto& o) { o.table = "u"; });
        add(table, [](auto& o) { o.columns[0].name = "b"; });
        add(table, [](auto& o) { o.columns[0].type = integer(); });
        add(table, [](auto& o) { o.columns[0].type = declared("TEXT"); });
        add(table, [](auto& o) { o.columns[0].nullable = false; });
        add(table, [](auto& o) { o.columns[0].primary_key = true; });
        add(table, [](auto& o) { o.columns[0].default_value = "0"; });
        add(table, [](auto& o) { o.columns[0].default_value = EngineTexts{.sqlite = "0"}; });
        add(table, [](auto& o) { o.columns[0].collation = "NOCASE"; });
        add(table, [](auto& o) { o.columns[0].generated = "0"; });
        add(table, [](auto& o) {
            o.columns[0].generated = "0";
            o.columns[0].stored = true;
        });
        add(table, [](auto& o) { o.columns.push_back({.name = "b", .type = text()}); });
        add(table, [](auto& o) { o.primary_key = {"a"}; });
        add(table, [](auto& o) { o.unique_keys = {{.columns = {"a"}}}; });
        add(table, [](auto& o) { o.unique_keys = {{.name = "k", .columns = {"a"}}}; });
        add(table, [](auto& o) { o.checks = {{.condition = "a"}}; });
        ForeignKey const key{.columns = {"a"}, .table = "v"};
        add(table, [&](auto& o) { o.foreign_keys = {key}; });
        for (auto const& edit : std::vector<std::function<void(ForeignKey&)>>{
                 [](auto& k) { k.name = "f"; }, [](auto& k) { k.table = "w"; }, [](auto& k) { k.referenced = {"a"}; },
                 [](auto& k) { k.on_delete = "CASCADE"; }, [](auto& k) { k.on_update = "CASCADE"; },
                 [](auto& k) { k.deferred = true; }}) {
            auto changed = key;
            edit(changed);
            add(table, [&](auto& o) { o.foreign_keys = {changed}; });
        }
        add(table, [](auto& o) { o.without_rowid = true; });
        add(table, [](auto& o) { o.strict = true; });
        add(table, [](auto& o) { o.autoincrement = true; });
        all.emplace_back(DropTable{.table = "t"});
        all.emplace_back(AddColumn{.table = "t", .column = column});
        DropColumn const drop{.table = "t", .column = "a"};
        all.emplace_back(drop);
        add(drop, [](auto& o) { o.down = "0"; });
        RenameColumn const rename{.table = "t", .from = "a", .to = "b"};
        all.emplace_back(rename);
        add(rename, [](auto& o) { std::swap(o.from, o.to); });
        ChangeType const change{.table = "t", .from = "a", .to = "b", .type = integer(), .up = "a", .down = "b"};
        all.emplace_back(change);
        add(change, [](auto& o) { o.up = "a + 0"; });
        add(change, [](auto& o) { o.down = "b + 0"; });
        add(change, [](auto& o) { o.default_value = "0"; });
        SplitColumn const split{
            .table = "t",
            .from = "a",
            .into = {{.name = "b", .type = text(), .up = "a"}, {.name = "c", .type = text(), .up = "a"}},
            .down = "b"};
        all.emplace_back(split);
        add(split, [](auto& o) { o.into[1].up = "a || ''"; });
        add(split, [](auto& o) { std::swap(o.into[0], o.into[1]); });
        CreateIndex const index{.name = "i", .table = "t", .columns = {"a"}};
        all.emplace_back(index);
        add(index, [](auto& o) { o.unique = true; });
        add(index, [](auto& o) { o.where = "a"; });
        add(index, [](auto& o) { o.columns = {IndexPart{Expression{"a"}, false}}; });
        add(index, [](auto& o) { o.columns = {IndexPart{Expression{"a"}, true, Order::descending}}; });
        add(index, [](auto& o) { o.columns = {IndexPart{Expression{"a"}, true, Order::ascending, "NOCASE"}}; });
        all.emplace_back(RawSql{.expand = "SELECT 1"});
        all.emplace_back(RawSql{.contract = "SELECT 1"});
        all.emplace_back(RawSql{.expand = "SELECT 1", .undo = "SELECT 1"});
        return all;
    }();
    for (std::size_t i = 0; i < operations.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            CAPTURE(i);
            CAPTURE(j);
            CHECK(description(operations[i]) != description(operations[j]));
        }
    }
}

TEST_CASE("Plan: how long a lock may be held is no part of what an operation means") {
    CHECK(description(DropTable{.table = "t"}) == description(DropTable{.table = "t", .lock = Lock::in_window}));
}

TEST_CASE("Plan: copies are the same plan") {
    Plan const plan{"shop", three()};
    Plan const copy = plan;
    CHECK(&copy.migrations()[0] == &plan.migrations()[0]);
}

TEST_SUITE_END();
