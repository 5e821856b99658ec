#pragma once

/// Where a migration stands.

#include <string_view>

namespace evolver {

/// The life of a migration. It moves one step at a time, in plan order; rollback leads from expanded back to planned.
enum class Phase {
    planned,     ///< The database does not know it yet.
    expanded,    ///< Both shapes are there, and every write of one reaches the other.
    contracted,  ///< Only the new shape is left (or there was no old one).
};

/// Where an expanded migration's reads are. Neighbouring stages are compatible: a process may learn of a move late.
enum class Stage {
    off,   ///< Not expanded, or being rolled back: everything goes through the old shape.
    dual,  ///< Writes both; reads the new shape where it is in sync with the old one, else computes it from the old one.
    switched,  ///< Writes both; reads the bare new shape. Reached when the backfill is complete and reconciled.
    complete,  ///< Writes and reads only the new shape; the old one accepts NULL, and triggers fill it.
};

[[nodiscard]] std::string_view name_of(Phase phase) noexcept;
[[nodiscard]] std::string_view name_of(Stage stage) noexcept;

}  // namespace evolver
