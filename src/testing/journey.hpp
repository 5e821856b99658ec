#pragma once

// A database in memory that is taken along a plan, migration by migration, by evolver itself.

#include "compile/compiler.hpp"
#include "dialect/sqlite/connection.hpp"
#include "evolver/plan/plan.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace soci {
class session;
}

namespace evolver {
class Evolver;
}

namespace evolver::testing {

/// Where a journey has arrived, in the words of a report.
enum class Point {
    settled,   ///< Everything that is expanded is contracted.
    expanded,  ///< Not filled yet.
    filled,
    switched,
    complete,
    contracted,
};

[[nodiscard]] std::string_view name_of(Point point) noexcept;

/// Rows that the tests of a plan come with.
struct Baggage {
    std::string schema = {};                                     ///< Before the first migration.
    std::map<std::size_t, std::vector<std::string>> seeds = {};  ///< By release.
    bool foreign_keys = false;
};

class Journey {
public:
    Journey(Plan plan, Baggage const& baggage);
    ~Journey();
    Journey(Journey&&) noexcept;
    Journey& operator=(Journey&&) = delete;

    /// Contracts everything before migration `position`, release by release, with the seeds of each; made-up rows where there are none and
    /// `with_rows` says so. Requires: it has not begun. Throws Error.
    void settle(std::size_t position, bool with_rows);
    /// The baggage's schema is what `release` has left: from here on it goes on. Throws DriftError where it is something else.
    void adopt(std::size_t release);
    /// The next migration.
    void expand();
    /// Everything that is open.
    void fill();
    /// Reads of everything that is open use the new shape.
    void switch_reads();
    /// The first open migration. False: there is nothing to do for it, or it cannot.
    bool complete();
    /// The first open migration.
    void contract();

    [[nodiscard]] std::size_t expanded() const noexcept { return expanded_; }
    [[nodiscard]] std::size_t contracted() const noexcept { return contracted_; }
    [[nodiscard]] Plan const& plan() const noexcept { return plan_; }
    /// The position of the oldest release that can use the database.
    [[nodiscard]] std::size_t floor();
    [[nodiscard]] sqlite::Connection const& connection() const noexcept { return *connection_; }
    [[nodiscard]] soci::session& session() noexcept { return *session_; }
    /// The first migration of `release`, and one behind its last.
    [[nodiscard]] std::size_t begin_of(std::size_t release) const;
    [[nodiscard]] std::size_t end_of(std::size_t release) const;

private:
    [[nodiscard]] Evolver evolver_of(std::size_t migrations);
    void run_seeds(std::size_t release);

    Plan plan_;
    Baggage const* baggage_;
    std::unique_ptr<soci::session> session_;
    std::unique_ptr<sqlite::Connection> connection_;
    std::size_t expanded_ = 0;
    std::size_t contracted_ = 0;
};

}  // namespace evolver::testing
