// evolver_bench [--only NAME] [--json FILE]
//
// Exits with 1 if a figure misses its bound.

#include "harness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>

namespace {

/// A folder beside the program: the system's own for temporary files may lie in memory, where a disk's cost does not show.
class Folder {
public:
    explicit Folder(std::filesystem::path const& program)
        : path_{std::filesystem::absolute(program).parent_path() / "evolver_bench.databases"} {
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;

    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

void write_json(std::string const& file, std::vector<bench::Figure> const& figures) {
    std::ofstream out{file};
    out << "{";
    for (auto const& figure : figures)
        out << (&figure == &figures.front() ? "\n" : ",\n")
            << fmt::format("  \"{}\": {:.6g}", figure.name, figure.value);
    out << "\n}\n";
    if (!out.flush()) throw std::runtime_error{"cannot write " + file};
}

int run(int count, char** arguments) {
    std::string only, json;
    for (int i = 1; i < count; ++i) {
        std::string const word = arguments[i];
        if ((word == "--only" || word == "--json") && i + 1 < count) {
            (word == "--only" ? only : json) = arguments[++i];
        } else {
            throw std::runtime_error{"evolver_bench [--only NAME] [--json FILE]"};
        }
    }
    Folder const folder{arguments[0]};
    bench::Bench bench{only, folder.path()};
    bench::start(bench);
    bench::access(bench);
    bench::sync(bench);
    bench::backfill(bench);
    bench::foreground(bench);
    bench::rebuild(bench);
    bench::index(bench);
    bench::reconcile(bench);
#ifdef EVOLVER_HAS_POSTGRESQL
    bench::postgresql(bench);
#endif
    if (bench.figures().empty()) throw std::runtime_error{"no figure is named " + only + "..."};
    if (!json.empty()) write_json(json, bench.figures());
    auto const& figures = bench.figures();
    return std::any_of(figures.begin(), figures.end(), [](bench::Figure const& figure) { return figure.missed(); }) ? 1
                                                                                                                    : 0;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return run(count, arguments);
    } catch (std::exception const& error) {
        fmt::print(stderr, "bench: {}\n", error.what());
        return 2;
    }
}
