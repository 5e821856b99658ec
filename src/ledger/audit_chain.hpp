#pragma once

// What makes the audit trail a chain, on every engine: how a row's fields are hashed, and how lists stand in one field.

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::ledger {

struct AuditRow;

/// BLAKE2b-128 over the hash before and every field, each with its length.
[[nodiscard]] std::string hash_of(std::string const& previous, std::int64_t sequence,
                                  std::vector<std::string> const& fields);

/// The fields of a new row in the order of their columns, from `at` on. `database`: its path, or its name.
[[nodiscard]] std::vector<std::string> fields_of(AuditRow const& row, std::string at, std::string database);

[[nodiscard]] std::vector<std::string> texts_from_json(std::string const& text);

}  // namespace evolver::ledger
