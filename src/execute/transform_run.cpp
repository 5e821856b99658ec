#include "execute/transform_run.hpp"

#include "execute/triggers_off.hpp"

#include <utility>

namespace evolver {

TransformRun::TransformRun(Workplace& workplace, sqlite::PhysicalTransform change)
    : workplace_{workplace},
      change_{std::move(change)},
      slices_{workplace.own(), change_.table, sqlite::row_key(workplace.own(), change_.table)} {}

Batch TransformRun::batch(std::chrono::microseconds target) {
    if (over_) return Batch::finished;
    auto const& connection = workplace_.own();
    auto const until = slices_.end_after(done_, rows_);
    auto const range = range_of(done_, until);
    {
        // As a backfill does: the application's triggers are not for evolver's writes.
        TriggersOff const off{connection};
        sqlite::WriteTransaction transaction{connection, workplace_.wait()};
        auto write = connection.prepare(sqlite::transform(change_, slices_.key(), range));
        bind_range(write, done_, until, slices_.key());
        (void)write.run();
        if (looks_ && left_.empty()) {
            auto left = connection.prepare(sqlite::untransformed(change_, slices_.key(), range));
            bind_range(left, done_, until, slices_.key());
            if (left.step()) left_ = "key " + left.text(0);
        }
        transaction.commit();
        held_ = transaction.held();
        rows_ = size_.next(rows_, target, held_, transaction.committing());
    }
    held_ += workplace_.checkpoint_if_due();
    workplace_.tell({.kind = EventKind::batch, .object = change_.table.text(), .duration = held_});
    over_ = until.empty();
    done_ = until;
    return Batch::committed;
}

sqlite::PhysicalTransform short_rows(ChangedDefault const& changed) {
    auto const column = sqlite::quoted(changed.column.text());
    return {
        .table = changed.table, .set = {{changed.column, column}}, .where = column + " IS (" + changed.before + "\n)"};
}

}  // namespace evolver
