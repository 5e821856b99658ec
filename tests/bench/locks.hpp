#pragma once

// What a long run shows while it goes on: how long writers were kept out each time, and how far the WAL grew.

#include <evolver/evolver.hpp>

#include <filesystem>
#include <vector>

namespace bench {

class Locks : public evolver::Observer {
public:
    explicit Locks(std::filesystem::path const& database) : wal_{database.string() + "-wal"} {}

    void on(evolver::Event const& event) override {
        auto const milliseconds = static_cast<double>(event.duration.count()) / 1000;
        if (event.kind == evolver::EventKind::contracted) cut_over = milliseconds;
        if (event.kind != evolver::EventKind::batch) return;
        held.push_back(milliseconds);
        wal_bytes = std::max(wal_bytes, std::filesystem::file_size(wal_));
    }

    std::vector<double> held;  // milliseconds, by batches
    double cut_over = 0;       // of contract
    std::uintmax_t wal_bytes = 0;

private:
    std::filesystem::path wal_;
};

/// A copy of a file, which is on the disk when it returns: runs that are compared begin with the same.
void restore(std::filesystem::path const& base, std::filesystem::path const& to);

}  // namespace bench
