#include "both/world.hpp"

namespace evolver::testing {

namespace {

std::string text_of(soci::row const& row, std::size_t at, Asked::Texts texts) {
    if (row.get_indicator(at) == soci::i_null) return "NULL";
    auto const type = row.get_properties(at).get_data_type();
    auto const quote = texts == Asked::Texts::quoted ? "'" : "";
    if (type == soci::dt_string) return quote + row.get<std::string>(at) + quote;
    if (type == soci::dt_integer) return std::to_string(row.get<int>(at));
    if (type == soci::dt_long_long) return std::to_string(row.get<long long>(at));
    return "a value of another type";
}

Evolver begun(Database const& database, Asked& release, Plan const& plan) {
    Asked first{database};
    Evolver old{first.db, plan.until("1.0"), {.release = "1.0"}};
    old.expand();
    for (int id = 1; id <= 5; ++id) {
        first.db << "INSERT INTO packages (id, name, size) VALUES (" << id << ", 'package-" << id << "', '" << 10 * id
                 << "')";
    }
    return Evolver{release.db, plan, {}};
}

}  // namespace

std::string Asked::rows(std::string const& sql, Texts texts) {
    std::string text;
    soci::rowset<soci::row> const found{(db.prepare << sql)};
    for (auto const& row : found) {
        if (!text.empty()) text += "; ";
        for (std::size_t at = 0; at < row.size(); ++at) text += (at > 0 ? "|" : "") + text_of(row, at, texts);
    }
    return text;
}

Plan catalogue_with(std::vector<Operation> operations) {
    return {
        "catalogue",
        {packages_migration(), Migration{.id = "0002-change", .release = "2.0", .operations = std::move(operations)}}};
}

World::World(Plan const& plan)
    : old{database}, release{database}, evolver{begun(database, release, plan)}, packages{evolver.table("packages")} {}

void World::insert(long long id, std::string const& name, std::optional<std::string> const& size) {
    auto const value = size.value_or("");
    auto indicator = size ? soci::i_ok : soci::i_null;
    release.db << packages.insert({"id", "name", "size"}), soci::use(id, "id"), soci::use(name, "name"),
        soci::use(value, indicator, "size");
}

std::string World::size(long long id) {
    return release.rows((packages.select({"size"}) + " WHERE id = " + std::to_string(id)).text());
}

void World::contract() {
    evolver.backfill();
    evolver.reconcile();
    evolver.contract({.override_gates = {{"soak", "a test"}, {"processes", "the test's own"}}});
}

std::string message_of(std::function<void()> const& call) {
    try {
        call();
    } catch (std::exception const& error) {
        return error.what();
    }
    return {};
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace evolver::testing
