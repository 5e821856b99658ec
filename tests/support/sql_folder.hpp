#pragma once

// A folder of files for one test, gone when the test is over.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace evolver::support {

class SqlFolder {
public:
    SqlFolder() {
        static int count = 0;
        path_ = std::filesystem::temp_directory_path() /
                ("evolver-folder-" + std::to_string(::getpid()) + "-" + std::to_string(++count)) / "catalogue";
        std::filesystem::create_directories(path_);
    }
    ~SqlFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_.parent_path(), ignored);
    }
    SqlFolder(SqlFolder const&) = delete;
    SqlFolder& operator=(SqlFolder const&) = delete;

    SqlFolder& write(std::string const& name, std::string const& text) {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream{path_ / name, std::ios::binary} << text;
        return *this;
    }
    /// Ends in "catalogue".
    [[nodiscard]] std::string path() const { return path_.string(); }
    /// A database beside it.
    [[nodiscard]] std::string database() const { return (path_.parent_path() / "t.db").string(); }

private:
    std::filesystem::path path_;
};

}  // namespace evolver::support
