#include "evolver/compile/directory.hpp"

#include "dialect/postgresql/script.hpp"
#include "dialect/sqlite/statements.hpp"
#include "evolver/operation/raw_sql.hpp"
#include "plan/layout.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

namespace evolver {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(std::string const& object, std::string what, std::string instead) {
    throw PlanError{Failure{.what = std::move(what), .object = object, .instead = std::move(instead)}};
}

/// `\n` for line ends and no byte order mark: a checkout on another system has the same digest.
std::string plain_text(std::string_view text) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (text.starts_with(mark)) text.remove_prefix(mark.size());
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
        result += text[i];
    }
    return result;
}

std::string lower(std::string text) {
    for (char& letter : text) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    return text;
}

bool is_sql(fs::path const& path) { return lower(path.extension().string()) == ".sql"; }

/// A migration in another language would be missing without a word.
bool is_program(fs::path const& path) {
    constexpr std::array<std::string_view, 10> endings{".go",   ".py", ".js",  ".ts", ".rb",
                                                       ".java", ".kt", ".php", ".rs", ".sh"};
    auto const ending = lower(path.extension().string());
    return std::find(endings.begin(), endings.end(), ending) != endings.end() && is_numbered(path.filename().string());
}

bool is_engine(std::string const& folder) {
    constexpr std::array<std::string_view, 7> engines{"sqlite", "sqlite3", "postgres", "postgresql",
                                                      "mysql",  "mariadb", "mssql"};
    return std::find(engines.begin(), engines.end(), lower(folder)) != engines.end();
}

/// The folders and files that are left out, and whether each was there.
class LeftOut {
public:
    explicit LeftOut(std::vector<std::string> const& paths) : paths_{paths}, used_(paths.size(), false) {
        for (auto& path : paths_) {
            while (path.size() > 1 && path.ends_with('/')) path.pop_back();
        }
    }

    bool operator()(std::string const& path) {
        bool found = false;
        for (std::size_t i = 0; i < paths_.size(); ++i) {
            if (path != paths_[i] && !path.starts_with(paths_[i] + "/")) continue;
            used_[i] = true;
            found = true;
        }
        return found;
    }

    void refuse_unused() const {
        for (std::size_t i = 0; i < paths_.size(); ++i) {
            if (used_[i]) continue;
            refuse(paths_[i], "There is no file or folder \"" + paths_[i] + "\" to leave out.",
                   "write its path in the folder that is read, or take it out of DirectoryOptions::leave_out");
        }
    }

private:
    std::vector<std::string> paths_;
    std::vector<bool> used_;
};

