#include "cli/completion.hpp"

#include "cli/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>

namespace evolver::cli {

namespace {

/// In single quotes, as all three shells take it.
std::string quoted(std::string const& text, std::string_view quote) {
    std::string result = "'";
    for (char const letter : text) result += letter == '\'' ? std::string{quote} : std::string(1, letter);
    return result + "'";
}

std::vector<CLI::App const*> verbs_of(CLI::App const& app) {
    return app.get_subcommands([](CLI::App const*) { return true; });
}

/// The verb and every one below it, with the words that lead to it.
void walk(CLI::App const& app, std::string const& path,
          std::function<void(std::string const&, CLI::App const&)> const& visit) {
    visit(path, app);
    for (auto const* verb : verbs_of(app))
        walk(*verb, path.empty() ? verb->get_name() : path + " " + verb->get_name(), visit);
}

std::vector<std::string> options_of(CLI::App const& app) {
    std::vector<std::string> names;
    for (auto const* option : app.get_options()) {
        for (auto const& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

bool takes_file(CLI::Option const& option) {
    auto const type = option.get_type_name();
    return type == "FILE" || type == "FOLDER" || type == "PATH";
}

std::string joined(std::vector<std::string> const& words) {
    std::string text;
    for (auto const& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

/// Options of the program itself that take a value: the word behind them is no verb.
std::vector<std::string> valued(CLI::App const& app) {
    std::vector<std::string> names;
    walk(app, "", [&](std::string const&, CLI::App const& verb) {
        for (auto const* option : verb.get_options()) {
            if (option->get_type_size() == 0) continue;
            for (auto const& name : option->get_lnames()) names.push_back("--" + name);
            for (auto const& name : option->get_snames()) names.push_back("-" + name);
        }
    });
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

/// One function for bash, and for zsh through its own emulation of bash's completion: the words so far choose the list.
std::string for_bash(CLI::App const& app, std::string const& program) {
    std::string function = "_" + program;
    std::ranges::replace_if(
        function, [](char letter) { return std::isalnum(static_cast<unsigned char>(letter)) == 0; }, '_');
    std::string cases;
    auto const everywhere = options_of(app);
    walk(app, "", [&](std::string const& path, CLI::App const& verb) {
        std::vector<std::string> words;
        for (auto const* below : verbs_of(verb)) words.push_back(below->get_name());
        auto const own = path.empty() ? std::vector<std::string>{} : options_of(verb);
        words.insert(words.end(), own.begin(), own.end());
        words.insert(words.end(), everywhere.begin(), everywhere.end());
        cases += fmt::format("        {}) words={} ;;\n", quoted(path, "'\\''"), quoted(joined(words), "'\\''"));
    });
    auto values = valued(app);
    std::string pattern;
    for (auto const& name : values) pattern += (pattern.empty() ? "" : "|") + name;
    return fmt::format(R"({0}() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" previous="" path="" words="" word skip=0 i
    ((COMP_CWORD > 0)) && previous="${{COMP_WORDS[COMP_CWORD-1]}}"
    case "$previous" in
        {1}) COMPREPLY=($(compgen -f -- "$current")); return ;;
    esac
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${{COMP_WORDS[i]}}"
        if ((skip)); then skip=0; continue; fi
        case "$word" in
            {1}) skip=1 ;;
            -*) ;;
            *) path="${{path:+$path }}$word" ;;
        esac
    done
    case "$path" in
{2}    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F {0} {3}
)",
                       function, pattern, cases, program);
}

std::string for_zsh(CLI::App const& app, std::string const& program) {
    return "#compdef " + program + "\nautoload -U +X bashcompinit && bashcompinit\n" + for_bash(app, program);
}

std::string for_fish(CLI::App const& app, std::string const& program) {
    std::string text = fmt::format("complete -c {} -f\n", program);
    auto const quote = [](std::string const& words) { return quoted(words, "\\'"); };
    walk(app, "", [&](std::string const& path, CLI::App const& verb) {
        std::string condition;
        if (path.empty()) {
            condition = "__fish_use_subcommand";
        } else {
            std::string word;
            for (auto at = path.begin();; ++at) {
                if (at == path.end() || *at == ' ') {
                    condition +=
                        (condition.empty() ? "" : "; and ") + std::string{"__fish_seen_subcommand_from "} + word;
                    word.clear();
                    if (at == path.end()) break;
                } else {
                    word += *at;
                }
            }
        }
        auto const below = verbs_of(verb);
        std::string names;
        for (auto const* one : below) names += " " + one->get_name();
        for (auto const* one : below) {
            auto const until = path.empty() ? "" : "; and not __fish_seen_subcommand_from" + names;
            text += fmt::format("complete -c {} -n {} -a {} -d {}\n", program, quote(condition + until),
                                one->get_name(), quote(one->get_description()));
        }
        for (auto const* option : verb.get_options()) {
            for (auto const& name : option->get_lnames()) {
                text += fmt::format("complete -c {}{} -l {}{}{} -d {}\n", program,
                                    path.empty() ? "" : " -n " + quote(condition), name,
                                    option->get_type_size() == 0 ? "" : " -r", takes_file(*option) ? " -F" : "",
                                    quote(option->get_description()));
            }
        }
    });
    return text;
}

}  // namespace

std::string completion_for(std::string_view shell, CLI::App const& app, std::string const& program) {
    if (shell == "fish") return for_fish(app, program);
    return shell == "zsh" ? for_zsh(app, program) : for_bash(app, program);
}

void add_completion(Verbs& verbs) {
    auto const shell = std::make_shared<std::string>();
    auto& verb = verbs.add({.name = "completion",
                            .summary = "A script with which a shell completes command lines of this program",
                            .examples = {{"completion bash > /etc/bash_completion.d/evolver", ""},
                                         {"completion zsh > ~/.zfunc/_evolver", ""},
                                         {"completion fish > ~/.config/fish/completions/evolver.fish", ""}}});
    verb.add_option("shell", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}))
        ->type_name("SHELL");
    verbs.runs(verb, [shell, &app = verbs.app()](Tool& tool) {
        auto const& program = tool.program();
        tool.out().raw(completion_for(*shell, app, program.substr(program.rfind('/') + 1)));
        return ExitCode::done;
    });
}

}  // namespace evolver::cli
