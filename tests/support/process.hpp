#pragma once

// Children that are waited for with a limit, and killed; and what two of them left behind, side by side.

#include <chrono>
#include <csignal>
#include <exception>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace evolver::testing {

/// A child that can be waited for with a limit, and killed.
class Process {
public:
    Process(std::string const& complaints, std::function<void()> const& body) {
        int ends[2];
        if (pipe(ends) != 0) throw std::runtime_error{"no pipe"};
        id_ = fork();
        if (id_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(ends[0]);
            _exit(result_of(complaints, body));
        }
        close(ends[1]);  // only the child has it: its end is seen here as the end of the pipe
        pipe_ = ends[0];
    }
    ~Process() { (void)kill(); }
    Process(Process&& other) noexcept
        : id_{std::exchange(other.id_, -1)}, pipe_{std::exchange(other.pipe_, -1)}, status_{other.status_} {}
    Process& operator=(Process&& other) noexcept {
        std::swap(id_, other.id_);
        std::swap(pipe_, other.pipe_);
        std::swap(status_, other.status_);
        return *this;
    }

    /// True: it has ended.
    bool wait(std::chrono::microseconds limit) {
        if (id_ < 0) return true;
        timespec const time{static_cast<time_t>(limit.count() / 1'000'000),
                            static_cast<long>(limit.count() % 1'000'000 * 1000)};
        pollfd end{pipe_, POLLIN, 0};
        if (ppoll(&end, 1, &time, nullptr) <= 0) return false;
        reap();
        return true;
    }

    /// True: the kill hit a running process.
    bool kill() {
        if (id_ < 0) return false;
        ::kill(id_, SIGKILL);
        reap();
        return WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL;
    }

    /// SIGSTOP, and waits until it stands still, or has ended.
    void stop() const {
        if (id_ < 0) return;
        ::kill(id_, SIGSTOP);
        siginfo_t seen;
        waitid(P_PID, static_cast<id_t>(id_), &seen, WSTOPPED | WEXITED | WNOWAIT);
    }
    void go_on() const {
        if (id_ >= 0) ::kill(id_, SIGCONT);
    }
    /// SIGTERM.
    void tell_to_end() const {
        if (id_ >= 0) ::kill(id_, SIGTERM);
    }

    [[nodiscard]] bool succeeded() const { return WIFEXITED(status_) && WEXITSTATUS(status_) == 0; }
    /// What it returned; -1 where a signal ended it.
    [[nodiscard]] int code() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }
    [[nodiscard]] std::string end() const {
        return WIFSIGNALED(status_) ? "signal " + std::to_string(WTERMSIG(status_)) : "an exception";
    }

private:
    static int result_of(std::string const& complaints, std::function<void()> const& body) {
        try {
            body();
            return 0;
        } catch (std::exception const& error) {
            std::ofstream{complaints, std::ios::app} << error.what() << '\n';
            return 1;
        }
    }

    void reap() {
        waitpid(std::exchange(id_, -1), &status_, 0);
        close(std::exchange(pipe_, -1));
    }

    pid_t id_ = -1;
    int pipe_ = -1;
    int status_ = 0;
};

/// The first lines in which two texts differ; empty where they are the same.
inline std::string first_difference(std::string const& expected, std::string const& found) {
    std::istringstream left{expected};
    std::istringstream right{found};
    std::string differences;
    int count = 0;
    for (std::string a, b; count < 6;) {
        bool const more_left = static_cast<bool>(std::getline(left, a));
        bool const more_right = static_cast<bool>(std::getline(right, b));
        if (!more_left && !more_right) break;
        if (!more_left) a = "(nothing)";
        if (!more_right) b = "(nothing)";
        if (a == b) continue;
        differences += "\n  expected " + a + "\n  found    " + b;
        ++count;
    }
    return differences;
}

inline std::string contents(std::string const& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace evolver::testing
