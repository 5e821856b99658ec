#pragma once

// What digest and diff have in common: a schema as a sorted list of objects with a canonical description each.

#include "evolver/schema/schema.hpp"

#include <string>
#include <vector>

namespace evolver {

/// A table, a column, a constraint, an index, a view or a trigger.
struct CanonicalObject {
    std::string key;          ///< Equal for the same object in two schemas: `column packages.size`, folded.
    std::string object;       ///< The same for people, in the letters of the schema.
    std::string owner;        ///< The key of the table that it is a part of; empty for objects of their own.
    std::string description;  ///< Equal where an application cannot tell the objects apart.
};

/// Sorted by key; without duplicates, which mean nothing (the same CHECK twice), and without what belongs to evolver.
[[nodiscard]] std::vector<CanonicalObject> canonical_objects(Schema const& schema, Engine engine);

}  // namespace evolver
