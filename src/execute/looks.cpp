#include "execute/looks.hpp"

#include "dialect/sqlite/joined.hpp"

namespace evolver {

namespace {

std::vector<Name> columns_of(std::vector<sqlite::Side> const& sides) {
    std::vector<Name> columns;
    for (auto const& side : sides) columns.push_back(side.column);
    return columns;
}

std::string in_words(std::vector<Name> const& from, std::vector<Name> const& to) {
    auto const listed = [](std::vector<Name> const& columns) {
        return sqlite::joined(columns, ", ", [](Name const& column) { return column.text(); });
    };
    return listed(from) + " → " + listed(to);
}

}  // namespace

std::vector<Look> looks_of(sqlite::Connection const& connection, Compiler const& compiler, std::size_t position) {
    using sqlite::Range;
    std::vector<Look> looks;
    for (auto const& open : compiler.pairs(position)) {
        auto const& pair = open.pair;
        auto const key = sqlite::row_key(connection, pair.table);
        auto const from = columns_of(pair.from);
        auto const to = columns_of(pair.to);
        looks.push_back(
            {.table = pair.table,
             .key = key,
             .columns = in_words(from, to),
             .old_columns = from,
             .new_columns = to,
             .compare = [pair, key](Range range) { return sqlite::compare(pair, key, range); },
             .find = [pair,
                      key](Range range) { return sqlite::find(pair, key, "NOT " + sqlite::in_sync(pair), range); },
             .find_lossy =
                 [pair, key](Range range) {
                     return sqlite::find(
                         pair, key, "NOT (" + sqlite::lossless(pair) + ") AND (" + sqlite::filled(pair) + ")", range);
                 }});
    }
    for (auto const& open : compiler.crossings(position)) {
        auto const& pair = open.pair;
        auto const columns = in_words({Name{pair.pair.source.text() + "." + pair.pair.column.text()}},
                                      {Name{pair.pair.target.text() + "." + pair.pair.to.text()}});
        looks.push_back({.table = pair.pair.target,
                         .key = pair.target_row,
                         .columns = columns,
                         .old_columns = {pair.pair.column},
                         .new_columns = {pair.pair.to},
                         .compare = [pair](Range range) { return sqlite::compare_targets(pair, range); },
                         .find = [pair](Range range) { return sqlite::find_differing(pair, range); },
                         .find_lossy = {}});
        looks.push_back({.table = pair.pair.source,
                         .key = pair.source_row,
                         .columns = columns,
                         .old_columns = {},
                         .new_columns = {},
                         .compare = [pair](Range range) { return sqlite::compare_sources(pair, range); },
                         .find = {},
                         .find_lossy = [pair](Range range) { return sqlite::find_unhomed(pair, range); }});
    }
    return looks;
}

}  // namespace evolver
