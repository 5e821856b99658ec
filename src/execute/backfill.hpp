#pragma once

// Backfill: filling the new shape for the rows that were there before, in small batches, resumable at each.
//
// - The set is bounded when the run begins, after the triggers are in place: rows that come later are filled by them, so the run ends
//   under insert load.
// - A checkpoint commits with the rows it speaks of. A killed run goes on after its last batch.
// - The application's triggers do not fire: filling is not a write of anybody's. Nor do evolver's own, so what an open pair computes from
//   columns that a Backfill sets is carried over here, row by row.
// - What an operator has said, or an earlier failure, is looked at in the transaction of each batch: it holds at once.
// - A batch that fails is rolled back, halved down to the rows that are the cause, and stops the run: nothing is tried again by itself.
// - A table without a key of its own is walked by its hidden rowid, which VACUUM may renumber: the walk starts over when the schema has
//   changed; what is filled already is passed over quickly.

#include "compile/compiler.hpp"
#include "evolver/execute/fill_order.hpp"
#include "execute/batch.hpp"
#include "execute/bisect.hpp"
#include "execute/table_work.hpp"
#include "execute/triggers_off.hpp"
#include "execute/workplace.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace evolver {

/// One migration's work on one table. Cheap to make; the state is in the ledger.
class Filling {
public:
    /// `order`: of a run that has not begun yet.
    Filling(Workplace& workplace, std::size_t position, TableWork work, KeyOrder order = KeyOrder::ascending);

    /// One batch that should hold the lock for about `target`. Requires: triggers are off, on a connection of evolver's own. Throws BackfillFailed.
    Batch batch(std::chrono::microseconds target);

    /// How long the last batch kept writers out, with the checkpoint after it.
    [[nodiscard]] std::chrono::microseconds held() const noexcept { return held_; }
    /// How many rows the last batch looked at.
    [[nodiscard]] std::int64_t walked() const noexcept { return walked_; }

private:
    struct Position;

    /// A statement that is used in every batch, ready to be bound: prepared once, by `text`, for each `name` and range.
    [[nodiscard]] sqlite::Statement& ready(std::string const& name, sqlite::Range range,
                                           std::function<std::string()> const& text);
    [[nodiscard]] Position read_position();
    /// Another number once somebody else has committed anything.
    [[nodiscard]] std::int64_t version_of_others();
    /// From here on, rows are walked in the order that the run has.
    void walk(bool descending);
    void forget_rebuild(Name const& table);
    /// False: nothing was written, since things are no longer as they were seen.
    [[nodiscard]] bool begin(Position const& seen);
    Batch fill(Position const& from, std::chrono::microseconds target);
    /// Fills the rows of a range, in the transaction that is open. Returns how many. `known`: how many rows it has, where that is known.
    [[nodiscard]] std::int64_t apply(KeyRange const& range, std::optional<std::int64_t> known = {});
    /// The same, by one statement for each thing that is to be done.
    [[nodiscard]] std::int64_t apply_at_once(KeyRange const& range, std::optional<std::int64_t> known);
    /// Binds the ends of a range to a statement.
    using Binder = std::function<void(sqlite::Statement&)>;
    [[nodiscard]] std::int64_t transform(OpenTransform const& open, sqlite::Range range, Binder const& bind,
                                         std::optional<std::int64_t> known);
    /// The key of a row that the last UPDATE could not fill, as it has noted it.
    [[nodiscard]] std::optional<std::string> unfilled();
    [[noreturn]] void refuse_unfilled(sqlite::PhysicalTransform const& transform, std::string const& key) const;
    /// Is the batch after `from` still the next one, and may the run go on? In the transaction of the batch.
    [[nodiscard]] bool is_next(Position const& from);
    /// After the batch was rolled back. Throws BackfillFailed, or returns `stale` where somebody has moved the run on meanwhile.
    Batch fail(Position const& from, KeyRange const& range, Error const& error);

    Workplace& workplace_;
    std::size_t position_;
    TableWork work_;
    sqlite::RowKey key_;
    std::string id_;
    std::int64_t schema_version_;
    bool rebuilds_;  // the ledger has these tables, and those; making them is a new schema version
    bool runs_;
    bool figures_;
    std::int64_t skips_ = 0;       // rows that somebody has skipped
    std::string skipped_;          // the condition for them; empty where there are none
    std::int64_t piece_rows_ = 0;  // how many rows a statement may fill; 0: a whole batch
    std::int64_t batch_rows_ = 0;
    BatchSize size_;
    std::int64_t estimate_ = 0;
    std::int64_t walked_ = 0;
    std::chrono::microseconds held_{0};
    std::map<std::pair<std::string, sqlite::Range>, sqlite::Statement> ready_;
    std::chrono::microseconds unnoted_{0};  // of the last batch, since what it took was noted in it
    std::chrono::microseconds begun_{0};    // how long the record of the beginning held the lock
};

}  // namespace evolver