std::string read(fs::path const& path) {
    std::ifstream stream{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
    if (!stream) refuse(path.string(), path.string() + " cannot be read.", "check its permissions");
    return text;
}

/// All files below the folder by their path in it, apart from hidden ones.
std::vector<std::string> files_below(fs::path const& folder) {
    std::vector<std::string> paths;
    std::error_code error;
    for (fs::recursive_directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
        std::error_code gone;  // between the listing and the look: then it is no file
        if (entry->path().filename().string().starts_with('.')) {
            if (entry->is_directory(gone)) entry.disable_recursion_pending();
        } else if (entry->is_regular_file(gone)) {
            paths.push_back(entry->path().lexically_relative(folder).generic_string());
        }
    }
    if (error)
        refuse(folder.string(), folder.string() + " cannot be read: " + error.message() + ".",
               "check the permissions of the folder and of those in it");
    std::sort(paths.begin(), paths.end());
    return paths;
}

/// Where the texts for the engine lie.
std::string engine_folder(std::vector<std::string> const& paths, std::string const& asked, Engine engine) {
    std::string const begins = engine == Engine::postgresql ? "postgres" : "sqlite";
    if (!asked.empty()) {
        bool const found = std::any_of(paths.begin(), paths.end(),
                                       [&](std::string const& path) { return path.starts_with(asked + "/"); });
        if (!found) {
            refuse(asked, "There is no folder \"" + asked + "\" with files in it.",
                   "write its name as it stands in the folder that is read, or leave engine_folder empty");
        }
        return asked;
    }
    std::string found;
    for (auto const& path : paths) {
        if (!is_sql(path)) continue;
        auto const folder = path.substr(0, path.find('/'));
        if (folder == path || !is_engine(folder)) return {};
        if (!lower(folder).starts_with(begins) || folder == found) continue;
        if (!found.empty()) {
            refuse(folder,
                   "There are two folders for " + std::string{name_of(engine)} + ": " + found + " and " + folder + ".",
                   "name one in DirectoryOptions::engine_folder");
        }
        found = folder;
    }
    return found;
}

/// A file that belongs to the plan.
struct Selected {
    std::size_t position;  // among all
    std::string path;      // in the engine's folder
};

/// What is left of the files below a folder: in the engine's folder, SQL, and not left out.
std::vector<Selected> select(std::vector<std::string> const& all, DirectoryOptions const& options) {
    LeftOut left_out{options.leave_out};
    std::vector<std::string> paths;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (left_out(all[i])) continue;
        paths.push_back(all[i]);
        positions.push_back(i);
    }
    left_out.refuse_unused();
    auto inside = engine_folder(paths, options.engine_folder, options.engine);
    if (!inside.empty()) inside += '/';
    std::vector<Selected> selected;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        auto const& path = paths[i];
        if (!path.starts_with(inside)) continue;
        if (is_program(path)) {
            refuse(path, path + " is named like a migration and is no SQL: evolver cannot run it.",
                   "do its work in a plan of your own, or name it in DirectoryOptions::leave_out");
        }
        if (is_sql(path)) selected.push_back({.position = positions[i], .path = path.substr(inside.size())});
    }
    return selected;
}

/// Which release each migration belongs to.
class Releases {
public:
    Releases(Layout const& layout, DirectoryOptions const& options) : options_{options} {
        if (!options.release.empty() && !options.releases.empty()) {
            refuse(options.release, "DirectoryOptions names one release for all, and starts of releases.",
                   "give one of .release and .releases");
        }
        std::size_t position = 0;
        for (auto const& start : options.releases) {
            auto const found =
                std::find_if(layout.entries.begin(), layout.entries.end(),
                             [&](LayoutEntry const& entry) { return same_identifier(entry.id, start.from); });
            if (found == layout.entries.end()) {
                refuse(
                    start.from,
                    "Release " + start.release + " starts from \"" + start.from + "\", and no migration has that id.",
                    "name one of the files, as in \"" + layout.entries.back().id + "\"");
            }
            auto const at = static_cast<std::size_t>(found - layout.entries.begin());
            if (!starts_.empty() && at <= position) {
                refuse(start.from, "Release " + start.release + " starts before the release that is named before it.",
                       "name the releases in their order");
            }
            position = at;
            starts_.push_back(at);
        }
    }

    Release of(std::size_t position, LayoutEntry const& entry) const {
        if (!options_.release.empty()) return Release{options_.release};
        auto const next = std::upper_bound(starts_.begin(), starts_.end(), position);
        if (next != starts_.begin())
            return Release{options_.releases[static_cast<std::size_t>(next - starts_.begin()) - 1].release};
        return Release{entry.folder.empty() ? entry.number : entry.folder};
    }

private:
    DirectoryOptions const& options_;
    std::vector<std::size_t> starts_ = {};
};

/// An entry of the layout as a migration.
class Reader {
public:
    Reader(DirectoryOptions const& options, std::vector<std::string>& notes) : options_{options}, notes_{notes} {}

