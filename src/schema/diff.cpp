#include "evolver/schema/diff.hpp"

#include "schema/canonical.hpp"

#include <map>
#include <set>

namespace evolver {

namespace {

/// The objects of one schema by key. A key may have several descriptions: two foreign keys of the same columns.
using Objects = std::map<std::string, std::vector<CanonicalObject>>;

Objects objects_of(Schema const& schema, Engine engine) {
    Objects objects;
    for (auto& object : canonical_objects(schema, engine)) objects[object.key].push_back(object);
    return objects;
}

/// The objects of `here` whose descriptions `there` has not.
std::vector<CanonicalObject> without(std::vector<CanonicalObject> const& here,
                                     std::vector<CanonicalObject> const& there) {
    std::set<std::string> known;
    for (auto const& object : there) known.insert(object.description);
    std::vector<CanonicalObject> rest;
    for (auto const& object : here) {
        if (!known.contains(object.description)) rest.push_back(object);
    }
    return rest;
}

void compare(std::vector<CanonicalObject> const& expected, std::vector<CanonicalObject> const& found,
             std::vector<Difference>& differences) {
    auto const missing = without(expected, found);
    auto const unexpected = without(found, expected);
    for (std::size_t i = 0; i < missing.size() || i < unexpected.size(); ++i) {
        if (i >= unexpected.size()) {
            differences.push_back({DifferenceKind::missing, missing[i].object, missing[i].description, {}});
        } else if (i >= missing.size()) {
            differences.push_back({DifferenceKind::unexpected, unexpected[i].object, {}, unexpected[i].description});
        } else {
            differences.push_back(
                {DifferenceKind::changed, missing[i].object, missing[i].description, unexpected[i].description});
        }
    }
}

/// A part of a table that the other side has not at all says nothing more than the table does.
bool owner_is_absent(CanonicalObject const& object, Objects const& other) {
    return !object.owner.empty() && !other.contains(object.owner);
}

}  // namespace

std::string Difference::text() const {
    switch (kind) {
        case DifferenceKind::missing: return object + ": missing, expected \"" + expected + "\"";
        case DifferenceKind::unexpected: return object + ": unexpected, found \"" + found + "\"";
        case DifferenceKind::changed: break;
    }
    return object + ": expected \"" + expected + "\", found \"" + found + "\"";
}

std::vector<Difference> diff(Schema const& expected, Schema const& found, Engine engine) {
    auto const wanted = objects_of(expected, engine);
    auto const present = objects_of(found, engine);
    std::vector<Difference> differences;
    for (auto const& [key, objects] : wanted) {
        if (owner_is_absent(objects.front(), present)) continue;
        auto const other = present.find(key);
        compare(objects, other == present.end() ? std::vector<CanonicalObject>{} : other->second, differences);
    }
    for (auto const& [key, objects] : present) {
        if (!wanted.contains(key) && !owner_is_absent(objects.front(), wanted)) compare({}, objects, differences);
    }
    return differences;
}

}  // namespace evolver
