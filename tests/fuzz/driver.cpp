// Where there is no libFuzzer: each file of a corpus, and changes of it by chance.
//
//   evolver_fuzz_<name> CORPUS [--changes N] [--seed S]

#include "fuzz/fuzzer.hpp"
#include "support/long_test.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <vector>

namespace {

using Input = std::vector<std::uint8_t>;

void changed(Input& input, std::vector<Input> const& others, std::mt19937_64& random) {
    auto const at = [&](std::size_t size) { return static_cast<std::ptrdiff_t>(random() % (size + 1)); };
    for (auto count = 1 + random() % 4; count > 0; --count) {
        switch (random() % 5) {
            case 0:
                if (!input.empty()) input[random() % input.size()] = static_cast<std::uint8_t>(random());
                break;
            case 1:
                input.insert(input.begin() + at(input.size()),
                             static_cast<std::uint8_t>("'\"`[];()\n\0-/*:?%x"[random() % 18]));
                break;
            case 2: {
                auto const from = at(input.size());
                auto const to = std::min(from + static_cast<std::ptrdiff_t>(random() % 8),
                                         static_cast<std::ptrdiff_t>(input.size()));
                input.erase(input.begin() + from, input.begin() + to);
                break;
            }
            default: {
                auto const& other = others[random() % others.size()];
                auto const from = at(other.size());
                auto const to = std::min(from + static_cast<std::ptrdiff_t>(random() % 24),
                                         static_cast<std::ptrdiff_t>(other.size()));
                input.insert(input.begin() + at(input.size()), other.begin() + from, other.begin() + to);
                break;
            }
        }
    }
    if (input.size() > 4096) input.resize(4096);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator{argv[1]}) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<Input> corpus;
    for (auto const& path : files) {
        std::ifstream file{path, std::ios::binary};
        corpus.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
    }
    if (corpus.empty()) return 2;
    auto const changes = evolver::testing::option(argc, argv, "--changes").value_or(1000);
    auto const seed = evolver::testing::option(argc, argv, "--seed").value_or(1);
    for (auto const& input : corpus) LLVMFuzzerTestOneInput(input.data(), input.size());
    for (std::uint64_t i = 0; i < changes; ++i) {
        std::mt19937_64 random{seed + i};
        auto input = corpus[random() % corpus.size()];
        changed(input, corpus, random);
        std::ofstream{"fuzz-input-" + std::filesystem::path{argv[0]}.filename().string(), std::ios::binary}.write(
            reinterpret_cast<char const*>(input.data()), static_cast<std::streamsize>(input.size()));
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    std::filesystem::remove("fuzz-input-" + std::filesystem::path{argv[0]}.filename().string());
    std::cout << corpus.size() << " inputs, " << changes << " changed ones from seed " << seed << " on\n";
    return 0;
}