    Migration migration(LayoutEntry const& entry, Release release) {
        RawSql sql;
        bool const phases = entry.parts.count(Part::up) == 0;
        auto const up = phases ? joined(entry, {Part::expand, Part::backfill}) : joined(entry, {Part::up});
        auto const down = joined(entry, {phases ? Part::rollback : Part::down});
        auto const contract = joined(entry, {Part::contract});
        bool const waits = named(options_.at_contract, entry.id);
        if (waits && phases) {
            refuse(entry.id, "Migration \"" + entry.id + "\" says itself what runs at contract.",
                   "take it out of DirectoryOptions::at_contract");
        }
        if (up) (waits ? sql.contract : sql.expand) = text(up->sql);
        if (contract) sql.contract = text(contract->sql);
        if (entry.parts.count(Part::verify) != 0) sql.verify = text(query(entry.parts.at(Part::verify)));
        if (down && waits) {
            note(entry.parts.at(Part::down).file, "has no effect: after contract there is no way back");
        } else if (down && !down->does_nothing) {
            sql.undo = text(down->sql);
        } else if (up && up->does_nothing && sql.expand) {
            sql.undo = sql.expand;  // nothing leads back from nothing
        } else if (down) {
            note(file_of(entry, phases ? Part::rollback : Part::down), "holds only comments: there is no way back");
        }
        if (up && up->does_nothing) note(first_file(entry), "is a no-op: it holds only comments");
        std::vector<Acceptance> accepted;
        for (auto const& one : options_.accept)
            if (same_identifier(one.migration, entry.id)) accepted.push_back(one.acceptance);
        return Migration{.id = entry.id,
                         .summary = entry.summary,
                         .release = std::move(release),
                         .operations = {std::move(sql)},
                         .accept = std::move(accepted)};
    }

private:
    using Script = TransactionScript;

    /// The parts that are there, one after the other; none if none is.
    std::optional<Script> joined(LayoutEntry const& entry, std::initializer_list<Part> parts) {
        std::optional<Script> all;
        for (auto const part : parts) {
            auto const found = entry.parts.find(part);
            if (found == entry.parts.end()) continue;
            auto const& [file, content, first_line] = found->second;
            auto script = options_.engine == Engine::postgresql ? postgresql::for_transaction(content, file, first_line)
                                                                : sqlite::for_transaction(content, file, first_line);
            for (auto const& words : script.notes) note(file, words);
            if (!all) {
                all = std::move(script);
            } else {
                all->sql += script.sql;
                all->does_nothing = all->does_nothing && script.does_nothing;
            }
        }
        return all;
    }

    [[nodiscard]] std::string query(PartText const& part) const {
        auto const statements =
            options_.engine == Engine::postgresql ? postgresql::split(part.text) : sqlite::split(part.text);
        if (statements.size() != 1 || !statements.front().complete) {
            refuse(part.file, part.file + " has to be one query: contract is refused if it finds a row.",
                   "write one SELECT that finds what speaks against contract");
        }
        std::string sql{statements.front().text};
        while (sql.ends_with(';')) sql.pop_back();
        return sql;
    }

    [[nodiscard]] Expression text(std::string sql) const {
        if (sql.find_first_not_of(" \t\n") == std::string::npos) sql = "-- an empty file\n";
        if (options_.engine == Engine::postgresql)
            return Expression{EngineTexts{.sqlite = {}, .postgresql = std::move(sql), .mariadb = {}}};
        return Expression{EngineTexts{.sqlite = std::move(sql), .postgresql = {}, .mariadb = {}}};
    }

    static bool named(std::vector<std::string> const& ids, std::string const& id) {
        return std::any_of(ids.begin(), ids.end(),
                           [&](std::string const& other) { return same_identifier(other, id); });
    }

    static std::string const& file_of(LayoutEntry const& entry, Part part) { return entry.parts.at(part).file; }
    static std::string const& first_file(LayoutEntry const& entry) { return entry.parts.begin()->second.file; }

    void note(std::string const& file, std::string const& words) { notes_.push_back(file + ": " + words); }

    DirectoryOptions const& options_;
    std::vector<std::string>& notes_;
};

