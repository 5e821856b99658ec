#pragma once

// What the fuzzers have in common: a source of bytes, and a word for what must not be.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace evolver::fuzz {

/// Ends the program: the fuzzer keeps the input that led here.
inline void expect(bool holds, char const* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// Takes an input apart.
class Bytes {
public:
    Bytes(std::uint8_t const* data, std::size_t size) : left_{reinterpret_cast<char const*>(data), size} {}

    [[nodiscard]] bool empty() const { return left_.empty(); }
    unsigned number() {
        if (left_.empty()) return 0;
        auto const value = static_cast<unsigned char>(left_.front());
        left_.remove_prefix(1);
        return value;
    }
    /// Up to the next line end.
    std::string line() {
        auto const end = left_.find('\n');
        std::string text{left_.substr(0, end)};
        left_.remove_prefix(end == std::string_view::npos ? left_.size() : end + 1);
        return text;
    }
    [[nodiscard]] std::string_view rest() const { return left_; }

private:
    std::string_view left_;
};

}  // namespace evolver::fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);
