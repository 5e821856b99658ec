#include "execute/batch.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace evolver;
using std::chrono::microseconds;

namespace {

/// Batches on a disk on which a commit takes `fixed`, and each row `per_row` before it and `committed` in it, in nanoseconds.
struct Disk {
    microseconds fixed{0};
    std::int64_t per_row = 1000;
    std::int64_t committed = 0;

    [[nodiscard]] microseconds work(std::int64_t rows) const { return microseconds{rows * per_row / 1000}; }
    [[nodiscard]] microseconds commit(std::int64_t rows) const { return fixed + microseconds{rows * committed / 1000}; }
    [[nodiscard]] microseconds held(std::int64_t rows) const { return work(rows) + commit(rows); }
};

std::int64_t after(int batches, Disk const& disk, BatchSize& size, std::int64_t rows = first_batch) {
    for (int i = 0; i < batches; ++i) rows = size.next(rows, batch_target, disk.held(rows), disk.commit(rows));
    return rows;
}

}  // namespace

TEST_SUITE_BEGIN("execute/batch");

TEST_CASE("batch size: aims at the target, whether the time goes before the commit or in it") {
    for (std::int64_t const committed : {0, 300, 3000}) {
        CAPTURE(committed);
        Disk const disk{.committed = committed};
        BatchSize size;
        auto const held = disk.held(after(60, disk, size));
        CHECK(held > batch_target * 3 / 4);
        CHECK(held < batch_target * 5 / 4);
    }
}

TEST_CASE("batch size: a commit that takes longer than the target makes no batches of one row") {
    for (auto const fixed : {microseconds{6000}, microseconds{15'000}, microseconds{40'000}}) {
        CAPTURE(fixed.count());
        Disk const disk{.fixed = fixed};
        BatchSize size;
        auto const rows = after(60, disk, size);
        CHECK(disk.work(rows) > std::min(fixed, microseconds{20'000}) / 2);
        CHECK(disk.work(rows) < microseconds{25'000});
    }
}

TEST_CASE("batch size: a disk that becomes slower, and quick again, is followed") {
    BatchSize size;
    Disk const quick{.fixed = microseconds{100}};
    Disk const slow{.fixed = microseconds{15'000}};
    auto rows = after(60, quick, size);
    rows = after(60, slow, size, rows);
    CHECK(slow.work(rows) > microseconds{7000});
    rows = after(60, quick, size, rows);
    CHECK(quick.held(rows) < batch_target * 5 / 4);
}

TEST_SUITE_END();
