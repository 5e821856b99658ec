#include "testing/history.hpp"

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/soci_handle.hpp"
#include "evolver/evolver.hpp"
#include "testing/overrides.hpp"

#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include <stdlib.h>  // mkdtemp

namespace evolver::testing {

namespace {

namespace fs = std::filesystem;

struct Failed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Folder {
public:
    explicit Folder(std::string const& parent) {
        auto const within = parent.empty() ? fs::temp_directory_path() : fs::path{parent};
        auto path = (within / "evolver-scenario-XXXXXX").string();
        if (mkdtemp(path.data()) == nullptr) {
            throw Error{Failure{.what = "There is no room for a scenario's database in \"" + within.string() + "\".",
                                .object = within.string(),
                                .instead = "name a folder that the tests may write to: ScenarioOptions::folder"}};
        }
        path_ = path;
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    [[nodiscard]] std::string database() const { return (path_ / "scenario.db").string(); }

private:
    fs::path path_;
};

class World {
public:
    World(Plan const& plan, std::vector<Program> const& programs, ScenarioOptions const& options)
        : plan_{plan}, programs_{programs}, options_{options}, folder_{options.folder}, path_{folder_.database()} {
        open_session(operator_);
        auto const connection = sqlite::Connection::borrow(sqlite::handle_of(operator_));
        connection.run("PRAGMA journal_mode = WAL");
        if (!options.schema.empty()) connection.run(options.schema);
        // The first release is where everything begins.
        auto const first = std::min_element(programs.begin(), programs.end(), [&](auto const& a, auto const& b) {
            return plan_.position_of(a.release) < plan_.position_of(b.release);
        });
        while (expanded_ < end_of(first->release)) expand();
        auto evolver = newest();
        evolver.backfill(Speed::full);
        (void)evolver.reconcile();
        while (contracted_ < expanded_) contract();
    }

    /// False: it was not possible.
    bool take(HistoryStep const& step) {
        switch (step.deed) {
            case Deed::write: return write(step);
            case Deed::remove: return remove(step);
            case Deed::restart: return clients_.erase(step.program) > 0;
            case Deed::expand:
            case Deed::advance:
            case Deed::fill:
            case Deed::reconcile:
            case Deed::complete:
            case Deed::step_back:
            case Deed::contract:
            case Deed::rollback: break;
        }
        bool const done = operate(step);
        if (done) compare_all();
        return done;
    }

    [[nodiscard]] std::size_t reads() const { return reads_; }

private:
    void open_session(soci::session& session) const {
        session.open(soci::sqlite3, "db=" + path_ + " timeout=10");
        session << "PRAGMA synchronous = OFF";
    }

    [[nodiscard]] std::size_t end_of(Release const& release) const {
        auto const all = plan_.migrations();
        std::size_t end = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (plan_.position_of(all[i].release) <= plan_.position_of(release)) end = i + 1;
        }
        return end;
    }

    [[nodiscard]] Evolver newest(std::size_t more = 0) {
        auto const all = plan_.migrations();
        auto const count = static_cast<std::ptrdiff_t>(expanded_ + more);
        return Evolver{operator_,
                       Plan{plan_.name(), {all.begin(), all.begin() + count}},
                       {.actor = "scenario", .soak = std::chrono::seconds{0}, .compared_rows = 0}};
    }

    void expand() {
        newest(1).expand();
        ++expanded_;
    }

    void contract() {
        auto evolver = newest();
        auto const& id = plan_.migrations()[contracted_].id;
        if (evolver.status().migrations[contracted_].phase != Phase::contracted) {
            ContractOptions how{.until = id, .override_gates = override_everything(), .speed = Speed::full};
            for (auto const& one : options_.accept_loss) {
                if (one == id.text()) how.accept_loss = {{one, own_database}};
            }
            evolver.contract(how);
        }
        ++contracted_;
        auto const floor = newest().status().floor_release;
        floor_ = floor.empty() ? 0 : plan_.position_of(Release{floor});
        std::erase_if(clients_, [&](auto const& client) { return !lives(client.first); });
    }

