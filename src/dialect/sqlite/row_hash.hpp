#pragma once

// A hash of 128 bits over the values of a row.
//
// Each value goes into a buffer as a byte that says its type, its length, and its bytes, so no two rows come as the same bytes: NULL is not
// the empty text, 1 is not '1' and not 1.0, ('a', 'b') is not ('ab', ''). Text counts by its bytes, in UTF-8, and a float by its bits, with
// -0.0 as SQLite keeps it: its tables cannot hold a NaN. What is too long for the buffer goes in as its own hash, and a full buffer is
// folded into one.
//
// The hash is XXH3 with 128 bits (https://xxhash.com). That is no cryptography: somebody who chooses values to that end can make two rows
// hash alike.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

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
    // The buffer has no value until something is put in: to clear it would cost as much as to hash it.
    RowHash() noexcept {}  // NOLINT(modernize-use-equals-default,cppcoreguidelines-pro-type-member-init)

    void add_null() noexcept {
        make_room(1);
        buffer_[size_++] = static_cast<unsigned char>(Kind::null);
    }
    void add(std::int64_t value) noexcept { add_number(Kind::integer, value); }
    void add(double value) noexcept { add_number(Kind::real, value); }
    /// `text` may be null where `size` is 0.
    void add_text(void const* text, std::size_t size) noexcept { add_bytes(Kind::text, text, size); }
    void add_blob(void const* bytes, std::size_t size) noexcept { add_bytes(Kind::blob, bytes, size); }

    [[nodiscard]] Sum128 result() const noexcept;

private:
    enum class Kind : unsigned char { null, integer, real, text, blob, hashed_text, hashed_blob, folded };

    static constexpr std::size_t longest = 64;  // of a value that goes in as it is
    static constexpr std::size_t capacity = 1024;

    void make_room(std::size_t size) noexcept {
        if (size_ + size > capacity) fold();
    }

    template <class Number>
    void add_number(Kind kind, Number number) noexcept {
        static_assert(sizeof number == 8);
        make_room(1 + sizeof number);
        buffer_[size_] = static_cast<unsigned char>(kind);
        std::memcpy(&buffer_[size_ + 1], &number, sizeof number);
        size_ += 1 + sizeof number;
    }

    void add_bytes(Kind kind, void const* bytes, std::size_t size) noexcept {
        if (size > longest) return add_hashed(kind == Kind::text ? Kind::hashed_text : Kind::hashed_blob, bytes, size);
        make_room(2 + size);
        buffer_[size_] = static_cast<unsigned char>(kind);
        buffer_[size_ + 1] = static_cast<unsigned char>(size);
        copy(&buffer_[size_ + 2], static_cast<unsigned char const*>(bytes), size);
        size_ += 2 + size;
    }

    /// Most values are short, and then a call of memcpy costs more than what it does. The halves may overlap.
    static void copy(unsigned char* to, unsigned char const* from, std::size_t size) noexcept {
        auto const halves = [&]<std::size_t Half>(std::integral_constant<std::size_t, Half>) {
            std::array<unsigned char, Half> begin;
            std::array<unsigned char, Half> end;
            std::memcpy(begin.data(), from, Half);
            std::memcpy(end.data(), from + size - Half, Half);
            std::memcpy(to, begin.data(), Half);
            std::memcpy(to + size - Half, end.data(), Half);
        };
        if (size > 32) {
            halves(std::integral_constant<std::size_t, 32>{});
        } else if (size >= 16) {
            halves(std::integral_constant<std::size_t, 16>{});
        } else if (size >= 8) {
            halves(std::integral_constant<std::size_t, 8>{});
        } else if (size >= 4) {
            halves(std::integral_constant<std::size_t, 4>{});
        } else if (size >= 2) {
            halves(std::integral_constant<std::size_t, 2>{});
        } else if (size == 1) {
            *to = *from;
        }
    }

    void add_hashed(Kind kind, void const* bytes, std::size_t size) noexcept;
    void fold() noexcept;

    std::array<unsigned char, capacity + 8> buffer_;
    std::size_t size_ = 0;
};

}  // namespace evolver::sqlite
