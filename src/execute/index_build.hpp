#pragma once

// An index in small batches, beside everybody; what it consists of is in dialect/sqlite/index_sql.hpp.
//
// - Triggers note what is changed from the beginning on. Only then the table is read, slice by slice, each sorted into a temporary table: no
//   lock is held. Then the holder is filled in key order, and a killed build goes on after the holder's last entry, sorting anew.
// - What was noted meanwhile is settled last: the old entry goes, and the row comes in as it is then. Nothing else writes to the holder, so
//   an entry of the past is there only if it was noted.
// - Before the holder becomes the index, a digest of the table is compared with the holder's, each in slices without a lock: no settling in
//   between, so a row that is not noted has been the same all the while. So nobody ever sees an index that was not compared, and the lock of
//   the last transaction does not grow with the table; comparing afterwards would find a wrong index when it has given wrong answers.
// - A schema that has changed (VACUUM renumbers hidden rowids), or triggers that are not as they were made: the build starts over.

#include "dialect/sqlite/index_sql.hpp"
#include "execute/backfill.hpp"
#include "execute/index_check.hpp"
#include "execute/workplace.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evolver {

/// One index of one migration. Cheap to make; how far the build is stands in the ledger and in the holder, but what is sorted and what is
/// compared is lost with the object.
class IndexBuild {
public:
    IndexBuild(Workplace& workplace, std::size_t position, sqlite::IndexLayout layout);

    /// One batch that should hold the lock for about `target`, or a piece that reads for about `reading`. Throws Error where the index is
    /// unique and rows share their values, and where the digests differ.
    Batch batch(std::chrono::microseconds target, std::chrono::microseconds reading);

    /// How long the last batch kept writers out, with the checkpoint after it; nothing where it only read.
    [[nodiscard]] std::chrono::microseconds held() const noexcept { return held_; }

private:
    enum class Stage { none, filling, settling, finished };
    struct State {
        Stage stage = Stage::none;
        std::int64_t schema_version = 0;
        std::int64_t rows = 0;
        std::int64_t batches = 0;  // tells whether somebody else has worked on it since
    };
    using Values = std::vector<sqlite::Value>;

    sqlite::Statement& bind_build(sqlite::Statement& statement) const;
    [[nodiscard]] State read_state() const;
    [[nodiscard]] bool as_it_was_made(State const& state) const;
    Batch begin();
    Batch collect(std::chrono::microseconds reading);
    Batch fill(State const& state, std::chrono::microseconds target);
    Batch settle(State const& state, std::chrono::microseconds target);
    Batch check(State const& state, std::chrono::microseconds reading);
    Batch publish(State const& state);
    [[nodiscard]] std::int64_t settle_notes(std::int64_t limit);
    [[nodiscard]] std::int64_t noted(std::int64_t up_to) const;
    [[nodiscard]] bool current(State const& state) const;
    void see_holder() const;
    void write_state(State const& state, std::string_view stage, std::int64_t rows);
    void done(sqlite::WriteTransaction const& transaction, std::int64_t rows, std::chrono::microseconds target);
    [[noreturn]] void refuse_duplicates();
    [[noreturn]] void refuse_difference();

    Workplace& workplace_;
    std::size_t position_;
    sqlite::IndexLayout layout_;
    std::string id_;
    std::int64_t schema_version_;
    bool looked_at_ = false;  // the holder and the triggers are as they were made
    std::int64_t estimate_ = 0;
    std::int64_t batch_rows_;
    BatchSize size_;
    std::int64_t slice_rows_;
    std::chrono::microseconds held_{0};

    // What is sorted.
    bool collected_ = false;
    std::int64_t runs_ = 0;
    Values read_until_;  // of the table's key
    Values bound_;
    std::int64_t sorted_ = 0;

    // What is compared.
    std::optional<IndexCheck> check_;
    std::int64_t checked_at_ =
        -1;  // the state's batches when it began; each settling after it is exact, and moves it on
    bool checked_ = false;
};

}  // namespace evolver
