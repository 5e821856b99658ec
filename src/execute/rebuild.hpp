#pragma once

// A table made anew in batches, beside everybody who uses it; see dialect/sqlite/rebuild.hpp for how.
//
// - The shadow, its triggers and the run's row in the ledger come in one transaction; each batch commits with its checkpoint. A killed run goes
//   on after its last batch, also in another process.
// - A run goes on only where table and new form are what they were when it began; else it is given up, and begins anew. Hidden rowids are
//   renumbered by VACUUM, which raises schema_version: a run over them begins anew whenever that has changed.
// - Backfills do not fire triggers: one that works on the same table makes the run begin anew (ledger::forget_rebuild).

#include "compile/rebuilds.hpp"
#include "execute/batch.hpp"
#include "execute/workplace.hpp"

namespace evolver {

/// One table of one migration. Cheap to make; the state is in the ledger.
class RebuildRun {
public:
    /// `schema_version` is that for which `rebuild` was compiled.
    RebuildRun(Workplace& workplace, std::size_t position, sqlite::Rebuild rebuild, std::int64_t schema_version);

    /// Has a contract begun with it, for this form of the table?
    [[nodiscard]] bool begun() const;

    /// One batch that should hold the lock for about `target`. `stale`: the schema has changed, compile again.
    Batch batch(std::chrono::microseconds target);

    /// Throws Error, and gives the run up, where the shadow does not hold the rows of the table. Holds no lock.
    void verify();

    /// Every row is in the shadow, and nothing has moved since. Inside a write transaction.
    [[nodiscard]] bool ready() const;
    /// Forgets the run. Inside the transaction in which table and shadow have changed places.
    void done() const;

    /// How long the last batch kept writers out, with the checkpoint after it.
    [[nodiscard]] std::chrono::microseconds held() const noexcept { return held_; }
    [[nodiscard]] std::int64_t schema_version() const noexcept { return schema_version_; }
    [[nodiscard]] sqlite::Rebuild const& form() const noexcept { return rebuild_; }

private:
    struct Position;

    [[nodiscard]] Position read_position() const;
    [[nodiscard]] bool begin();
    [[nodiscard]] std::vector<sqlite::Value> end_of_batch(Position const& from) const;

    Workplace& workplace_;
    std::size_t position_;
    sqlite::Rebuild rebuild_;
    std::string form_digest_;
    std::int64_t schema_version_;
    std::int64_t batch_rows_ = first_batch;
    BatchSize size_;
    std::int64_t estimate_ = 0;
    std::chrono::microseconds held_{0};
};

/// Takes shadow and triggers of the run on `table` away, for good. Inside a write transaction.
void give_up_rebuild(sqlite::Connection const& connection, Name const& table);

}  // namespace evolver
