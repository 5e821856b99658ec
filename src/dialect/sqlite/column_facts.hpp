#pragma once

// What is in a column: counts, the least and the greatest value, the sum, how many are distinct.

#include "dialect/sqlite/connection.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace evolver::sqlite {

/// Gets every value of a column, in constant memory.
class ColumnFacts {
public:
    /// How many hashes are kept: of fewer distinct values the number is exact; of more it is estimated from the smallest hashes, by the
    /// distance that they leave between them (KMV, Bar-Yossef et al. 2002).
    static constexpr std::size_t most_hashes = 1024;

    /// The value in `column` of the statement's row.
    void add(Statement const& row, int column);

    [[nodiscard]] std::int64_t nulls() const noexcept { return nulls_; }
    [[nodiscard]] std::int64_t integers() const noexcept { return integers_; }
    [[nodiscard]] std::int64_t reals() const noexcept { return reals_; }
    [[nodiscard]] std::int64_t texts() const noexcept { return texts_; }
    [[nodiscard]] std::int64_t blobs() const noexcept { return blobs_; }
    [[nodiscard]] std::pair<std::int64_t, bool> distinct() const;         ///< And: is it exact?
    [[nodiscard]] Value const& least() const noexcept { return least_; }  ///< Null: there is no value.
    [[nodiscard]] Value const& greatest() const noexcept { return greatest_; }
    [[nodiscard]] std::string sum() const;  ///< Empty: there is no number.

private:
    void count(Value const& value, std::uint64_t hash);

    std::int64_t nulls_ = 0;
    std::int64_t integers_ = 0;
    std::int64_t reals_ = 0;
    std::int64_t texts_ = 0;
    std::int64_t blobs_ = 0;
    std::set<std::uint64_t> hashes_;
    bool all_hashes_ = true;
    Value least_ = Null{};
    Value greatest_ = Null{};
    std::uint64_t whole_low_ = 0;  // the sum of integers, in two's complement of 128 bits
    std::uint64_t whole_high_ = 0;
    long double real_ = 0;
};

}  // namespace evolver::sqlite
