#include "execute/short_rows.hpp"

#include "execute/triggers_off.hpp"

namespace evolver {

ShortRows::ShortRows(Workplace& workplace, ChangedDefault const& changed)
    : workplace_{workplace},
      change_{.table = changed.table,
              .set = {{changed.column, sqlite::quoted(changed.column.text())}},
              .where = sqlite::quoted(changed.column.text()) + " IS (" + changed.before + "\n)"},
      slices_{workplace.own(), changed.table, sqlite::row_key(workplace.own(), changed.table)} {}

Batch ShortRows::batch(std::chrono::microseconds target) {
    if (over_) return Batch::finished;
    auto const& connection = workplace_.own();
    auto const until = slices_.end_after(done_, rows_);
    {
        // No value changes: there is nothing for a trigger to see.
        TriggersOff const off{connection};
        sqlite::WriteTransaction transaction{connection, workplace_.wait()};
        auto write = connection.prepare(sqlite::transform(change_, slices_.key(), range_of(done_, until)));
        bind_range(write, done_, until, slices_.key());
        (void)write.run();
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

}  // namespace evolver
