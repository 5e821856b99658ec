#include "long/fleet_simulation/server_world.hpp"

#include "evolver/fleet/gate.hpp"
#include "evolver/fleet/lease_expired.hpp"
#include "fleet/hand_over.hpp"
#include "fleet/lease.hpp"
#include "support/random.hpp"
#include "support/roster_in_memory.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

namespace evolver::testing::fleet_server {

namespace {

using namespace std::chrono_literals;

constexpr int keys = 4;
constexpr std::size_t most_instances = 50;
constexpr auto lease_length = 30s;
constexpr std::int64_t new_release = 1;

class Broken : public std::exception {
public:
    explicit Broken(std::string what) : what_{std::move(what)} {}
    [[nodiscard]] char const* what() const noexcept override { return what_.c_str(); }

private:
    std::string what_;
};

enum class Shape { old_only, dual, switched, complete, new_only };

/// The clocks of one machine.
struct Host {
    double rate = 1;  // of its quartz, within what LeaseTerms allow
    OwnTime own{};
    OwnTime asleep{};
    OwnTime set{};  // how far somebody has set the wall clock

    void pass(std::chrono::milliseconds time) { own += std::chrono::duration_cast<OwnTime>(time * rate); }
    [[nodiscard]] OwnTime wall() const { return own + set; }
};

/// The two shapes of one table, with the triggers of a server: what is written to one is carried to the other.
struct Table {
    struct Row {
        std::optional<int> old_value;
        std::optional<int> new_value;
    };
    bool has_old = true;
    bool has_new = false;
    std::map<int, Row> rows;

    /// False: the statement names a column that is not there.
    bool write(Shape text, bool by_old_release, int key, int value) {
        bool const names_old =
            by_old_release || text == Shape::old_only || text == Shape::dual || text == Shape::switched;
        bool const names_new = !by_old_release && text != Shape::old_only;
        if ((names_old && !has_old) || (names_new && !has_new)) return false;
        auto& row = rows[key];
        if (has_old) row.old_value = value;
        if (has_new) row.new_value = value;
        return true;
    }

    /// Nothing: it names a column that is not there.
    [[nodiscard]] std::optional<std::map<int, int>> read(Shape text, bool by_old_release) const {
        bool const both = !by_old_release && text == Shape::dual;
        bool const names_old = by_old_release || text == Shape::old_only || both;
        bool const names_new = !by_old_release && text != Shape::old_only;
        if ((names_old && !has_old) || (names_new && !has_new)) return std::nullopt;
        std::map<int, int> found;
        for (auto const& [key, row] : rows) {
            auto const value = !names_old                       ? row.new_value
                               : !names_new                     ? row.old_value
                               : row.new_value == row.old_value ? row.new_value
                                                                : row.old_value;
            if (value) found[key] = *value;
        }
        return found;
    }

    [[nodiscard]] bool is_filled() const {
        return std::ranges::all_of(rows, [](auto const& one) { return one.second.new_value.has_value(); });
    }
};

struct Statement {
    Shape text = Shape::old_only;
    bool writes = false;
    int key = 0;
    int value = 0;
    std::int64_t instance = 0;  // whose lease it was begun under
    std::optional<Lease::Guard> guard;
};

struct Program {
    bool old = false;
    std::size_t host = 0;
    std::unique_ptr<Lease> lease;
    std::int64_t instance = 0;
    std::optional<Statement> statement;
};

class World {
public:
    explicit World(Bug bug) : bug_{bug} {
        for (std::size_t i = 0; i < hosts_.size(); ++i) hosts_[i].rate = 0.996 + 0.002 * static_cast<double>(i);
        for (int key = 0; key < keys; key += 2) {
            table_.rows[key].old_value = key;
            model_[key] = key;
        }
        shapes_ = {{1, Shape::old_only}};
        if (bug_ == Bug::expired_by_the_hosts_clock)
            roster_.movers_clock = [this] {
                return std::chrono::duration_cast<std::chrono::milliseconds>(hosts_[0].wall());
            };
    }

