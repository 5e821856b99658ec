// Faults: each operation is carried out while the disk fails, the power goes, the process is killed or the memory runs out, at every single
// moment. Then it is carried out once more on a healthy machine, and nobody can tell.
//
//   evolver_faults [--every N] [--memory-every N] [--journey N] [--at N] [--both-modes 1]
//
// A journey is one operation with programs that write, to contract or to rollback (trip.hpp). First it is made without a fault, which says how
// many operations of the disk and how many allocations it takes, and how it ends. Then, for each N-th of these, in each mode of failing: the
// same with the fault, the wreck, once more. The end must be equal, the database whole, and no write lost that was acknowledged.

#include "long/faults/disk.hpp"
#include "long/faults/memory.hpp"
#include "long/faults/trip.hpp"
#include "support/long_test.hpp"
#include "support/process.hpp"

#include <fmt/format.h>
#include <soci/soci.h>

#include <filesystem>
#include <iostream>
#include <map>

namespace {

namespace fs = std::filesystem;
using namespace evolver::faults;

struct Tally {
    std::map<std::string, std::size_t> points;
    std::size_t failures = 0;
    std::size_t told = 0;  ///< Faults that somebody was told of: the rest went unnoticed.
};

class Harness {
public:
    Harness(Disk& disk, Journey const& journey, Tally& tally)
        : disk_{disk},
          journey_{journey},
          tally_{tally},
          template_{folder_.file("template.db")},
          path_{folder_.file("t.db")} {
        disk.begin({});
        make(journey, template_);
        reset();
        disk.begin({});
        run_out_at(0, false);
        Acknowledged all;
        travel(journey, path_, all);
        operations_ = disk.operations();
        allocations_ = allocations();
        expected_ = end_of(journey, path_);
    }

    [[nodiscard]] std::size_t operations() const { return operations_; }
    [[nodiscard]] std::size_t allocated() const { return allocations_; }

    void strike(Fault const& fault) {
        reset();
        disk_.begin(fault);
        run_out_at(0, false);
        Acknowledged told;
        bool const failed = fails(told);
        if (!disk_.struck()) return;  // another way was taken, and it was shorter
        ++tally_.points[std::string{name_of(fault.mode)} + ", " + std::string{disk_.victim()}];
        tally_.told += failed ? 1 : 0;
        auto const what = fmt::format("{} at disk operation {} ({})", name_of(fault.mode), fault.at, disk_.victim());
        if (fault.mode >= Mode::killed) disk_.leave_wreck();
        disk_.begin({});
        check(what, told, fault.mode >= Mode::power && !journey_.wal ? 1 : 0);
    }

    void run_out(std::size_t at, bool for_good) {
        reset();
        disk_.begin({});
        run_out_at(at, for_good);
        Acknowledged told;
        bool const failed = fails(told);
        bool const struck = ran_out();
        run_out_at(0, false);
        if (!struck) return;
        ++tally_.points[for_good ? "no memory from there on" : "no memory once"];
        tally_.told += failed ? 1 : 0;
        check(fmt::format("no memory{} at allocation {}", for_good ? " from there on" : " once", at), told, 0);
    }

private:
    void reset() const {
        evolver::testing::remove_database(path_);
        fs::copy_file(template_, path_);
        if (fs::exists(template_ + "-wal")) fs::copy_file(template_ + "-wal", path_ + "-wal");
    }

    bool fails(Acknowledged& told) const {
        try {
            travel(journey_, path_, told);
            return false;
        } catch (std::exception const&) {
            return true;
        }
    }

    /// `doubtful`: commits that the journal mode does not promise to survive a power loss.
    void check(std::string const& what, Acknowledged const& told, std::int64_t doubtful) {
        try {
            auto const kept = writes_in(path_);
            Acknowledged again;
            travel(journey_, path_, again);
            auto const found = end_of(journey_, path_);
            if (kept + doubtful < told.writes)
                complain(what, fmt::format("{} writes of {} are lost", told.writes - kept, told.writes));
            if (found != expected_) complain(what, evolver::testing::first_difference(expected_, found));
        } catch (std::exception const& error) {
            complain(what, std::string{"it cannot be gone on with: "} + error.what());
        }
    }

    void complain(std::string const& what, std::string const& why) {
        if (++tally_.failures <= 20)
            std::cout << "FAILED " << journey_.name << ", " << what << ": " << why << std::endl;
    }

    Disk& disk_;
    Journey const& journey_;
    Tally& tally_;
    evolver::testing::Folder folder_{"evolver-faults"};
    std::string template_;
    std::string path_;
    std::size_t operations_ = 0;
    std::size_t allocations_ = 0;
    std::string expected_;
};

}  // namespace

int main(int argc, char** argv) {
    using evolver::testing::option;
    auto const every = option(argc, argv, "--every").value_or(1);
    auto const memory_every = option(argc, argv, "--memory-every").value_or(every);
    auto const only = option(argc, argv, "--journey");
    auto const only_at = option(argc, argv, "--at");
    watch_memory();
    Disk disk;
    Tally tally;
    auto const all = journeys(option(argc, argv, "--both-modes").value_or(0) != 0);
    std::size_t step = 0;  // goes on from one journey to the next, so that a sample is of all moments
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (only && *only != i) continue;
        try {
            Harness harness{disk, all[i], tally};
            if (only)
                std::cout << all[i].name << ": " << harness.operations() << " disk operations, " << harness.allocated()
                          << " allocations" << std::endl;
            for (std::size_t at = 1; at <= harness.operations(); ++at) {
                if (only_at && *only_at != at) continue;
                for (auto const mode : {Mode::error_once, Mode::error_on, Mode::killed, Mode::power, Mode::torn}) {
                    for (std::uint64_t const seed : {at * 2, at * 2 + 1}) {
                        bool const same = seed % 2 == 1 && (mode == Mode::killed || mode == Mode::power);
                        if (!same && ++step % every == 0) harness.strike({mode, at, seed});
                    }
                }
            }
            for (std::size_t at = 1; at <= harness.allocated() && !only_at; ++at) {
                for (bool const for_good : {false, true}) {
                    if (++step % memory_every == 0) harness.run_out(at, for_good);
                }
            }
        } catch (std::exception const& error) {
            std::cout << "FAILED " << all[i].name << ": without a fault: " << error.what() << '\n';
            ++tally.failures;
        }
    }
    std::size_t points = 0;
    for (auto const& [what, count] : tally.points) {
        std::cout << fmt::format("{:>8} {}\n", count, what);
        points += count;
    }
    std::cout << fmt::format("{} fault points on {} journeys, {} of them told by an error: {} failed\n", points,
                             all.size(), tally.told, tally.failures);
    return tally.failures == 0 ? 0 : 1;
}
