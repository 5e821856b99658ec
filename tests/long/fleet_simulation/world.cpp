#include "long/fleet_simulation/world.hpp"

#include "compile/compiler.hpp"
#include "dialect/sqlite/connection.hpp"
#include "evolver/access/live_statement.hpp"
#include "execute/workplace.hpp"
#include "fleet/presence.hpp"
#include "ledger/ledger.hpp"
#include "support/long_test.hpp"

#include <soci/sqlite3/soci-sqlite3.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace evolver::testing::fleet {

namespace {

using namespace std::chrono_literals;

constexpr int keys = 6;
constexpr std::size_t most_instances = 50;

Plan made(Sync sync) {
    return {"fleet",
            {Migration{.id = "0001-packages",
                       .release = "1.0",
                       .operations = {CreateTable{.table = "packages",
                                                  .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                              {.name = "size", .type = text(), .nullable = false},
                                                              {.name = "origin", .type = text(), .nullable = false}}}}},
             Migration{.id = "0002-size",
                       .release = "2.0",
                       .operations = {ChangeType{.table = "packages",
                                                 .from = "size",
                                                 .to = "size_bytes",
                                                 .type = integer(),
                                                 .up = "CAST(size AS INTEGER)",
                                                 .down = "CAST(size_bytes AS TEXT)"},
                                      DropColumn{.table = "packages", .column = "origin", .down = "'new'"}},
                       .sync = sync}}};
}

Plan const& plan(Sync sync) {
    static Plan const by_triggers = made(Sync::triggers);
    static Plan const by_application = made(Sync::application);
    return sync == Sync::triggers ? by_triggers : by_application;
}

Plan const& old_plan() {
    static Plan const old = plan(Sync::triggers).until("1.0");
    return old;
}

class Broken : public std::exception {
public:
    explicit Broken(std::string what) : what_{std::move(what)} {}
    [[nodiscard]] char const* what() const noexcept override { return what_.c_str(); }

private:
    std::string what_;
};

/// A session that never waits: there is one thread.
struct Connected {
    explicit Connected(std::string const& path) : db{soci::sqlite3, "db=" + path} { db << "PRAGMA synchronous = OFF"; }
    soci::session db;
};

Options options(std::string const& release) {
    return {.release = Release{release}, .actor = "simulated", .wait = 1ms, .soak = 0s};
}

/// One process of the application.
struct Program {
    Program(std::string const& path, Sync sync, bool is_old)
        : old{is_old},
          connected{path},
          evolver{connected.db, is_old ? old_plan() : plan(sync), options(is_old ? "1.0" : "2.0")} {}

    bool old;
    Connected connected;
    Evolver evolver;
    // In the middle of a statement: its text, what it writes, and what keeps the shape for it.
    std::optional<LiveSql> held_live = {};
    std::string held_text = {};
    int held_key = 0;
    long long held_value = 0;
    bool holds = false;
};

class World {
public:
    World(std::string const& path, Bug bug, Sync sync) : path_{path}, bug_{bug}, sync_{sync}, observer_{path} {
        for (auto& one : operators_) one = std::make_unique<Program>(path, sync_, false);
        for (auto const& row : rows()) model_[row.first] = row.second;
    }

    void apply(Event const& event) {
        ++seen().events;
        event_ = text_of(event);
        try {
            act(event);
        } catch (Broken const&) {
            throw;
        } catch (std::exception const& error) {
            throw Broken{event_ + ": " + error.what()};
        }
        check();
    }

    void finish() {
        event_ = "the end";
        // Whoever stopped in the middle of a statement finishes it: what was allowed until now has to hold until then.
        for (auto& one : programs_) {
            try {
                if (one->holds) go_on(*one);
            } catch (Broken const&) {
                throw;
            } catch (std::exception const& error) {
                throw Broken{event_ + ": " + error.what()};
            }
        }
        check();
        for (auto const& one : programs_) read(*one);
    }

private:
    // ---- what is there