    void apply(Event const& event) {
        ++seen().events;
        event_ = text_of(event);
        act(event);
        check();
    }

private:
    void act(Event const& event) {
        switch (event.kind) {
            case Kind::start_old: return start(true, event);
            case Kind::start_new: return start(false, event);
            case Kind::ask_floor: asked_ = asked_ || (bug_ == Bug::floor_read_too_early && roster_.floor == 0); return;
            case Kind::stop:
            case Kind::crash: return end(event);
            case Kind::renew: return with(event, [&](Program& one) { renew(one); });
            case Kind::renew_all:
                for (auto i = programs_.size(); i-- > 0;) renew(*programs_[i]);
                return;
            case Kind::unreachable: roster_.next = RosterInMemory::Fault::unreachable; return;
            case Kind::answer_lost: roster_.next = RosterInMemory::Fault::answer_lost; return;
            case Kind::begin: return with(event, [&](Program& one) { begin(one, event.value); });
            case Kind::arrive: return with(event, [&](Program& one) { arrive(one, event.value % 2 == 0); });
            case Kind::pass: return pass(some_time(event));
            case Kind::jump:
                hosts_[event.who % hosts_.size()].set += (event.value % 2 == 0 ? 1 : -1) * OwnTime{some_time(event)};
                return;
            case Kind::sleep:
                hosts_[event.who % hosts_.size()].asleep += OwnTime{some_time(event)};
                return pass(some_time(event));
            case Kind::expand:
            case Kind::fill:
            case Kind::advance:
            case Kind::back:
            case Kind::contract: return operate(event);
        }
    }

    static std::chrono::milliseconds some_time(Event const& event) {
        // Mostly within a third of a lease: somebody who is always late sees nothing.
        auto const most = event.who % 3 == 0 ? 2 * lease_length : lease_length / 3;
        return std::chrono::milliseconds{event.value % std::chrono::milliseconds{most}.count()};
    }

    void pass(std::chrono::milliseconds time) {
        roster_.now += time;
        for (auto& host : hosts_) host.pass(time);
    }

    template <class Action>
    void with(Event const& event, Action const& action) {
        if (!programs_.empty()) action(*programs_[event.who % programs_.size()]);
    }

    // ---- instances

    [[nodiscard]] LeaseTerms terms(std::size_t host) {
        auto clock = [this, host] { return hosts_[host].own; };
        if (bug_ == Bug::leased_by_the_hosts_clock)
            return {.length = lease_length, .clock = [this, host] { return hosts_[host].wall(); }};
        if (bug_ == Bug::leased_by_a_clock_that_sleeps)
            return {.length = lease_length, .clock = [this, host] { return hosts_[host].own - hosts_[host].asleep; }};
        return {.length = lease_length, .clock = clock};
    }

    void start(bool old, Event const& event) {
        if (programs_.size() >= most_instances) return;
        auto one = std::make_unique<Program>();
        one->old = old;
        one->host = event.who % hosts_.size();
        Enrolment const enrolment{.release = old ? "1.0" : "2.0",
                                  .release_position = old ? 0 : new_release,
                                  .plan_digest = {},
                                  .host = std::to_string(one->host),
                                  .process = static_cast<std::int64_t>(programs_.size())};
        auto const floor = roster_.floor;
        if (old && asked_) roster_.floor = 0;  // it has looked before, and does not look again
        try {
            one->lease = std::make_unique<Lease>(roster_, enrolment, terms(one->host));
            one->instance = roster_.last();
            programs_.push_back(std::move(one));
        } catch (SchemaTooNew const&) {
            if (!old || table_.has_old) throw Broken{event_ + ": a release was refused that could have worked"};
            ++seen().too_new;
        } catch (Error const&) {
            // No answer: it tries again later, and what it has left in the ledger ends by itself.
        }
        if (old && asked_) {
            roster_.floor = floor;
            asked_ = false;
        }
    }

    void end(Event const& event) {
        if (programs_.empty()) return;
        auto const place = programs_.begin() + static_cast<std::ptrdiff_t>(event.who % programs_.size());
        if (event.kind == Kind::crash) roster_.next = RosterInMemory::Fault::unreachable;
        (*place)->statement.reset();
        programs_.erase(place);
    }