    void rollback() {
        auto const& id = plan_.migrations()[expanded_ - 1].id.text();
        // Its programs have ended first.
        for (std::size_t i = 0; i < programs_.size(); ++i) {
            if (end_of(programs_[i].release) >= expanded_) clients_.erase(i);
        }
        newest().rollback({.migration = id, .accept_loss = {{id, own_database}}});
        --expanded_;
    }

    bool operate(HistoryStep const& step) {
        bool const open = contracted_ < expanded_;
        try {
            switch (step.deed) {
                case Deed::expand:
                    if (expanded_ == plan_.migrations().size()) return false;
                    expand();
                    return true;
                case Deed::advance: return open && newest().advance(std::chrono::microseconds{1});
                case Deed::fill:
                    if (!open) return false;
                    newest().backfill(Speed::full);
                    return true;
                case Deed::reconcile:
                    if (!open) return false;
                    (void)newest().reconcile();
                    return true;
                case Deed::complete:
                    if (!open) return false;
                    return newest().advance_stage({.reason = own_database,
                                                   .migration = plan_.migrations()[contracted_].id,
                                                   .override_gates = override_everything()}) == Stage::complete;
                case Deed::step_back:
                    if (!open) return false;
                    (void)newest().step_back({.reason = own_database, .migration = plan_.migrations()[contracted_].id});
                    newest().release_stage({.migration = plan_.migrations()[contracted_].id});
                    return true;
                case Deed::contract:
                    if (!open) return false;
                    contract();
                    return true;
                case Deed::rollback:
                    if (!open) return false;
                    rollback();
                    return true;
                case Deed::write:
                case Deed::remove:
                case Deed::restart: break;
            }
        } catch (GateClosed const&) {
            if (step.has_to) throw;
        } catch (HistoryError const&) {
            // A migration with one shape has no stages; one at `complete` does not roll back.
        }
        return false;
    }

    [[nodiscard]] bool lives(std::size_t program) const {
        auto const& release = programs_[program].release;
        return plan_.position_of(release) >= floor_ && end_of(release) <= expanded_;
    }

    Client& client(std::size_t program) {
        auto const found = clients_.find(program);
        if (found != clients_.end()) return found->second;
        auto const& release = programs_[program].release;
        return clients_.try_emplace(program, plan_.until(release), release, path_).first->second;
    }

    bool write(HistoryStep const& step) {
        if (!lives(step.program)) return false;
        programs_[step.program].write(client(step.program), step.key, step.value);
        facts_[step.key] = step.value;
        compare(step.key);
        return true;
    }

    bool remove(HistoryStep const& step) {
        if (!lives(step.program) || !programs_[step.program].remove) return false;
        programs_[step.program].remove(client(step.program), step.key);
        facts_.erase(step.key);
        compare(step.key);
        return true;
    }

    void compare(std::int64_t key) {
        auto const found = facts_.find(key);
        auto const in_words = [](std::optional<std::int64_t> value) {
            return value ? fmt::format("says {}", *value) : std::string{"is not there"};
        };
        std::optional<std::int64_t> const expected =
            found == facts_.end() ? std::nullopt : std::optional{found->second};
        for (std::size_t i = 0; i < programs_.size(); ++i) {
            if (!lives(i)) continue;
            ++reads_;
            auto const seen = programs_[i].read(client(i), key);
            if (seen == expected) continue;
            throw Failed{fmt::format("to release {} the fact {} {}, and it {}", programs_[i].release.text(), key,
                                     in_words(seen), in_words(expected))};
        }
    }

    void compare_all() {
        for (std::int64_t key = 1; key <= options_.keys; ++key) compare(key);
    }

