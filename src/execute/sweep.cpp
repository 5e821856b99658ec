#include "execute/sweep.hpp"

#include "dialect/sqlite/trash.hpp"
#include "evolver/error.hpp"

#include <algorithm>

namespace evolver {

namespace {

/// What is overwritten when it is deleted, for as long as this lives.
class FastDelete {
public:
    explicit FastDelete(sqlite::Connection const& connection)
        : connection_{connection}, before_{connection.integer("PRAGMA secure_delete")} {
        if (before_ == 1) connection_.run("PRAGMA secure_delete = FAST");
    }
    ~FastDelete() {
        try {
            if (before_ == 1) connection_.run("PRAGMA secure_delete = ON");
        } catch (Error const&) {
            before_ = 0;  // it stays FAST until the connection is closed: pages that become free keep what they held
        }
    }
    FastDelete(FastDelete const&) = delete;
    FastDelete& operator=(FastDelete const&) = delete;

private:
    sqlite::Connection const& connection_;
    std::int64_t before_;
};

/// Deletes the first rows. False: the table had not so many, and is empty now.
bool delete_slice(sqlite::Connection const& connection, Name const& trash, std::int64_t rows) {
    auto const key = sqlite::row_key(connection, trash);
    auto const parts = static_cast<int>(key.columns.size());
    auto last = connection.prepare(sqlite::key_after_rows(trash, key, sqlite::Range::all));
    last.bind(2 * parts + 1, rows);
    bool const more = last.step();
    auto slice = connection.prepare(sqlite::delete_rows(trash, key, more ? sqlite::Range::until : sqlite::Range::all));
    for (int part = 0; more && part < parts; ++part) slice.bind(parts + part + 1, last.value(part));
    last.reset();
    (void)slice.run();
    return more;
}

}  // namespace

Batch Sweep::batch(std::chrono::microseconds target) {
    auto const& connection = workplace_.own();
    if (!sqlite::first_trash(connection)) return Batch::finished;
    FastDelete const fast{connection};
    sqlite::WriteTransaction transaction{connection, workplace_.wait()};
    auto const trash = sqlite::first_trash(connection);
    if (!trash) return Batch::stale;
    bool slice = false;
    if (auto const index = sqlite::first_index_of(connection, *trash)) {
        connection.run("DROP INDEX " + sqlite::quoted(index->text()));
    } else {
        slice = delete_slice(connection, *trash, batch_rows_);
        if (!slice) connection.run("DROP TABLE " + sqlite::quoted(trash->text()));
    }
    transaction.commit();
    auto const held = transaction.held();
    auto const kept_out = workplace_.checkpoint_if_due();
    held_ = held + kept_out;
    if (slice) batch_rows_ = size_.next(batch_rows_, target, held, transaction.committing());
    workplace_.tell({.kind = EventKind::batch, .object = trash->text(), .duration = std::max(held, kept_out)});
    return Batch::committed;
}

}  // namespace evolver
