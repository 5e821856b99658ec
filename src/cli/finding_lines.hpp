#pragma once

// Findings of lint on the command line: each with the file and the line that it is about, where that is known.

#include "cli/tool.hpp"
#include "evolver/plan/finding.hpp"

#include <CLI/CLI.hpp>

#include <span>
#include <string>
#include <vector>

namespace evolver::cli {

/// `--fail-on error|warning|info|none`
void add_fail_on(CLI::App& verb, std::string& severity);
/// Is one of the findings at least as severe?
[[nodiscard]] bool fails(std::span<Finding const> findings, std::string const& fail_on);

class FindingLines {
public:
    explicit FindingLines(Tool& tool) : tool_{tool}, sources_{tool.sources()} {}
    /// For a plan in C++: files in which migrations are looked for by their ids. Throws InputError for one that cannot be read.
    FindingLines(Tool& tool, std::vector<std::string> const& files);

    void tell(std::span<Finding const> findings);
    /// Annotations of GitHub Actions: `::error file=…,line=…,title=…::…`
    void annotate(std::span<Finding const> findings);
    /// The code quality report of GitLab, one JSON array.
    void quality_report(std::span<Finding const> findings);

private:
    Tool& tool_;
    std::vector<SourceFile> sources_;
};

}  // namespace evolver::cli
