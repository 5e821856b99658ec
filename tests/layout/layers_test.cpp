// The house of the design as a test: who may include whom, and that each file stands where its name says.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// From the top of the house to its ground. A layer may include itself and what stands before it; two layers of one number stand
/// side by side and do not know each other.
constexpr std::array<std::pair<std::string_view, int>, 20> layers{{
    {"version", 0},  {"error", 1},      {"observe", 2},   {"schema", 3}, {"operation", 4},
    {"plan", 5},     {"dialect", 6},    {"compile", 7},   {"ledger", 8}, {"fleet", 9},
    {"execute", 10}, {"access", 11},    {"options", 12},  {"room", 13},  {"evolver", 14},
    {"worker", 15},  {"heartbeat", 15}, {"pipeline", 16}, {"cli", 17},   {"testing", 17},
}};

/// Public headers that need a type of SOCI in their own templates; the others name it by a forward declaration.
constexpr std::array<std::string_view, 1> may_include_soci{"access/live_statement.hpp"};

constexpr std::array<std::string_view, 4> hidden_libraries{"sqlite3.h", "fmt/", "blake2.h", "soci/"};

struct File {
    fs::path path;     ///< Relative to the root of the sources: "src/schema/diff.cpp".
    std::string name;  ///< Relative to include/evolver or src: "schema/diff.cpp".
    std::vector<std::string> included;
};

fs::path root() { return EVOLVER_SOURCE_DIR; }

std::string read(fs::path const& path) {
    std::ifstream stream{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
}

/// What stands between <> or "" after each #include.
std::vector<std::string> includes_of(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        auto const end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        auto const skip = [&line](std::string_view word) {
            line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
            if (!line.starts_with(word)) return false;
            line.remove_prefix(word.size());
            return true;
        };
        if (!skip("#") || !skip("include")) continue;
        auto const open = line.find_first_of("<\"");
        auto const close = open == std::string_view::npos ? open : line.find_first_of(">\"", open + 1);
        if (close != std::string_view::npos) names.emplace_back(line.substr(open + 1, close - open - 1));
    }
    return names;
}

std::vector<File> files_of(fs::path const& folder) {
    std::vector<File> files;
    for (auto const& entry : fs::recursive_directory_iterator{root() / folder}) {
        auto const ending = entry.path().extension();
        if (ending != ".hpp" && ending != ".cpp") continue;
        files.push_back({.path = entry.path().lexically_relative(root()),
                         .name = entry.path().lexically_relative(root() / folder).generic_string(),
                         .included = includes_of(read(entry.path()))});
    }
    std::sort(files.begin(), files.end(), [](File const& left, File const& right) { return left.path < right.path; });
    return files;
}

std::vector<File> public_headers() { return files_of("include/evolver"); }

std::vector<File> all_files() {
    auto files = public_headers();
    auto const compiled = files_of("src");
    files.insert(files.end(), compiled.begin(), compiled.end());
    return files;
}

/// "schema/diff.cpp" is of the layer schema, "error.hpp" of the layer error.
std::string layer_of(std::string_view name) { return std::string{name.substr(0, name.find_first_of("/."))}; }

std::optional<int> depth_of(std::string_view layer) {
    auto const* const found =
        std::find_if(layers.begin(), layers.end(), [&](auto const& entry) { return entry.first == layer; });
    return found == layers.end() ? std::nullopt : std::optional{found->second};
}

/// The name of evolver's own file that an #include means, relative to include/evolver or src; nothing for somebody else's.
std::optional<std::string> own_file(std::string const& included) {
    constexpr std::string_view prefix = "evolver/";
    if (included.starts_with(prefix)) return included.substr(prefix.size());
    if (fs::exists(root() / "src" / included)) return included;
    return std::nullopt;
}

/// Whether `text` holds `name` as a word of its own.
bool names(std::string_view text, std::string_view name) {
    constexpr std::string_view delimiters = " \t\n()\"";
    for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
        auto const end = at + name.size();
        bool const starts = at == 0 || delimiters.find(text[at - 1]) != std::string_view::npos;
        bool const ends = end == text.size() || delimiters.find(text[end]) != std::string_view::npos;
        if (starts && ends) return true;
    }
    return false;
}

/// Whether a CMakeLists.txt in the file's folder or above it names the file.
bool is_listed(fs::path const& file) {
    for (auto folder = file.parent_path(); !folder.empty(); folder = folder.parent_path()) {
        if (names(read(root() / folder / "CMakeLists.txt"), file.lexically_relative(folder).generic_string()))
            return true;
    }
    return false;
}

}  // namespace

TEST_CASE("layout: every file belongs to a layer of the house") {
    auto const files = all_files();
    REQUIRE_FALSE(files.empty());
    for (auto const& file : files) {
        INFO(file.path.generic_string(), " is of no layer that tests/layout/layers_test.cpp knows");
        CHECK(depth_of(layer_of(file.name)).has_value());
    }
}

TEST_CASE("layout: a layer includes itself and layers above it and nothing below") {
    for (auto const& file : all_files()) {
        auto const own = layer_of(file.name);
        for (auto const& included : file.included) {
            auto const target = own_file(included);
            if (!target) continue;
            auto const other = layer_of(*target);
            INFO(file.path.generic_string(), " includes ", included, ": ", other, " does not stand above ", own);
            CHECK((other == own || depth_of(other) < depth_of(own)));
        }
    }
}

