#include "execute/table_work.hpp"

#include <algorithm>

namespace evolver {

std::vector<TableWork> work_of(Compiler const& compiler, std::size_t position) {
    std::vector<TableWork> tables;
    auto const on = [&](Name const& table) -> TableWork& {
        auto const known = std::ranges::find_if(tables, [&](TableWork const& work) { return work.table == table; });
        return known != tables.end() ? *known : tables.emplace_back(TableWork{table});
    };
    for (auto const& open : compiler.pairs(position)) on(open.pair.table).pairs.push_back(open.pair);
    for (auto const& open : compiler.transforms(position)) on(open.transform.table).transforms.push_back(open);
    for (auto const& open : compiler.crossings(position)) {
        if (open.pair.pair.makes_rows) on(open.pair.pair.source).missing.push_back(open.pair);
    }
    return tables;
}

}  // namespace evolver
