#pragma once

// Opening a database so that nothing of it is written, and copying it into another file while others use it.

#include "dialect/sqlite/connection.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace evolver::sqlite {

/// For reading only, which the engine enforces: main file and -wal stay byte for byte what they are, also when this is the last connection that is
/// closed. (-shm, and an empty -wal, may come to be.)
///
/// Throws Error where a killed process has left a transaction in the rollback journal: reading it would mean to roll it back, which is writing.
[[nodiscard]] Connection open_for_reading(std::string const& path, std::chrono::milliseconds wait);

/// What becomes of what is written when the power fails.
enum class Durability {
    full,  ///< As SQLite does it by default.
    none,  ///< It may be lost, or the file with it: for copies, which are made again.
};
enum class Missing { refused, made };
/// For writing. Throws EngineError where the database is not there, and is not to be made.
[[nodiscard]] Connection open_for_writing(std::string const& path, std::chrono::milliseconds wait,
                                          Durability durability = Durability::full, Missing missing = Missing::refused);

/// Called between two slices, with pages. What it throws ends the copy.
using CopyProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// Copies the main database of `source` into the new file `path`, as it is at one moment. In WAL mode nobody waits for it, and the WAL grows until it has
/// ended; in other modes whoever writes waits.
///
/// Ensures: `path` is complete, or it is not there; nobody may read it who may not read the database.
/// Throws:  Error where the disk has no room for it, before it begins; EngineError.
void copy_to_file(Connection const& source, std::string const& path, CopyProgress const& progress = {});

/// The files of a database: itself, what SQLite keeps beside it, and evolver's own.
void remove_database(std::string const& path);

/// "SQLite 3.40.1"
[[nodiscard]] std::string engine_version();

}  // namespace evolver::sqlite
