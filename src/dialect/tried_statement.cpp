#include "dialect/tried_statement.hpp"

namespace evolver {

void Touched::operator+=(Touched const& other) {
    inserted.insert(other.inserted.begin(), other.inserted.end());
    updated.insert(other.updated.begin(), other.updated.end());
    deleted.insert(other.deleted.begin(), other.deleted.end());
    dropped.insert(other.dropped.begin(), other.dropped.end());
    schema = schema || other.schema;
    transaction = transaction || other.transaction;
}

std::set<std::string> Touched::written() const {
    auto all = inserted;
    all.insert(updated.begin(), updated.end());
    all.insert(deleted.begin(), deleted.end());
    return all;
}

}  // namespace evolver
