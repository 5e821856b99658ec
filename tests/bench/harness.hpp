#pragma once

// Two ways of doing the same, side by side in one run.
//
// A machine that others use, or that changes its clock, makes absolute times worthless. So the two variants alternate, the one that
// begins alternates too, each pair gives a ratio, and the figure is the median of the ratios. Only ratios have bounds.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

enum class Bound { at_most, at_least };

struct Figure {
    std::string name;
    double value;
    std::string unit = {};
    std::optional<Bound> kind = {};
    double bound = 0;
    std::string note = {};

    [[nodiscard]] bool missed() const { return kind && (*kind == Bound::at_most ? value > bound : value < bound); }
};

/// Seconds that `work` takes.
[[nodiscard]] double seconds(std::function<void()> const& work);

/// Seconds that a processor works for it, on this thread: for what does not wait for a disk. What others do on the machine shows less.
[[nodiscard]] double processor_seconds(std::function<void()> const& work);

/// The value below which `share` of all values are.
[[nodiscard]] double quantile(std::vector<double> values, double share);

class Bench {
public:
    /// `only`: the beginning of the names that are wanted; empty: all. `folder`: for the databases, on a real disk.
    Bench(std::string only, std::filesystem::path folder) : only_{std::move(only)}, folder_{std::move(folder)} {}

    /// Is any figure wanted whose name begins so? A topic that is not wanted does not even build its data.
    [[nodiscard]] bool wants(std::string_view name) const;

    /// The time of `variant` as a share of that of `reference`. Each is called with nothing measured once, to warm up, and then `pairs`
    /// times; both return seconds.
    double ratio(std::string const& name, std::function<double()> const& variant,
                 std::function<double()> const& reference, int pairs, std::optional<Bound> kind = {}, double bound = 0);

    void report(Figure figure);

    /// An empty database's path; what was there is removed.
    [[nodiscard]] std::filesystem::path database(std::string const& name) const;

    [[nodiscard]] std::vector<Figure> const& figures() const noexcept { return figures_; }

private:
    std::string only_;
    std::filesystem::path folder_;
    std::vector<Figure> figures_;
};

// The topics.
void start(Bench& bench);
void access(Bench& bench);
void sync(Bench& bench);
void backfill(Bench& bench);
void foreground(Bench& bench);
void rebuild(Bench& bench);
void index(Bench& bench);
void reconcile(Bench& bench);
/// On the server that EVOLVER_POSTGRESQL_SERVER names; without one it says that it is skipped.
void postgresql(Bench& bench);

}  // namespace bench
