#pragma once

/// Programs of several releases at work on one database while a plan rolls out: each sees what the others write, at every moment.
///
/// A scenario speaks of facts: a key, and what it says, a number. Each release's program knows how to write, to read and to remove one in its
/// own way, and is all the kit has to know of it:
///
///     evolver::testing::Scenario scenario{catalogue_plan(), {
///         {.release = "1.0",                                          // plain SQL
///          .write = [](auto& client, auto key, auto value) {
///              std::string const size = std::to_string(value);
///              client.session() << "INSERT INTO packages (id, name, size) VALUES (:id, 'a', :size) "
///                                  "ON CONFLICT (id) DO UPDATE SET size = excluded.size",
///                  soci::use(key, "id"), soci::use(size, "size");
///          },
///          .read = [](auto& client, auto key) { … }},
///         {.release = "2.0",                                          // LiveTable
///          .write = [](auto& client, auto key, auto value) { … client.evolver().table("packages") … },
///          .read = …}}};
///     EVOLVER_CHECK_SCENARIO(scenario);
///
/// The kit takes a database, a file in a folder of its own, through every phase, has each program write and remove facts there, and every
/// living one read them. Then it does so in histories of chance, with roll backs and restarts, and shortens one that goes wrong.

#include "evolver/plan/plan.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace soci {
class session;
}

namespace evolver {
class Evolver;
}

namespace evolver::testing {

/// A running program of one release.
class Client {
public:
    Client(Plan plan, Release release, std::string const& path);
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) = delete;

    [[nodiscard]] soci::session& session() noexcept;
    /// The release's own, attached at the first call. A program that never asks for it knows nothing of evolver.
    [[nodiscard]] Evolver& evolver();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// How a release deals with facts. What it throws fails the scenario.
struct Program {
    Release release;
    /// Has the fact `key` say `value`, whether it was there or not.
    std::function<void(Client&, std::int64_t key, std::int64_t value)> write;
    /// What it says; none where it is not there.
    std::function<std::optional<std::int64_t>(Client&, std::int64_t key)> read;
    /// Takes it away. None: the release does not.
    std::function<void(Client&, std::int64_t key)> remove = {};
};

struct ScenarioOptions {
    /// SQL that makes the tables which are there before the first migration.
    std::string schema = {};
    /// Histories of chance, besides the one through every phase, and how many steps each has.
    int histories = 20;
    int steps = 40;
    /// The same seed gives the same histories.
    std::uint64_t seed = 1;
    /// How many different facts there are.
    std::int64_t keys = 5;
    /// Migrations whose lossy rows may go at contract, because the programs' facts do not depend on them.
    std::vector<std::string> accept_loss = {};
    /// Where the databases lie; empty: the system's folder for temporary files.
    std::string folder = {};
};

struct ScenarioOutcome {
    std::string failure = {};               ///< Empty: none.
    std::vector<std::string> history = {};  ///< The shortest that was found to fail, one step per line.
    std::uint64_t seed = 0;                 ///< Of that history; 0 where it is the one through every phase.
    std::size_t steps = 0;                  ///< That were played, in all histories.
    std::size_t reads = 0;                  ///< That were held against what was written last.

    [[nodiscard]] bool passed() const noexcept { return failure.empty(); }
};

[[nodiscard]] std::string text_of(ScenarioOutcome const& outcome);

class Scenario {
public:
    /// Throws PlanError if the plan does not name a program's release, or where there is no program.
    Scenario(Plan plan, std::vector<Program> programs, ScenarioOptions options = {});

    /// Cost: some tens of milliseconds per history and migration.
    [[nodiscard]] ScenarioOutcome play() const;

private:
    Plan plan_;
    std::vector<Program> programs_;
    ScenarioOptions options_;
};

}  // namespace evolver::testing
