#pragma once

// Which files of a folder are which part of which migration, and in what order: by their names, and by the marks inside
// them. No SQL is understood here. The layouts are those of evolver/compile/directory.hpp.

#include "evolver/plan/directory_options.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace evolver {

enum class Part { up, down, expand, backfill, contract, rollback, verify };

/// "down", for messages.
[[nodiscard]] std::string_view name_of(Part part) noexcept;

struct PartText {
    std::string file;
    std::string text;
    std::size_t first_line = 1;  ///< Of the text in the file.
};

struct LayoutEntry {
    std::string id;       ///< "0.8/01__user_username"
    std::string summary;  ///< "user username"
    std::string number;   ///< "01", as it is written.
    std::string folder;   ///< The version folder as it is written; empty where there is none.
    std::map<Part, PartText> parts;
};

struct Layout {
    std::string name;                  ///< "Flyway", "up and down files", ...
    std::vector<LayoutEntry> entries;  ///< In the order of their numbers.
    std::vector<std::string> notes;
};

/// Throws PlanError for a mixture, an unknown name, a number used twice, and a part without the one that it belongs to.
[[nodiscard]] Layout recognise(std::span<SqlFile const> files);

/// Does the name begin as a migration does: 7_x, V7__x?
[[nodiscard]] bool is_numbered(std::string_view name) noexcept;

}  // namespace evolver
