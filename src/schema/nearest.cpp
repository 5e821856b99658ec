#include "schema/nearest.hpp"

#include <algorithm>
#include <vector>

namespace evolver {

std::string nearest(std::string_view wanted, std::span<std::string const> known) {
    std::string best;
    std::size_t best_distance = wanted.size() / 3 + 2;
    for (auto const& candidate : known) {
        std::vector<std::size_t> row(candidate.size() + 1);
        for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
        for (std::size_t i = 1; i <= wanted.size(); ++i) {
            std::size_t diagonal = row[0];
            row[0] = i;
            for (std::size_t j = 1; j < row.size(); ++j) {
                std::size_t const above = row[j];
                row[j] =
                    std::min({row[j] + 1, row[j - 1] + 1, diagonal + (wanted[i - 1] == candidate[j - 1] ? 0U : 1U)});
                diagonal = above;
            }
        }
        if (row.back() < best_distance) {
            best_distance = row.back();
            best = candidate;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view wanted, std::span<std::string const> known) {
    auto const candidate = nearest(wanted, known);
    if (!candidate.empty()) return "did you mean \"" + candidate + "\"?";
    std::string list;
    for (auto const& name : known) list += (list.empty() ? "" : ", ") + name;
    return known.empty() ? "" : "there are: " + list;
}

}  // namespace evolver
