#pragma once

/// Rows that break a rule which a migration adds.

#include "evolver/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace evolver {

/// Thrown by expand() before the first write, where rows break a rule and the operation does not say what becomes of them. The message names
/// some of them by key; no other values of rows are shown.
class ViolationError : public Error {
public:
    ViolationError(std::string const& migration, std::string const& rule, std::int64_t count, std::int64_t rows,
                   std::vector<std::string> keys);
    /// How many rows break the rule.
    [[nodiscard]] std::int64_t count() const noexcept { return count_; }
    /// Keys of the first of them, as SQL literals.
    [[nodiscard]] std::vector<std::string> const& keys() const noexcept { return *keys_; }

private:
    std::int64_t count_;
    std::shared_ptr<std::vector<std::string> const> keys_;
};

}  // namespace evolver
