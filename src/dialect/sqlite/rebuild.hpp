#pragma once

// A table made anew beside itself: what ALTER TABLE cannot do, without a long lock.
//
// A second table, the shadow, has the new form. Its invariant: it holds the rows of the table up to a checkpoint, and no other.
// Batches copy the next range and move the checkpoint in the same transaction; triggers carry writes of rows behind the checkpoint, and
// leave those before it to the copy, so that every batch appends. When the checkpoint is past the last row, both change places in one short
// transaction: in sqlite_schema the table gets the shadow's root page and text, so that its name, its triggers, the views and the foreign
// keys of others stay as they are. The old rows are a table of their own then, evolver_trash_<n>, which goes in slices (execute/sweep.hpp).
//
// The procedure of https://www.sqlite.org/lang_altertable.html, §7, ends with DROP and RENAME: a DROP of a large table holds the lock for
// seconds, and a RENAME takes triggers along or away, leaves index names behind, and needs legacy_alter_table. Editing sqlite_schema is
// what SQLite's own ALTER TABLE does. It is refused by connections that are DEFENSIVE.
//
// What the triggers mind (field-notes, rules 1 and 22): a row is taken from the table as it is now, never from NEW, which a trigger of the
// application's may have made stale. REPLACE removes rows without firing DELETE triggers: BEFORE notes the rows that may be in the way,
// AFTER takes those away that are gone. The statement's conflict clause holds for the INSERTs of its triggers, too: OR IGNORE would leave
// a row out, OR FAIL stop in the middle, OR REPLACE eat another row. So what the new form demands beyond the old one is looked up before the
// INSERT, and a row that is missing after it fails the statement by RAISE(ABORT), which no clause changes.

#include "dialect/sqlite/trash.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::sqlite {

/// An index of the new form, by the text that it has in the end.
struct RebuiltIndex {
    Name name;
    std::string text;
};

struct Rebuild {
    Name table;
    std::int64_t id;                         ///< By which triggers and ledger know it.
    std::string old_text;                    ///< The CREATE TABLE of before.
    std::string new_text;                    ///< The CREATE TABLE of after, by the same name.
    std::vector<RebuiltIndex> indexes = {};  ///< Of the new form.
    std::vector<RebuiltIndex> left = {};     ///< Of the old form; they go with the old rows.
    std::vector<Name> columns = {};          ///< That both forms store.
    RowKey key = {};                         ///< Of a row as it is.
    RowKey shadow_key = {};                  ///< Of the same row in the shadow …
    std::vector<Name> address = {};          ///< … and the columns of the table that say the same.
    bool keeps_rowid = false;                ///< The shadow's rowids are the table's, and no column holds them.
    std::vector<std::string> in_the_way =
        {};  ///< By which a REPLACE removes rows of the table: conditions over a row and NEW.
    std::vector<std::string> holds = {};    ///< What a row has to keep in the new form only.
    std::vector<std::string> not_yet = {};  ///< By which two rows are the same in the new form only, likewise.
};

[[nodiscard]] std::string create_text_of(Connection const& schema, Name const& table);
/// The indexes of `table` that have a text of their own.
[[nodiscard]] std::vector<RebuiltIndex> indexes_of(Connection const& schema, Name const& table);

/// What it takes to give `table` the form of `new_text` and `indexes`. `schema` is a database without rows, with the table as it is; it is
/// left as it was. Throws EngineError where the new form cannot be, PlanError where rows cannot be addressed in it.
[[nodiscard]] Rebuild rebuild_of(Connection const& schema, Name const& table, std::string new_text,
                                 std::vector<RebuiltIndex> indexes, std::int64_t id);

[[nodiscard]] Name shadow_of(Name const& table);

/// The shadow, empty, with its indexes.
[[nodiscard]] std::vector<std::string> make_shadow(Rebuild const& rebuild);
/// The triggers that keep it in step, and the table that they note in. They read evolver_rebuild and evolver_rebuild_key.
[[nodiscard]] std::vector<std::string> carry_triggers(Rebuild const& rebuild);
/// Copies a range of the table. Parameters as in fill_sql.hpp.
[[nodiscard]] std::string copy_rows(Rebuild const& rebuild, Range range);
/// How the shadow was kept in step.
enum class Carried { by_triggers, at_once };
/// Table and shadow change places; the old rows are `trash` then.
[[nodiscard]] std::vector<std::string> swap(Rebuild const& rebuild, Name const& trash, Carried carried);
/// (the table, the shadow): two texts of one moment that are equal where both have as many rows, with the same sum of keys.
[[nodiscard]] std::string compare_whole(Rebuild const& rebuild);
/// Takes the triggers of a rebuild that is given up off `table`, and makes its shadow, as `schema` has it, `trash`.
[[nodiscard]] std::vector<std::string> give_up(Connection const& schema, Name const& table, Name const& trash);

/// The same where nobody waits and the rows are few: the shadow is gone at once.
[[nodiscard]] std::vector<std::string> discard(Name const& table);

/// Everything that the form and its triggers are, as one text: a rebuild goes on only where it is the same.
[[nodiscard]] std::string identity(Rebuild const& rebuild);

}  // namespace evolver::sqlite