    [[nodiscard]] bool contracted() const { return !has_column("size"); }
    /// Older releases are kept out: after contract, and without triggers from the backfill on.
    [[nodiscard]] bool keeps_old_out() const {
        return scalar("SELECT count(*) FROM evolver_plan WHERE floor > 0") != 0;
    }
    [[nodiscard]] bool expanded() const { return has_column("size_bytes"); }
    [[nodiscard]] bool has_column(std::string const& name) const {
        return scalar("SELECT count(*) FROM pragma_table_xinfo('packages') WHERE name = '" + name + "'") != 0;
    }
    [[nodiscard]] long long scalar(std::string const& sql) const {
        long long value = 0;
        soci::indicator indicator = soci::i_ok;
        const_cast<soci::session&>(observer_.db) << sql, soci::into(value, indicator);
        return value;
    }
    /// By whichever shape is the source: the new one once it is filled, else the old one.
    [[nodiscard]] std::map<int, long long> rows() const {
        std::map<int, long long> found;
        auto& db = const_cast<soci::session&>(observer_.db);
        auto const column = has_column("size") ? std::string{"CAST(size AS INTEGER)"} : std::string{"size_bytes"};
        int id = 0;
        long long value = 0;
        soci::statement all = (db.prepare << "SELECT id, CAST(" + column + " AS INTEGER) FROM packages", soci::into(id),
                               soci::into(value));
        all.execute();
        while (all.fetch()) found[id] = value;
        return found;
    }

    // ---- what happens

    [[nodiscard]] Program* program(std::uint32_t who) {
        return programs_.empty() ? nullptr : programs_[who % programs_.size()].get();
    }
    [[nodiscard]] Evolver& op(std::uint32_t who) { return operators_[who % operators_.size()]->evolver; }

    void act(Event const& event) {
        switch (event.kind) {
            case Kind::start_old: return start(true);
            case Kind::start_new: return start(false);
            case Kind::ask_floor: return ask_floor();
            case Kind::stop:
            case Kind::crash: return end(event);
            case Kind::write: return with(event, [&](Program& one) { write(one, key(event), event.value); });
            case Kind::remove: return with(event, [&](Program& one) { remove(one, key(event)); });
            case Kind::read: return with(event, [&](Program& one) { read(one); });
            case Kind::hold: return with(event, [&](Program& one) { hold(one, event); });
            case Kind::go_on:
                if (auto* one = program(event.who); one != nullptr && one->holds) go_on(*one);
                return;
            case Kind::expand:
            case Kind::backfill:
            case Kind::reconcile:
            case Kind::hold_stage:
            case Kind::release_stage:
            case Kind::advance_stage:
            case Kind::step_back:
            case Kind::contract:
            case Kind::roll_back: return operate(event);
        }
    }

    static int key(Event const& event) { return 1 + static_cast<int>(event.value % keys); }

    template <class Action>
    void with(Event const& event, Action const& action) {
        auto* const one = program(event.who);
        if (one != nullptr && !one->holds) action(*one);
    }

    void start(bool old) {
        if (programs_.size() >= most_instances) return;
        auto one = std::make_unique<Program>(path_, sync_, old);
        if (old && bug_ == Bug::floor_read_too_early && asked_) {
            // It has seen a floor that let it pass, and only registers now.
            (void)one->evolver.table("packages");
            asked_ = false;
            programs_.push_back(std::move(one));
            return;
        }
        try {
            if (old) {
                one->evolver.attach();
            } else {
                one->evolver.expand();
            }
        } catch (SchemaTooNew const&) {
            if (!old || !keeps_old_out()) throw Broken{event_ + ": a release was refused that could have worked"};
            ++seen().too_new;
            return;
        } catch (Error const& error) {
            if (error.retry_helps()) return;  // somebody is in the middle of a statement; it tries again later
            throw;
        }
        if (old && (contracted() || keeps_old_out()))
            throw Broken{event_ + ": an instance of 1.0 was let in below the floor"};
        programs_.push_back(std::move(one));
    }

    void ask_floor() { asked_ = asked_ || (bug_ == Bug::floor_read_too_early && !contracted()); }

