#pragma once

/// Does every statement of every release work on every schema that it may meet?
///
/// A release meets the schemas from the moment at which its own migrations are expanded until something that it needs is contracted: those
/// of its own, and those of newer releases that roll out while it runs. The kit takes a database in memory along all of them and asks the
/// engine itself: each statement is prepared, with the engine saying which columns it reads and writes, then run with values of the kit's and
/// rolled back, and what it reads and leaves is held against what it does on its own release's schema.
///
///     TEST_CASE("release 1.0 keeps working while 2.0 rolls out") {
///         evolver::testing::Compatibility releases{catalogue_plan()};
///         releases.statements("1.0", {"SELECT name, size FROM packages WHERE id = :id",
///                                     "INSERT INTO packages (name, size) VALUES (:name, :size)"});
///         EVOLVER_CHECK_COMPATIBLE(releases);
///     }
///
/// Not seen: temporary tables, which a statement by itself does not find; what statements do to each other in a transaction; and whether there is a value for which one fails that works for the kit's.
/// Scenarios (testing/scenario.hpp) are for those. On other engines than SQLite there is nothing yet.

#include "evolver/plan/plan.hpp"
#include "evolver/testing/incompatibility.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace evolver {
class Evolver;
}

namespace evolver::testing {

struct CompatibilityOptions {
    /// SQL that makes the tables which are there before the first migration, for a plan that begins with them.
    std::string schema = {};
    /// Functions that the application registers, with the number of their arguments: "slug/1". Those that are not named are stood in for as
    /// they are met: a stand-in returns its first argument.
    std::vector<std::string> functions = {};
    /// Does the application turn PRAGMA foreign_keys on?
    bool foreign_keys = false;
};

/// Gathers statements, and checks them. Belongs to one thread.
class Compatibility {
public:
    explicit Compatibility(Plan plan, CompatibilityOptions options = {});

    /// Statements of the release in its own SQL. Throws PlanError if the plan does not name the release.
    Compatibility& statements(Release const& release, std::vector<std::string> const& sql);
    /// The same from a file that a Recorder has written, or anybody else: statements with semicolons between them. Throws Error where it
    /// cannot be read, or has none.
    Compatibility& statements_from(Release const& release, std::string const& path);
    /// Statements that the release has its LiveTables write: `write` is asked for their texts at each moment.
    ///
    ///     releases.live("2.0", [](evolver::Evolver& evolver) {
    ///         auto const packages = evolver.table("packages");
    ///         return std::vector{packages.insert({"name", "size_bytes"}).text(), packages.select({"size_bytes"}).text()};
    ///     });
    Compatibility& live(Release const& release, std::function<std::vector<std::string>(Evolver&)> write);

    /// Rows of the release: statements that are run once its schema is reached. Without any, the kit makes up three rows per table.
    Compatibility& seed(Release const& release, std::vector<std::string> const& sql);
    /// What a query returns on the schema of the release, from the seeds of it and all before it: `1|'bash'|NULL; 2|'vim'|0.5`, in the order
    /// of the query.
    Compatibility& expect(Release const& release, std::string const& query, std::string const& rows);

    /// Ensures: nothing outside is touched; the same plan and statements give the same report.
    /// Throws:  Error where a seed fails. What the plan itself does not get through is a failure in the report.
    /// Cost:    some milliseconds per migration, release and operation, and a fraction of one per statement and schema.
    [[nodiscard]] CompatibilityReport check() const;

private:
    struct Live {
        std::size_t release;
        std::function<std::vector<std::string>(Evolver&)> write;
    };
    struct Given {
        std::size_t release;
        std::string sql;
    };
    struct Expected {
        std::size_t release;
        std::string query;
        std::string rows;
    };

    Plan plan_;
    CompatibilityOptions options_;
    std::vector<Given> statements_;
    std::vector<Live> live_;
    std::map<std::size_t, std::vector<std::string>> seeds_;
    std::vector<Expected> expected_;
};

}  // namespace evolver::testing
