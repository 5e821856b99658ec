#pragma once

/// The differences between two schemas, in words.

#include "evolver/schema/schema.hpp"

#include <string>
#include <vector>

namespace evolver {

enum class DifferenceKind { missing, unexpected, changed };

struct Difference {
    DifferenceKind kind;
    std::string object;    ///< "table packages", "column packages.size", "index packages_by_size".
    std::string expected;  ///< Its canonical description on the expected side; empty where it is unexpected.
    std::string found;     ///< The same on the found side; empty where it is missing.

    /// One line: `column packages.size: expected "text not null", found "bigint"`.
    [[nodiscard]] std::string text() const;
};

/// What has to change in `found` to mean the same as `expected`; empty exactly when their digests are equal. Of a table
/// that one side has not at all, its columns and constraints are not listed. Sorted by object: first what `expected`
/// has, then what is unexpected.
[[nodiscard]] std::vector<Difference> diff(Schema const& expected, Schema const& found, Engine engine);

}  // namespace evolver
