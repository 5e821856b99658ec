#include "dialect/sqlite/in_sync.hpp"

#include "dialect/sqlite/connection.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace evolver::sqlite {

Affinity affinity_of(std::string_view type_words) {
    std::string words{type_words};
    std::transform(words.begin(), words.end(), words.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    auto const has = [&](std::string_view part) { return words.find(part) != std::string::npos; };
    if (has("INT")) return Affinity::integer;
    if (has("CHAR") || has("CLOB") || has("TEXT")) return Affinity::text;
    if (words.empty() || has("BLOB")) return Affinity::none;
    if (has("REAL") || has("FLOA") || has("DOUB")) return Affinity::real;
    return Affinity::numeric;
}

Affinity affinity_of(Type const& type) { return affinity_of(type_words(type, Engine::sqlite)); }

namespace {

template <class Items, class Text>
std::string joined(Items const& items, std::string_view between, Text const& text_of) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) text += between;
        text += text_of(i);
    }
    return text;
}

}  // namespace

std::string same(Side const& column, std::string const& expression) {
    std::string const name = quoted(column.column.text());
    std::string const equal = name + " COLLATE BINARY IS +(" + expression + ")";
    return column.affinity == Affinity::none ? equal + " AND typeof(" + name + ") IS typeof(" + expression + ")"
                                             : equal;
}

std::string filled(PhysicalPair const& pair) {
    return joined(pair.to, " AND ", [&](std::size_t i) { return same(pair.to[i], pair.up[i]); });
}

std::string lossless(PhysicalPair const& pair) {
    return joined(pair.from, " AND ", [&](std::size_t i) { return same(pair.from[i], pair.down[i]); });
}

std::string in_sync(PhysicalPair const& pair) { return "((" + filled(pair) + ") OR (" + lossless(pair) + "))"; }

std::string all_null(std::vector<Side> const& columns) {
    return joined(columns, " AND ", [&](std::size_t i) { return quoted(columns[i].column.text()) + " IS NULL"; });
}

}  // namespace evolver::sqlite