TEST_CASE("layout: every own include names a file that exists") {
    for (auto const& file : all_files()) {
        for (auto const& included : file.included) {
            if (!included.starts_with("evolver/")) continue;
            INFO(file.path.generic_string(), " includes ", included);
            CHECK(fs::exists(root() / "include" / included));
        }
    }
}

TEST_CASE("layout: a public header shows no library that hides behind the compiled part") {
    for (auto const& header : public_headers()) {
        bool const soci_is_fine =
            std::find(may_include_soci.begin(), may_include_soci.end(), header.name) != may_include_soci.end();
        for (auto const& included : header.included) {
            for (auto const library : hidden_libraries) {
                if (library == "soci/" && soci_is_fine) continue;
                INFO(header.path.generic_string(), " includes ", included);
                CHECK_FALSE(included.starts_with(library));
            }
        }
    }
}

TEST_CASE("layout: a public header includes no internal header") {
    for (auto const& header : public_headers()) {
        for (auto const& included : header.included) {
            INFO(header.path.generic_string(), " includes ", included, ", which is not installed");
            CHECK_FALSE((!included.starts_with("evolver/") && own_file(included).has_value()));
        }
    }
}

TEST_CASE("layout: a source file stands where its header stands") {
    for (auto const& file : files_of("src")) {
        if (file.path.extension() != ".cpp") continue;
        auto const header = fs::path{file.name}.replace_extension(".hpp");
        // A program has no header.
        if (header.stem() == "main") continue;
        // Files that are alike, one rule of lint, one gate or one verb each, share the header of their folder.
        auto const folder = header.parent_path();
        if (fs::exists(root() / "src" / folder / "rules.hpp") || fs::exists(root() / "src" / folder / "verbs.hpp"))
            continue;
        if (fs::exists(root() / "src" / folder / (folder.filename().string() + ".hpp"))) continue;
        // A part of a large class stands beside the class: compiler_crossings.cpp beside compiler.hpp.
        auto const name = header.stem().string();
        auto const whole = header.parent_path() / (name.substr(0, name.find('_')) + ".hpp");
        if (name.find('_') != std::string::npos && fs::exists(root() / "src" / whole)) continue;
        INFO(file.path.generic_string(), " has neither include/evolver/", header.generic_string(), " nor src/",
             header.generic_string());
        CHECK((fs::exists(root() / "include/evolver" / header) || fs::exists(root() / "src" / header)));
    }
}

TEST_CASE("layout: no test has a semicolon in its name, which CMake takes for the end of one") {
    for (auto const& file : files_of("tests")) {
        std::istringstream lines{read(file.path)};
        bool begun = false;  // the name stands in the next line
        for (std::string line; std::getline(lines, line);) {
            bool const named = begun || line.find("TEST_CASE(\"") != std::string::npos;
            begun = line.ends_with("TEST_CASE(");
            if (!named) continue;
            INFO(file.path.generic_string(), ": ", line);
            CHECK(line.substr(0, line.rfind('"')).find(';') == std::string::npos);
        }
    }
}

TEST_CASE("layout: every source and test file is in the list of its build") {
    for (auto const* const folder : {"src", "tests"}) {
        for (auto const& file : files_of(folder)) {
            if (file.path.extension() != ".cpp") continue;
            INFO(file.path.generic_string(), " is in no CMakeLists.txt, so nothing compiles it");
            CHECK(is_listed(file.path));
        }
    }
}

TEST_CASE("layout: the lists of rules and cases name tests that are there") {
    std::set<std::string> tests;
    for (auto const& file : files_of("tests")) {
        tests.insert(file.name);
        tests.insert(file.path.filename().generic_string());
    }
    auto const between = [](std::string const& text, std::string_view mark, auto const& use) {
        for (auto from = text.find(mark); from != std::string::npos;) {
            auto const to = text.find(mark, from + 1);
            if (to == std::string::npos) break;
            use(text.substr(from + 1, to - from - 1));
            from = text.find(mark, to + 1);
        }
    };
    for (auto const* list : {"tests/rules.md", "tests/cases.md", "tests/lint.md"}) {
        between(read(root() / list), "`", [&](std::string const& name) {
            CAPTURE(list);
            CAPTURE(name);
            auto const file = name.starts_with("tests/") ? name.substr(6) : name;
            bool const is_one = file.ends_with(".cpp") && file.find('*') == std::string::npos;
            if (is_one) CHECK(tests.count(file) == 1);
        });
    }
    // Every case that a test has in its name is in the list, as one that the cases' own tests keep.
    std::set<std::string> kept;
    std::istringstream lines{read(root() / "tests/cases.md")};
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("| ") || line.find("cases") == std::string::npos) continue;
        std::istringstream names{line.substr(2, line.find(" |", 2) - 2)};
        for (std::string name; names >> name;) kept.insert(name.substr(0, name.find(',')));
    }
    std::istringstream sources{read(root() / "tests/both/cases_test.cpp")};
    for (std::string line; std::getline(sources, line);) {
        if (line.find("\"case ") == std::string::npos && line.find("\"cases ") == std::string::npos) continue;
        std::istringstream words{line.substr(line.find("\"case") + 6)};
        for (std::string word; words >> word;) {
            auto const name = word.substr(0, word.find_first_of(",:"));
            CAPTURE(line);
            if (name.size() > 2 && std::isupper(static_cast<unsigned char>(name[1])) != 0 &&
                std::isdigit(static_cast<unsigned char>(name.back())) != 0)
                CHECK(kept.count(name) == 1);
            if (word.ends_with(":")) break;
        }
    }
}
