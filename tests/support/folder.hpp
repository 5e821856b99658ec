#pragma once

// A folder for one test, gone at its end, unless the environment says EVOLVER_KEEP.

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <stdlib.h>  // mkdtemp

namespace evolver::testing {

class Folder {
public:
    explicit Folder(std::string const& name = "evolver-face") {
        auto path = (std::filesystem::temp_directory_path() / (name + "-XXXXXX")).string();
        if (mkdtemp(path.data()) == nullptr) throw std::runtime_error{"no folder for the test"};
        path_ = path;
    }
    ~Folder() {
        if (std::getenv("EVOLVER_KEEP") != nullptr) return;
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;

    [[nodiscard]] std::filesystem::path const& path() const { return path_; }
    [[nodiscard]] std::string file(std::string const& name) const { return (path_ / name).string(); }
    [[nodiscard]] std::string database() const { return file("catalogue.db"); }

private:
    std::filesystem::path path_;
};

}  // namespace evolver::testing