void refuse_unknown(Layout const& layout, std::string const& option, std::vector<std::string> const& ids) {
    for (auto const& id : ids) {
        bool const known = std::any_of(layout.entries.begin(), layout.entries.end(),
                                       [&](LayoutEntry const& entry) { return same_identifier(entry.id, id); });
        if (known) continue;
        refuse(id, "DirectoryOptions::" + option + " names \"" + id + "\", and no migration has that id.",
               "name one of the files, as in \"" + layout.entries.back().id + "\"");
    }
}

}  // namespace

namespace {

/// A plan from files that were selected.
ReadPlan read_texts(std::vector<SqlFile> const& texts, DirectoryOptions const& options) {
    if (options.name.empty()) {
        throw PlanError{Failure{.what = "The plan of these files has no name.",
                                .instead = "give DirectoryOptions::name: the ledger knows the plan by it"}};
    }
    if (options.engine == Engine::mariadb) {
        throw PlanError{Failure{.what = "There is no evolver for MariaDB yet that could run these files.",
                                .object = options.name,
                                .instead = "say .engine = Engine::sqlite or Engine::postgresql"}};
    }
    auto layout = recognise(texts);
    refuse_unknown(layout, "at_contract", options.at_contract);
    std::vector<std::string> accepting;
    for (auto const& one : options.accept) accepting.push_back(one.migration);
    refuse_unknown(layout, "accept", accepting);
    Releases const releases{layout, options};
    auto notes = std::move(layout.notes);
    Reader reader{options, notes};
    std::vector<Migration> migrations;
    std::vector<MigrationSource> sources;
    for (std::size_t position = 0; position < layout.entries.size(); ++position) {
        auto const& entry = layout.entries[position];
        migrations.push_back(reader.migration(entry, releases.of(position, entry)));
        for (auto const& [part, content] : entry.parts)
            sources.push_back({.migration = entry.id,
                               .file = content.file,
                               .first_line = content.first_line,
                               .text = content.text,
                               .leads_on = part != Part::down && part != Part::rollback && part != Part::verify});
    }
    return ReadPlan{.plan = Plan{options.name, std::move(migrations)},
                    .layout = std::move(layout.name),
                    .notes = std::move(notes),
                    .sources = std::move(sources)};
}

}  // namespace

ReadPlan read_files(std::span<SqlFile const> files, DirectoryOptions const& options) {
    std::vector<std::string> paths;
    for (auto const& file : files) paths.push_back(file.path);
    std::vector<SqlFile> texts;
    for (auto const& [position, path] : select(paths, options))
        texts.push_back({.path = path, .text = plain_text(files[position].text)});
    return read_texts(texts, options);
}

ReadPlan read_directory(std::string const& path, DirectoryOptions const& options) {
    std::error_code error;
    auto const folder = fs::absolute(path, error).lexically_normal();
    if (error || !fs::is_directory(folder, error)) {
        refuse(path, "There is no folder \"" + path + "\".",
               "name the folder that holds the migrations; a relative path begins where the program was started");
    }
    auto const paths = files_below(folder);
    std::vector<SqlFile> texts;
    std::map<std::string, std::string> whole;  // of the paths in the engine's folder
    for (auto const& [position, inside] : select(paths, options)) {
        texts.push_back({.path = inside, .text = plain_text(read(folder / paths[position]))});
        whole[inside] = (fs::path{path} / paths[position]).lexically_normal().generic_string();
    }
    if (texts.empty()) {
        refuse(path, "The folder \"" + path + "\" holds no SQL file.", "name the folder that holds the migrations");
    }
    auto named = options;
    if (named.name.empty()) {
        auto const last = folder.filename();
        named.name = (last.empty() ? folder.parent_path().filename() : last).string();
    }
    auto result = read_texts(texts, named);
    for (auto& source : result.sources) source.file = whole[source.file];
    return result;
}

Plan Plan::from_directory(std::string const& path, DirectoryOptions const& options) {
    return read_directory(path, options).plan;
}

Plan Plan::from_files(std::span<SqlFile const> files, DirectoryOptions const& options) {
    return read_files(files, options).plan;
}

}  // namespace evolver
