#include "evolver/worker.hpp"

#include <soci/soci.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace evolver {

struct Worker::Parts {
    Parts(Plan worked, WorkerOptions chosen) : plan{std::move(worked)}, options{std::move(chosen)} {}

    /// False: the thread is to end.
    bool wait(std::stop_token const& stop) {
        std::unique_lock lock{mutex};
        return !ended.wait_for(lock, stop, options.idle, [] { return false; }) && !stop.stop_requested();
    }
    void say(std::string reason) {
        std::lock_guard const lock{mutex};
        why = std::move(reason);
    }

    void work(std::stop_token const& stop) {
        constexpr std::chrono::milliseconds slice{50};
        soci::session session;
        options.open(session);
        Evolver evolver{session, plan, options.evolver};
        evolver.attach();
        while (!stop.stop_requested()) {
            try {
                if (evolver.advance(slice)) {
                    say({});
                    continue;
                }
                say(evolver.why());
                if (stopped(evolver, stop)) return;
            } catch (Error const& error) {
                if (!error.retry_helps()) throw;
                say(error.what());
            }
            if (!wait(stop)) return;
        }
    }

    void run(std::stop_token const& stop) {
        std::string failure;
        try {
            work(stop);
        } catch (std::exception const& thrown) {
            failure = thrown.what();
        } catch (...) {
            failure = "something was thrown that is no std::exception";
        }
        std::lock_guard const lock{mutex};
        failed = std::move(failure);
        over = true;
    }

    /// Somebody has stopped the run, or a batch has failed: nothing goes on by itself then.
    static bool stopped(Evolver& evolver, std::stop_token const& stop) {
        for (auto const& migration : evolver.status().migrations) {
            for (auto const& backfill : migration.backfills) {
                if (backfill.state == RunState::stopped) return true;
                if (backfill.state == RunState::failed) evolver.backfill({.stop = stop});  // throws what has failed
            }
        }
        return false;
    }

    Plan plan;
    WorkerOptions options;
    mutable std::mutex mutex;
    std::mutex joining;
    std::condition_variable_any ended;
    std::string why;
    std::string failed;
    bool over = false;
    std::jthread thread;  // the last: it uses the others
};

Worker::Worker(Plan plan, WorkerOptions options) {
    if (!options.open) {
        throw Error{
            Failure{.what = "A Worker was given nothing that opens its session.",
                    .object = plan.name(),
                    .instead = "{.open = [](soci::session& session) { session.open(soci::sqlite3, \"db=…\"); }}"}};
    }
    if (options.evolver.release) (void)plan.position_of(*options.evolver.release);
    parts_ = std::make_unique<Parts>(std::move(plan), std::move(options));
    parts_->thread = std::jthread{[parts = parts_.get()](std::stop_token const& stop) { parts->run(stop); }};
}

Worker::~Worker() = default;
Worker::Worker(Worker&&) noexcept = default;
Worker& Worker::operator=(Worker&&) noexcept = default;

void Worker::stop() {
    parts_->thread.request_stop();
    std::lock_guard const lock{parts_->joining};  // of two threads that stop it, both come back when it has ended
    if (parts_->thread.joinable()) parts_->thread.join();
}

bool Worker::running() const {
    std::lock_guard const lock{parts_->mutex};
    return !parts_->over;
}

std::string Worker::why() const {
    std::lock_guard const lock{parts_->mutex};
    return parts_->why;
}

std::string Worker::error() const {
    std::lock_guard const lock{parts_->mutex};
    return parts_->failed;
}

}  // namespace evolver
