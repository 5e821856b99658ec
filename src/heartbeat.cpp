#include "evolver/heartbeat.hpp"

#include "room/room.hpp"

#include <soci/soci.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace evolver {

struct Heartbeat::Parts {
    detail::Reporting reporting;
    HeartbeatOptions options;
    mutable std::mutex mutex = {};
    std::condition_variable_any ended = {};
    std::string failed = {};
    std::jthread thread = {};  // the last: it uses the others

    void once(Beat const& beat) {
        std::string failure;
        try {
            beat();
        } catch (std::exception const& error) {
            failure = error.what();
        }
        std::lock_guard const lock{mutex};
        failed = std::move(failure);
    }

    void run(std::stop_token const& stop) {
        try {
            soci::session session;
            options.open(session);
            auto const beat = reporting.begin(session);
            for (bool more = true; more;) {
                {
                    std::unique_lock lock{mutex};
                    ended.wait_for(lock, stop, options.every, [] { return false; });
                }
                more = !stop.stop_requested();
                once(beat);
            }
        } catch (std::exception const& error) {
            std::lock_guard const lock{mutex};
            failed = error.what();
        }
    }
};

Heartbeat::Heartbeat(Evolver const& evolver, HeartbeatOptions options) {
    if (!options.open) {
        throw Error{
            Failure{.what = "A Heartbeat was given nothing that opens its session.",
                    .object = {},
                    .instead = "{.open = [](soci::session& session) { session.open(soci::sqlite3, \"db=…\"); }}"}};
    }
    parts_.reset(new Parts{.reporting = evolver.reporting(), .options = std::move(options)});
    parts_->thread = std::jthread{[parts = parts_.get()](std::stop_token const& stop) { parts->run(stop); }};
}

Heartbeat::~Heartbeat() = default;
Heartbeat::Heartbeat(Heartbeat&&) noexcept = default;
Heartbeat& Heartbeat::operator=(Heartbeat&&) noexcept = default;

std::string Heartbeat::error() const {
    std::lock_guard const lock{parts_->mutex};
    return parts_->failed;
}

}  // namespace evolver