    void renew(Program& one) {
        try {
            auto const last = roster_.last();
            one.lease->renew();
            if (roster_.last() != last) {
                one.instance = roster_.last();
                ++seen().expelled;
            }
        } catch (SchemaTooNew const&) {
            if (!one.old || table_.has_old) throw Broken{event_ + ": a release was refused that could have worked"};
            ++seen().too_new;
            std::erase_if(programs_, [&](auto const& other) { return other.get() == &one; });
        } catch (Error const&) {
            // The lease goes on as it was.
        }
    }

    void begin(Program& one, std::uint32_t value) {
        if (one.statement) return;
        try {
            Statement statement{.text = shapes_.at(one.lease->epoch()),
                                .writes = value % 3 != 0,
                                .key = static_cast<int>(value / 3 % keys),
                                .value = static_cast<int>(value % 1000),
                                .instance = one.instance,
                                .guard = one.lease->guard()};
            if (!roster_.is_alive(one.instance))
                throw Broken{event_ + ": an instance of release " + (one.old ? "1.0" : "2.0") +
                             " took its lease to be good, and the server did not"};
            if (bug_ == Bug::acknowledged_too_early) statement.guard.reset();
            one.statement.emplace(std::move(statement));
        } catch (LeaseExpired const&) {
            ++seen().refused;
        }
    }

    /// Sent right now, after a look at the lease; or sent when it was begun, and on its way ever since: then it may fail where its lease is over, and what it
    /// reads is thrown away.
    void arrive(Program& one, bool sent_now) {
        if (!one.statement) return;
        auto statement = std::move(*one.statement);
        one.statement.reset();
        ++seen().statements;
        bool const leased = roster_.is_alive(sent_now ? one.instance : statement.instance);
        try {
            if (sent_now && statement.guard && bug_ != Bug::void_guards_are_good) statement.guard->check();
        } catch (LeaseExpired const&) {
            ++seen().refused;
            return;
        }
        auto const fails = [&] {
            if (leased)
                throw Broken{event_ + ": a statement of an instance of release " + (one.old ? "1.0" : "2.0") +
                             " failed while its lease was good"};
            ++seen().late;
        };
        if (statement.writes) {
            if (!table_.write(statement.text, one.old, statement.key, statement.value)) return fails();
            model_[statement.key] = statement.value;
            return;
        }
        auto const found = table_.read(statement.text, one.old);
        if (!found) return fails();
        // What is read is used only if the lease is good still, once it is there: a statement that was on its way for longer than the lease may have
        // come to a column that was taken away and made anew meanwhile.
        try {
            if (statement.guard && bug_ != Bug::void_guards_are_good) statement.guard->check();
        } catch (LeaseExpired const&) {
            ++seen().late;
            return;
        }
        if (*found != model_) throw Broken{event_ + ": an instance does not see what was written"};
    }

    // ---- operators

    [[nodiscard]] Shape shape() const { return shapes_.at(roster_.epoch); }

    void move(HandOver wish, Shape to) {
        if (bug_ == Bug::moved_without_waiting) {
            auto const turn = roster_.take_turn();
            wish.work();
            turn->raise_epoch(turn->epoch() + 1);
            if (wish.floor) turn->raise_floor(*wish.floor);
            turn->commit();
        } else {
            if (bug_ == Bug::contract_beside_the_old) wish.floor.reset();
            (void)hand_over(roster_, wish);
        }
        shapes_[roster_.epoch] = to;
        ++seen().moves;
    }

    void operate(Event const& event) {
        try {
            order(event);
        } catch (GateClosed const&) {
            ++seen().waits;
        } catch (Error const& error) {
            if (!error.retry_helps()) throw;
            ++seen().waits;
        }
    }

