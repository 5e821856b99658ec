#pragma once

// Real inputs that are no part of the project: databases beside it, and histories of other projects where somebody has
// fetched them.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace evolver::support {

inline std::string file_text(std::filesystem::path const& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

/// A path below `data`, in the folder that EVOLVER_SHARED names or in ../shared; none where it is not there.
inline std::optional<std::filesystem::path> shared_data(std::string const& path) {
    char const* const named = std::getenv("EVOLVER_SHARED");
    auto const root = named != nullptr ? std::filesystem::path{named}
                                       : std::filesystem::path{EVOLVER_SOURCE_DIR}.parent_path() / "shared";
    auto const found = root / "data" / path;
    return std::filesystem::exists(found) ? std::optional{found} : std::nullopt;
}

/// Another project's repository at one of its commits, below the folder that EVOLVER_HISTORIES names: `<name>` or
/// `<owner>/<name>`, a clone or the files alone; or `<name>-<ref>`, the files of another commit. Of a clone, `path` is
/// taken out at `ref`, into a folder of this object's.
class History {
public:
    History(std::string const& owner, std::string const& name, std::string const& ref, std::string const& path) {
        namespace fs = std::filesystem;
        char const* const named = std::getenv("EVOLVER_HISTORIES");
        if (named == nullptr) {
            missing_ = "EVOLVER_HISTORIES names no folder";
            return;
        }
        fs::path const root{named};
        for (auto const& folder : {name + "-" + ref, name + "/" + ref}) {
            if (!fs::exists(root / folder / path)) continue;
            path_ = root / folder / path;
            return;
        }
        for (auto const& folder : {name, owner + "/" + name, owner + "-" + name, owner + "+" + name}) {
            auto const repository = root / folder;
            if (!fs::exists(repository)) continue;
            if (take_out(repository, ref, path)) return;
            if (ref.starts_with('v') || !fs::exists(repository / path)) continue;
            path_ = repository / path;  // the files alone: nothing tells their commit
            return;
        }
        missing_ = "there is no " + path + " of " + owner + "/" + name + " at " + ref + " in " + root.string();
    }
    ~History() {
        std::error_code ignored;
        if (!taken_.empty()) std::filesystem::remove_all(taken_, ignored);
    }
    History(History const&) = delete;
    History& operator=(History const&) = delete;

    [[nodiscard]] bool here() const noexcept { return missing_.empty(); }
    [[nodiscard]] std::string const& missing() const noexcept { return missing_; }
    /// The folder `path` of the commit.
    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

private:
    bool take_out(std::filesystem::path const& repository, std::string const& ref, std::string const& path) {
        static int count = 0;
        taken_ = std::filesystem::temp_directory_path() /
                 ("evolver-history-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
        std::filesystem::create_directories(taken_);
        auto const command = "git -C '" + repository.string() + "' archive " + ref + " '" + path +
                             "' 2>/dev/null | tar -x -C '" + taken_.string() + "' 2>/dev/null";
        path_ = taken_ / path;
        return std::system(command.c_str()) == 0 && std::filesystem::exists(path_);
    }

    std::string missing_ = {};
    std::filesystem::path path_ = {};
    std::filesystem::path taken_ = {};
};

}  // namespace evolver::support
