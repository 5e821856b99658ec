#pragma once

// One run of the tool: what the command line says to every verb, and what the verbs work with.

#include "cli/narrator.hpp"
#include "cli/output.hpp"
#include "evolver/cli/run.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evolver {
class Metrics;
}

namespace evolver::cli {

/// What may be said to every verb. Times are texts such as "30s" and "24h".
struct Given {
    std::string database = {};
    std::string release = {};
    std::string actor = {};
    std::string wait = "10s";
    std::string soak = {};
    std::string metrics = {};
    std::string events = {};
    std::string log = {};
    std::string colour = "auto";
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    // Of a plan that is a folder.
    std::string migrations = {};
    std::string plan_name = {};
    std::string engine_folder = {};
    std::vector<std::string> at_contract = {};
    std::vector<std::string> leave_out = {};
    std::vector<std::string> starts = {};             ///< "ID=RELEASE"
    std::vector<std::string> accepted_findings = {};  ///< "ID RULE OBJECT=REASON"
};

/// Where a migration's text stands.
struct SourceFile {
    std::string migration;
    std::string path;
    std::size_t first_line = 1;
    std::string text;
    bool leads_on = true;  ///< MigrationSource::leads_on
};

/// What is said when a database that does not exist yet is opened.
enum class Missing { refused, made };

class Tool {
public:
    /// `words`: the command line, the program first.
    Tool(RunOptions const& options, Given given, std::vector<std::string> words, std::optional<Plan> plan);
    ~Tool();
    Tool(Tool const&) = delete;
    Tool& operator=(Tool const&) = delete;

    [[nodiscard]] Output& out() noexcept { return output_; }
    [[nodiscard]] Narrator& narrator() noexcept { return narrator_; }
    [[nodiscard]] Given const& given() const noexcept { return given_; }
    [[nodiscard]] std::stop_token stop() const { return options_.stop; }
    [[nodiscard]] std::chrono::system_clock::time_point now() const;

    /// The application's, or the one of the folder that was named, as the release knows it that was named; read once.
    [[nodiscard]] Plan const& plan();
    /// Where the migrations of a folder stand; none for a plan in C++.
    [[nodiscard]] std::vector<SourceFile> const& sources();
    /// The migration that was named. Throws UsageError where the plan has none such.
    [[nodiscard]] MigrationId migration(std::string const& id);
    /// The same, none where none was named.
    [[nodiscard]] std::optional<MigrationId> optional_migration(std::string const& id);

    [[nodiscard]] bool has_database() const noexcept { return !given_.database.empty(); }
    /// The path of the database that was named. Throws UsageError where none was.
    [[nodiscard]] std::string const& database() const;
    /// Throws InputError where no file has that path.
    void need_database_file() const;
    /// The Evolver on the database, opened when it is first needed.
    [[nodiscard]] Evolver& evolver(Missing missing = Missing::refused);
    /// What the verb asks of the Evolver that is opened after it.
    [[nodiscard]] Options& settings() noexcept { return options_.evolver; }
    /// With what the command line says, and with the observer that tells and notes what happens.
    [[nodiscard]] Options evolver_options();
    [[nodiscard]] soci::session& session();
    [[nodiscard]] std::string const& actor() const noexcept { return given_.actor; }
    /// Where figures go that no event tells; none where none were asked for.
    [[nodiscard]] Metrics* metrics() noexcept;

    /// A command line that can be pasted: the program, the database and the folder as they were named here, and these words.
    [[nodiscard]] std::string command(std::string_view words) const;
    /// This very command line.
    [[nodiscard]] std::string again() const;
    [[nodiscard]] std::string const& program() const noexcept { return words_.front(); }

private:
    struct Opened;
    struct Listeners;

    void open(Missing missing);
    void listen();
    void read_folder();

    RunOptions options_;
    Given given_;
    std::vector<std::string> words_;
    std::optional<Plan> plan_;
    bool plan_is_read_ = false;
    std::vector<SourceFile> sources_;
    Output output_;
    Narrator narrator_;
    std::unique_ptr<Listeners> listeners_;
    std::unique_ptr<Opened> opened_;
};

}  // namespace evolver::cli
