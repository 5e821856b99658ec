#pragma once

// Lists in SQL: texts with something between them.

#include <string>
#include <string_view>
#include <vector>

namespace evolver::sqlite {

template <class Items, class Text>
[[nodiscard]] std::string joined(Items const& items, std::string_view between, Text const& text_of) {
    std::string text;
    bool first = true;
    for (auto const& item : items) {
        if (!first) text += between;
        first = false;
        text += text_of(item);
    }
    return text;
}

[[nodiscard]] inline std::string joined(std::vector<std::string> const& items, std::string_view between) {
    return joined(items, between, [](std::string const& item) -> std::string const& { return item; });
}

}  // namespace evolver::sqlite
