#pragma once

// A server's ledger for the protocol of leases, without the server: each function is one transaction, and time is what the test says.

#include "evolver/dialect/engine_error.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "fleet/roster.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace evolver::testing {

class RosterInMemory : public Roster {
public:
    struct Row {
        Enrolment as;
        std::uint64_t acknowledged = 0;
        std::chrono::milliseconds expires_at{};
    };

    std::chrono::milliseconds now{};  ///< The server's clock.
    std::int64_t floor = 0;
    std::uint64_t epoch = 1;
    std::map<std::int64_t, Row> instances;

    /// What goes wrong with the next call of an instance.
    enum class Fault { none, unreachable, answer_lost };
    Fault next = Fault::none;
    int waits_for_writers = 0;
    /// What a mover takes for the time; the server's clock, unless a test plants a bug.
    std::function<std::chrono::milliseconds()> movers_clock = [this] { return now; };

    Grant enrol(Enrolment const& enrolment, std::chrono::milliseconds lease) override {
        return answered([&] {
            if (turn_open_) throw busy();
            if (enrolment.release_position < floor)
                throw SchemaTooNew{Failure{.what = "Release " + enrolment.release + " is below the floor."}};
            instances[++last_] = Row{.as = enrolment, .acknowledged = epoch, .expires_at = now + lease};
            return Grant{.instance = last_, .epoch = epoch};
        });
    }

    std::optional<std::uint64_t> renew(std::int64_t instance, std::uint64_t acknowledged,
                                       std::chrono::milliseconds lease) override {
        return answered([&]() -> std::optional<std::uint64_t> {
            auto const found = instances.find(instance);
            if (found == instances.end()) return std::nullopt;
            found->second.acknowledged = acknowledged;
            found->second.expires_at = now + lease;
            return epoch;
        });
    }

    void leave(std::int64_t instance) override {
        answered([&] {
            instances.erase(instance);
            return 0;
        });
    }

    std::unique_ptr<Turn> take_turn() override {
        if (turn_open_) throw busy();
        return std::make_unique<TurnInMemory>(*this);
    }

    [[nodiscard]] bool is_alive(std::int64_t instance) const {
        auto const found = instances.find(instance);
        return found != instances.end() && found->second.expires_at >= now;
    }
    /// The number that was given last.
    [[nodiscard]] std::int64_t last() const noexcept { return last_; }

private:
    class TurnInMemory : public Turn {
    public:
        explicit TurnInMemory(RosterInMemory& roster)
            : roster_{roster}, epoch_{roster.epoch}, floor_{roster.floor}, instances_{roster.instances} {
            roster_.turn_open_ = true;
        }
        ~TurnInMemory() override { roster_.turn_open_ = false; }
        TurnInMemory(TurnInMemory const&) = delete;
        TurnInMemory& operator=(TurnInMemory const&) = delete;

        [[nodiscard]] std::uint64_t epoch() const override { return epoch_; }
        std::vector<Enrolled> expel_expired() override {
            std::vector<Enrolled> gone;
            std::erase_if(instances_, [&](auto const& one) {
                if (one.second.expires_at >= roster_.movers_clock()) return false;
                gone.push_back(enrolled(one));
                return true;
            });
            return gone;
        }
        [[nodiscard]] std::vector<Enrolled> live() override {
            std::vector<Enrolled> all;
            for (auto const& one : instances_) all.push_back(enrolled(one));
            return all;
        }
        void wait_for_writers() override { ++roster_.waits_for_writers; }
        void raise_epoch(std::uint64_t epoch) override { epoch_ = epoch; }
        void raise_floor(std::int64_t release_position) override { floor_ = release_position; }
        void commit() override {
            roster_.epoch = epoch_;
            roster_.floor = floor_;
            roster_.instances = std::move(instances_);
        }

    private:
        static Enrolled enrolled(std::pair<std::int64_t const, Row> const& one) {
            return {.instance = one.first, .as = one.second.as, .acknowledged = one.second.acknowledged};
        }
        RosterInMemory& roster_;
        std::uint64_t epoch_;
        std::int64_t floor_;
        std::map<std::int64_t, Row> instances_;
    };

    template <class Work>
    std::invoke_result_t<Work const&> answered(Work const& work) {
        auto const fault = std::exchange(next, Fault::none);
        if (fault == Fault::unreachable) throw lost();
        auto const answer = work();
        if (fault == Fault::answer_lost) throw lost();
        return answer;
    }
    static EngineError lost() {
        return EngineError{
            Failure{.what = "The connection is lost.", .changed = Changed::unknown, .retry = Retry::helps}};
    }
    static EngineError busy() {
        return EngineError{Failure{.what = "Somebody holds the lock of the plan.", .retry = Retry::helps}};
    }

    std::int64_t last_ = 0;
    bool turn_open_ = false;
};

}  // namespace evolver::testing
