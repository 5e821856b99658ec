#pragma once

// The operator's tool as its user meets it: a command line, two streams and a code.

#include "evolver/cli/run.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace evolver::testing {

struct Told {
    int code = 0;
    std::string out = {};
    std::string error = {};
};

/// The words as a shell takes them apart: blanks, single and double quotes.
inline std::vector<std::string> words_of(std::string const& line) {
    std::vector<std::string> words;
    std::string word;
    bool begun = false;
    char quote = 0;
    for (char const letter : line) {
        if (quote != 0) {
            letter == quote ? quote = 0 : static_cast<char>((word += letter, 0));
        } else if (letter == '\'' || letter == '"') {
            quote = letter;
            begun = true;
        } else if (letter == ' ') {
            if (begun) words.push_back(std::exchange(word, {}));
            begun = false;
        } else {
            word += letter;
            begun = true;
        }
    }
    if (begun) words.push_back(word);
    return words;
}

/// The tool for one application.
class Command {
public:
    Command() = default;
    /// For a plan in C++. Without one, the folder is on the command line.
    explicit Command(Plan plan) : plan_{std::move(plan)} {}
    /// What every command line begins with: "--database /tmp/x.db".
    Command& always(std::string const& words) {
        always_ = words;
        return *this;
    }
    cli::RunOptions options = {};

    /// "status --json", without the program.
    Told operator()(std::string const& words) const {
        auto all = words_of("evolver " + always_ + " " + words);
        return run(all);
    }
    /// A whole command line, as the tool has told it: with the program first.
    [[nodiscard]] Told paste(std::string const& line) const { return run(words_of(line)); }

private:
    [[nodiscard]] Told run(std::vector<std::string> const& words) const {
        std::vector<char const*> arguments;
        for (auto const& word : words) arguments.push_back(word.c_str());
        std::ostringstream out;
        std::ostringstream error;
        auto given = options;
        given.out = &out;
        given.error = &error;
        auto const count = static_cast<int>(arguments.size());
        int const code =
            plan_ ? cli::run(count, arguments.data(), *plan_, given) : cli::run(count, arguments.data(), given);
        return {.code = code, .out = out.str(), .error = error.str()};
    }

    std::optional<Plan> plan_ = {};
    std::string always_ = {};
};

/// What a line that begins with "next: " says; empty where there is none.
inline std::string next_of(Told const& told) {
    for (auto const& text : {told.out, told.error}) {
        std::istringstream lines{text};
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("next: ")) return line.substr(6);
        }
    }
    return {};
}

}  // namespace evolver::testing
