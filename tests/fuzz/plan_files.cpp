// Folders of SQL files: names and texts of anybody's become a plan, the same each time, or a refusal in words.

#include "fuzz/fuzzer.hpp"

#include "evolver/compile/lint.hpp"
#include "evolver/plan/plan.hpp"

#include <vector>

using namespace evolver;
using fuzz::expect;

/// Files with a line "=== name" before each.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::Bytes bytes{data, size};
    std::vector<SqlFile> files;
    while (!bytes.empty()) {
        auto line = bytes.line();
        if (line.starts_with("=== "))
            files.push_back({.path = line.substr(4), .text = {}});
        else if (!files.empty())
            files.back().text += line + "\n";
    }
    try {
        auto const plan = Plan::from_files(files, {.name = "fuzz"});
        expect(Plan::from_files(files, {.name = "fuzz"}).digest() == plan.digest(), "the same files are the same plan");
        expect(plan.releases().size() <= plan.migrations().size(), "a release has a migration");
    } catch (Error const&) {
        // refused in words
    }
    return 0;
}
