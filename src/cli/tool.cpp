#include "cli/tool.hpp"

#include "cli/duration.hpp"
#include "cli/text_file.hpp"
#include "cli/usage_error.hpp"
#include "dialect/sqlite/file_rights.hpp"
#include "evolver/compile/directory.hpp"
#include "evolver/observe/event_lines.hpp"
#include "evolver/observe/metrics.hpp"
#include "schema/nearest.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace evolver::cli {

namespace {

namespace fs = std::filesystem;

OutputStyle style_of(RunOptions const& options, Given const& given) {
    auto const loudness = given.quiet ? Loudness::quiet : (given.verbose ? Loudness::verbose : Loudness::normal);
    bool const coloured = given.colour == "always" || (given.colour == "auto" && options.coloured);
    return {.json = given.json, .loudness = loudness, .coloured = coloured, .terminal = options.terminal};
}

/// As a shell takes it for one word.
std::string shell_word(std::string const& word) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=./:,@%+";
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
    std::string quoted = "'";
    for (char const letter : word) quoted += letter == '\'' ? "'\\''" : std::string(1, letter);
    return quoted + "'";
}

bool is_path(std::string const& database) {
    return database.find("://") == std::string::npos && database.find("db=") == std::string::npos &&
           database.find("dbname=") == std::string::npos;
}

void write_whole(std::string const& path, std::string const& text) {
    std::ofstream file{path, std::ios::trunc};
    file << text << std::flush;
    if (!file) throw std::ios_base::failure{"it cannot be written"};
}

/// A file is replaced by the whole of it at once. What is none, a pipe, a device, a link, stays what it is, and is written to.
void write_metrics(std::string const& path, std::string const& text) {
    std::error_code error;
    auto const is = fs::symlink_status(path, error).type();
    if (is != fs::file_type::regular && is != fs::file_type::not_found) return write_whole(path, text);
    auto const draft = path + ".new";
    write_whole(draft, text);
    fs::rename(draft, path);
}

/// A file that is written to as long as the tool runs. Failures name rows by their keys: it is no more open than the database.
std::unique_ptr<std::ofstream> opened_for_lines(std::string const& path, std::string_view option,
                                                std::string const& database) {
    sqlite::make_no_more_open(path, database);
    auto file = std::make_unique<std::ofstream>(path, std::ios::app);
    if (*file) return file;
    throw InputError{Failure{.what = "The file \"" + path + "\" of " + std::string{option} + " cannot be written.",
                             .object = path,
                             .instead = "name a file in a folder that is there, and that you may write to"}};
}

std::vector<ReleaseStart> starts_of(std::vector<std::string> const& texts) {
    std::vector<ReleaseStart> starts;
    for (auto const& text : texts) {
        auto const equals = text.rfind('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
            throw UsageError{Failure{.what = "--release-start is no start of a release: \"" + text + "\".",
                                     .object = "--release-start",
                                     .instead = "the migration and the release: --release-start 0004_sizes=2.0"}};
        }
        starts.push_back({.from = text.substr(0, equals), .release = text.substr(equals + 1)});
    }
    return starts;
}

std::vector<AcceptedFinding> accepted_of(std::vector<std::string> const& texts) {
    std::vector<AcceptedFinding> accepted;
    for (auto const& text : texts) {
        auto const first = text.find(' ');
        auto const second = first == std::string::npos ? first : text.find(' ', first + 1);
        auto const equals = second == std::string::npos ? second : text.find('=', second + 1);
        if (first == 0 || equals == std::string::npos || equals == second + 1 || equals + 1 == text.size()) {
            throw UsageError{
                Failure{.what = "--accept-finding needs migration, rule, object and a reason, not \"" + text + "\".",
                        .object = "--accept-finding",
                        .instead = "as lint says them: --accept-finding '0007_x drop-index packages_name=unused'"}};
        }
        accepted.push_back({.migration = text.substr(0, first),
                            .acceptance = {.rule = text.substr(first + 1, second - first - 1),
                                           .object = text.substr(second + 1, equals - second - 1),
                                           .reason = text.substr(equals + 1)}});
    }
    return accepted;
}

}  // namespace

struct Tool::Opened {
    soci::session session = {};
    std::optional<Evolver> evolver = {};
};

