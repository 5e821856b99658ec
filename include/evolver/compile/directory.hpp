#pragma once

/// A plan from the SQL files that an application has already.
///
/// The layout is recognised by the names and is one for the whole folder; a mixture, and a file that fits none, is
/// refused with the names of the files. `N` is a number: 7, 0007, 20230315220114, 1.4 or 2023-03-15-220114.
///
/// | files | known from |
/// |---|---|
/// | `V<N>__x.sql`, `U<N>__x.sql` | Flyway |
/// | `<N>_x.up.sql`, `<N>_x.down.sql` | golang-migrate, sqlx |
/// | `<N>_x/up.sql`, `<N>_x/down.sql` | diesel |
/// | `<N>_x.sql` with `-- migrate:up` and `-- migrate:down` | dbmate |
/// | `<N>_x.sql` with `-- +goose Up` and `-- +goose Down` | goose |
/// | `<N>_x.sql`, and `<N>_x.down.sql` where there is a way back | plain |
/// | `<N>_x.expand.sql`, `.backfill.sql`, `.contract.sql`, `.rollback.sql`, `.verify.sql` | evolver |
///
/// Any of them may stand in version folders (`0.8/`, `v1.4/`). The order is that of the numbers, never that of the
/// text: 0.10 comes after 0.9. Two files of one number are refused. What is no `.sql` is passed over, but for programs
/// named like a migration, which are refused.
///
/// **What becomes of a file.** Each number is one migration with one RawSql. Its id is the path without the endings
/// ("0.8/01__user_username", "20230315220114_drop-events"); its text is the file, with `\n` for line ends.
///
/// - The way up of all layouts but the last runs **at expand**, in one piece, in the one transaction of the migration:
///   that is when the new release starts, and it may need it at once. Such a file knows one shape only. If it drops or
///   renames what an older release uses, that release breaks at this moment, as it did with the tool that the files
///   come from; expand() and dry_run() warn of it and name the statements. What only removes can wait for the gates of
///   contract instead: name it in `DirectoryOptions::at_contract`.
/// - The way down is `RawSql::undo`. One that holds only comments is none.
/// - `expand`, then `backfill` in the same transaction, run at expand, `contract` at contract; `rollback` is
///   `RawSql::undo`; `verify` is one query that has to find no row before contract may run.
///
/// **Transactions.** evolver runs a migration and its ledger entry in one transaction, with foreign keys off. BEGIN,
/// COMMIT, and PRAGMA foreign_keys where it only switches them off and back on, are taken out of the text, and a note
/// says so. ROLLBACK, VACUUM, ATTACH, other settings of the connection, commands of the sqlite3 shell, placeholders,
/// and statements that never end are refused with file and line. A text in double quotes, which SQLite takes for a
/// string where it names no column, is refused by expand().
///
/// On PostgreSQL (`DirectoryOptions::engine`) foreign keys stay on. BEGIN, START TRANSACTION, COMMIT and END are taken
/// out; ROLLBACK, savepoints, VACUUM, CONCURRENTLY, SET without LOCAL and what else would outlive the transaction,
/// COPY from or to the client and commands of psql are refused. Bodies in `$$` are what they are.
///
/// A migration that was applied is never edited: its digest covers the text, comments too.

#include "evolver/plan/directory_options.hpp"
#include "evolver/plan/plan.hpp"

#include <span>
#include <string>
#include <vector>

namespace evolver {

/// A part of a migration as it stands in a file.
struct MigrationSource {
    std::string migration;
    std::string file;  ///< As read_directory()'s path and the path in it are written; of read_files(), SqlFile::path.
    std::size_t first_line = 1;  ///< Of the text in the file.
    std::string text;
    bool leads_on = true;  ///< It runs at expand or at contract; else it is the way back, or asks.
};

/// A plan, and what its reader should know of the files.
struct ReadPlan {
    Plan plan;
    /// "Flyway", "up and down files", ...
    std::string layout;
    /// One sentence each, beginning with the file: what was taken out, what is a no-op, what has no effect.
    std::vector<std::string> notes;
    /// In plan order: where somebody who complains of a migration should point to.
    std::vector<MigrationSource> sources = {};
};

/// Reads `path`, a folder. Touches no database.
/// Throws PlanError that names the file, the reason, and what to do instead.
[[nodiscard]] ReadPlan read_directory(std::string const& path, DirectoryOptions const& options = {});

/// The same from texts that are in the program already; `options.name` is required. The digest is that of the folder.
[[nodiscard]] ReadPlan read_files(std::span<SqlFile const> files, DirectoryOptions const& options);

}  // namespace evolver