    void end(Event const& event) {
        if (programs_.empty()) return;
        auto const place = programs_.begin() + static_cast<std::ptrdiff_t>(event.who % programs_.size());
        auto& one = **place;
        if (event.kind == Kind::stop && one.holds) return;  // it ends when its statement has
        if (event.kind == Kind::crash) {
            one.connected.db << "BEGIN";
            one.connected.db << "DELETE FROM packages";
        }
        programs_.erase(place);
    }

    void write(Program& one, int id, std::uint32_t number) {
        long long const value = number % 1000;
        if (one.old) {
            auto const text = std::to_string(value);
            one.connected.db
                << "INSERT INTO packages (id, size, origin) VALUES (:id, :size, 'old') ON CONFLICT (id) DO UPDATE SET "
                   "size = excluded.size",
                soci::use(id, "id"), soci::use(text, "size");
        } else {
            auto const packages = one.evolver.table("packages");
            if (model_.count(id) > 0) {
                one.connected.db << packages.update({"size_bytes"}) + " WHERE id = :id", soci::use(value, "size_bytes"),
                    soci::use(id, "id");
            } else {
                one.connected.db << packages.insert({"id", "size_bytes"}), soci::use(id, "id"),
                    soci::use(value, "size_bytes");
            }
        }
        model_[id] = value;
    }

    void remove(Program& one, int id) {
        if (one.old) {
            one.connected.db << "DELETE FROM packages WHERE id = :id", soci::use(id, "id");
        } else {
            one.connected.db << one.evolver.table("packages").remove() + " WHERE id = :id", soci::use(id, "id");
        }
        model_.erase(id);
    }

    void read(Program& one) {
        if (one.holds) return;
        int id = 0;
        long long value = 0;
        std::string text;
        std::map<int, long long> found;
        if (one.old) {
            soci::statement all =
                (one.connected.db.prepare << "SELECT id, size FROM packages", soci::into(id), soci::into(text));
            all.execute();
            while (all.fetch()) found[id] = std::stoll(text);
        } else {
            LiveStatement all{one.connected.db, one.evolver.table("packages").select({"id", "size_bytes"})};
            all.into(id).into(value);
            all.each([&] { found[id] = value; });
        }
        if (found != model_)
            throw Broken{event_ + ": a program of release " + (one.old ? "1.0" : "2.0") +
                         " does not see what was written"};
    }

    void hold(Program& one, Event const& event) {
        one.held_key = key(event);
        one.held_value = event.value % 1000;
        if (one.old) {
            // It does not know evolver: what keeps its shape is that it is registered.
            one.held_text =
                "INSERT INTO packages (id, size, origin) VALUES (:id, :size, 'old') ON CONFLICT (id) DO UPDATE SET "
                "size = excluded.size";
        } else {
            auto sql = one.evolver.table("packages").insert({"id", "size_bytes"});
            one.held_text = sql.text();
            if (bug_ != Bug::acknowledged_too_early) one.held_live.emplace(std::move(sql));
        }
        one.holds = true;
    }

    void go_on(Program& one) {
        one.holds = false;
        if (one.old) {
            auto const text = std::to_string(one.held_value);
            one.connected.db << one.held_text, soci::use(one.held_key, "id"), soci::use(text, "size");
            model_[one.held_key] = one.held_value;
        } else if (model_.count(one.held_key) == 0) {
            // The text of the stage in which it was written, whatever the stage is now.
            one.connected.db << one.held_text, soci::use(one.held_key, "id"), soci::use(one.held_value, "size_bytes");
            model_[one.held_key] = one.held_value;
        } else {
            prepare(one);
        }
        one.held_live.reset();
    }

    /// Where the row is there by now the insert would be refused, and that is no promise broken; that it can be prepared is.
    static void prepare(Program& one) {
        soci::statement statement = (one.connected.db.prepare << one.held_text, soci::use(one.held_key, "id"),
                                     soci::use(one.held_value, "size_bytes"));
    }

