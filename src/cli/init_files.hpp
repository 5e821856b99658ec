#pragma once

// What `init` writes.

#include <span>
#include <string_view>

namespace evolver::cli {

struct InitFile {
    std::string_view path;
    std::string_view text;
    bool runs = false;  ///< It is a program.
};

[[nodiscard]] std::span<InitFile const> init_files() noexcept;

}  // namespace evolver::cli
