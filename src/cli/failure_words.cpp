#include "cli/failure_words.hpp"

#include "cli/usage_error.hpp"
#include "evolver/evolver.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace evolver::cli {

namespace {

/// The functions of the face that messages name, and the commands that call them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 30> commands{{
    {"expand", "expand"},
    {"baseline", "baseline"},
    {"backfill", "backfill start"},
    {"advance", "backfill start"},
    {"pause_backfill", "backfill pause"},
    {"resume_backfill", "backfill resume"},
    {"stop_backfill", "backfill stop"},
    {"skip_failed_rows", "resolve skip"},
    {"reconcile", "reconcile"},
    {"hold_stage", "rollout hold"},
    {"release_stage", "rollout release"},
    {"advance_stage", "rollout advance"},
    {"step_back", "rollout back"},
    {"set_canary", "rollout canary"},
    {"sign_off", "contract sign-off"},
    {"verify_backup", "contract verify-backup"},
    {"contract", "contract run --yes"},
    {"gates", "gates"},
    {"rollback", "rollback"},
    {"status", "status"},
    {"run", "pipeline run"},
    {"resume", "pipeline resume"},
    {"order_pipeline", "pipeline go-on"},
    {"pipeline_runs", "pipeline list"},
    {"pipeline_status", "pipeline status"},
    {"approve", "approve"},
    {"approvals", "approvals list"},
    {"set_approval_policy", "approvals policy"},
    {"approval_policy", "approvals policy"},
    {"verify_audit", "audit verify"},
}};

/// What a program says in its options, and the command line in these.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> options{{
    {"DirectoryOptions::at_contract", "--at-contract"},
    {"DirectoryOptions::leave_out", "--leave-out"},
    {"DirectoryOptions::engine_folder", "--engine-folder"},
    {"DirectoryOptions::accept", "--accept-finding"},
    {"DirectoryOptions::name", "--plan-name"},
    {"DirectoryOptions::releases", "--release-start"},
    {"give the RawSql an .undo", "give it a file of its own for the way back (.down.sql, .rollback.sql)"},
    {"PipelineOptions::staging, ::scratch", "--staging, --scratch"},
    {", or call attach() in a process that may not change the schema", ""},
    {"Options::wait", "--wait"},
}};

/// The value that is given to `.name` in an initialiser; "…" where it is not said.
std::string value_in(std::string_view text, std::string const& name) {
    auto const start = text.find("." + name + " = \"");
    if (start == std::string_view::npos) return "…";
    auto const from = start + name.size() + 5;
    return std::string{text.substr(from, text.find('"', from) - from)};
}

/// `.accept = {{.rule = "r", .object = "o", …}}` as the option of a plan that is a folder.
std::string with_accept_option(std::string text, std::string_view migration) {
    constexpr std::string_view begins = ".accept = {{";
    auto const at = text.find(begins);
    auto const end = at == std::string::npos ? at : text.find("}}", at);
    if (end == std::string::npos) return text;
    auto const said = std::string_view{text}.substr(at, end - at);
    auto const option = "--accept-finding '" +
                        (migration.empty() ? std::string{"<migration>"} : std::string{migration}) + " " +
                        value_in(said, "rule") + " " + value_in(said, "object") + "=why'";
    return text.replace(at, end + 2 - at, option);
}

/// `.accept_loss = {{"id", "reason"}}` as the option.
std::string with_loss_option(std::string text) {
    constexpr std::string_view begins = ".accept_loss = {{\"";
    for (auto at = text.find(begins); at != std::string::npos; at = text.find(begins)) {
        auto const id_ends = text.find('"', at + begins.size());
        auto const end = text.find("}}", at);
        if (id_ends == std::string::npos || end == std::string::npos || id_ends > end) break;
        auto const id = text.substr(at + begins.size(), id_ends - at - begins.size());
        text.replace(at, end + 2 - at, "--accept-loss '" + id + "=why'");
    }
    return text;
}

