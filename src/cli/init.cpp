#include "cli/init_files.hpp"
#include "cli/text_file.hpp"
#include "cli/verbs.hpp"

#include <filesystem>
#include <memory>

namespace evolver::cli {

namespace {

namespace fs = std::filesystem;

/// A folder with migrations has its first one: another would make two of one number, or a mixture of layouts.
bool has_migrations(fs::path const& folder) {
    std::error_code error;
    return fs::exists(folder, error) && !fs::is_empty(folder, error);
}

ExitCode init(Tool& tool, std::string const& folder) {
    std::int64_t written = 0;
    bool const begun = has_migrations(fs::path{folder} / "migrations");
    for (auto const& file : init_files()) {
        auto const path = fs::path{folder} / file.path;
        std::error_code error;
        if (begun && std::string_view{file.path}.starts_with("migrations/")) continue;
        if (fs::exists(path, error)) {
            tool.out().unit(path.generic_string() + " is there already, and stays as it is");
            continue;
        }
        fs::create_directories(path.parent_path(), error);
        write_text(path.generic_string(), file.text, tool);
        if (file.runs)
            fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                            fs::perm_options::add, error);
        tool.out().unit(path.generic_string());
        tool.out().record("file", {{"path", path.generic_string()}});
        ++written;
    }
    tool.out().record("summary", {{"verb", "init"}, {"files", written}});
    tool.out().hint("next: write the first migration, then: " + tool.program() + " lint");
    return ExitCode::done;
}

}  // namespace

void add_init(Verbs& verbs) {
    auto const folder = std::make_shared<std::string>(".");
    auto& verb = verbs.add(
        {.name = "init",
         .summary = "Makes a repository ready: a configuration, a first migration, and the checks of a pull request",
         .examples = {{"init", "in this folder; files that are there stay as they are"}}});
    verb.add_option("folder", *folder, "The repository")->type_name("FOLDER")->capture_default_str();
    verbs.runs(verb, [folder](Tool& tool) { return init(tool, *folder); });
}

}  // namespace evolver::cli
