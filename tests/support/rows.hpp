#pragma once

// What a query returns, as one text: tests compare and show it at a glance.

#include "dialect/sqlite/connection.hpp"

#include <string>
#include <string_view>

namespace evolver::support {

/// `1|'a'|NULL; 2|'b'|0.5`
inline std::string rows(sqlite::Connection const& connection, std::string_view query) {
    std::string text;
    auto statement = connection.prepare(query);
    while (statement.step()) {
        if (!text.empty()) text += "; ";
        for (int i = 0; i < statement.columns(); ++i) text += (i > 0 ? "|" : "") + to_text(statement.value(i));
    }
    return text;
}

}  // namespace evolver::support