/// Who else listens: files that were named.
struct Tool::Listeners {
    std::unique_ptr<std::ofstream> events_file = {};
    std::unique_ptr<std::ofstream> log_file = {};
    std::optional<JsonLines> events = {};
    std::optional<LogLines> log = {};
    std::optional<Metrics> metrics = {};
};

Tool::Tool(RunOptions const& options, Given given, std::vector<std::string> words, std::optional<Plan> plan)
    : options_{options},
      given_{std::move(given)},
      words_{std::move(words)},
      plan_{std::move(plan)},
      output_{*options.out, *options.error, style_of(options, given_)},
      narrator_{output_} {}

Tool::~Tool() {
    if (!listeners_ || !listeners_->metrics) return;
    // Whole or not at all: whoever collects the file may look at any moment.
    try {
        write_metrics(given_.metrics, listeners_->metrics->prometheus());
    } catch (std::exception const& error) {
        output_.warning("the metrics in " + given_.metrics + " are not these: " + error.what());
    }
}

std::chrono::system_clock::time_point Tool::now() const {
    return options_.clock ? options_.clock() : std::chrono::system_clock::now();
}

void Tool::read_folder() {
    if (given_.migrations.empty()) {
        throw UsageError{Failure{.what = "No folder of migrations was named.",
                                 .object = "--migrations",
                                 .instead = "--migrations FOLDER, or migrations = \"FOLDER\" in evolver.toml"}};
    }
    auto read = read_directory(given_.migrations, {.name = given_.plan_name,
                                                   .releases = starts_of(given_.starts),
                                                   .engine_folder = given_.engine_folder,
                                                   .leave_out = given_.leave_out,
                                                   .at_contract = given_.at_contract,
                                                   .accept = accepted_of(given_.accepted_findings)});
    for (auto const& note : read.notes) output_.detail("note: " + note);
    for (auto& source : read.sources)
        sources_.push_back({std::move(source.migration), std::move(source.file), source.first_line,
                            std::move(source.text), source.leads_on});
    plan_ = std::move(read.plan);
}

Plan const& Tool::plan() {
    if (plan_is_read_) return *plan_;
    if (!plan_) read_folder();
    plan_is_read_ = true;
    if (given_.release.empty()) return *plan_;
    std::vector<std::string> known;
    for (auto const& release : plan_->releases()) known.push_back(release.text());
    if (std::ranges::find(known, given_.release) == known.end()) {
        throw UsageError{
            Failure{.what = "The plan \"" + plan_->name() + "\" has no release \"" + given_.release + "\".",
                    .object = "--release",
                    .instead = did_you_mean(given_.release, known)}};
    }
    // A program of that release has no more of the plan.
    plan_ = plan_->until(Release{given_.release});
    return *plan_;
}

std::vector<SourceFile> const& Tool::sources() {
    (void)plan();
    return sources_;
}

MigrationId Tool::migration(std::string const& id) {
    std::vector<std::string> known;
    for (auto const& migration : plan().migrations()) {
        if (migration.id.text() == id) return migration.id;
        known.push_back(migration.id.text());
    }
    throw UsageError{Failure{.what = "The plan \"" + plan().name() + "\" has no migration \"" + id + "\".",
                             .object = id,
                             .instead = did_you_mean(id, known)}};
}

std::optional<MigrationId> Tool::optional_migration(std::string const& id) {
    return id.empty() ? std::nullopt : std::optional{migration(id)};
}

std::string const& Tool::database() const {
    if (!given_.database.empty()) return given_.database;
    throw UsageError{
        Failure{.what = "No database was named.",
                .object = "--database",
                .instead = "--database FILE, the variable EVOLVER_DATABASE, or database = \"FILE\" in evolver.toml"}};
}

void Tool::need_database_file() const {
    std::error_code error;
    if (fs::exists(database(), error)) return;
    throw InputError{Failure{.what = "There is no database \"" + database() + "\".",
                             .object = database(),
                             .instead = "check its path; a new one is made by: " + command("expand --create")}};
}