    void order(Event const& event) {
        if (floor_waits_) {
            roster_.floor = new_release;
            floor_waits_ = false;
        }
        auto const now = shape();
        if (event.kind == Kind::fill && table_.has_new && table_.has_old) {
            for (auto& [key, row] : table_.rows) {
                if (!row.new_value) row.new_value = row.old_value;
            }
        }
        if (event.kind == Kind::expand && now == Shape::old_only) {
            move({.what = "expand", .work = [&] { table_.has_new = true; }}, Shape::dual);
        } else if (event.kind == Kind::advance && now == Shape::dual && table_.is_filled()) {
            move({.what = "switched", .work = [] {}}, Shape::switched);
        } else if (event.kind == Kind::advance && now == Shape::switched && nobody_old()) {
            move({.what = "complete", .work = [] {}}, Shape::complete);
        } else if (event.kind == Kind::back && now == Shape::complete) {
            move({.what = "switched again", .work = [] {}}, Shape::switched);
        } else if (event.kind == Kind::back && now == Shape::switched) {
            move({.what = "dual again", .work = [] {}}, Shape::dual);
        } else if (event.kind == Kind::back && now == Shape::dual) {
            move({.what = "off", .work = [] {}}, Shape::old_only);
        } else if (event.kind == Kind::back && now == Shape::old_only && table_.has_new) {
            move({.what = "drop the new column",
                  .work =
                      [&] {
                          table_.has_new = false;
                          for (auto& [key, row] : table_.rows) row.new_value.reset();
                      }},
                 Shape::old_only);
        } else if (event.kind == Kind::contract && now == Shape::complete) {
            contract();
        }
    }

    [[nodiscard]] bool nobody_old() const {
        return std::ranges::none_of(roster_.instances,
                                    [](auto const& one) { return one.second.as.release_position < new_release; });
    }

    void contract() {
        auto const drop = [&] {
            table_.has_old = false;
            for (auto& [key, row] : table_.rows) row.old_value.reset();
        };
        if (bug_ == Bug::floor_after_the_drop) {
            if (!nobody_old()) return;
            move({.what = "contract", .work = drop}, Shape::new_only);
            floor_waits_ = true;
        } else {
            move({.what = "contract", .floor = new_release, .work = drop}, Shape::new_only);
        }
        ++seen().contracts;
    }

    // ---- what must hold

    void check() {
        std::map<int, int> found;
        for (auto const& [key, row] : table_.rows) {
            auto const value = table_.has_old ? row.old_value : row.new_value;
            if (value) found[key] = *value;
        }
        if (found != model_) throw Broken{event_ + ": a committed write is lost or overwritten"};
        for (auto const& [instance, row] : roster_.instances) {
            if (!roster_.is_alive(instance)) continue;
            if (row.as.release_position < roster_.floor)
                throw Broken{event_ + ": an instance of 1.0 lives below the floor"};
            if (row.acknowledged + 1 < roster_.epoch && bug_ == Bug::none)
                throw Broken{event_ + ": an instance is two epochs behind"};
        }
    }