bool is_of_a_name(char letter) { return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_'; }

/// The command with what the call says: `.reason = "why"` is `--reason "why"`.
std::string command_of(std::pair<std::string_view, std::string_view> const& known, std::string_view arguments) {
    auto const [function, command] = known;
    // Smaller batches are one of the three ways out of a failed backfill.
    if (arguments.find("Batches::halved") != std::string_view::npos) return "resolve split";
    if (arguments.find("PipelineCommand::stop") != std::string_view::npos) return "pipeline stop --reason 'why'";
    if (arguments.find("PipelineCommand::pause") != std::string_view::npos) return "pipeline pause --reason 'why'";
    std::string words{command};
    if (function == "approve") {
        bool const removes = arguments.find("ChangeClass::destructive") != std::string_view::npos;
        return words + (removes ? " --change destructive" : "") + " --reason 'why'";
    }
    if (auto const quote = arguments.find('"'); quote == 1 && (function == "resume" || function == "baseline"))
        words += " " + std::string{arguments.substr(2, arguments.find('"', 2) - 2)};
    for (auto at = arguments.find('.'); at != std::string_view::npos; at = arguments.find('.', at + 1)) {
        auto const equals = arguments.find(" = \"", at);
        if (equals == std::string_view::npos) break;
        auto const name = arguments.substr(at + 1, equals - at - 1);
        auto const end = arguments.find('"', equals + 4);
        if (end == std::string_view::npos || !std::ranges::all_of(name, is_of_a_name)) break;
        bool const is_target = function == "rollback" && name == "migration";
        words += " --" + (is_target ? std::string{"undo"} : std::string{name});
        words += " " + std::string{arguments.substr(equals + 3, end - equals - 2)};
        at = end;
    }
    return words;
}

/// Where the call that opens at `open` ends; npos where it does not.
std::size_t end_of_call(std::string_view text, std::size_t open) {
    int depth = 0;
    bool quoted = false;
    for (auto at = open; at < text.size(); ++at) {
        if (text[at] == '"') quoted = !quoted;
        if (quoted) continue;
        if (text[at] == '(') ++depth;
        if (text[at] == ')' && --depth == 0) return at;
    }
    return std::string_view::npos;
}

ExitCode code_of(std::exception const& failure, bool told_to_stop) {
    if (dynamic_cast<UsageError const*>(&failure) != nullptr) return ExitCode::usage;
    if (dynamic_cast<InputError const*>(&failure) != nullptr) return ExitCode::input;
    if (dynamic_cast<PlanError const*>(&failure) != nullptr) return ExitCode::input;
    if (dynamic_cast<GateClosed const*>(&failure) != nullptr) return ExitCode::blocked;
    if (dynamic_cast<ReconcileError const*>(&failure) != nullptr) return ExitCode::findings;
    if (dynamic_cast<InvariantError const*>(&failure) != nullptr) return ExitCode::findings;
    if (dynamic_cast<DriftError const*>(&failure) != nullptr) return ExitCode::findings;
    if (dynamic_cast<BackfillStopped const*>(&failure) != nullptr) return ExitCode::stopped;
    auto const* const error = dynamic_cast<Error const*>(&failure);
    if (error == nullptr || !error->retry_helps()) return ExitCode::failed;
    return told_to_stop ? ExitCode::stopped : ExitCode::blocked;
}

/// The command that leads on; empty where there is none.
std::string next_after(std::exception const& failure, ExitCode code, Tool const& tool) {
    if (dynamic_cast<BackfillFailed const*>(&failure) != nullptr) return tool.command("resolve show");
    if (dynamic_cast<BackfillStopped const*>(&failure) != nullptr) return tool.command("backfill resume");
    if (auto const* const closed = dynamic_cast<GateClosed const*>(&failure)) {
        // What would be lost on the way back is accepted by name, in the very same command.
        auto const lossy = std::ranges::find_if(closed->gates(), [](Gate const& gate) {
            return gate.name == "lossless" && gate.reason.starts_with("rolling back");
        });
        if (lossy != closed->gates().end()) return tool.again() + " --accept-loss '" + lossy->migration + "=why'";
        // gates is about contract; what waits for an approval, status knows.
        bool const approvals =
            std::ranges::all_of(closed->gates(), [](Gate const& gate) { return gate.name == "approval"; });
        return tool.command(approvals ? "status" : "gates");
    }
    if (code == ExitCode::stopped || code == ExitCode::blocked) return tool.again();
    return {};
}

}  // namespace

std::string in_options(std::string_view text, Tool const& tool, std::string_view migration) {
    std::string result{text};
    for (auto const& [said, option] : options) {
        for (auto at = result.find(said); at != std::string::npos; at = result.find(said, at + option.size()))
            result.replace(at, said.size(), option);
    }
    result = with_loss_option(std::move(result));
    return tool.given().migrations.empty() ? result : with_accept_option(std::move(result), migration);
}

std::string in_commands(std::string_view message, Tool const& tool) {
    auto const said = in_options(message, tool, {});
    std::string_view text{said};
    std::string result;
    for (auto open = text.find('('); open != std::string_view::npos; open = text.find('(')) {
        auto begin = open;
        while (begin > 0 && is_of_a_name(text[begin - 1])) --begin;
        auto const function = text.substr(begin, open - begin);
        auto const* const known = std::ranges::find(commands, function, [](auto const& one) { return one.first; });
        auto const end = end_of_call(text, open);
        if (known == commands.end() || end == std::string_view::npos) {
            result += text.substr(0, open + 1);
            text.remove_prefix(open + 1);
            continue;
        }
        auto before = text.substr(0, begin);
        for (std::string_view const of : {"Evolver::", "Pipeline{plan, options}.", "Pipeline::"}) {
            if (before.ends_with(of)) before.remove_suffix(of.size());
        }
        constexpr std::string_view call = "call ";
        bool const called = before.ends_with(call);
        if (called) before.remove_suffix(call.size());
        result += before;
        result += (called ? "run `" : "`") + tool.command(command_of(*known, text.substr(open, end - open))) + "`";
        text.remove_prefix(end + 1);
    }
    return result + std::string{text};
}

ExitCode tell(std::exception const& failure, Tool& tool) {
    auto const code = code_of(failure, tool.stop().stop_requested());
    auto const next = next_after(failure, code, tool);
    auto& out = tool.out();
    auto const words = in_commands(failure.what(), tool);
    json_text::Object record{{"what", words}};
    if (auto const* const error = dynamic_cast<Error const*>(&failure)) {
        if (!error->object().empty()) record.emplace_back("object", error->object());
        if (!error->instead().empty()) record.emplace_back("instead", in_commands(error->instead(), tool));
        if (!error->sql().empty()) record.emplace_back("sql", error->sql());
        record.emplace_back("retry_helps", error->retry_helps());
        constexpr std::array<std::string_view, 3> names{"no", "partly", "unknown"};
        record.emplace_back("database_changed", names.at(static_cast<std::size_t>(error->database_changed())));
    }
    if (!next.empty()) record.emplace_back("next", next);
    record.emplace_back("exit", static_cast<int>(code));
    out.record("error", std::move(record));
    out.error(words);
    if (!next.empty()) out.hint("next: " + next);
    return code;
}

}  // namespace evolver::cli
