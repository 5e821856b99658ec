#pragma once

// Releases times schemas: every statement, on every schema that its release may meet.

#include "evolver/testing/compatibility.hpp"
#include "testing/journey.hpp"
#include "testing/verdict.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace evolver::testing {

struct MatrixStatement {
    std::size_t release;
    std::string sql;
};

struct MatrixLive {
    std::size_t release;
    std::function<std::vector<std::string>(Evolver&)> write;
};

class MatrixRun {
public:
    MatrixRun(Plan plan, Baggage baggage, std::vector<std::string> functions, std::vector<MatrixStatement> statements,
              std::vector<MatrixLive> live);

    CompatibilityReport run();

private:
    /// A release's own schema, reached from the rows of `base`.
    struct House {
        std::unique_ptr<Journey> journey = {};
        std::unique_ptr<sqlite::StandIns> stand_ins = {};
        Home home = {};
        std::map<std::string, std::optional<AtHome>> known = {};
    };
    /// A journey that arrives at points, and what is known of it.
    struct Stop {
        Journey& journey;
        std::size_t base;       ///< Where it was settled.
        std::size_t migration;  ///< That it is at.
        Point point;
        sqlite::StandIns& stand_ins;
    };

    [[nodiscard]] std::vector<std::size_t> bases() const;
    /// False: the plan did not get to its end, and stuck_ says why.
    bool attempt(std::size_t base, bool with_rows);
    void travel(std::size_t base);
    void arrive(Stop const& stop);
    void look(Stop const& stop, Elsewhere& elsewhere, std::size_t release, std::string const& sql, bool live);
    void tell(Stop const& stop, std::size_t release, std::string const& sql, Verdict const& verdict);
    [[nodiscard]] House& house(std::size_t release, std::size_t base);
    [[nodiscard]] Elsewhere elsewhere_at(Journey& journey, Point point) const;
    /// The operation from which on the statement fails like that.
    [[nodiscard]] std::pair<std::size_t, std::string> culprit(Stop const& stop, std::size_t release,
                                                              std::string const& sql, Verdict const& verdict);
    [[nodiscard]] bool fails_with(Plan const& part, Stop const& stop, std::size_t release, std::string const& sql,
                                  IncompatibilityKind kind);

    Plan plan_;
    Baggage baggage_;
    std::vector<std::string> functions_;
    std::vector<MatrixStatement> statements_;
    std::vector<MatrixLive> live_;
    Schema begun_with_ = {};  ///< Before the first migration.
    bool with_rows_ = true;
    std::size_t at_ = 0;  ///< The migration that the journey at hand works on.
    std::optional<Incompatibility> stuck_;
    std::map<std::pair<std::size_t, std::size_t>, House> houses_;
    std::set<std::tuple<std::size_t, std::string, IncompatibilityKind>> failing_;  ///< On the journey at hand.
    std::set<std::tuple<std::size_t, std::size_t, Point, std::size_t>> seen_;
    CompatibilityReport report_;
};

}  // namespace evolver::testing