    // ---- operators

    void operate(Event const& event) {
        auto& evolver = op(event.who);
        try {
            order(evolver, event);
        } catch (GateClosed const&) {
            ++seen().refused;
        } catch (HistoryError const&) {
            // Out of order: refused in words, nothing was done.
        } catch (Error const& error) {
            if (!error.retry_helps()) throw;
            ++seen().waits;
        }
    }

    void order(Evolver& evolver, Event const& event) {
        if (event.kind == Kind::expand) (void)evolver.expand();
        if (event.kind == Kind::backfill) {
            for (int i = 0; i < 3 && evolver.advance(1ms); ++i) {
            }
        }
        if (event.kind == Kind::reconcile) (void)evolver.reconcile();
        if (event.kind == Kind::hold_stage) evolver.hold_stage({.reason = "simulated"});
        if (event.kind == Kind::release_stage) evolver.release_stage();
        if (event.kind == Kind::advance_stage) advance_stage(event.who);
        if (event.kind == Kind::step_back) {
            (void)evolver.step_back({.reason = "simulated"});
            ++seen().stepped_back;
        }
        if (event.kind == Kind::contract) contract(event.who);
        if (event.kind == Kind::roll_back) roll_back(event.who);
    }

    [[nodiscard]] std::string where_old_lives() const {
        for (auto const& one : programs_) {
            if (one->old) return "an instance of 1.0 lives";
        }
        return {};
    }

    void advance_stage(std::uint32_t who) {
        if (bug_ == Bug::complete_without_relaxing && expanded() && !contracted() && stage() == Stage::switched &&
            where_old_lives().empty()) {
            in_ledger(who, [&](sqlite::Connection const& connection) {
                ledger::move_stage(connection, plan(sync_).name(), 1, Stage::complete);
            });
            return;
        }
        if (op(who).advance_stage() == Stage::complete) {
            ++seen().completed;
            if (auto const old = where_old_lives(); !old.empty()) throw Broken{event_ + ": complete, while " + old};
        }
    }

    [[nodiscard]] Stage stage() {
        auto const status = operators_[0]->evolver.status();
        return status.migrations.at(1).stage;
    }

    void contract(std::uint32_t who) {
        if (floor_waits_) {
            in_ledger(who, [&](sqlite::Connection const& connection) {
                ledger::raise_floor(connection, plan(sync_).name(), 1, "2.0");
            });
            floor_waits_ = false;
            return;
        }
        if (bug_ == Bug::moved_without_waiting || bug_ == Bug::floor_after_the_drop) return contract_wrongly(who);
        ContractOptions options;
        if (bug_ == Bug::contract_beside_the_old) options.override_gates = {{"instances", "a planted bug"}};
        bool const before = contracted();
        (void)op(who).contract(options);
        if (before || !contracted()) return;
        ++seen().contracts;
        if (bug_ != Bug::none) return;
        if (auto const old = where_old_lives(); !old.empty()) throw Broken{event_ + ": contracted, while " + old};
        for (auto const& one : programs_) {
            if (one->holds) throw Broken{event_ + ": contracted, while an instance is in the middle of a statement"};
        }
    }

    /// As an operator would do it who has read the steps and left out a part.
    void contract_wrongly(std::uint32_t who) {
        if (!expanded() || contracted()) return;
        auto& evolver = op(who);
        auto const gates = evolver.gates();
        if (std::ranges::any_of(gates, [](Gate const& gate) { return !gate.open; })) return;
        auto const standstill = [&] {
            if (bug_ != Bug::floor_after_the_drop) return true;
            return std::ranges::none_of(programs_, [](auto const& one) { return one->holds; });
        };
        if (!standstill()) return;
        in_ledger(who, [&](sqlite::Connection const& connection) {
            auto const state = ledger::read(connection, plan(sync_).name());
            auto standing = standing_of(state);
            while (standing.contracted < 2) {
                Compiler compiler{plan(sync_), standing, connection};
                run_steps(compiler.contract().steps, connection);
                ledger::contracted(connection, plan(sync_).name(), static_cast<std::int64_t>(standing.contracted));
                ++standing.contracted;
                standing.relaxed.clear();
            }
            if (bug_ == Bug::moved_without_waiting) ledger::raise_floor(connection, plan(sync_).name(), 1, "2.0");
        });
        floor_waits_ = bug_ == Bug::floor_after_the_drop;
        ++seen().contracts;
    }

