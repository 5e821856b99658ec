#include "evolver/testing/scenario.hpp"

#include "evolver/evolver.hpp"
#include "testing/history.hpp"

#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <random>
#include <utility>

namespace evolver::testing {

struct Client::Parts {
    Parts(Plan what, Release who, std::string const& path)
        : plan{std::move(what)}, release{std::move(who)}, session{soci::sqlite3, "db=" + path + " timeout=10"} {
        session << "PRAGMA synchronous = OFF";
    }

    Plan plan;
    Release release;
    soci::session session;
    std::unique_ptr<Evolver> evolver = {};
};

Client::Client(Plan plan, Release release, std::string const& path)
    : parts_{std::make_unique<Parts>(std::move(plan), std::move(release), path)} {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

soci::session& Client::session() noexcept { return parts_->session; }

Evolver& Client::evolver() {
    auto& parts = *parts_;
    if (!parts.evolver) {
        parts.evolver = std::make_unique<Evolver>(parts.session, parts.plan, Options{.release = parts.release});
        parts.evolver->attach();
    }
    return *parts.evolver;
}

Scenario::Scenario(Plan plan, std::vector<Program> programs, ScenarioOptions options)
    : plan_{std::move(plan)}, programs_{std::move(programs)}, options_{std::move(options)} {
    if (programs_.empty()) {
        throw PlanError{Failure{.what = "A scenario of the plan \"" + plan_.name() + "\" has no program.",
                                .object = plan_.name(),
                                .instead = "give one for each release that is in use: {.release, .write, .read}"}};
    }
    for (auto const& program : programs_) (void)plan_.position_of(program.release);
}

namespace {

/// The shortest part of `steps` found by leaving out more and more that still fails.
std::vector<HistoryStep> shortest(std::vector<HistoryStep> steps, auto const& fails) {
    for (auto size = steps.size() / 2; size > 0; size /= 2) {
        for (std::size_t from = 0; from < steps.size();) {
            auto shorter = steps;
            auto const end = std::min(from + size, shorter.size());
            shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(from),
                          shorter.begin() + static_cast<std::ptrdiff_t>(end));
            if (fails(shorter))
                steps = std::move(shorter);
            else
                from += size;
        }
    }
    return steps;
}

}  // namespace

ScenarioOutcome Scenario::play() const {
    ScenarioOutcome outcome;
    auto const play_one = [&](std::vector<HistoryStep> const& steps) {
        auto played = testing::play(plan_, programs_, options_, steps);
        outcome.steps += steps.size();
        outcome.reads += played.reads;
        return played;
    };
    auto const tell = [&](std::vector<HistoryStep> const& steps, std::uint64_t seed) {
        auto const least = shortest(steps, [&](std::vector<HistoryStep> const& some) {
            return !testing::play(plan_, programs_, options_, some).failure.empty();
        });
        auto const played = testing::play(plan_, programs_, options_, least);
        outcome.failure = played.failure;
        outcome.history = played.said;
        outcome.seed = seed;
    };
    auto const first = systematic(plan_, programs_.size(), options_.keys);
    if (!play_one(first).failure.empty()) {
        tell(first, 0);
        return outcome;
    }
    for (int i = 0; i < options_.histories; ++i) {
        auto const seed = options_.seed + static_cast<std::uint64_t>(i);
        std::mt19937_64 random{seed};
        auto const steps = by_chance(random, programs_.size(), options_);
        if (play_one(steps).failure.empty()) continue;
        tell(steps, seed);
        return outcome;
    }
    return outcome;
}

std::string text_of(ScenarioOutcome const& outcome) {
    if (outcome.passed()) return fmt::format("{} steps, {} reads: all as written\n", outcome.steps, outcome.reads);
    std::string text = outcome.failure + "\n  after";
    for (auto const& line : outcome.history) text += "\n    " + line;
    if (outcome.history.empty()) text += " nothing at all";
    if (outcome.seed != 0)
        text += fmt::format("\n  again with: ScenarioOptions{{.histories = 1, .seed = {}}}", outcome.seed);
    return text + "\n";
}

}  // namespace evolver::testing
