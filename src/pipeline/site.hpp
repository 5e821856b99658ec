#pragma once

// A database as a stage works on it.

#include "execute/pacer.hpp"
#include "execute/workplace.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace evolver {

/// What all sites of a run have in common.
struct Crew {
    Plan plan;
    Release release;
    std::string actor;
    Acting acting;
    Observer* observer = nullptr;
    std::chrono::milliseconds wait{0};
    Pace pace = Pace::polite;  ///< Of what works on the database itself.
};

class Site {
public:
    /// Of the real database. Throws EngineError where it is not there: it is never made.
    [[nodiscard]] static Site open(std::string const& path, Crew const& crew);
    /// For reading only; see dialect/sqlite/online_copy.hpp.
    [[nodiscard]] static Site look_at(std::string const& path, Crew const& crew);
    /// A copy, which need not survive a power cut.
    [[nodiscard]] static Site open_copy(std::string const& path, Crew const& crew);

    [[nodiscard]] Workplace& workplace() const noexcept { return *workplace_; }
    /// The connection that is opened by the site itself.
    [[nodiscard]] sqlite::Connection const& connection() const noexcept { return *connection_; }

private:
    Site(sqlite::Connection connection, Crew const& crew);

    std::unique_ptr<sqlite::Connection> connection_;
    std::unique_ptr<Workplace> workplace_;
};

}  // namespace evolver
