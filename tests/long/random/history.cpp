#include "long/random/history.hpp"

namespace evolver::random_test {

Outcome play(Setting const& setting, std::vector<Step> const& steps, std::string const& path) {
    Outcome outcome;
    World world{setting, path};
    for (auto const& step : steps) {
        try {
            world.play(step);
            outcome.said.push_back(world.said());
            world.check();
        } catch (std::exception const& error) {
            outcome.said.push_back(world.said());
            outcome.failure = error.what();
            return outcome;
        }
    }
    return outcome;
}

std::vector<Step> shortest(Setting const& setting, std::vector<Step> steps, std::string const& path) {
    for (std::size_t part = steps.size() / 2; part > 0; part /= 2) {
        for (std::size_t start = 0; start + part <= steps.size();) {
            auto fewer = steps;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(start),
                        fewer.begin() + static_cast<std::ptrdiff_t>(start + part));
            if (!play(setting, fewer, path).failure.empty()) {
                steps = std::move(fewer);
            } else {
                start += part;
            }
        }
    }
    return steps;
}

}  // namespace evolver::random_test
