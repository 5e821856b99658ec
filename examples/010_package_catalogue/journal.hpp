#pragma once

/// What makes the demo a proof: each process keeps a journal of the writes that were committed, and how long each took. At the end
/// the operator compares the journals with the database.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace demo {

/// A line on standard output: the time, who, and what.
void say(std::string const& who, std::string const& what);

/// A package as both releases understand it, however they store it.
struct Package {
    std::string name = {};
    std::string version = {};
    std::optional<long long> size = {};
    std::string maintainer_name = {};
    std::string maintainer_email = {};  ///< Empty: the maintainer is not of the form "Name <address>".

    friend bool operator==(Package const&, Package const&) = default;
};

class Journal {
public:
    Journal() = default;
    Journal(std::string release, std::string who) : release_{std::move(release)}, who_{std::move(who)} {}

    /// Runs a write that is committed when it returns, and keeps how long that took.
    template <class Write>
    void write(Write const& run) {
        auto const start = std::chrono::steady_clock::now();
        run();
        waits_.push_back(
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count());
    }

    /// What the database must hold from here on. Nobody else writes this package.
    void stands(Package const& package) { packages_[package.name] = package; }
    void gone(std::string const& name) { packages_[name] = std::nullopt; }
    /// Everybody adds to this package's size: the sum over all journals must come out.
    void added(std::string const& name, long long bytes) { added_[name] += bytes; }

    void has_read() { ++reads_; }
    /// What was read is not what was written.
    void lost(std::string const& what);

    /// Once in a while, a line on how it goes.
    void progress();

    void save(std::string const& file) const;
    [[nodiscard]] static Journal load(std::string const& file);

    [[nodiscard]] std::string const& release() const noexcept { return release_; }
    [[nodiscard]] std::string const& who() const noexcept { return who_; }
    [[nodiscard]] std::vector<std::int64_t> const& waits() const noexcept { return waits_; }
    [[nodiscard]] std::map<std::string, std::optional<Package>> const& packages() const noexcept { return packages_; }
    [[nodiscard]] std::map<std::string, long long> const& added() const noexcept { return added_; }
    [[nodiscard]] std::int64_t reads() const noexcept { return reads_; }
    [[nodiscard]] std::int64_t lost() const noexcept { return lost_; }

private:
    std::string release_;
    std::string who_;
    std::vector<std::int64_t> waits_;  // microseconds
    std::map<std::string, std::optional<Package>> packages_;
    std::map<std::string, long long> added_;
    std::int64_t reads_ = 0;
    std::int64_t lost_ = 0;
    std::chrono::steady_clock::time_point last_progress_ = std::chrono::steady_clock::now();
};

}  // namespace demo
