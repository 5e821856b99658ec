#pragma once

// What each migration of SQL texts does, found by doing it on a database that is there to be tried on: which statements
// of the version before it breaks, whether the way back leads back, and what kind of change it is. Nothing is concluded
// from the look of a text.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/natural_statements.hpp"
#include "evolver/plan/plan.hpp"
#include "evolver/schema/diff.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evolver {

/// What a change means for those who use the schema; one migration can be several.
struct ChangeKinds {
    bool additive = false;      ///< Something new, or a constraint less, and nothing else below.
    bool destructive = false;   ///< A table or a column is gone, or goes by another name.
    bool constraining = false;  ///< An existing table takes less: NOT NULL, UNIQUE, CHECK, a foreign key.
    bool behavioural =
        false;           ///< Something means another thing under its name, or an index, a view or a trigger is gone.
    bool data = false;   ///< Rows that were there are written.
    bool no_op = false;  ///< Nothing is different afterwards.
};

enum class WayBack {
    none,        ///< There is no text for it.
    leads_back,  ///< The schema, and what rows there are, is what it was.
    leads_elsewhere,
    fails,
};

/// Rows of a table that were there before and are not the same after, by the columns that both versions have.
struct RowChange {
    std::string table;
    std::int64_t before;
    std::int64_t after;  ///< -1: the table is gone.
};

struct MigrationReplay {
    std::string id;
    /// Why it could not be applied; empty where it could. Later migrations were not tried then.
    std::string failure = {};
    ChangeKinds kinds = {};
    Schema expanded = {};                                    ///< Between expand and contract.
    std::vector<Difference> differences = {};                ///< From the version before to this one.
    std::vector<sqlite::BrokenStatement> broken = {};        ///< At expand, of the version before.
    std::vector<sqlite::BrokenStatement> broken_later = {};  ///< Only at contract.
    std::vector<std::string> written = {};                   ///< Tables of the version before whose rows it writes.
    std::vector<std::string> rebuilt = {};                   ///< Tables made anew under their old name.
    std::vector<RowChange> rows = {};
    std::int64_t orphans = 0;  ///< Rows without a parent that were not there before.
    bool refused = false;      ///< Its verify query finds rows; contract was done all the same.
    WayBack way_back = WayBack::none;
    /// Where the way back leads instead: what differs, or the engine's words.
    std::vector<std::string> way_back_words = {};
    /// Functions that were met and not declared.
    std::vector<std::string> stood_in = {};

    /// Does it break what reads a table or view of the version before, at expand or later?
    [[nodiscard]] bool breaks_reads() const noexcept;
};

struct ReplayOptions {
    /// Functions that the application registers, with the number of their arguments: "slug/1".
    std::vector<std::string> functions = {};
};

/// Takes `database` through the plan, migration by migration, each through expand, its way back and forth, and
/// contract. The database is changed: give a clone, a copy with sample rows, or an empty one. Throws PlanError for an
/// operation that is no RawSql. Cost: what the migrations cost, and one pass over all rows for each.
[[nodiscard]] std::vector<MigrationReplay> replay(Plan const& plan, sqlite::Connection const& database,
                                                  ReplayOptions const& options = {});

/// What a reader of the report should know of the migration, one sentence each; none where there is nothing to say.
[[nodiscard]] std::vector<std::string> findings(MigrationReplay const& replayed);

}  // namespace evolver