    template <class Work>
    void in_ledger(std::uint32_t who, Work const& work) {
        auto const connection = sqlite::Connection::open(path_, SQLITE_OPEN_READWRITE);
        sqlite::WriteTransaction transaction{connection, 1ms};
        work(connection);
        transaction.commit();
        // Whoever moves says so, or nobody would ever look again.
        auto const presence = Presence::join(path_, plan(sync_).name(), "2.0");
        (void)presence->publish(0);
        (void)who;
    }

    void roll_back(std::uint32_t who) {
        if (!expanded() || contracted()) return;
        op(who).rollback({.migration = "0002-size"});
        ++seen().rolled_back;
    }

    // ---- what must hold

    void check() {
        if (rows() != model_) throw Broken{event_ + ": a committed write is lost or overwritten"};
        auto const gone = contracted();
        if (was_contracted_ && !gone) throw Broken{event_ + ": the old shape is back"};
        was_contracted_ = gone;
        if (gone || (bug_ == Bug::none && keeps_old_out())) {
            for (auto const& one : programs_) {
                if (one->old) throw Broken{event_ + ": an instance of 1.0 lives beside a database without its shape"};
            }
        }
        if (expanded() && !gone && stage_says_switched()) {
            if (scalar("SELECT count(*) FROM packages WHERE size_bytes IS NULL OR size_bytes IS NOT CAST(size AS "
                       "INTEGER)") != 0)
                throw Broken{event_ + ": reads are switched, and a row is not filled"};
        }
    }

    [[nodiscard]] bool stage_says_switched() const {
        return scalar(
                   "SELECT count(*) FROM evolver_migration WHERE position = 1 AND stage IN ('switched', 'complete')") !=
               0;
    }

    std::string path_;
    Bug bug_;
    Sync sync_;
    Connected observer_;
    std::array<std::unique_ptr<Program>, 2> operators_;
    std::vector<std::unique_ptr<Program>> programs_;
    std::map<int, long long> model_;
    std::string event_;
    bool asked_ = false;
    bool floor_waits_ = false;
    bool was_contracted_ = false;
};

}  // namespace

std::string_view name_of(Bug bug) noexcept {
    switch (bug) {
        case Bug::none: return "none";
        case Bug::moved_without_waiting: return "a stage moved without waiting";
        case Bug::acknowledged_too_early: return "acknowledged while an old statement lives";
        case Bug::contract_beside_the_old: return "contract beside a live old instance";
        case Bug::floor_after_the_drop: return "the floor raised after the drop";
        case Bug::floor_read_too_early: return "the floor read outside the registration";
        case Bug::complete_without_relaxing: return "complete while the old column is NOT NULL";
    }
    return "?";
}

Seen& seen() {
    static Seen all;
    return all;
}

std::string text_of(Event const& event) {
    constexpr std::array<std::string_view, 19> names{
        "start 1.0",     "start 2.0", "ask the floor", "stop",     "crash",     "write",      "delete",
        "read",          "hold",      "go on",         "backfill", "reconcile", "hold stage", "release stage",
        "advance stage", "step back", "contract",      "rollback", "expand"};
    return std::string{names.at(static_cast<std::size_t>(event.kind))} + " (" + std::to_string(event.who) + ", " +
           std::to_string(event.value) + ")";
}

Beginning beginning_of(std::uint64_t seed) noexcept {  // Most begin where the most can happen.
    constexpr std::array all{Beginning::old_only, Beginning::filled, Beginning::switched, Beginning::switched};
    return all[seed % all.size()];
}

