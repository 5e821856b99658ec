#include "cli/signals.hpp"

#include <atomic>
#include <csignal>
#include <thread>
#include <utility>

#include <pthread.h>

namespace evolver::cli {

namespace {

sigset_t ending() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

}  // namespace

// A thread that waits for the signals may do whatever it likes with them; a handler may do next to nothing.
struct Signals::Parts {
    std::function<void()> told;
    std::stop_source source = {};
    sigset_t before = {};
    void (*on_pipe)(int) = SIG_DFL;
    std::atomic<bool> over = false;
    std::thread waiter = {};

    void wait() {
        auto const set = ending();
        for (bool asked = false;; asked = true) {
            int signal = 0;
            if (sigwait(&set, &signal) != 0 || over) return;
            if (asked) {
                std::signal(signal, SIG_DFL);
                pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
                std::raise(signal);
            }
            source.request_stop();
            told();
        }
    }
};

Signals::Signals(std::function<void()> told) : parts_{std::make_unique<Parts>(std::move(told))} {
    auto const set = ending();
    pthread_sigmask(SIG_BLOCK, &set, &parts_->before);
    // A reader that goes away (`| head`) ends no run in its middle: what cannot be written is told by the exit code.
    parts_->on_pipe = std::signal(SIGPIPE, SIG_IGN);
    parts_->waiter = std::thread{[parts = parts_.get()] { parts->wait(); }};
}

Signals::~Signals() {
    parts_->over = true;
    pthread_kill(parts_->waiter.native_handle(), SIGTERM);  // wakes it alone
    parts_->waiter.join();
    pthread_sigmask(SIG_SETMASK, &parts_->before, nullptr);
    std::signal(SIGPIPE, parts_->on_pipe);
}

std::stop_token Signals::stop() const { return parts_->source.get_token(); }

}  // namespace evolver::cli
