#pragma once

/// Rows that break a rule which a migration adds.

#include "evolver/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace evolver {

/// The rows of a table that break a rule.
struct Violations {
    std::int64_t count = 0;              ///< Of rows that share what has to be unique, all but the first count.
    std::int64_t groups = 0;             ///< Of rows that share what has to be unique; 0 for other rules.
    std::int64_t rows = 0;               ///< Of the table.
    std::vector<std::string> keys = {};  ///< Of the first of them, or of the first of each group, as SQL literals.
};

/// Thrown by expand() before the first write, where rows break a rule and the operation does not say what becomes of them. The message names
/// some of them by key; no other values of rows are shown.
class ViolationError : public Error {
public:
    ViolationError(std::string const& migration, std::string const& rule, Violations found);
    [[nodiscard]] Violations const& found() const noexcept { return *found_; }

private:
    std::shared_ptr<Violations const> found_;
};

}  // namespace evolver