    Bug bug_;
    RosterInMemory roster_;
    std::array<Host, 5> hosts_;
    Table table_;
    std::map<std::uint64_t, Shape> shapes_;  // by epoch
    std::map<int, int> model_;
    std::vector<std::unique_ptr<Program>> programs_;
    std::string event_;
    bool asked_ = false;
    bool floor_waits_ = false;
};

}  // namespace

std::string_view name_of(Bug bug) noexcept {
    switch (bug) {
        case Bug::none: return "none";
        case Bug::moved_without_waiting: return "a stage moved without waiting";
        case Bug::acknowledged_too_early: return "acknowledged while an old statement lives";
        case Bug::contract_beside_the_old: return "contract beside a live old instance";
        case Bug::leased_by_the_hosts_clock: return "a lease by the host's clock";
        case Bug::leased_by_a_clock_that_sleeps: return "a lease by a clock that sleeps with the host";
        case Bug::expired_by_the_hosts_clock: return "a lease that is over by the mover's clock";
        case Bug::floor_after_the_drop: return "the floor raised after the drop";
        case Bug::floor_read_too_early: return "the floor read outside the registering transaction";
        case Bug::void_guards_are_good: return "a statement from before the instance was taken out";
    }
    return "?";
}

Seen& seen() {
    static Seen all;
    return all;
}

std::string text_of(Event const& event) {
    constexpr std::array<std::string_view, 19> names{"start 1.0", "start 2.0", "ask the floor", "stop",        "crash",
                                                     "renew",     "renew all", "unreachable",   "answer lost", "begin",
                                                     "arrive",    "pass",      "jump",          "sleep",       "expand",
                                                     "fill",      "advance",   "back",          "contract"};
    return std::string{names.at(static_cast<std::size_t>(event.kind))} + " (" + std::to_string(event.who) + ", " +
           std::to_string(event.value) + ")";
}

std::vector<Event> some_events(std::uint64_t seed, Bug bug) {
    Random random{seed};
    std::vector<Event> events;
    auto const add = [&](Kind kind) {
        events.push_back(
            {kind, static_cast<std::uint32_t>(random.below(1000)), static_cast<std::uint32_t>(random.below(100'000))});
    };
    auto const instances = random.chance(10) ? 20 + random.below(31) : 2 + random.below(5);
    auto const old_of_four = random.below(3);
    // Most begin where the most can happen.
    for (auto const kind : {Kind::expand, Kind::fill, Kind::advance, Kind::advance}) {
        if (random.chance(5)) break;
        add(kind);
    }
    for (std::size_t i = 0; i < instances; ++i) add(random.below(4) < old_of_four ? Kind::start_old : Kind::start_new);
    constexpr std::array statements{Kind::begin, Kind::begin, Kind::arrive};
    constexpr std::array fleet{Kind::start_old, Kind::start_new, Kind::stop, Kind::stop, Kind::crash};
    constexpr std::array heart{Kind::renew,     Kind::renew_all, Kind::renew_all,   Kind::renew_all,
                               Kind::renew_all, Kind::renew_all, Kind::unreachable, Kind::answer_lost};
    bool const starts_in_steps = bug == Bug::floor_read_too_early || bug == Bug::floor_after_the_drop;
    constexpr std::array time{Kind::pass, Kind::pass, Kind::jump, Kind::sleep};
    constexpr std::array forward{Kind::expand,  Kind::fill,     Kind::advance,
                                 Kind::advance, Kind::contract, Kind::contract};
    constexpr std::array any{Kind::expand, Kind::fill, Kind::advance, Kind::back, Kind::back, Kind::contract};
    bool const goes_back = random.chance(2);
    auto const length = 20 + random.below(60);
    for (std::size_t i = 0; i < length; ++i) {
        bool const about_clocks = bug == Bug::leased_by_the_hosts_clock || bug == Bug::leased_by_a_clock_that_sleeps ||
                                  bug == Bug::expired_by_the_hosts_clock;
        if (about_clocks && random.chance(6)) {
            for (auto const kind : {Kind::jump, Kind::sleep, Kind::begin, Kind::jump, Kind::expand, Kind::advance,
                                    Kind::back, Kind::begin, Kind::begin, Kind::arrive, Kind::arrive})
                add(kind);
        }
        // Away in the middle of a statement, while the shape moves on by two stages: rare, unless that is what is looked for.
        if (bug == Bug::void_guards_are_good && random.chance(6)) {
            auto const forwards = random.chance(2);
            for (auto const kind :
                 {Kind::begin, Kind::pass, forwards ? Kind::advance : Kind::back, Kind::pass,
                  forwards ? Kind::contract : Kind::back, Kind::renew_all, Kind::arrive, Kind::arrive, Kind::arrive})
                add(kind);
        }
        switch (random.below(8)) {
            case 0:
            case 1: add(random.one_of(statements)); break;
            case 2:
                if (starts_in_steps && random.chance(2)) {
                    add(random.chance(2) ? Kind::ask_floor : Kind::start_old);
                } else {
                    add(random.one_of(fleet));
                }
                break;
            case 3:
            case 4: add(random.one_of(heart)); break;
            case 5: add(random.one_of(time)); break;
            default: goes_back ? add(random.one_of(any)) : add(random.one_of(forward)); break;
        }
    }
    return events;
}

std::string run(std::vector<Event> const& events, Bug bug) {
    try {
        World world{bug};
        for (auto const& event : events) world.apply(event);
    } catch (Broken const& broken) {
        return broken.what();
    } catch (std::exception const& error) {
        return std::string{"an exception: "} + error.what();
    }
    return {};
}

}  // namespace evolver::testing::fleet_server
