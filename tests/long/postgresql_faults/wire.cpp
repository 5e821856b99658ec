#include "long/postgresql_faults/wire.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace evolver::faults {

namespace {

constexpr auto socket_name = "/.s.PGSQL.5432";

[[noreturn]] void fail(char const* what) { throw std::system_error{errno, std::generic_category(), what}; }

sockaddr_un address_of(std::string const& folder) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    auto const path = folder + socket_name;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        fail(path.c_str());
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

/// One end of a connection. Gone when it is closed on the other side.
class End {
public:
    /// Waits for nothing more once `stopping` says so: SOCI leaves a connection open that has failed at its first statement.
    End(int socket, std::atomic<bool> const& stopping) : socket_{socket}, stopping_{stopping} {
        timeval const moment{0, 100'000};
        ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
    }
    ~End() { close(socket_); }
    End(End const&) = delete;
    End& operator=(End const&) = delete;

    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            auto const sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// One message as it is, appended to `bytes`: a letter, a length that counts itself, and the rest. Returns the letter, or 0.
    char receive(std::string& bytes, bool has_letter = true) const {
        auto const from = bytes.size();
        std::size_t const head = has_letter ? 5 : 4;
        if (!take(bytes, head)) return '\0';
        std::uint32_t length = 0;
        for (std::size_t i = head - 4; i < head; ++i)
            length = length << 8U | static_cast<unsigned char>(bytes[from + i]);
        if (length > 4 && !take(bytes, length - 4)) return '\0';
        return has_letter ? bytes[from] : ' ';
    }

private:
    bool take(std::string& bytes, std::size_t count) const {
        auto at = bytes.size();
        bytes.resize(at + count);
        while (at < bytes.size()) {
            auto const got = ::recv(socket_, bytes.data() + at, bytes.size() - at, 0);
            bool const waits = got < 0 && (errno == EAGAIN || errno == EINTR) && !stopping_;
            if (got <= 0 && !waits) return false;
            if (got > 0) at += static_cast<std::size_t>(got);
        }
        return true;
    }
    int socket_;
    std::atomic<bool> const& stopping_;
};

std::string message(char letter, std::string_view text) {
    auto const length = static_cast<std::uint32_t>(text.size() + 5);
    std::string bytes(1, letter);
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(length >> static_cast<unsigned>(shift));
    return bytes.append(text) + '\0';
}

/// What the server has to say to a request, to its end. The state of the transaction, or 0 where it has gone.
char answer_of(End const& server, std::string& bytes) {
    for (;;) {
        auto const from = bytes.size();
        auto const letter = server.receive(bytes);
        if (letter == '\0') {
            bytes.resize(from);
            return '\0';
        }
        if (letter == 'Z') return bytes[from + 5];
    }
}

/// The SQL in it: behind the head of a simple query, or behind the name in a Parse.
std::string sql_of(std::string const& request) {
    auto const from = request[0] == 'Q' ? 5 : std::min(request.find('\0', 5) + 1, request.size());
    return request.substr(from, request.find('\0', from) - from);
}

}  // namespace

std::vector<Fault> const& all_faults() {
    static std::vector<Fault> const all{
        {Fault::Kind::lost_request, "", "the request is lost"},
        {Fault::Kind::lost_answer, "", "the answer is lost"},
        {Fault::Kind::refused, "57014", "the statement is cancelled"},
        {Fault::Kind::refused, "40P01", "a deadlock"},
        {Fault::Kind::refused, "40001", "a serialization failure"},
        {Fault::Kind::refused, "55P03", "a lock is not free"},
        {Fault::Kind::refused, "53100", "the disk is full"},
        {Fault::Kind::refused, "53200", "out of memory"},
    };
    return all;
}

Wire::Wire(std::string const& server_folder) : server_{server_folder} {
    std::string folder = "/tmp/evolver-wire-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) fail("mkdtemp");
    folder_ = folder;
    listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto const address = address_of(folder_);
    constexpr int waiting = 16;
    if (::bind(listening_, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
        ::listen(listening_, waiting) != 0)
        fail("listen");
    accepting_ = std::thread{[this] { accept_clients(); }};
}

Wire::~Wire() {
    stopping_ = true;
    ::shutdown(listening_, SHUT_RDWR);
    accepting_.join();
    serving_.clear();
    ::close(listening_);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void Wire::strike(Fault fault, long at) {
    std::lock_guard const lock{mutex_};
    fault_ = fault;
    at_ = at;
    struck_.clear();
    requests_ = 0;
}

std::string Wire::struck() const {
    std::lock_guard const lock{mutex_};
    return struck_;
}

std::optional<Fault> Wire::due(std::string const& request, char transaction) const {
    std::lock_guard const lock{mutex_};
    auto const number = ++requests_;
    // Whose transaction has failed can be refused nothing that matters.
    if (number != at_ || (fault_.kind == Fault::Kind::refused && transaction == 'E')) return {};
    struck_ = sql_of(request);
    return fault_;
}

void Wire::accept_clients() {
    while (!stopping_) {
        int const client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        // A thread that has ended keeps its stack until it is joined.
        std::erase_if(serving_, [](Serving const& one) { return one.over->load(); });
        auto over = std::make_shared<std::atomic<bool>>(false);
        serving_.push_back({over, std::jthread{[this, client, over] {
                                serve(client);
                                *over = true;
                            }}});
    }
}

void Wire::serve(int client) const {
    int const server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto const address = address_of(server_);
    if (::connect(server, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0)
        return pass(client, server);
    ::close(server);
    ::close(client);
}

void Wire::pass(int client_socket, int server_socket) const {
    End const client{client_socket, stopping_};
    End const server{server_socket, stopping_};
    std::string start;
    if (client.receive(start, false) == '\0' || !server.send(start)) return;
    std::string answer;
    auto transaction = answer_of(server, answer);
    client.send(answer);
    while (transaction != '\0') {
        std::string request;
        char letter = '\0';
        do {
            letter = client.receive(request);
            if (letter == '\0' || letter == 'X') return;
        } while (letter != 'Q' && letter != 'S');
        auto const fault = due(request, transaction);
        answer.clear();
        if (fault && fault->kind == Fault::Kind::lost_request) return;
        if (fault && fault->kind == Fault::Kind::refused) {
            // In its place one that the server refuses so. A COMMIT that fails has rolled back.
            auto const refusal =
                "DO $$ BEGIN RAISE 'struck' USING ERRCODE = '" + std::string{fault->sqlstate} + "'; END $$";
            request = message('Q', (sql_of(request) == "COMMIT" ? "ROLLBACK; " : "") + refusal);
        }
        if (!server.send(request)) return;
        transaction = answer_of(server, answer);
        if (fault && fault->kind == Fault::Kind::lost_answer) return;
        if (!client.send(answer)) return;
    }
}

}  // namespace evolver::faults
