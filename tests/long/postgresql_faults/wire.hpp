#pragma once

// A wire between a program and PostgreSQL that fails at the n-th request: a socket that passes the protocol on, message by message.
//
// A request is what a client sends before it waits for an answer: a simple query, or what ends with Sync. The protocol is that of PostgreSQL's manual,
// chapter "Frontend/Backend Protocol", version 3.0.

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace evolver::faults {

/// What happens to the request that is struck.
struct Fault {
    enum class Kind {
        lost_request,  ///< The connection breaks before the server has seen it.
        lost_answer,   ///< The connection breaks when the server has done it: the client cannot know.
        refused,       ///< The server refuses it, with `sqlstate`.
    };
    Kind kind = Kind::lost_request;
    std::string_view sqlstate = {};
    std::string_view name = "the request is lost";
};

/// Every kind of fault there is: cut connections, a cancelled statement, a deadlock, a serialization failure, a lock that is not free, a full disk, memory.
[[nodiscard]] std::vector<Fault> const& all_faults();

class Wire {
public:
    /// To the server whose socket lies in `server_folder`; its own lies in a folder of its own. Throws std::system_error.
    explicit Wire(std::string const& server_folder);
    ~Wire();
    Wire(Wire const&) = delete;
    Wire& operator=(Wire const&) = delete;

    [[nodiscard]] std::string const& folder() const noexcept { return folder_; }

    /// Counts from 1 anew, and strikes the request of that number; 0: none.
    void strike(Fault fault, long at);
    /// Since then.
    [[nodiscard]] long requests() const noexcept { return requests_; }
    /// What the struck request said; empty: none has been struck.
    [[nodiscard]] std::string struck() const;

private:
    void accept_clients();
    void serve(int client) const;
    void pass(int client, int server) const;
    /// What happens to this request, if it is the one.
    [[nodiscard]] std::optional<Fault> due(std::string const& request, char transaction) const;

    std::string server_;
    std::string folder_;
    int listening_ = -1;
    mutable std::mutex mutex_;
    Fault fault_;
    long at_ = 0;
    mutable std::string struck_;
    mutable std::atomic<long> requests_{0};
    std::atomic<bool> stopping_{false};
    std::thread accepting_;
    struct Serving {
        std::shared_ptr<std::atomic<bool>> over;
        std::jthread thread;
    };
    std::vector<Serving> serving_;
};

}  // namespace evolver::faults