void Tool::open(Missing missing) {
    auto const& name = database();
    opened_ = std::make_unique<Opened>();
    auto const seconds = std::chrono::ceil<std::chrono::seconds>(duration_of(given_.wait, "--wait")).count();
    if (options_.open) {
        options_.open(opened_->session, name);
        return;
    }
    if (!is_path(name)) {
        constexpr std::string_view scheme = "sqlite3://";
        opened_->session.open(soci::sqlite3, name.starts_with(scheme) ? name.substr(scheme.size()) : name);
        return;
    }
    // SOCI's connection strings have no way to write it, and what stands before it is another file.
    if (name.find('"') != std::string::npos) {
        throw InputError{Failure{.what = "A database whose name has a double quote cannot be opened: " + name,
                                 .object = name,
                                 .instead = "give the file another name, or reach it by a link that has one"}};
    }
    if (missing == Missing::refused) need_database_file();
    try {
        opened_->session.open(soci::sqlite3, "db=\"" + name + "\" timeout=" + std::to_string(seconds));
    } catch (soci::soci_error const& refused) {
        throw InputError{Failure{.what = "The database \"" + name + "\" cannot be opened: " + refused.what(),
                                 .object = name,
                                 .instead = "check its path, and the permissions of the file and of its folder"}};
    }
}

void Tool::listen() {
    if (listeners_) return;
    listeners_ = std::make_unique<Listeners>();
    auto const now = [this] { return this->now(); };
    if (!given_.events.empty()) {
        refuse_database(given_.events, "--events", *this);
        listeners_->events_file = opened_for_lines(given_.events, "--events", given_.database);
        auto& file = *listeners_->events_file;
        listeners_->events.emplace([&file](std::string_view line) { file << line << std::flush; }, now);
        narrator_.also(*listeners_->events);
    }
    if (!given_.log.empty()) {
        refuse_database(given_.log, "--log", *this);
        listeners_->log_file = opened_for_lines(given_.log, "--log", given_.database);
        auto& file = *listeners_->log_file;
        listeners_->log.emplace([&file](std::string_view line) { file << line << std::flush; }, now);
        narrator_.also(*listeners_->log);
    }
    if (!given_.metrics.empty()) {
        refuse_database(given_.metrics, "--metrics", *this);
        auto const folder = fs::absolute(given_.metrics).parent_path();
        if (access(folder.c_str(), W_OK) != 0) {
            throw InputError{Failure{.what = "The file \"" + given_.metrics + "\" of --metrics cannot be written.",
                                     .object = given_.metrics,
                                     .instead = "name a file in a folder that is there, and that you may write to"}};
        }
        listeners_->metrics.emplace(MetricsOptions{.plan = plan().name()});
        narrator_.also(*listeners_->metrics);
    }
}

Options Tool::evolver_options() {
    listen();
    Options options = options_.evolver;
    options.actor = given_.actor;
    options.observer = &narrator_;
    options.wait = duration_of(given_.wait, "--wait");
    if (!given_.release.empty()) options.release = plan().releases().back();
    if (!given_.soak.empty())
        options.soak = std::chrono::floor<std::chrono::seconds>(duration_of(given_.soak, "--soak"));
    return options;
}

Evolver& Tool::evolver(Missing missing) {
    if (opened_ && opened_->evolver) return *opened_->evolver;
    auto const options = evolver_options();
    if (!opened_) open(missing);
    opened_->evolver.emplace(opened_->session, plan(), options);
    return *opened_->evolver;
}

soci::session& Tool::session() {
    if (!opened_) open(Missing::refused);
    return opened_->session;
}

Metrics* Tool::metrics() noexcept { return listeners_ && listeners_->metrics ? &*listeners_->metrics : nullptr; }

std::string Tool::command(std::string_view words) const {
    auto text = shell_word(words_.front());
    // What the command line said is said again; what came from elsewhere will come from there again.
    for (std::size_t i = 1; i < words_.size(); ++i) {
        auto const& word = words_[i];
        for (std::string_view const option :
             {"--database", "-d", "--migrations", "-m", "--config", "--release", "--soak", "--plan-name",
              "--engine-folder", "--at-contract", "--leave-out", "--release-start", "--accept-finding"}) {
            if (word == option && i + 1 < words_.size()) text += " " + word + " " + shell_word(words_[i + 1]);
            if (option.size() > 2 && word.starts_with(std::string{option} + "=")) text += " " + shell_word(word);
        }
    }
    return text + " " + std::string{words};
}

std::string Tool::again() const {
    std::string text;
    for (auto const& word : words_) text += (text.empty() ? "" : " ") + shell_word(word);
    return text;
}

}  // namespace evolver::cli
