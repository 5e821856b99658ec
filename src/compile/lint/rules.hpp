#pragma once

// The rules of lint, one per source file of this folder, and what they look at.
//
// A rule gets a Case: one operation, what it did to a small database, and the live one where there is one. It tells
// what it finds, and nothing else: no rule changes anything, and none knows of another.

#include "compile/migration_replay.hpp"
#include "dialect/live_rows.hpp"
#include "dialect/tried_statement.hpp"
#include "evolver/operation/effect.hpp"
#include "evolver/plan/finding.hpp"
#include "evolver/plan/plan.hpp"
#include "evolver/plan/step.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace evolver::sqlite {
class Connection;
}

namespace evolver::lint_rules {

/// What explain() says.
struct Page {
    std::string_view catches;
    std::string_view why;      ///< A finding's `why`, too.
    std::string_view instead;  ///< In general; a finding's own is about its object.
    std::string_view example;
};

/// What is to be known of an SQLite database, and of the session that was given.
struct SqliteFacts {
    sqlite::Connection const* connection = nullptr;  ///< For the walk through the plan; no rule asks it.
    std::int64_t engine = 0;                         ///< The version as a number: 3040001.
    std::int64_t bytes = 0;                          ///< Of the database.
    std::int64_t free_bytes = 0;                     ///< Where it lies; -1: not known, or in memory.
    std::int64_t wait = 0;                           ///< The session's busy timeout in milliseconds.
    bool foreign_keys = false;                       ///< Does the session enforce them?
    bool in_memory = false;
};

/// The same of a PostgreSQL database.
struct PostgresqlFacts {
    struct Leftover {
        Name index;
        Name table;
    };
    std::vector<Leftover> invalid_indexes = {};  ///< That nobody is building.
};

/// A live database: what can be asked of its rows, and facts that need no plan.
struct Live {
    std::shared_ptr<LiveRows const> rows;
    std::optional<SqliteFacts> sqlite = {};
    std::optional<PostgresqlFacts> postgresql = {};
};

/// Where a migration's own SQL fails while it is tried.
struct Stop {
    std::string words;           ///< The engine's.
    std::string statement = {};  ///< Empty: none of them; what they do could not be looked at.
    std::size_t line = 0;        ///< Of the statement, in its text.
    bool at_contract = false;
    bool on_rows = false;  ///< It does what it should where there are no rows.
    bool sampled = false;  ///< Not all rows were there: one may have been missed that another one refers to.
};

/// A migration's own SQL, tried on samples.
struct RawFacts {
    std::vector<TriedStatement> expand = {};
    std::vector<TriedStatement> contract = {};
    MigrationReplay replayed = {};  ///< Up to the stop, or beyond it without the rows.
    std::optional<Stop> stopped = {};
};

/// A view that shows other columns from expand on.
struct ChangedView {
    std::string view;
    std::string before;
    std::string after;
};

/// Rows of a filled column that hold another type.
struct Misfit {
    Name table;
    Column column;
    std::int64_t rows;
};

/// One operation of one migration; without an operation, the database or the migration as a whole.
struct Case {
    Migration const* migration = nullptr;
    Operation const* operation = nullptr;
    bool expanded = false;  ///< It is in the database already, and waits for contract.
    Schema before = {};     ///< What the release before it sees.
    Schema after = {};      ///< What is left after its contract.
    Live const* live = nullptr;
    std::vector<Name> made =
        {};  ///< Tables that operations of the migration before it have made: nobody writes them yet.
    std::optional<RawFacts> raw = {};
    std::vector<Pair> pairs = {};
    std::vector<Rule> added_rules = {};
    std::vector<BrokenStatement> broken = {};  ///< At expand, of an operation that is no RawSql.
    std::vector<ChangedView> changed_views = {};
    std::vector<Misfit> misfits = {};
    // Of a migration as a whole:
    std::vector<Step> steps = {};
    std::string refused = {};            ///< Why expand() is refused, at any budget.
    std::string contract_refused = {};   ///< Why contract() is.
    std::string refused_by_budget = {};  ///< Why either is, for the lock alone.
    /// How many releases the plan names from the one on that the contract waits for; 0: not reached, or it waits for none.
    std::size_t releases_since_due = 0;

