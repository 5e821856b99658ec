#pragma once

// What one history is played in: the plan, the keys, the triggers of the application's. Chosen by the seed.

#include "evolver/plan/plan.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace evolver::random_test {

enum class Keys { rowid, text, without_rowid };
enum class Chain { single, chained, renamed_then_changed, changed_then_renamed };
/// A second pair of the same table, that has nothing to do with the first.
enum class Side { none, changed, split, cased };

/// What a world is like; chosen by the seed.
struct Setting {
    Keys keys = Keys::rowid;
    Chain chain = Chain::single;
    Side side = Side::none;
    bool old_has_default = false;
    bool trigger_before = false;  // the application's own trigger that rewrites the old column, made before expand
    bool trigger_after = false;   // the same, made after expand, without a column list
    bool stamps = false;          // a BEFORE trigger that writes the old column of the row that is about to be updated
    bool caps = false;   // a trigger, made after expand, that answers to a large new value by writing the old column
    bool crowd = false;  // rows before all others, so that the backfill needs more than one batch
    bool audit = false;  // the application's audit trigger, without a column list
    bool recursive = false;
    bool wal = true;
};

/// The crowd has keys from 1 to its size, and u above all others; the model does not know it.
inline constexpr std::int64_t crowd_size = 250;
inline constexpr std::int64_t crowd_u = 1'000'000;
/// The largest number in y that the capping triggers let be.
inline constexpr std::int64_t highest = 90;

[[nodiscard]] Setting random_setting(std::mt19937_64& random);
[[nodiscard]] std::string in_words(Setting const& setting);
[[nodiscard]] Plan plan_of(Setting const& setting);

/// The columns that the releases name, oldest first, and whether one is only a second name of the one before.
struct Link {
    std::string column;
    std::string up;    // over the column before; empty: the same value
    std::string down;  // over this column
    bool number = false;
};

[[nodiscard]] std::vector<Link> links_of(Setting const& setting);

/// The second pair: the expressions of its new columns over the old one, and the way back.
[[nodiscard]] std::vector<std::string> side_up(Side side);
[[nodiscard]] std::string side_down(Side side);

}  // namespace evolver::random_test
