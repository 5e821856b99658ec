#pragma once

// What is known of a migration of SQL texts once it has been tried on a database that is there for that: which statements of the version before it breaks,
// whether the way back leads back, and what kind of change it is. Nothing is concluded from the look of a text.
//
// How it is tried is each engine's own: compile/replay.hpp, compile/postgresql/replay.hpp.

#include "dialect/natural_statement.hpp"
#include "evolver/schema/diff.hpp"

#include <cstdint>
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
    Schema expanded = {};                            ///< Between expand and contract.
    std::vector<Difference> differences = {};        ///< From the version before to this one.
    std::vector<BrokenStatement> broken = {};        ///< At expand, of the version before.
    std::vector<BrokenStatement> broken_later = {};  ///< Only at contract.
    std::vector<std::string> written = {};           ///< Tables of the version before whose rows it writes.
    std::vector<std::string> rebuilt = {};           ///< Tables made anew under their old name.
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

/// What kind of change it is, by what is known of it already. `same_catalogue`: also what a Schema leaves out is as it was.
[[nodiscard]] ChangeKinds kinds_of(MigrationReplay const& replayed, Schema const& before, Schema const& after,
                                   bool same_catalogue, Engine engine);

/// What a reader of the report should know of the migration, one sentence each; none where there is nothing to say.
[[nodiscard]] std::vector<std::string> findings(MigrationReplay const& replayed);

}  // namespace evolver
