#pragma once

// What the long tests have in common: programs with options, and databases that are made anew for each round.

#include "support/folder.hpp"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>

namespace evolver::testing {

/// The number behind `name` on the command line.
inline std::optional<std::uint64_t> option(int argc, char** argv, char const* name) {
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::strcmp(argv[i], name) == 0) return std::strtoull(argv[i + 1], nullptr, 10);
    }
    return std::nullopt;
}

/// With all that SQLite and evolver keep beside it.
inline void remove_database(std::string const& path) {
    for (auto const* suffix : {"", "-wal", "-shm", "-journal", "-evolver"}) std::filesystem::remove(path + suffix);
}

}  // namespace evolver::testing
