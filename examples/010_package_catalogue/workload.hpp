#pragma once

/// What both releases do all the time, each in its own SQL: insert, change, add, delete, and read back.

#include "journal.hpp"

#include <soci/soci.h>

#include <optional>
#include <string>
#include <vector>

namespace demo {

/// A release of the application, as far as the workload needs it.
class Application {
public:
    virtual ~Application() = default;

    [[nodiscard]] virtual soci::session& session() = 0;

    virtual void insert(Package const& package) = 0;
    virtual void set_version(std::string const& name, std::string const& version) = 0;
    virtual void set_size(std::string const& name, std::optional<long long> bytes) = 0;
    virtual void set_maintainer(std::string const& name, std::string const& person, std::string const& email) = 0;
    virtual void add_to_size(std::string const& name, long long bytes) = 0;
    virtual void remove(std::string const& name) = 0;

    [[nodiscard]] virtual std::optional<Package> find(std::string const& name) = 0;
    /// The names of one package in `divisor`, from all over the table: those whose id leaves `remainder`.
    [[nodiscard]] virtual std::vector<std::string> share(int divisor, int remainder) = 0;
    [[nodiscard]] virtual std::vector<std::string> largest() = 0;
};

/// Packages to whose sizes every process adds.
[[nodiscard]] std::vector<std::string> common_packages();

/// Works until the process is told to end (SIGTERM), then saves the journal. `number`, from 0 to 3, tells the processes apart: each
/// changes packages of its own, real and new ones, and all add to the common ones. Returns the exit code: 1 if a statement
/// failed, or a read did not show what was written.
[[nodiscard]] int work(Application& application, std::string const& release, int number,
                       std::string const& journal_file);

}  // namespace demo