    template <class Kind>
    [[nodiscard]] Kind const* as() const {
        return operation == nullptr ? nullptr : std::get_if<Kind>(operation);
    }
    /// Somebody uses the table: it is in the live database, or there is none to look at.
    [[nodiscard]] bool in_use(Name const& table) const;
    [[nodiscard]] bool in_use(Name const& table, Name const& column) const;
    /// A fact about live rows; none without a database.
    template <class Ask>
    [[nodiscard]] Count ask(Ask const& question) const {
        return live == nullptr ? std::nullopt : question(*live->rows);
    }
    [[nodiscard]] Count rows(Name const& table) const;
    /// That of the database; SQLite without one.
    [[nodiscard]] Engine engine() const noexcept { return live == nullptr ? Engine::sqlite : live->rows->engine(); }
    [[nodiscard]] std::string text(Expression const& expression) const { return expression.text(engine()); }
    /// The part of an index is this column as it is.
    [[nodiscard]] bool is_column(IndexPart const& part, Name const& column) const {
        return part.column && Name{text(part.expression)} == column;
    }
};

struct LintRule;

/// Where a rule puts what it finds.
class Tell {
public:
    Tell(LintRule const& rule, Case const& about, std::vector<Finding>& findings)
        : rule_{rule}, about_{about}, findings_{findings} {}
    /// `statement`: Finding::statement.
    void operator()(Severity severity, std::string object, std::string what, std::string instead,
                    std::string statement = {}) const;

private:
    LintRule const& rule_;
    Case const& about_;
    std::vector<Finding>& findings_;
};

struct LintRule {
    std::string_view name;
    Classification classification;
    Page page;
    /// None for what is no matter of one case: acceptances.
    void (*judge)(Case const&, Tell const&) = nullptr;
    /// The only engine on which there is such a hazard.
    std::optional<Engine> only = {};
};

/// All of them, sorted by name.
[[nodiscard]] std::span<LintRule const* const> all();
/// None for a name that is no rule's.
[[nodiscard]] LintRule const* find(std::string_view name);

/// "12 rows", "1 row".
[[nodiscard]] std::string counted(std::int64_t number, std::string_view one, std::string_view many);
/// SQL for a sentence: on one line, without its semicolon, and no longer than a reader likes; what is cut, is cut after a word.
[[nodiscard]] std::string in_a_sentence(std::string_view sql);
/// The schema's differences that RawSql made: "table x" and "column t.c" that are gone.
struct Gone {
    Name table;
    std::optional<Name> column = {};
    std::optional<Name> renamed = {};  ///< What it is called now.
    bool at_contract = false;
};
[[nodiscard]] std::vector<Gone> gone(Case const& seen);

extern LintRule const acceptance_without_reason;
extern LintRule const backfill_unbounded;
extern LintRule const backfill_write_gap;
extern LintRule const collation_or_charset_change;
extern LintRule const constraint_broken_by_rows;
extern LintRule const contract_overdue;
extern LintRule const ddl_mixed_with_dml;
extern LintRule const default_changed;
extern LintRule const dependent_object_breaks;
extern LintRule const disk_headroom;
extern LintRule const drop_column_in_use;
extern LintRule const drop_constraint;
extern LintRule const drop_index;
extern LintRule const drop_not_null;
extern LintRule const drop_table_in_use;
extern LintRule const fails_on_rows;
extern LintRule const irreversible_undeclared;
extern LintRule const lock_timeout_missing;
extern LintRule const narrow_type;
extern LintRule const no_op;
extern LintRule const postgresql_invalid_index;
extern LintRule const postgresql_json;
extern LintRule const postgresql_scan_under_lock;
extern LintRule const postgresql_table_rewrite;
extern LintRule const recreate_table;
extern LintRule const refused_by_expand;
extern LintRule const rename_column;
extern LintRule const rename_table;
extern LintRule const required_column_added;
extern LintRule const scan_until_switched;
extern LintRule const select_star_or_bare_insert;
extern LintRule const sqlite_affinity_no_cast;
extern LintRule const sqlite_fk_off;
extern LintRule const sqlite_long_writer;
extern LintRule const sqlite_rebuild_fk_cascade;
extern LintRule const sqlite_rebuild_loses_dependents;
extern LintRule const sqlite_rename_rewrites_refs;
extern LintRule const sqlite_version_floor;
extern LintRule const style_pack;
extern LintRule const tighten_not_null;
extern LintRule const truncate_or_mass_delete;
extern LintRule const tx_unbalanced_or_nested;
extern LintRule const unique_on_existing;
extern LintRule const unused_acceptance;

}  // namespace evolver::lint_rules