    Plan plan_;
    std::vector<Program> const& programs_;
    ScenarioOptions const& options_;
    Folder folder_;
    std::string path_;
    soci::session operator_;
    std::map<std::size_t, Client> clients_;
    std::map<std::int64_t, std::int64_t> facts_;
    std::size_t expanded_ = 0;
    std::size_t contracted_ = 0;
    std::size_t floor_ = 0;
    std::size_t reads_ = 0;
};

std::string in_words(HistoryStep const& step, std::vector<Program> const& programs) {
    auto const who = [&] { return programs[step.program].release.text(); };
    switch (step.deed) {
        case Deed::write: return fmt::format("{} writes fact {}: {}", who(), step.key, step.value);
        case Deed::remove: return fmt::format("{} removes fact {}", who(), step.key);
        case Deed::restart: return who() + " is started anew";
        case Deed::expand: return "expand the next migration";
        case Deed::advance: return "advance the backfill by a batch";
        case Deed::fill: return "backfill to the end";
        case Deed::reconcile: return "reconcile";
        case Deed::complete: return "go to stage complete";
        case Deed::step_back: return "step back";
        case Deed::contract: return "contract the next migration";
        case Deed::rollback: return "roll the last migration back";
    }
    return {};
}

}  // namespace

std::vector<HistoryStep> systematic(Plan const& plan, std::size_t programs, std::int64_t keys) {
    std::vector<HistoryStep> steps;
    std::int64_t value = 0;
    auto const all_at_work = [&] {
        for (std::size_t program = 0; program < programs; ++program) {
            // Each leaves a fact that the others change next time, and takes one away.
            steps.push_back({Deed::write, program, value % keys + 1, value + 1});
            ++value;
            steps.push_back({Deed::write, program, value % keys + 1, value + 1});
            ++value;
            steps.push_back({Deed::remove, program, (value + 1) % keys + 1});
        }
    };
    all_at_work();
    for (std::size_t i = 0; i < plan.migrations().size(); ++i) {
        for (auto const deed : {Deed::expand, Deed::advance, Deed::fill, Deed::reconcile}) {
            steps.push_back({.deed = deed, .has_to = true});
            all_at_work();
        }
    }
    for (std::size_t i = 0; i < plan.migrations().size(); ++i) {
        steps.push_back({.deed = Deed::reconcile, .has_to = true});
        steps.push_back({.deed = Deed::complete});
        all_at_work();
        steps.push_back({.deed = Deed::reconcile, .has_to = true});
        steps.push_back({.deed = Deed::contract, .has_to = true});
        all_at_work();
    }
    return steps;
}

std::vector<HistoryStep> by_chance(std::mt19937_64& random, std::size_t programs, ScenarioOptions const& options) {
    auto const below = [&](std::uint64_t limit) { return random() % limit; };
    std::vector<HistoryStep> steps;
    for (int i = 0; i < options.steps; ++i) {
        HistoryStep step{.deed = Deed::write,
                         .program = below(programs),
                         .key = static_cast<std::int64_t>(below(static_cast<std::uint64_t>(options.keys))) + 1,
                         .value = static_cast<std::int64_t>(below(1000))};
        auto const kind = below(100);
        if (kind >= 45) step.deed = Deed::remove;
        if (kind >= 53) step.deed = Deed::restart;
        if (kind >= 57) step.deed = Deed::expand;
        if (kind >= 65) step.deed = Deed::advance;
        if (kind >= 75) step.deed = Deed::fill;
        if (kind >= 80) step.deed = Deed::reconcile;
        if (kind >= 86) step.deed = Deed::complete;
        if (kind >= 89) step.deed = Deed::step_back;
        if (kind >= 92) step.deed = Deed::contract;
        if (kind >= 96) step.deed = Deed::rollback;
        steps.push_back(step);
    }
    return steps;
}

PlayedHistory play(Plan const& plan, std::vector<Program> const& programs, ScenarioOptions const& options,
                   std::vector<HistoryStep> const& steps) {
    PlayedHistory played;
    try {
        World world{plan, programs, options};
        for (auto const& step : steps) {
            played.said.push_back(in_words(step, programs));
            if (!world.take(step)) played.said.pop_back();
            played.reads = world.reads();
        }
    } catch (std::exception const& error) {
        played.failure = error.what();
    }
    return played;
}

}  // namespace evolver::testing
