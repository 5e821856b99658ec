#pragma once

/// What a database holds, in a few numbers: to be kept, and to be held against what it holds later.

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace evolver {

struct FingerprintOptions {
    std::vector<std::string> tables = {};  ///< Empty: all that the application made.
    bool columns = false;                  ///< Looks at each column, too: one more scan.
    bool show_values = false;   ///< Shows the least and the greatest value of each column. False: digests of them.
    std::stop_token stop = {};  ///< One that is told to stop throws Error with Retry::helps.
};

struct ColumnFingerprint {
    std::string name = {};
    std::int64_t values = 0;  ///< That are not NULL.
    std::int64_t nulls = 0;
    std::int64_t integers = 0;  ///< By the type that they are stored as.
    std::int64_t reals = 0;
    std::int64_t texts = 0;
    std::int64_t blobs = 0;
    /// Exact up to 1,024. Above, an estimate, three in a hundred off in most cases; of the same values it is always the same.
    std::int64_t distinct = 0;
    bool distinct_is_exact = true;
    /// Numbers before text before bytes, text by its bytes. As SQL literals, or digests of them; empty where all is NULL.
    std::string least = {};
    std::string greatest = {};
    /// Of the numbers: exact, in decimal digits, where all are integers; else to 15 digits, added in the order of the key. Empty where there is
    /// none.
    std::string sum = {};

    friend bool operator==(ColumnFingerprint const&, ColumnFingerprint const&) = default;
};

struct TableFingerprint {
    std::string name = {};
    std::int64_t rows = 0;
    /// 32 hexadecimal digits over all columns, in the order of their names. It does not depend on the order of the rows.
    std::string digest = {};
    std::vector<ColumnFingerprint> columns = {};  ///< By name; empty unless they were asked for.

    friend bool operator==(TableFingerprint const&, TableFingerprint const&) = default;
};

struct Fingerprint {
    std::string schema = {};                    ///< The digest of its schema.
    std::vector<TableFingerprint> tables = {};  ///< By name.

    friend bool operator==(Fingerprint const&, Fingerprint const&) = default;
};

/// What is not the same, in words: `table packages: 20 rows before, 21 after`. Empty where nothing is. Columns are held against each other
/// where both have them.
[[nodiscard]] std::vector<std::string> differences(Fingerprint const& before, Fingerprint const& after);

}  // namespace evolver
