// Faults: each operation is carried out while the disk fails, the power goes, the process is killed or the memory runs out, at every single
// moment. Then it is carried out once more on a healthy machine, and nobody can tell.
//
//   evolver_faults [--every N] [--memory-every N] [--journey N] [--at N] [--both-modes 1]
//                  [--allocation N] [--all-modes 1] [--turn N] [--workers N]
//
// A journey is one operation with programs that write, to contract or to rollback (trip.hpp). First it is made without a fault, which says how
// many operations of the disk and how many allocations it takes, and how it ends. Then, for each N-th of these, with an error and with a death, of
// the kind whose turn it is (--all-modes 1: of every kind): the same with the fault, the wreck, once more. The end must be equal, the database whole, and no write lost that was acknowledged.
//
// Journeys are shared out among N processes; --workers 0: one per processor.

#include "long/faults/disk.hpp"
#include "long/faults/memory.hpp"
#include "long/faults/trip.hpp"
#include "support/long_test.hpp"
#include "support/process.hpp"

#include <fmt/format.h>
#include <soci/soci.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <iostream>
#include <map>
#include <new>
#include <optional>
#include <sstream>
#include <thread>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

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

/// How an operation of the disk fails, and how everything ends at it, each with one of two errors, or of two ways in which writes are torn.
constexpr std::array<std::pair<Mode, bool>, 8> ways_to_fail{{{Mode::error_once, false},
                                                             {Mode::error_on, false},
                                                             {Mode::error_once, true},
                                                             {Mode::error_on, true},
                                                             {Mode::killed, false},
                                                             {Mode::torn, false},
                                                             {Mode::power, false},
                                                             {Mode::torn, true}}};
constexpr std::size_t in_a_row = 4;

/// What was asked for on the command line.
struct Asked {
    std::size_t every;
    std::size_t memory_every;
    std::optional<std::size_t> journey;
    std::optional<std::size_t> at;          ///< Only that operation of the disk.
    std::optional<std::size_t> allocation;  ///< Only that allocation.
    bool all_modes;    ///< Each operation meets all of them, instead of an error and a death in turn.
    std::size_t turn;  ///< With whom it begins.
};

void travel_with_faults(Disk& disk, Journey const& journey, Asked const& asked, std::size_t& step, Tally& tally) {
    Harness harness{disk, journey, tally};
    if (asked.journey)
        std::cout << journey.name << ": " << harness.operations() << " disk operations, " << harness.allocated()
                  << " allocations" << std::endl;
    for (std::size_t at = 1; at <= harness.operations() && !asked.allocation; ++at) {
        if (asked.at && *asked.at != at) continue;
        for (std::size_t i = 0; i < ways_to_fail.size(); ++i) {
            // One of the errors and one of the deaths, in turn: the next operation meets the next of them.
            bool const in_turn = i % in_a_row == (at + asked.turn) % in_a_row;
            auto const [mode, other] = ways_to_fail.at(i);
            if ((in_turn || asked.all_modes) && ++step % asked.every == 0)
                harness.strike({mode, at, at * 2 + (other ? 1 : 0)});
        }
    }
    for (std::size_t at = 1; at <= harness.allocated() && !asked.at; ++at) {
        if (asked.allocation && *asked.allocation != at) continue;
        for (bool const for_good : {false, true}) {
            if (asked.allocation || ++step % asked.memory_every == 0) harness.run_out(at, for_good);
        }
    }
}

/// The journeys that this process takes from `next`, which all workers share.
Tally work(std::vector<Journey> const& all, Asked const& asked, std::atomic<std::size_t>& next) {
    watch_memory();
    Disk disk;
    Tally tally;
    for (auto i = next++; i < all.size(); i = next++) {
        if (asked.journey && *asked.journey != i) continue;
        // Of a sample, each journey has its own moments, whoever takes it.
        std::size_t step = i * 31;
        try {
            travel_with_faults(disk, all[i], asked, step, tally);
        } catch (std::exception const& error) {
            std::cout << "FAILED " << all[i].name << ": without a fault: " << error.what() << std::endl;
            ++tally.failures;
        }
    }
    return tally;
}

/// Workers are processes: the faults of a disk and of memory are those of a whole process. Each writes what it has counted into a pipe.
Tally by_workers(std::size_t count, std::vector<Journey> const& all, Asked const& asked) {
    auto* const shared =
        mmap(nullptr, sizeof(std::atomic<std::size_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) throw std::runtime_error{"no memory that processes share"};
    auto& next = *new (shared) std::atomic<std::size_t>{0};
    Tally sum;
    std::vector<std::pair<pid_t, int>> workers;
    for (std::size_t i = 0; i < count; ++i) {
        std::array<int, 2> ends{};
        if (pipe(ends.data()) != 0) throw std::runtime_error{"no pipe"};
        auto const worker = fork();
        if (worker == 0) {
            close(ends[0]);
            auto const tally = work(all, asked, next);
            std::string text = fmt::format("{}\t{}\n", tally.failures, tally.told);
            for (auto const& [what, points] : tally.points) text += fmt::format("{}\t{}\n", points, what);
            bool const told = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
            std::cout << std::flush;
            _exit(told ? 0 : 1);
        }
        close(ends[1]);
        workers.emplace_back(worker, ends[0]);
    }
    for (auto const& [worker, end] : workers) {
        std::string text;
        std::array<char, 4096> part{};
        for (ssize_t got = 0; (got = read(end, part.data(), part.size())) > 0;)
            text.append(part.data(), static_cast<std::size_t>(got));
        close(end);
        int status = 0;
        waitpid(worker, &status, 0);
        if (status != 0) {
            std::cout << "FAILED a worker ended with the status " << status << '\n';
            ++sum.failures;
            continue;
        }
        std::istringstream lines{text};
        std::string line;
        std::getline(lines, line);
        sum.failures += std::stoul(line);
        sum.told += std::stoul(line.substr(line.find('\t') + 1));
        while (std::getline(lines, line)) sum.points[line.substr(line.find('\t') + 1)] += std::stoul(line);
    }
    return sum;
}

}  // namespace

int main(int argc, char** argv) {
    using evolver::testing::option;
    auto const every = option(argc, argv, "--every").value_or(1);
    Asked const asked{.every = every,
                      .memory_every = option(argc, argv, "--memory-every").value_or(every),
                      .journey = option(argc, argv, "--journey"),
                      .at = option(argc, argv, "--at"),
                      .allocation = option(argc, argv, "--allocation"),
                      .all_modes = option(argc, argv, "--all-modes").value_or(0) != 0,
                      .turn = option(argc, argv, "--turn").value_or(0)};
    auto const all = journeys(option(argc, argv, "--both-modes").value_or(0) != 0);
    auto workers = option(argc, argv, "--workers").value_or(1);
    if (workers == 0) workers = std::max(1U, std::thread::hardware_concurrency());
    auto const tally = by_workers(workers, all, asked);
    std::size_t points = 0;
    for (auto const& [what, count] : tally.points) {
        std::cout << fmt::format("{:>8} {}\n", count, what);
        points += count;
    }
    std::cout << fmt::format("{} fault points on {} journeys, {} of them told by an error: {} failed\n", points,
                             all.size(), tally.told, tally.failures);
    return tally.failures == 0 ? 0 : 1;
}
