#pragma once

// Rows that are compared in passing, some at each heartbeat: a program that writes past the triggers shows long before contract's last scan.
//
// Both shapes of a row are read in one SELECT. The check walks through each table, from one end to the other and again; where it stands is
// kept in memory only.

#include "execute/looks.hpp"
#include "execute/slices.hpp"
#include "execute/workplace.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver {

class SpotCheck {
public:
    explicit SpotCheck(Workplace& workplace) : workplace_{workplace} {}

    /// Compares about `rows` rows of each pair whose backfill is complete. What differs goes into the ledger, and to the observer.
    void check(std::int64_t rows);

private:
    struct Walk {
        ledger::Entry entry;
        Look look;
        Slices slices;
        Key done = {};
    };

    struct Difference {
        ledger::Entry entry;
        std::string table;
        std::vector<std::string> keys;  ///< Of the rows, in words; at least one.
    };

    void prepare(ledger::State const& state);
    [[nodiscard]] std::vector<std::string> differing(Walk& walk, std::int64_t rows);
    void note(Difference const& difference);

    Workplace& workplace_;
    std::int64_t schema_version_ = -1;
    std::int64_t open_ = -1;  // migrations that can be compared, when the walks were made
    std::vector<Walk> walks_;
};

}  // namespace evolver
