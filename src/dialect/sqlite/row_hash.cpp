#include "dialect/sqlite/row_hash.hpp"

#define XXH_INLINE_ALL  // a header alone: nothing to link, and fixed in size where it is called
#include <xxhash.h>

namespace evolver::sqlite {

namespace {

Sum128 hash_of(void const* bytes, std::size_t size) noexcept {
    auto const hash = XXH3_128bits(bytes, size);
    return {.high = hash.high64, .low = hash.low64};
}

}  // namespace

Sum128 RowHash::result() const noexcept { return hash_of(buffer_.data(), size_); }

void RowHash::add_hashed(Kind kind, void const* bytes, std::size_t size) noexcept {
    auto const hash = hash_of(bytes, size);
    make_room(1 + sizeof size + sizeof hash);
    buffer_[size_] = static_cast<unsigned char>(kind);
    std::memcpy(&buffer_[size_ + 1], &size, sizeof size);
    std::memcpy(&buffer_[size_ + 1 + sizeof size], &hash, sizeof hash);
    size_ += 1 + sizeof size + sizeof hash;
}

void RowHash::fold() noexcept {
    auto const hash = result();
    buffer_[0] = static_cast<unsigned char>(Kind::folded);
    std::memcpy(&buffer_[1], &hash, sizeof hash);
    size_ = 1 + sizeof hash;
}

}  // namespace evolver::sqlite
