#include "cli/text_file.hpp"

#include "cli/usage_error.hpp"
#include "dialect/sqlite/file_rights.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace evolver::cli {

std::string read_text(std::string const& path, std::string_view option) {
    std::ifstream file{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (file.is_open() && !file.bad()) return text;
    throw InputError{Failure{.what = "The file \"" + path + "\" of " + std::string{option} + " cannot be read.",
                             .object = path,
                             .instead = "check its path and its permissions"}};
}

void refuse_database(std::string const& path, std::string_view option, Tool const& tool) {
    if (!tool.has_database()) return;
    for (auto const* kept : {"", "-wal", "-shm", "-journal", "-evolver", "-pipeline", "-pipeline-lock"}) {
        auto const part = tool.database() + kept;
        std::error_code error;
        // By the file, whatever links lead to it; and by the name, where it is not there yet.
        auto const whole = std::filesystem::weakly_canonical(path, error);
        bool const same = std::filesystem::equivalent(path, part, error) ||
                          (!whole.empty() && whole == std::filesystem::weakly_canonical(part, error));
        if (!same) continue;
        throw UsageError{
            Failure{.what = std::string{option} + " names the database: writing \"" + path + "\" would destroy it.",
                    .object = path,
                    .instead = "name another file"}};
    }
}

void write_text(std::string const& path, std::string_view text, Tool& tool, std::string const& model) {
    if (path == "-") {
        tool.out().raw(text);
        return;
    }
    refuse_database(path, "The output", tool);
    if (!model.empty()) sqlite::make_no_more_open(path, model);
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << text;
    file.close();
    if (!file.fail()) return;
    throw InputError{Failure{.what = "The file \"" + path + "\" cannot be written.",
                             .object = path,
                             .instead = "name one in a folder that is there, and that you may write to"}};
}

}  // namespace evolver::cli
