#include "dialect/sqlite/column_facts.hpp"

#include "dialect/sqlite/row_hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace evolver::sqlite {

namespace {

std::uint64_t hash_of(Value const& value) {
    struct Visitor {
        RowHash hash = {};
        void operator()(Null) { hash.add_null(); }
        void operator()(std::int64_t number) { hash.add(number); }
        void operator()(double number) { hash.add(number); }
        void operator()(std::string const& text) { hash.add_text(text.data(), text.size()); }
        void operator()(Blob const& bytes) { hash.add_blob(bytes.data(), bytes.size()); }
    };
    Visitor visitor;
    std::visit(visitor, value);
    return visitor.hash.result().high;
}

/// SQLite's order of values with its collation BINARY, as a strict order: 1 before 1.0.
bool before(Value const& left, Value const& right) {
    auto const rank = [](Value const& value) { return std::max<std::size_t>(value.index(), 2); };  // numbers are of one
    if (rank(left) != rank(right)) return rank(left) < rank(right);
    auto const number = [](Value const& value) {
        auto const* whole = std::get_if<std::int64_t>(&value);
        return whole != nullptr ? static_cast<long double>(*whole) : static_cast<long double>(std::get<double>(value));
    };
    if (rank(left) == 2) {
        auto const one = number(left);
        auto const two = number(right);
        return one < two || (one == two && left.index() < right.index());
    }
    if (auto const* text = std::get_if<std::string>(&left)) return *text < std::get<std::string>(right);
    return std::get<Blob>(left) < std::get<Blob>(right);
}

/// Two's complement of 128 bits, in decimal digits.
std::string decimal(std::uint64_t high, std::uint64_t low) {
    bool const negative = high >> 63U != 0;
    if (negative) {
        low = ~low + 1;
        high = ~high + (low == 0 ? 1 : 0);
    }
    std::string digits;
    do {
        // 32 bits at a time, so that a remainder and the next bits fit a word.
        std::uint64_t remainder = 0;
        std::uint64_t parts[4] = {high >> 32U, high & 0xffffffffU, low >> 32U, low & 0xffffffffU};
        for (auto& part : parts) {
            auto const value = remainder << 32U | part;
            part = value / 10;
            remainder = value % 10;
        }
        high = parts[0] << 32U | parts[1];
        low = parts[2] << 32U | parts[3];
        digits += static_cast<char>('0' + static_cast<int>(remainder));
    } while (high != 0 || low != 0);
    if (negative) digits += '-';
    std::reverse(digits.begin(), digits.end());
    return digits;
}

}  // namespace

void ColumnFacts::add(Statement const& row, int column) {
    auto const value = row.value(column);
    switch (value.index()) {
        case 0: ++nulls_; return;
        case 1: {
            ++integers_;
            auto const number = std::get<std::int64_t>(value);
            auto const low = static_cast<std::uint64_t>(number);
            whole_low_ += low;
            whole_high_ += (number < 0 ? ~std::uint64_t{0} : 0) + (whole_low_ < low ? 1 : 0);
            real_ += static_cast<long double>(number);
            break;
        }
        case 2:
            ++reals_;
            real_ += static_cast<long double>(std::get<double>(value));
            break;
        case 3: ++texts_; break;
        default: ++blobs_; break;
    }
    count(value, hash_of(value));
}

void ColumnFacts::count(Value const& value, std::uint64_t hash) {
    if (std::holds_alternative<Null>(least_) || before(value, least_)) least_ = value;
    if (std::holds_alternative<Null>(greatest_) || before(greatest_, value)) greatest_ = value;
    if (!all_hashes_ && hash >= *hashes_.rbegin()) return;
    hashes_.insert(hash);
    if (hashes_.size() <= most_hashes) return;
    hashes_.erase(std::prev(hashes_.end()));
    all_hashes_ = false;
}

std::pair<std::int64_t, bool> ColumnFacts::distinct() const {
    if (all_hashes_) return {static_cast<std::int64_t>(hashes_.size()), true};
    constexpr double all = 18446744073709551616.0;  // 2^64
    auto const kept = static_cast<double>(hashes_.size());
    return {static_cast<std::int64_t>(std::llround((kept - 1) * all / static_cast<double>(*hashes_.rbegin()))), false};
}

std::string ColumnFacts::sum() const {
    if (integers_ + reals_ == 0) return {};
    if (reals_ == 0) return decimal(whole_high_, whole_low_);
    return fmt::format("{:.15g}", static_cast<double>(real_));
}

}  // namespace evolver::sqlite
