#pragma once

// An index in small batches: SQL of a build beside everybody.
//
// SQLite builds an index under one lock. But the b-tree of an index is that of a table WITHOUT ROWID whose primary key has the index's
// columns, collations and directions, and the row's key at the end. So such a table, the holder, is filled in key order by batches, and in
// the end its entry in sqlite_schema becomes that of the index. SQLite does not document this; hence it is opt-in, and what the holder has
// is compared with the table first. Where a column may be NULL, which such a primary key does not accept, the holder is written through an
// imposter: a table that only this connection knows, over the same b-tree (SQLITE_TESTCTRL_IMPOSTER, as SQLite's own RBU extension does).
//
// Triggers on the table note, for each row that is changed, what the index would say of it before (the entry to be taken out), and that the
// row is to be looked at. REPLACE fires no DELETE trigger, so the rows that are in the way of a write are noted, too.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/fill_sql.hpp"
#include "dialect/sqlite/index_layout.hpp"

#include <string>
#include <vector>

namespace evolver::sqlite {

[[nodiscard]] std::string holder_name(Name const& index);
[[nodiscard]] std::string notes_name(Name const& index);
/// The table through which a build writes to the holder: the holder itself where nothing can be NULL.
[[nodiscard]] std::string written_name(IndexLayout const& layout);

/// The holder, the notes, and the triggers: one statement each, as sqlite_schema keeps them.
[[nodiscard]] std::vector<std::string> begin_build(IndexLayout const& layout);
/// The imposter over the holder.
[[nodiscard]] std::string imposter(IndexLayout const& layout);
/// Makes the index of the holder. The notes must be empty.
[[nodiscard]] std::vector<std::string> adopt(IndexLayout const& layout);
/// Ends a build of that name where there is one: the triggers go, the tables wait as evolver_trash_<n> to be taken away in slices.
[[nodiscard]] std::vector<std::string> discard_build(Connection const& schema, Name const& index);

// ---- collecting: the table, slice by slice, each slice sorted, into a temporary table

/// The temporary tables, made anew.
[[nodiscard]] std::string make_sorted(IndexLayout const& layout);
/// Appends the rows of one range of the table's key, sorted: a run. `range` has both ends (see fill_sql.hpp), or none of the first.
[[nodiscard]] std::string collect(IndexLayout const& layout, bool from_start);

// ---- filling: the next entries of all runs, in order, into the holder. A bound is every column, with a flag before each that may be NULL.
// Runs are read by their rowids, which are in the order of what is sorted: evolver_runs says which come next.

/// The last entry of the holder, as a bound.
[[nodiscard]] std::string last_held(IndexLayout const& layout);
/// How many values a bound has.
[[nodiscard]] std::size_t bound_size(IndexLayout const& layout);
/// Each run goes on after the bound.
[[nodiscard]] std::string skip_held(IndexLayout const& layout);
/// The ?1-th of the next entries of each run that has so many.
[[nodiscard]] std::string propose(IndexLayout const& layout);
/// The first of the candidates; none where every run ends before.
[[nodiscard]] std::string first_proposed(IndexLayout const& layout);

/// Which entries a batch takes: of each run the next ?1, and of several runs those until the bound that begins at ?2.
enum class Take { one_run, until_bound, rest };
[[nodiscard]] std::string fill_holder(IndexLayout const& layout, Take take);
/// The runs go on after what fill_holder() took, with the same parameters.
[[nodiscard]] std::string move_on(IndexLayout const& layout, Take take);

// ---- settling: what was noted meanwhile

/// The next ?1 notes: (number, columns ...).
[[nodiscard]] std::string next_notes(IndexLayout const& layout);
[[nodiscard]] std::string forget_notes(IndexLayout const& layout);
/// Takes the entry ?1 ... out of the holder.
[[nodiscard]] std::string take_out(IndexLayout const& layout);
/// Puts the row of the key ?1 ... in, as it is now.
[[nodiscard]] std::string put_in(IndexLayout const& layout);
/// Is there another entry with the values of the row of the key ?1 ... , that is not noted? For unique indexes.
[[nodiscard]] std::string duplicate_of(IndexLayout const& layout);

// ---- checking: the digest of the table against that of the holder (row_digest.hpp)

/// Of one range of the table, without the rows that are noted: a look for each row, unless none are.
[[nodiscard]] std::string digest_table(IndexLayout const& layout, Range range, bool without_noted);
[[nodiscard]] std::string any_noted(IndexLayout const& layout);
/// Remembers the keys of that range that were left out.
[[nodiscard]] std::string exclude_noted(IndexLayout const& layout, Range range);
/// Of the entries in the holder that the table's digest left out.
[[nodiscard]] std::string digest_excluded(IndexLayout const& layout);

/// The entries after one entry, in order, are one range after the other, each a seek. The conditions have ?1 ... for that entry's columns;
/// `is_null` says which of them are NULL. Without an entry: all.
[[nodiscard]] std::vector<std::string> ranges_after(IndexLayout const& layout, std::vector<bool> const& is_null);
/// (columns ...) of the ?(n+1)-th entry in the range, n columns.
[[nodiscard]] std::string entry_after(IndexLayout const& layout, std::string const& range);
/// The digest and number of all entries.
[[nodiscard]] std::string digest_holder(IndexLayout const& layout);
/// The digest and number of the first ?(n+1) entries in the range.
[[nodiscard]] std::string digest_holder(IndexLayout const& layout, std::string const& range);
/// One of the first ?(n+1) entries in the range that shares its values with another, where neither is noted.
[[nodiscard]] std::string duplicate_in(IndexLayout const& layout, std::string const& range);

}  // namespace evolver::sqlite
