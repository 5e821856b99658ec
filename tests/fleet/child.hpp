#pragma once

// A real child process for tests: fork()ed, in step with its parent by single letters over a socket, killed at the end.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace evolver::tests {

/// A folder for one test, gone at its end.
class Folder {
public:
    Folder() {
        auto name = (std::filesystem::temp_directory_path() / "evolver-fleet-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no folder for the test"};
        path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;

    [[nodiscard]] std::string file(std::string const& name) const { return (path_ / name).string(); }
    /// A file that stands for a database.
    [[nodiscard]] std::string database() const {
        auto path = file("catalogue.db");
        std::ofstream{path, std::ios::app};
        return path;
    }

private:
    std::filesystem::path path_;
};

/// One end of the conversation.
class Line {
public:
    explicit Line(int descriptor) : descriptor_{descriptor} {}
    void say(char letter) const {
        if (send(descriptor_, &letter, 1, MSG_NOSIGNAL) != 1) throw std::runtime_error{"nobody listens"};
    }
    /// The next letter, or '-' when the other is gone or has said nothing for `limit`.
    [[nodiscard]] char hear(std::chrono::milliseconds limit = std::chrono::seconds{20}) const {
        pollfd wait{descriptor_, POLLIN, 0};
        char letter = '-';
        if (poll(&wait, 1, static_cast<int>(limit.count())) == 1 && read(descriptor_, &letter, 1) != 1) letter = '-';
        return letter;
    }

private:
    int descriptor_;
};

class Child {
public:
    /// Runs `body(Line)` in a new process, which ends with its result, or with 99 after an exception.
    template <typename Body>
    explicit Child(Body body) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) throw std::runtime_error{"no socket"};
        id_ = fork();
        if (id_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is aborted leaves nothing running
            close(ends[0]);
            _exit(result_of(body, Line{ends[1]}));
        }
        close(ends[1]);
        descriptor_ = ends[0];
    }
    ~Child() {
        kill();
        if (descriptor_ >= 0) close(descriptor_);
    }
    Child(Child&& other) noexcept
        : id_{std::exchange(other.id_, -1)}, descriptor_{std::exchange(other.descriptor_, -1)} {}
    Child& operator=(Child&&) = delete;

    [[nodiscard]] pid_t id() const { return id_; }
    [[nodiscard]] Line line() const { return Line{descriptor_}; }
    /// SIGKILL, and waits until it is dead.
    void kill() {
        if (id_ <= 0) return;
        ::kill(id_, SIGKILL);
        waitpid(std::exchange(id_, -1), nullptr, 0);
    }
    /// SIGSTOP, and waits until it has stopped.
    void stop() const {
        ::kill(id_, SIGSTOP);
        waitpid(id_, nullptr, WUNTRACED);
    }
    void go_on() const { ::kill(id_, SIGCONT); }
    /// Waits for its end: what its body returned.
    [[nodiscard]] int result() {
        int status = 0;
        waitpid(std::exchange(id_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    template <typename Body>
    static int result_of(Body& body, Line line) {
        try {
            return body(line);
        } catch (std::exception const&) {
            return 99;
        }
    }

    pid_t id_ = -1;
    int descriptor_ = -1;
};

}  // namespace evolver::tests
