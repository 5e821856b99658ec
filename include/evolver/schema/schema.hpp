#pragma once

/// A database's schema as a value: what an engine's catalogue says, or what a plan is going to make.

#include "evolver/schema/index.hpp"
#include "evolver/schema/table.hpp"

#include <string>
#include <vector>

namespace evolver {

/// A view; its text is compared by `normalised`.
struct View {
    Name name;
    std::string sql;
};

/// A trigger of the application's own. evolver's triggers are no part of a schema.
struct Trigger {
    Name name;
    Name table;
    std::string sql;
};

struct Schema {
    std::vector<Table> tables = {};
    std::vector<Index> indexes = {};
    std::vector<View> views = {};
    std::vector<Trigger> triggers = {};

    /// The table of that name, or null.
    [[nodiscard]] Table const* find_table(Name const& name) const noexcept;
    [[nodiscard]] Table* find_table(Name const& name) noexcept;
    /// The index of that name, or null.
    [[nodiscard]] Index const* find_index(Name const& name) const noexcept;
    /// The view of that name, or null.
    [[nodiscard]] View const* find_view(Name const& name) const noexcept;
};

}  // namespace evolver