std::vector<Event> some_events(std::uint64_t seed, Bug bug) {
    Random random{seed};
    std::vector<Event> events;
    auto const add = [&](Kind kind) {
        events.push_back(
            {kind, static_cast<std::uint32_t>(random.below(1000)), static_cast<std::uint32_t>(random.below(100'000))});
    };
    // Mostly small fleets: what can go wrong between many goes wrong between few.
    auto const instances = random.chance(20) ? 20 + random.below(31) : 2 + random.below(5);
    // In some histories the old release is gone already: what contract does beside it is not all that can go wrong.
    auto const old_of_four = bug == Bug::floor_read_too_early ? 0 : random.below(3);
    auto const release = [&] { return random.below(4) < old_of_four ? Kind::start_old : Kind::start_new; };
    for (std::size_t i = 0; i < instances; ++i) add(release());
    // A deployment goes forward: what is likely at first is not what is likely later.
    constexpr std::array work{Kind::write, Kind::write, Kind::write, Kind::remove,
                              Kind::read,  Kind::hold,  Kind::go_on, Kind::go_on};
    constexpr std::array fleet{Kind::start_old, Kind::start_new, Kind::stop, Kind::stop, Kind::stop, Kind::crash};
    constexpr std::array operation{Kind::expand,        Kind::backfill,      Kind::reconcile,     Kind::hold_stage,
                                   Kind::release_stage, Kind::advance_stage, Kind::advance_stage, Kind::step_back,
                                   Kind::contract,      Kind::contract,      Kind::contract,      Kind::roll_back};
    auto const length = 6 + random.below(12);
    for (std::size_t i = 0; i < length; ++i) {
        switch (random.below(7)) {
            case 0:
            case 1:
            case 2: add(random.one_of(work)); break;
            case 3:
            case 4:
                // Two steps of one start, with a contract between them: rare, unless starts are what most happens.
                if (bug == Bug::floor_read_too_early && random.chance(2)) {
                    add(random.chance(2) ? Kind::ask_floor : Kind::start_old);
                } else {
                    add(random.one_of(fleet));
                }
                break;
            default: add(random.one_of(operation)); break;
        }
    }
    return events;
}

Sync sync_of(std::uint64_t seed, Bug bug) noexcept {
    return bug == Bug::none && seed % 5 == 0 ? Sync::application : Sync::triggers;
}

namespace {

std::string template_path(std::string const& folder, Beginning beginning, Sync sync) {
    return folder + "/template-" + std::to_string(static_cast<int>(beginning)) +
           (sync == Sync::triggers ? "" : "-application") + ".db";
}

}  // namespace

Templates::Templates(std::string folder) : folder_{std::move(folder)} {
    for (auto const sync : {Sync::triggers, Sync::application}) {
        for (auto const beginning : {Beginning::old_only, Beginning::filled, Beginning::switched}) {
            Connected connected{template_path(folder_, beginning, sync)};
            connected.db << "PRAGMA journal_mode = WAL";
            Evolver{connected.db, old_plan(), options("1.0")}.expand();
            connected.db
                << "INSERT INTO packages (id, size, origin) VALUES (1, '10', 'x'), (2, '20', 'y'), (3, '30', 'z')";
            if (beginning != Beginning::old_only) {
                Evolver evolver{connected.db, plan(sync), options("2.0")};
                evolver.expand();
                evolver.backfill(Speed::full);
                if (beginning == Beginning::switched) (void)evolver.reconcile();
            }
            connected.db << "PRAGMA wal_checkpoint(TRUNCATE)";
        }
    }
}

void Templates::copy(Beginning beginning, Sync sync, std::string const& path) const {
    remove_database(path);
    std::filesystem::copy_file(template_path(folder_, beginning, sync), path);
}

std::string run(std::string const& path, std::vector<Event> const& events, Bug bug, Sync sync) {
    try {
        World world{path, bug, sync};
        for (auto const& event : events) world.apply(event);
        world.finish();
    } catch (Broken const& broken) {
        return broken.what();
    }
    return {};
}

}  // namespace evolver::testing::fleet
