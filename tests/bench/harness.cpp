#include "harness.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <time.h>

namespace bench {

double seconds(std::function<void()> const& work) {
    auto const start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double processor_seconds(std::function<void()> const& work) {
    auto const now = [] {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
    };
    auto const start = now();
    work();
    return now() - start;
}

double quantile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    auto const at = static_cast<std::size_t>(share * static_cast<double>(values.size()));
    return values[std::min(at, values.size() - 1)];
}

bool Bench::wants(std::string_view name) const {
    auto const shorter = std::min(only_.size(), name.size());
    return name.substr(0, shorter) == only_.substr(0, shorter);
}

double Bench::ratio(std::string const& name, std::function<double()> const& variant,
                    std::function<double()> const& reference, int pairs, std::optional<Bound> kind, double bound) {
    variant();
    reference();
    std::vector<double> ratios, times;
    for (int pair = 0; pair < pairs; ++pair) {
        double first = 0, second = 0;
        if (pair % 2 == 0) {
            first = variant();
            second = reference();
        } else {
            second = reference();
            first = variant();
        }
        ratios.push_back(first / second);
        times.push_back(first);
    }
    auto const median = quantile(ratios, 0.5);
    report({.name = name,
            .value = median,
            .unit = "",
            .kind = kind,
            .bound = bound,
            .note = fmt::format("{:.2f} to {:.2f} in {} pairs", quantile(ratios, 0), quantile(ratios, 1), pairs)});
    return median;
}

void Bench::report(Figure figure) {
    if (!wants(figure.name)) return;
    auto const bound =
        figure.kind ? fmt::format("{} {:.2f}", *figure.kind == Bound::at_most ? "at most" : "at least", figure.bound)
                    : "";
    fmt::print("{:<28} {:>10.3f} {:<6} {:<14} {:<7} {}\n", figure.name, figure.value, figure.unit, bound,
               !figure.kind      ? ""
               : figure.missed() ? "MISSED"
                                 : "ok",
               figure.note);
    std::fflush(stdout);
    figures_.push_back(std::move(figure));
}

std::filesystem::path Bench::database(std::string const& name) const {
    for (auto const* suffix : {"", "-wal", "-shm", "-evolver"})
        std::filesystem::remove(folder_ / (name + ".db" + suffix));
    return folder_ / (name + ".db");
}

}  // namespace bench
