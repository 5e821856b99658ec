#include "long/random/setting.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <iterator>

namespace evolver::random_test {

namespace {

/// Sizes as text with a unit, as numbers of bytes, as numbers of pages. Both pairs lose something, and all is settled
/// after one round trip.
constexpr char const* to_number = "CASE WHEN x GLOB '[0-9]*' THEN CAST(x AS INTEGER) END";
constexpr char const* to_text = "CAST(y AS TEXT)";
constexpr char const* to_pages = "y / 10";
constexpr char const* from_pages = "z * 10";

/// A text of two parts as two columns, or as a number.
constexpr char const* split_first = "CASE WHEN instr(p, '|') > 0 THEN substr(p, 1, instr(p, '|') - 1) ELSE p END";
constexpr char const* split_second = "CASE WHEN instr(p, '|') > 0 THEN substr(p, instr(p, '|') + 1) END";
constexpr char const* join_both = "CASE WHEN q2 IS NULL THEN q1 ELSE COALESCE(q1, '') || '|' || q2 END";
constexpr char const* side_number = "CASE WHEN p GLOB '[0-9]*' THEN CAST(p AS INTEGER) END";

Operation side_operation(Side side) {
    if (side == Side::split) {
        return SplitColumn{.table = "t",
                           .from = "p",
                           .into = {{.name = "q1", .type = text(), .up = split_first},
                                    {.name = "q2", .type = text(), .up = split_second}},
                           .down = join_both};
    }
    if (side == Side::cased)
        return ChangeType{.table = "t", .from = "p", .to = "q1", .type = text(), .up = "p", .down = "q1"};
    return ChangeType{
        .table = "t", .from = "p", .to = "q1", .type = integer(), .up = side_number, .down = "CAST(q1 AS TEXT)"};
}

Plan chain_plan(Setting const& setting) {
    std::vector<Column> columns{{.name = "k", .type = integer(), .primary_key = setting.keys == Keys::rowid},
                                {.name = "u", .type = integer()},
                                {.name = "other", .type = text()},
                                {.name = "p", .type = text()}};
    if (setting.side == Side::cased) columns.back().collation = "NOCASE";
    Column x{.name = "x", .type = text()};
    if (setting.old_has_default) x.default_value = "'5'";
    columns.push_back(x);
    CreateTable table{.table = "t", .columns = columns};
    if (setting.keys == Keys::text) table.columns.front() = Column{.name = "k", .type = text()};
    if (setting.keys == Keys::without_rowid) {
        table.columns.front().nullable = false;
        table.columns[1].nullable = false;
        table.primary_key = {"k", "u"};
        table.without_rowid = true;
    }
    Migration first{.id = "0001",
                    .release = "1.0",
                    .operations = {table, CreateIndex{.name = "t_u", .table = "t", .columns = {"u"}, .unique = true}}};
    ChangeType change{.table = "t", .from = "x", .to = "y", .type = integer(), .up = to_number, .down = to_text};
    if (setting.old_has_default) change.default_value = "5";
    ChangeType pages{.table = "t", .from = "y", .to = "z", .type = integer(), .up = to_pages, .down = from_pages};
    if (setting.old_has_default) pages.default_value = "0";
    switch (setting.chain) {
        case Chain::single: return Plan{"random", {first, {.id = "0002", .release = "2.0", .operations = {change}}}};
        case Chain::chained:
            return Plan{"random",
                        {first,
                         {.id = "0002", .release = "2.0", .operations = {change}},
                         {.id = "0003", .release = "3.0", .operations = {pages}}}};
        case Chain::renamed_then_changed: {
            ChangeType renamed = change;
            renamed.from = "w";
            renamed.up = "CASE WHEN w GLOB '[0-9]*' THEN CAST(w AS INTEGER) END";
            return Plan{
                "random",
                {first,
                 {.id = "0002", .release = "2.0", .operations = {RenameColumn{.table = "t", .from = "x", .to = "w"}}},
                 {.id = "0003", .release = "3.0", .operations = {renamed}}}};
        }
        case Chain::changed_then_renamed:
            return Plan{
                "random",
                {first,
                 {.id = "0002", .release = "2.0", .operations = {change}},
                 {.id = "0003", .release = "3.0", .operations = {RenameColumn{.table = "t", .from = "y", .to = "v"}}}}};
    }
    std::abort();
}

}  // namespace

Setting random_setting(std::mt19937_64& random) {
    static constexpr Chain chains[] = {Chain::single, Chain::chained, Chain::chained, Chain::renamed_then_changed,
                                       Chain::changed_then_renamed};
    Setting setting{.keys = static_cast<Keys>(random() % 3),
                    .chain = chains[random() % std::size(chains)],
                    .side = static_cast<Side>(random() % 4),
                    .old_has_default = random() % 3 == 0,
                    .trigger_before = random() % 4 == 0,
                    .trigger_after = random() % 4 == 0,
                    .stamps = random() % 4 == 0,
                    .caps = random() % 4 == 0,
                    .crowd = random() % 3 == 0,
                    .audit = random() % 3 == 0,
                    .recursive = random() % 3 == 0,
                    .wal = random() % 2 == 0};
    if (setting.keys == Keys::text) setting.crowd = false;  // rows stay where they are, whatever their key
    if (setting.stamps) setting.audit = false;              // the trigger's own updates count, too
    return setting;
}

std::string in_words(Setting const& s) {
    auto const flag = [](bool on, char const* name) { return on ? std::string{" "} + name : std::string{}; };
    return fmt::format("keys={} chain={} side={}", static_cast<int>(s.keys), static_cast<int>(s.chain),
                       static_cast<int>(s.side)) +
           flag(s.old_has_default, "default") + flag(s.trigger_before, "trigger_before") +
           flag(s.trigger_after, "trigger_after") + flag(s.stamps, "stamps") + flag(s.caps, "caps") +
           flag(s.crowd, "crowd") + flag(s.audit, "audit") + flag(s.recursive, "recursive") + flag(s.wal, "wal");
}

/// The second pair comes with the last release, in a migration of its own.
Plan plan_of(Setting const& setting) {
    auto const chain = chain_plan(setting);
    if (setting.side == Side::none) return chain;
    std::vector<Migration> migrations{chain.migrations().begin(), chain.migrations().end()};
    migrations.push_back(
        {.id = "0009", .release = chain.releases().back(), .operations = {side_operation(setting.side)}});
    return Plan{"random", std::move(migrations)};
}

std::vector<Link> links_of(Setting const& setting) {
    Link const x{"x", "", "", false};
    Link const y{"y", to_number, to_text, true};
    switch (setting.chain) {
        case Chain::single: return {x, y};
        case Chain::chained: return {x, y, {"z", to_pages, from_pages, true}};
        case Chain::renamed_then_changed:
            return {
                x, {"w", "", "", false}, {"y", "CASE WHEN w GLOB '[0-9]*' THEN CAST(w AS INTEGER) END", to_text, true}};
        case Chain::changed_then_renamed: return {x, y, {"v", "", "", true}};
    }
    std::abort();
}

std::vector<std::string> side_up(Side side) {
    if (side == Side::split) return {split_first, split_second};
    return {side == Side::cased ? "p" : side_number};
}

std::string side_down(Side side) {
    if (side == Side::cased) return "q1";
    return side == Side::split ? join_both : "CAST(q1 AS TEXT)";
}

}  // namespace evolver::random_test
