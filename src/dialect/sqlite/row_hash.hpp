#pragma once

// A hash of 128 bits over the values of a row.
//
// Each value is a word that says its type and its length, then its bytes, so no two rows come as the same words: NULL is not the empty
// text, 1 is not '1' and not 1.0, ('a', 'b') is not ('ab', ''). Text counts by its bytes, in UTF-8, and a float by its bits, with
// -0.0 as SQLite keeps it: its tables cannot hold a NaN.
//
// Words go in two at a time, into two lanes of 64 bits. Each lane is one multiplication of 64 by 64 bits, of which the upper half is folded
// onto the lower (the principle of wyhash), with secrets of its own: where a factor becomes zero, and that lane forgets what it knew, the
// other one does not. That is no cryptography: somebody who chooses values to that end can make two rows hash alike.

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace evolver::sqlite {

/// 128 bits, as a number that wraps around.
struct Sum128 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    Sum128& operator+=(Sum128 const& more) noexcept {
        low += more.low;
        high += more.high + (low < more.low ? 1 : 0);
        return *this;
    }
    friend bool operator==(Sum128 const&, Sum128 const&) = default;
};

class RowHash {
public:
    void add_null() noexcept { mix(tag(Kind::null, 0), 0); }
    void add(std::int64_t value) noexcept { mix(tag(Kind::integer, 0), static_cast<std::uint64_t>(value)); }
    void add(double value) noexcept {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        mix(tag(Kind::real, 0), bits);
    }
    /// `text` may be null where `size` is 0.
    void add_text(void const* text, std::size_t size) noexcept { add_bytes(Kind::text, text, size); }
    void add_blob(void const* bytes, std::size_t size) noexcept { add_bytes(Kind::blob, bytes, size); }

    [[nodiscard]] Sum128 result() const noexcept {
        auto const first = folded(first_ ^ 0x8bb84b93962eacc9U, second_ ^ 0x4b33a62ed433d4a3U);
        auto const second = folded(second_ ^ 0x1d8e4e27c47d124fU, first_ ^ 0xaaaaaaaaaaaaaaabU);
        return {.high = first, .low = second};
    }

private:
    enum class Kind : std::uint64_t { null, integer, real, text, blob };

    static std::uint64_t tag(Kind kind, std::size_t size) noexcept {
        return static_cast<std::uint64_t>(kind) + 8 * static_cast<std::uint64_t>(size);
    }

    static std::uint64_t folded(std::uint64_t left, std::uint64_t right) noexcept {
        __extension__ using Wide = unsigned __int128;
        auto const product = static_cast<Wide>(left) * right;
        return static_cast<std::uint64_t>(product >> 64U) ^ static_cast<std::uint64_t>(product);
    }

    void mix(std::uint64_t left, std::uint64_t right) noexcept {
        first_ = folded(left ^ 0xa0761d6478bd642fU, right ^ first_);
        second_ = folded(left ^ second_, right ^ 0xe7037ed1a0b428dbU) + 0x9e3779b97f4a7c15U;
    }

    static std::uint64_t word(unsigned char const* bytes) noexcept {
        std::uint64_t value = 0;
        std::memcpy(&value, bytes, sizeof value);
        return value;
    }

    /// The first `size` bytes, fewer than eight.
    static std::uint64_t part(unsigned char const* bytes, std::size_t size) noexcept {
        if (size >= 4) {
            std::uint32_t begin = 0;
            std::uint32_t end = 0;
            std::memcpy(&begin, bytes, sizeof begin);
            std::memcpy(&end, bytes + size - 4, sizeof end);
            return static_cast<std::uint64_t>(begin) << 32U | end;
        }
        if (size == 0) return 0;
        return static_cast<std::uint64_t>(bytes[0]) << 16U | static_cast<std::uint64_t>(bytes[size / 2]) << 8U |
               bytes[size - 1];
    }

    void add_bytes(Kind kind, void const* data, std::size_t size) noexcept {
        auto const* bytes = static_cast<unsigned char const*>(data);
        auto const header = tag(kind, size);
        if (size < 8) return mix(header, part(bytes, size));
        mix(header, word(bytes));
        bytes += 8;
        size -= 8;
        for (; size > 16; bytes += 16, size -= 16) mix(word(bytes), word(bytes + 8));
        // The last words may overlap with what came before: the length is known.
        if (size > 8) {
            mix(word(bytes), word(bytes + size - 8));
        } else if (size > 0) {
            mix(word(bytes + size - 8), size);
        }
    }

    std::uint64_t first_ = 0x2d358dccaa6c78a5U;
    std::uint64_t second_ = 0x589965cc75374cc3U;
};

}  // namespace evolver::sqlite
